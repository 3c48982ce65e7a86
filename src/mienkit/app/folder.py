"""The same work for every photo of a folder: bad files are noted and the rest goes on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from mienkit.core.errors import AssetError, DataError, MienError, MissingExtraError

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"})

Track: TypeAlias = Callable[[Iterable[Any], int], Iterable[Any]]
"""Hands on things, of which it is told the number, and shows how far it is."""


def untracked(things: Iterable[Any], count: int) -> Iterable[Any]:
    """Hand on things and show nothing."""
    return things


@dataclass(kw_only=True)
class FolderReport:
    """What became of a folder's photos."""

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Finished by an earlier call."""
    failed: dict[str, str] = field(default_factory=dict)
    """File -> what was wrong with it."""


def list_photos(folder: Path, leave_out: Path | None = None) -> list[Path]:
    """List the pictures in a folder and its subfolders, sorted.

    Args:
        folder: where to look.
        leave_out: a folder whose files do not count, such as the one for the results.

    Raises:
        DataError: there is none.
    """
    left_out = leave_out.resolve() if leave_out else None
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PHOTO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
        and (left_out is None or left_out not in path.resolve().parents)
    )
    if not found:
        raise DataError(f"no pictures are in {folder}; it should hold {', '.join(sorted(PHOTO_SUFFIXES))} files")
    return found


def work_through(
    photos: Sequence[Path],
    work: Callable[[Path], object],
    is_done: Callable[[Path], bool],
    track: Track = untracked,
) -> FolderReport:
    """Do the work for each photo that is not done; a deliberate error costs only its photo.

    Raises:
        AssetError: a file is missing that every photo needs.
        MissingExtraError: a package is.
    """
    report = FolderReport()
    done = {photo for photo in photos if is_done(photo)}
    report.skipped += [str(photo) for photo in photos if photo in done]
    for photo in track([photo for photo in photos if photo not in done], len(photos) - len(done)):
        try:
            work(photo)
        except (AssetError, MissingExtraError):  # every other photo would fail alike
            raise
        except MienError as error:
            report.failed[str(photo)] = str(error)
        else:
            report.done.append(str(photo))
    return report
