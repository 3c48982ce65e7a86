"""What a reader is: it knows one data set's files and turns them into samples; it neither aligns nor measures."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

from mienkit.core.errors import DataError
from mienkit.core.registry import Registry
from mienkit.data.row import FaceLabels, FaceRow


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample(FaceLabels):
    """A face as a data set gives it: a photo that must still be aligned, or an aligned crop."""

    picture: Path | bytes
    """The photo's file, or an encoded picture."""
    size: int | None = None
    """Side in pixels where ``picture`` is an aligned crop, with landmarks in its pixels; None for a photo."""
    split: str | None = None
    """Where the data set says it."""

    def to_row(self, split: str) -> FaceRow:
        """Make the table's row of an aligned crop.

        Raises:
            DataError: the sample is a photo that is not aligned yet.
        """
        if self.size is None:
            raise DataError(f"{self.source_id} is not aligned yet; use `mien prepare`, which finds and aligns faces")
        image = self.picture if isinstance(self.picture, bytes) else self.picture.read_bytes()
        labels = {field.name: getattr(self, field.name) for field in fields(FaceLabels)}
        return FaceRow(image=image, width=self.size, height=self.size, split=self.split or split, **labels)


class Reader(ABC):
    """One data set in a folder."""

    title: ClassVar[str]
    """What the data set is, one line."""
    size: ClassVar[int | None] = None
    """Side of its crops where they are already aligned."""
    optional: ClassVar[tuple[str, ...]] = ()
    """Optional columns of the table that its samples fill."""

    def __init__(self, folder: Path) -> None:
        """Take the data set's folder.

        Raises:
            DataError: it does not exist.
        """
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder; give the folder that holds the data set")
        self.folder = folder

    @abstractmethod
    def samples(self) -> Iterator[Sample]:
        """Yield every face with what the data set knows of it.

        Raises:
            DataError: files are missing or broken; all of them are named at once, up to 20.
        """

    @abstractmethod
    def __len__(self) -> int:
        """Count the samples without reading the pictures."""


READERS: Registry[Reader] = Registry("reader")
