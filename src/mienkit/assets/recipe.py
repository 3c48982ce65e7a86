"""Optional files that are made here from several files of a public repository."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file that another one is made from."""

    path: str
    """Inside its repository, with ``/``."""
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Which files are needed, where they are, and how the wanted one is made from them."""

    repository: str
    """What to clone, and at which commit, in words."""
    address: str
    """Public https address of the repository's files at one commit, up to their paths; ends with ``/``."""
    sources: tuple[SourceFile, ...]
    make: Callable[[Mapping[str, Path], Path], None]
    """Given where each source lies, by its path, and where to write; the same sources always give the same bytes."""

    @property
    def size(self) -> int:
        """Bytes of all sources."""
        return sum(source.size for source in self.sources)


def read_listing(name: str) -> tuple[SourceFile, ...]:
    """Read the list of sources that lies beside this module: a line each, of SHA-256, bytes and path."""
    lines = files("mienkit.assets").joinpath(name).read_text("utf-8").splitlines()
    fields = [line.split(maxsplit=2) for line in lines]
    return tuple(SourceFile(path=path, size=int(size), sha256=sha256) for sha256, size, path in fields)
