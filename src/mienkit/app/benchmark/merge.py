"""Use case: join what several machines found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from mienkit.app.benchmark.line import PICTURES, RESULTS, Line, append_lines, differing, latest, read_lines
from mienkit.app.benchmark.report import write_report
from mienkit.core.config import require
from mienkit.core.errors import DataError
from mienkit.face.output import write_atomically, writing_to


@dataclass(frozen=True, kw_only=True)
class MergeReport:
    """What became of a merge."""

    folder: Path
    page: Path
    lines: int
    differing: Sequence[str]
    """Pieces of work of which two folders have other figures; the first folder's stay."""


def merge_benchmarks(folders: Sequence[Path], out: Path) -> MergeReport:
    """Join the results of several folders into a new one, with its page; of work that two have, the first's stays.

    Raises:
        ConfigError: the new folder holds results, or is one of those that are joined.
        DataError: a folder holds no results, or they cannot be read.
        OutputError: the new folder cannot be written to.
    """
    require(len(folders) > 1, "name two folders or more to merge")
    require(not (out / RESULTS).exists(), f"{out / RESULTS} exists already; choose another folder")
    parts = [read_lines(folder) for folder in folders]
    for folder, lines in zip(folders, parts, strict=True):
        if not lines:
            raise DataError(f"{folder} holds no {RESULTS} with results; name folders of `mien benchmark`")
    other = [name for number, part in enumerate(parts) for before in parts[:number] for name in differing(before, part)]
    merged = latest(line for part in reversed(parts) for line in part)
    homes = {id(line): folder for folder, part in zip(folders, parts, strict=True) for line in part}
    for line in merged:
        copy_pictures(homes[id(line)], out, line)
    append_lines(out, merged)
    return MergeReport(
        folder=out, page=write_report(out, merged), lines=len(merged), differing=list(dict.fromkeys(other))
    )


def copy_pictures(folder: Path, out: Path, line: Line) -> None:
    """Copy the pictures of a line; one that is missing stays so."""
    for place in paths_in(line.pictures):
        path = folder / place
        plain = Path(place).parts[:1] == (PICTURES,) and ".." not in Path(place).parts
        inside = path.resolve().is_relative_to(folder.resolve())  # a line of somebody else's may name any file
        if plain and inside and path.is_file():
            content = path.read_bytes()
            with writing_to(out / place):
                write_atomically(out / place, partial(write_bytes, content))


def write_bytes(content: bytes, file: IO[bytes]) -> None:
    """Write bytes to an open file."""
    file.write(content)


def paths_in(pictures: Mapping[str, Any]) -> Iterator[str]:
    """List the files of a line."""
    for tiles in pictures.values():
        for tile in tiles:
            yield from (tile[part] for part in ("before", "after", "exact") if isinstance(tile.get(part), str))
