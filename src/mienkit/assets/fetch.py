"""Finding optional files in the user's folders, and bringing them there: checked, whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from mienkit.assets.catalogue import ASSETS, Asset
from mienkit.core.errors import AssetError, OutputError
from mienkit.core.naming import unknown_name

VARIABLE = "MIENKIT_ASSETS"
"""One or more folders, like PATH; new files go into the first."""
CHUNK = 1 << 18
ATTEMPTS = 4
"""How often a connection may break before it is given up; each attempt goes on where the last one stopped."""
TIMEOUT_SECONDS = 30

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be."""


def asset_folders() -> list[Path]:
    """List the folders where optional files are looked for."""
    named = [Path(part).expanduser() for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    cache = os.environ.get("XDG_CACHE_HOME")
    return named or [(Path(cache) if cache else Path.home() / ".cache") / "mienkit"]


def asset(name: str) -> Asset:
    """Look an optional file up in the catalogue.

    Raises:
        UnknownNameError: there is no such entry.
    """
    if name not in ASSETS:
        raise unknown_name("optional file", name, ASSETS)
    return ASSETS[name]


def find_asset(name: str) -> Path | None:
    """Return where an optional file lies; None where it is not at hand."""
    filename = asset(name).filename
    return next((folder / filename for folder in asset_folders() if (folder / filename).is_file()), None)


def require_asset(name: str) -> Path:
    """Return where an optional file lies.

    Raises:
        AssetError: it is missing or of the wrong size; the message says how to get it.
    """
    entry, path = asset(name), find_asset(name)
    if path is None:
        where = os.pathsep.join(map(str, asset_folders()))
        raise AssetError(f"{entry.filename} is not in {where}; get it with `mien fetch {name}`")
    if path.stat().st_size != entry.size:
        raise AssetError(
            f"{path} has {path.stat().st_size} bytes instead of {entry.size}; remove it and run `mien fetch {name}`"
        )
    return path


def fetch_asset(name: str, source: Path | None = None, progress: Progress | None = None) -> Path:
    """Bring an optional file into the first asset folder; what is there already stays.

    Args:
        name: as in the catalogue.
        source: a copy of the file, where there is no network or no public address.
        progress: told how far the download is.

    Returns:
        Where it lies now.

    Raises:
        UnknownNameError: the catalogue has no such entry.
        AssetError: the file is another one, has no public address, or the connection broke; nothing is put there.
        OutputError: the folder cannot be written.
    """
    entry = asset(name)
    present = find_asset(name)
    if present is not None and _sha256(present) == entry.sha256:
        return present
    target = asset_folders()[0] / entry.filename
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _copy(entry, source, target) if source else _download(entry, target, progress or _say_nothing)
        part.replace(target)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise OutputError(f"cannot write {target}: {error.strerror}; set {VARIABLE} to another folder") from error
    return target


def _copy(entry: Asset, source: Path, target: Path) -> Path:
    if not source.is_file():
        raise AssetError(f"no file is at {source}; name a copy of {entry.filename}")
    if _sha256(source) != entry.sha256:
        raise AssetError(f"{source} is not {entry.filename}: its SHA-256 differs; get it from {entry.origin}")
    part = _part_of(target)
    shutil.copyfile(source, part)
    return part


def _download(entry: Asset, target: Path, progress: Progress) -> Path:
    """Load a file from its public address into a part file, going on where an earlier attempt stopped."""
    if entry.address is None:
        raise AssetError(
            f"{entry.filename} has no public address of its own; make or copy it as {entry.origin} says, "
            f"then run `mien fetch {entry.name} --from FILE`"
        )
    part = _part_of(target)
    if _size_of(part) == entry.size and _sha256(part) != entry.sha256:
        part.unlink()
    reason = ""
    for _ in range(ATTEMPTS):
        if _size_of(part) == entry.size:
            break
        reason = _attempt(entry, entry.address, part, progress)
    if _size_of(part) == entry.size:
        return _checked(entry, part)
    raise AssetError(
        f"the connection to {entry.address} broke at {_size_of(part)} of {entry.size} bytes{reason}; "
        "run the same command again, and it goes on from there"
    )


def _attempt(entry: Asset, address: str, part: Path, progress: Progress) -> str:
    """Load as much as the connection gives; returns why it broke, for the message."""
    try:
        _receive(address, part, entry.size, progress)
    except HTTPError as error:
        part.unlink(missing_ok=True)
        raise AssetError(f"{address} answers {error.code} {error.reason}; {_by_hand(entry)}") from error
    except PermissionError:
        raise
    except (OSError, HTTPException) as error:
        return f" ({getattr(error, 'reason', error)})"
    return ""


def _receive(address: str, part: Path, size: int, progress: Progress) -> None:
    """Append what is still missing of a file, at most ``size`` bytes in all."""
    start = _size_of(part)
    request = Request(address, headers={"Range": f"bytes={start}-"} if start else {})
    with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        there = start if _goes_on_at(response, start) else 0
        with part.open("ab" if there else "wb") as file:
            while there < size and (chunk := response.read(min(CHUNK, size - there))):
                file.write(chunk)
                there += len(chunk)
                progress(there, size)


def _goes_on_at(response: HTTPResponse, start: int) -> bool:
    """Say whether a server sends the rest from ``start``; many send everything again."""
    return response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _checked(entry: Asset, part: Path) -> Path:
    if _sha256(part) != entry.sha256:
        part.unlink()
        raise AssetError(f"what {entry.address} sent is not {entry.filename}: its SHA-256 differs; {_by_hand(entry)}")
    return part


def _by_hand(entry: Asset) -> str:
    return f"get {entry.filename} elsewhere and run `mien fetch {entry.name} --from FILE`"


def _part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _say_nothing(there: int, size: int) -> None:
    """Stand in for a progress bar."""
