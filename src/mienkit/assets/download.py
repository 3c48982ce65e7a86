"""One file from a public address: going on where an earlier attempt stopped, and checked before it is believed."""

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from mienkit.core.errors import AssetError

CHUNK = 1 << 18
ATTEMPTS = 4
"""How often a connection may break before it is given up; each attempt goes on where the last one stopped."""
TIMEOUT_SECONDS = 30
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that may answer otherwise in a while."""
OURS = frozenset({errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""Errors of this machine's disk, which no new attempt mends."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A file of the network."""

    filename: str
    address: str
    size: int
    """Bytes."""
    sha256: str
    otherwise: str
    """How it can be had if not from there, for messages."""


def download(remote: Remote, target: Path, progress: Progress) -> Path:
    """Load a file into a part file beside its target; returns the part, whole and checked.

    Raises:
        AssetError: the connection broke or the server is busy (what came stays for the next call), it refused, or what
            came is another file (nothing stays).
        OSError: the part cannot be written.
    """
    part = part_of(target)
    if size_of(part) == remote.size and sha256_of(part) != remote.sha256:
        part.unlink()
    reason = ""
    for _ in range(ATTEMPTS):
        if size_of(part) == remote.size:
            break
        reason = _attempt(remote, part, progress)
    if size_of(part) == remote.size:
        return _checked(remote, part)
    raise AssetError(
        f"the connection to {remote.address} broke at {size_of(part)} of {remote.size} bytes{reason}; "
        "run the same command again, and it goes on from there"
    )


def part_of(target: Path) -> Path:
    """Return where a file is written before it is whole."""
    return target.with_name(f"{target.name}.part")


def size_of(path: Path) -> int:
    """Return the bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _attempt(remote: Remote, part: Path, progress: Progress) -> str:
    """Load as much as the connection gives; returns why it broke, for the message."""
    try:
        _receive(remote, part, progress)
    except HTTPError as error:
        advice = "run the same command again later" if error.code in BUSY else remote.otherwise
        if error.code not in BUSY:
            part.unlink(missing_ok=True)
        raise AssetError(f"{remote.address} answers {error.code} {error.reason}; {advice}") from error
    except (OSError, HTTPException) as error:
        if getattr(error, "errno", None) in OURS:
            raise
        return f" ({getattr(error, 'reason', error)})"
    return ""


def _receive(remote: Remote, part: Path, progress: Progress) -> None:
    """Append what is still missing of a file, at most its size in all."""
    start = size_of(part)
    request = Request(remote.address, headers={"Range": f"bytes={start}-"} if start else {})
    with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        there = start if _goes_on_at(response, start) else 0
        with part.open("ab" if there else "wb") as file:
            while there < remote.size and (chunk := response.read(min(CHUNK, remote.size - there))):
                file.write(chunk)
                there += len(chunk)
                progress(there, remote.size)


def _goes_on_at(response: HTTPResponse, start: int) -> bool:
    """Say whether a server sends the rest from ``start``; many send everything again."""
    return response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _checked(remote: Remote, part: Path) -> Path:
    if sha256_of(part) != remote.sha256:
        part.unlink()
        raise AssetError(
            f"what {remote.address} sent is not {remote.filename}: its SHA-256 differs; {remote.otherwise}"
        )
    return part
