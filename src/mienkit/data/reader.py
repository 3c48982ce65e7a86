"""What a reader is: it knows one data set's files and turns them into samples; it neither aligns nor measures."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError, DataError, ImageError
from mienkit.core.registry import Registry
from mienkit.data.listing import MAX_NAMED, LeftOut
from mienkit.data.row import FaceLabels, FaceRow


@dataclass(frozen=True)
class Video:
    """A video that nobody has decoded yet."""

    path: Path


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample(FaceLabels):
    """A face as a data set gives it: a photo that must still be aligned, an aligned crop, or a whole video."""

    picture: Path | bytes | Video
    """The photo's file, or an encoded picture. The sample of a video stands for all of its frames."""
    size: int | None = None
    """Side in pixels where ``picture`` is an aligned crop, with landmarks in its pixels; None for a photo."""
    split: str | None = None
    """Where the data set says it."""

    def to_row(self, split: str) -> FaceRow:
        """Make the table's row of an aligned crop.

        Raises:
            DataError: the sample is a photo or video that is not aligned yet.
            ImageError: its file cannot be read any more.
        """
        if self.size is None or isinstance(self.picture, Video):
            raise DataError(f"{self.source_id} is not aligned yet; use `mien prepare`, which finds and aligns faces")
        image = self.picture if isinstance(self.picture, bytes) else read_bytes(self.picture)
        labels = {field.name: getattr(self, field.name) for field in fields(FaceLabels)}
        return FaceRow(image=image, width=self.size, height=self.size, split=self.split or split, **labels)


def read_bytes(path: Path) -> bytes:
    """Read a picture's file.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; give another file") from None


@dataclass(frozen=True)
class NoSettings:
    """The configuration of a reader that leaves nothing to choose."""


class Reader(ABC):
    """One data set in a folder."""

    title: ClassVar[str]
    """What the data set is, one line."""
    Config: ClassVar[type] = NoSettings
    """A frozen dataclass of what can be chosen with ``--set``."""
    size: int | None = None
    """Side of its crops where they are already aligned."""
    optional: tuple[str, ...] = ()
    """Optional columns of the table that its samples fill."""
    config: Any

    def __init__(self, folder: Path, config: Any = None) -> None:
        """Take the data set's folder.

        Args:
            folder: as it was unpacked; most readers also take one above or below it.
            config: of the class ``Config``; its defaults where None.

        Raises:
            DataError: the folder does not exist.
        """
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder; give the folder that holds the data set")
        self.folder, self.config = folder, self.Config() if config is None else config
        self.left_out = LeftOut()
        """Filled while samples are listed; complete after the last one."""

    @abstractmethod
    def samples(self) -> Iterator[Sample]:
        """Yield every face with what the data set knows of it.

        What cannot be used alone (a name that is not the data set's, a picture that is missing) goes into ``left_out``.

        Raises:
            DataError: there is nothing, or labels are broken; all broken files are named at once, up to 20.
        """

    def __len__(self) -> int:
        """Count the samples without reading the pictures."""
        return sum(1 for _ in self.samples())


READERS: Registry[Reader] = Registry("reader")


def open_reader(name: str, place: Path, settings: Mapping[str, object] | None = None) -> Reader:
    """Open a data set.

    Args:
        name: of the reader.
        place: the data set's folder.
        settings: differences to the reader's ``Config``; values may be text, as ``--set light=Strong`` gives them.

    Raises:
        UnknownNameError: there is no such reader.
        ConfigError: the reader has no such setting, or the setting no such value; the message lists them.
        DataError: the folder does not exist.
    """
    kind = READERS[name]
    if settings and not fields(kind.Config):
        raise ConfigError(f"the reader '{name}' has no settings; leave '{next(iter(settings))}' out")
    try:
        config: Any = build_config(kind.Config, settings or {})
    except ConfigError as error:
        raise ConfigError(f"the reader '{name}': {error}") from None
    return kind(place, config)


def broken_labels(problems: Sequence[str]) -> DataError:
    """Make the error that names broken files of labels, up to 20, one ``file: reason`` each."""
    more = f"; and {len(problems) - MAX_NAMED} more" if len(problems) > MAX_NAMED else ""
    some = "; ".join(problems[:MAX_NAMED])
    what = "label" if len(problems) == 1 else "labels"
    return DataError(f"{len(problems)} broken {what}, correct or remove: {some}{more}")
