"""Writing a file so that it is there whole or not at all, and never over something that somebody needs."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mienkit.core.errors import OutputError
from mienkit.weights.atomic import replacing

FULL = (errno.ENOSPC, errno.EDQUOT)


def check_output(path: Path, inputs: Sequence[Path], force: bool) -> None:
    """Make sure that a file may be written; call it before the work starts.

    Args:
        path: where it shall go.
        inputs: files that were read; they are never written over, not even with ``force``.
        force: whether another existing file may be replaced.

    Raises:
        OutputError: it may not; the message says what to do.
    """
    try:
        _check(path, inputs, force)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {_reason(error)}; choose another name") from error


def _check(path: Path, inputs: Sequence[Path], force: bool) -> None:
    if any(_is_same_file(path, given) for given in inputs):
        raise OutputError(f"{path} is an input and is never written over; choose another name")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(f"{path} exists already; choose another name or allow it with --force")
    folder = _nearest_folder(path)
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: {folder} is a file, not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {path}: no permission to write into {folder}; choose another folder")


def write_atomically(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file beside its place and move it there when it is complete; missing folders are made.

    Raises:
        OutputError: the disk or its permissions do not allow it. Nothing is left behind.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            write(file)


@contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """Say in one line what a disk refuses, and what to do.

    Raises:
        OutputError: the disk or its permissions do not allow it.
    """
    try:
        yield
    except OSError as error:
        remedy = "make room there, or " if error.errno in FULL else ""
        raise OutputError(f"cannot write {place}: {_reason(error)}; {remedy}choose another folder") from error


def _is_same_file(path: Path, other: Path) -> bool:
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.resolve() == other.resolve()


def _nearest_folder(path: Path) -> Path:
    """Return the first parent that exists."""
    return next(parent for parent in path.absolute().parents if parent.exists())


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
