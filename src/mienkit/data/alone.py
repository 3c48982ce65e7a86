"""One writer of a folder at a time: a lock that the system opens when its holder ends, however it ends."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mienkit.core.errors import OutputError
from mienkit.face.output import writing_to

LOCK = ".lock"
BUSY = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What systems answer where somebody else holds a lock."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep all others out of a folder, on this machine and on those that share its disk; it is made if missing.

    Where a disk knows no locks (some network disks do not) nobody is kept out.

    Raises:
        OutputError: somebody else works in it, or it cannot be written.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = take(folder / LOCK)
    if file is None:
        raise OutputError(
            f"another `mien` is writing into {folder} just now; wait until it has ended, or choose another folder"
        )
    try:
        yield
    finally:
        leave(file)


def take(path: Path) -> IO[bytes] | None:
    """Open and lock a file; None where somebody else holds it."""
    while True:
        file = path.open("ab")  # network disks lock only files that are open for writing
        if not lock(file):
            file.close()
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()  # its last holder removed it between our opening and our locking


def leave(file: IO[bytes]) -> None:
    """Remove a locked file and open the lock."""
    if sys.platform == "win32":  # which removes no open files
        file.close()
    with suppress(OSError):
        Path(file.name).unlink()
    file.close()


def lock(file: IO[bytes]) -> bool:
    """Lock a file for this process alone; tell whether nobody else holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in BUSY
    return True
