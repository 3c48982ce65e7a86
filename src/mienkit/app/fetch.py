"""Optional files, brought and checked."""

from dataclasses import dataclass
from pathlib import Path

from mienkit.assets.catalogue import ASSETS
from mienkit.assets.download import Progress
from mienkit.assets.fetch import fetch_asset, find_asset


@dataclass(frozen=True, kw_only=True)
class AssetState:
    """One optional file, and whether it is at hand."""

    name: str
    what: str
    licence: str
    size: int
    """Bytes."""
    loads: int | None
    """Bytes that come over the network; None where it must come from a file at hand."""
    path: Path | None


def fetch(name: str, source: Path | None = None, progress: Progress | None = None) -> Path:
    """Bring an optional file, from the network or from a file or folder at hand; returns where it lies.

    Raises:
        UnknownNameError: there is no such file.
        AssetError: it cannot be had, or is not the one that it should be.
        OutputError: it cannot be written.
    """
    return fetch_asset(name, source, progress)


def list_assets() -> list[AssetState]:
    """Describe every optional file."""
    return [
        AssetState(
            name=name,
            what=asset.what,
            licence=asset.licence,
            size=asset.size,
            loads=asset.loads,
            path=find_asset(name),
        )
        for name, asset in ASSETS.items()
    ]
