"""Numbered frames in a folder, each a marked PNG, with their times beside them."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from mienkit.core.errors import OutputError
from mienkit.face.film.frame import FilmFacts, Frame, lost_without_container
from mienkit.face.film.pictures import TIMES
from mienkit.face.mark import Mark, mark_options
from mienkit.face.output import check_output, writing_to

NAME = re.compile(r"\d{6,}\.png")
QUICK = 1
"""zlib's level: a frame of 720p takes a third of the time that it would at the usual one."""


class FolderEncoder:
    """Writes ``000000.png``, ``000001.png``, ... and ``times.json`` into a new folder."""

    def __init__(self, place: Path, like: FilmFacts, mark: Mark) -> None:
        """Make the folder."""
        place.mkdir()
        self.notes = lost_without_container(like, "a folder of frames")
        self._place, self._options = place, mark_options(mark, "PNG")
        self._times: list[float] = []

    def write(self, frame: Frame) -> None:
        """See ``FilmWriter``."""
        path = self._place / f"{len(self._times):06}.png"
        Image.fromarray(frame.pixels).save(path, "PNG", compress_level=QUICK, **self._options)
        self._times.append(round(frame.time, 6))

    def finish(self) -> None:
        """See ``FilmWriter``."""
        (self._place / TIMES).write_text(json.dumps({"seconds": self._times}), encoding="utf-8")

    def close(self) -> None:
        """See ``FilmWriter``."""


def check_folder(path: Path, inputs: Sequence[Path], force: bool) -> None:
    """Make sure that a folder of frames may be written there.

    Raises:
        OutputError: it is an input or a file, or there is a folder that is not of ours, or that nobody gave up; or it
            has no name of its own, by which it could be replaced.
    """
    if path.name in ("", ".."):
        raise OutputError(f"'{path}' is no name for a new folder; give it one of its own, such as smiling")
    if not path.is_dir():
        check_output(path, inputs, force=False)
        return
    with writing_to(path):
        if any(path.samefile(given) for given in inputs if given.exists()):
            raise OutputError(f"{path} is an input and is never written over; choose another name")
        names = [entry.name for entry in path.iterdir()]
    if not all(name == TIMES or NAME.fullmatch(name) for name in names):
        raise OutputError(f"{path} holds other files than the frames of a film; choose another folder")
    if names and not force:
        raise OutputError(f"{path} holds frames already; choose another name or allow it with --force")


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` for a new folder, which takes the place of ``path`` when the block ends well.

    Raises:
        OSError: the folder around it cannot be written to.
    """
    temporary, old = (path.with_name(f".{path.name}.{secrets.token_hex(4)}.{end}") for end in ("part", "old"))
    try:
        yield temporary
        if path.exists():
            os.replace(path, old)  # noqa: PTH105 - a folder cannot be replaced by one that is not empty
        os.replace(temporary, path)  # noqa: PTH105
    finally:
        if old.exists() and not path.exists():  # the new one could not take its place
            os.replace(old, path)  # noqa: PTH105
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
