"""Finding optional files in the user's folders, and bringing them there: checked, whole or not at all."""

import os
import shutil
from pathlib import Path

from mienkit.assets.catalogue import ASSETS, Asset
from mienkit.assets.download import Progress, Remote, download, part_of, sha256_of, size_of
from mienkit.assets.recipe import Recipe
from mienkit.core.errors import AssetError, OutputError
from mienkit.core.naming import unknown_name

VARIABLE = "MIENKIT_ASSETS"
"""One or more folders, like PATH; new files go into the first."""


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
    if size_of(path) not in entry.sizes:
        raise AssetError(
            f"{path} has {size_of(path)} bytes instead of {entry.size}; remove it and run `mien fetch {name}`"
        )
    return path


def fetch_asset(name: str, source: Path | None = None, progress: Progress | None = None) -> Path:
    """Bring an optional file into the first asset folder; what is there already stays.

    Args:
        name: as in the catalogue.
        source: a copy of the file, where there is no network or no public address; or, of a file that is made here,
            a folder that holds what it is made from.
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
    if present is not None and sha256_of(present) in entry.hashes:
        return present
    target = asset_folders()[0] / entry.filename
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _bring(entry, source, target, progress or _say_nothing).replace(target)
        shutil.rmtree(_sources_of(target), ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}; set {VARIABLE} to another folder") from error
    return target


def _bring(entry: Asset, source: Path | None, target: Path, progress: Progress) -> Path:
    """Put the whole, checked file beside its target."""
    if source is None and entry.recipe is not None:
        return _make(entry, entry.recipe, _download_sources(entry, entry.recipe, target, progress), target)
    if source is None:
        return _download(entry, target, progress)
    if source.is_dir() and entry.recipe is not None:
        return _make(entry, entry.recipe, _find_sources(entry.recipe, source), target)
    return _copy(entry, source, target)


def _copy(entry: Asset, source: Path, target: Path) -> Path:
    if not source.is_file():
        either = f", or of {entry.recipe.repository}" if entry.recipe else ""
        raise AssetError(f"no file is at {source}; name a copy of {entry.filename}{either}")
    if _sha256_of_users(source) not in entry.hashes:
        raise AssetError(f"{source} is not {entry.filename}: its SHA-256 differs; get it from {entry.origin}")
    part = part_of(target)
    shutil.copyfile(source, part)
    return part


def _download(entry: Asset, target: Path, progress: Progress) -> Path:
    if entry.address is None:
        raise AssetError(
            f"{entry.filename} has no public address of its own; make or copy it as {entry.origin} says, "
            f"then run `mien fetch {entry.name} --from FILE`"
        )
    otherwise = f"get {entry.filename} elsewhere and run `mien fetch {entry.name} --from FILE`"
    remote = Remote(
        filename=entry.filename, address=entry.address, size=entry.size, sha256=entry.sha256, otherwise=otherwise
    )
    return download(remote, target, progress)


def _download_sources(entry: Asset, recipe: Recipe, target: Path, progress: Progress) -> dict[str, Path]:
    """Load what a file is made from into a folder beside it; what an earlier call has loaded is not loaded again."""
    folder, done = _sources_of(target), 0
    for source in recipe.sources:
        place = folder / source.path
        if size_of(place) != source.size or sha256_of(place) != source.sha256:
            place.parent.mkdir(parents=True, exist_ok=True)
            remote = Remote(
                filename=source.path,
                address=f"{recipe.address}{source.path}",
                size=source.size,
                sha256=source.sha256,
                otherwise=f"clone {recipe.repository} and run `mien fetch {entry.name} --from FOLDER`",
            )
            download(remote, place, _after(done, recipe.size, progress)).replace(place)
        done += source.size
        progress(done, recipe.size)
    return {source.path: folder / source.path for source in recipe.sources}


def _after(done: int, whole: int, progress: Progress) -> Progress:
    """Report one file as a part of several, of which some are done."""

    def report(there: int, _: int) -> None:
        progress(done + there, whole)

    return report


def _find_sources(recipe: Recipe, folder: Path) -> dict[str, Path]:
    """Find what a file is made from in a folder of the user's, and check it."""
    places = {source.path: folder / source.path for source in recipe.sources}
    for source in recipe.sources:
        place = places[source.path]
        if not place.is_file():
            raise AssetError(f"{folder} holds no {source.path}; name a clone of {recipe.repository}")
        if _sha256_of_users(place) != source.sha256:
            raise AssetError(
                f"{place} is not the file of {recipe.repository}: its SHA-256 differs; check that commit out, with "
                "line ends as they are"
            )
    return places


def _make(entry: Asset, recipe: Recipe, places: dict[str, Path], target: Path) -> Path:
    part = part_of(target)
    recipe.make(places, part)
    if sha256_of(part) != entry.sha256:
        part.unlink()
        raise AssetError(
            f"what was made from {recipe.repository} is not {entry.filename}: its SHA-256 differs; report it with what "
            f"`mien doctor` prints, and run `mien fetch {entry.name} --from FILE`"
        )
    return part


def _sha256_of_users(path: Path) -> str:
    """Return the SHA-256 of a file that the user named."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise AssetError(f"cannot read {path}: {error.strerror}; name a file that you may read") from error


def _sources_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.sources")


def _say_nothing(there: int, size: int) -> None:
    """Stand in for a progress bar."""
