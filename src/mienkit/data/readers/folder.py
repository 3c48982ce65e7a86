"""Photos in a folder tree."""

from collections.abc import Iterator
from pathlib import Path

from mienkit.core.errors import DataError
from mienkit.data.reader import READERS, Reader, Sample

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"))


@READERS.register
class Folder(Reader):
    """Photos in a folder: a sub-folder is a person, a photo beside the sub-folders a person of its own."""

    title = "photos in a folder tree; the first sub-folder names the person"

    def samples(self) -> Iterator[Sample]:
        for path in self.paths():
            relative = path.relative_to(self.folder)
            subject = relative.parts[0] if len(relative.parts) > 1 else relative.stem
            yield Sample(
                picture=path,
                source=self.folder.resolve().name,
                source_id=relative.as_posix(),
                licence="unknown",
                kind="photograph",
                subject=subject,
            )

    def __len__(self) -> int:
        return len(self.paths())

    def paths(self) -> list[Path]:
        """List the photos in a fixed order.

        Raises:
            DataError: there is none.
        """
        found = [path for path in sorted(self.folder.rglob("*")) if path.suffix.lower() in PICTURES and path.is_file()]
        visible = [
            path for path in found if not any(part.startswith(".") for part in path.relative_to(self.folder).parts)
        ]
        if not visible:
            raise DataError(f"{self.folder} holds no photo; these are taken: {' '.join(sorted(PICTURES))}")
        return visible
