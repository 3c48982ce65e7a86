"""Films out: whole or not at all. The suffix chooses the kind; to add one, write its class and its line in KINDS."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from mienkit.core.errors import OutputError
from mienkit.face.film.frame import FilmFacts, Frame
from mienkit.face.film.frame_folder import FolderEncoder, check_folder, replacing_folder
from mienkit.face.film.gif import GifEncoder
from mienkit.face.film.video_encoder import CONTAINERS, VideoEncoder, encoder_of
from mienkit.face.mark import Mark
from mienkit.face.output import check_output, writing_to
from mienkit.weights.atomic import replacing


class FilmWriter(Protocol):
    """A film that is being written."""

    notes: list[str]
    """What it cannot hold or had to be changed, in words for the user."""

    def write(self, frame: Frame) -> None:
        """Add a frame, whose time is later than that of the one before."""
        ...

    def finish(self) -> None:
        """Write what is left, and close."""
        ...

    def close(self) -> None:
        """Close, whatever state it is in."""
        ...


FOLDER = ""
"""The suffix of a folder of frames."""
KINDS: Mapping[str, Callable[[Path, FilmFacts, Mark], FilmWriter]] = {
    **{suffix: partial(VideoEncoder, container) for suffix, container in CONTAINERS.items()},
    ".gif": GifEncoder,
    FOLDER: FolderEncoder,
}
"""Suffix -> what writes it."""


@contextmanager
def writing_film(path: Path, like: FilmFacts, mark: Mark, force: bool = False) -> Iterator[FilmWriter]:
    """Write a film in the body of a ``with``; it appears when that ends well, and else nothing is left behind.

    Args:
        path: its suffix chooses the kind; without one it is a folder of numbered frames.
        like: the film that it comes from, whose size, clock and sound it keeps.
        mark: how it was made.
        force: replace another film of that name.

    Raises:
        OutputError: it cannot be written there; the message says what to do.
        MissingExtraError: it is a video, and PyAV is not installed.
    """
    check_film_output(path, [like.path], force)
    place = replacing if path.suffix else replacing_folder
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with place(path) as temporary:
            writer = KINDS[path.suffix.lower()](temporary, like, mark)
            try:
                yield writer
                writer.finish()
            finally:
                writer.close()


def check_film_output(path: Path, inputs: list[Path], force: bool) -> None:
    """Make sure that a film may be written, and that something can write it; call it before the work starts.

    Raises:
        OutputError: it may not, the suffix is not known, or an encoder is missing.
        MissingExtraError: it is a video, and PyAV is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        known = ", ".join(kind for kind in KINDS if kind)
        raise OutputError(f"cannot write '{path.suffix}' films ({path.name}); use {known}, or none for a folder")
    if suffix == FOLDER:
        check_folder(path, inputs, force)
    else:
        check_output(path, inputs, force)
    if suffix in CONTAINERS:
        encoder_of(CONTAINERS[suffix])
