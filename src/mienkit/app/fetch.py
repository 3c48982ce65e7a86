"""Optional files, brought and checked."""

from dataclasses import dataclass
from pathlib import Path

from mienkit.assets.catalogue import ASSETS
from mienkit.assets.fetch import fetch_asset, find_asset


@dataclass(frozen=True, kw_only=True)
class AssetState:
    """One optional file, and whether it is at hand."""

    name: str
    what: str
    licence: str
    size: int
    path: Path | None


def fetch(name: str, source: Path | None = None) -> Path:
    """Bring an optional file, from the network or from a file at hand; returns where it lies.

    Raises:
        UnknownNameError: there is no such file.
        AssetError: it cannot be had, or is not the one that it should be.
    """
    return fetch_asset(name, source)


def list_assets() -> list[AssetState]:
    """Describe every optional file."""
    return [
        AssetState(name=name, what=asset.what, licence=asset.licence, size=asset.size, path=find_asset(name))
        for name, asset in ASSETS.items()
    ]
