"""A table larger than memory, read as an endless stream: each process has its own files, in a chance order.

Whole row groups are drawn in a chance order, a few at a time, and the rows of those few are mixed. So any place of the
stream is found without reading what lies before it, and what is held in memory does not grow with the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mienkit.core.errors import ConfigError, DataError, TableError
from mienkit.data.faces import Indices
from mienkit.data.table import check_split, read_manifest, shared_columns

BUFFER = 4096
"""Rows that are mixed with each other; at 20 KB a picture, 80 MB, and as much again while the next ones are read."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A row group of a file: what is read at once."""

    shard: Path
    number: int
    rows: int
    """Those that are wanted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Window:
    """The rows of a few groups, and the order in which they are visited."""

    parts: Sequence[Any]
    """Arrow tables, one a group."""
    order: Indices

    @property
    def rows(self) -> Any:
        """All rows as one Arrow table; nothing is copied."""
        return pa.concat_tables(self.parts)

    def take(self, places: slice) -> Any:
        """Take the rows at some places of the order; nothing else is copied, as it would be of a table in parts."""
        rows = self.order[places]
        starts = np.cumsum([0, *(part.num_rows for part in self.parts)])
        part = np.searchsorted(starts, rows, side="right") - 1
        within = [np.flatnonzero(part == number) for number in range(len(self.parts))]
        pieces = [one.take(rows[here] - start) for one, here, start in zip(self.parts, within, starts, strict=False)]
        return pa.concat_tables(pieces).combine_chunks().take(np.argsort(np.concatenate(within)))


def share_shards(tables: Sequence[Path], rank: int, world: int) -> list[Path]:
    """Name the files of one process: disjoint, all of them covered, their rows even to within one file.

    Only the manifests are read. Each file goes, the largest first, to the process that has the fewest rows so far.

    Args:
        tables: folders of face tables.
        rank: number of this process.
        world: number of processes.

    Raises:
        TableError: a table cannot be used.
        ConfigError: there are fewer files than processes.
    """
    sizes = {table / entry["name"]: entry["rows"] for table in tables for entry in read_manifest(table)["shards"]}
    if len(sizes) < world:
        raise ConfigError(
            f"{world} processes cannot share {len(sizes)} files; use fewer processes, or leave --stream out"
        )
    loads = [0] * world
    own = []
    for shard in sorted(sizes, key=lambda path: (-sizes[path], str(path))):
        lightest = loads.index(min(loads))
        loads[lightest] += sizes[shard]
        if lightest == rank:
            own.append(shard)
    return sorted(own)


class RowStream:
    """The rows of some files, each once an epoch, without end."""

    def __init__(
        self,
        shards: Sequence[Path],
        columns: Sequence[str],
        *,
        seed: int,
        split: str | None = None,
        known: Sequence[str] = (),
        buffer: int = BUFFER,
    ) -> None:
        """Count the rows that are wanted; pictures are not read yet.

        Args:
            shards: files of face tables, as ``share_shards`` names them.
            columns: what is read of each row.
            seed: of the order.
            split: only the rows of ``train``, ``val`` or ``test``.
            known: columns of which a row must know all.
            buffer: rows that are mixed with each other.

        Raises:
            TableError: a file cannot be used, or has no such column.
            DataError: no row is wanted.
        """
        check_split(split)
        self.columns, self.seed, self.split, self.buffer = list(columns), seed, split, buffer
        self._known = list(known)
        self._needed = list(dict.fromkeys([*self.columns, *self._known, "split"]))
        for shard in shards:
            check_columns(shard, self._needed)
        self.groups = [group for shard in shards for group in self._count(shard)]
        if not self.groups:
            gaps = f" with known {', '.join(known)}" if known else ""
            raise DataError(f"none of {len(shards)} files has a row of the split '{split}'{gaps}")
        self._sizes = np.asarray([group.rows for group in self.groups], np.int64)

    def __len__(self) -> int:
        """Count the rows of an epoch."""
        return int(self._sizes.sum())

    def batches(self, size: int, start: int = 0) -> Iterator[tuple[Any, Window]]:
        """Yield batches without end: an Arrow table of ``size`` rows, and the window that the last of them is from.

        Args:
            size: rows of a batch.
            start: number of the first batch; what lies before it is not read.
        """
        pieces: list[Any] = []
        missing = size
        for window in self.windows(start * size):
            at = 0
            while at < len(window.order):
                piece = window.take(slice(at, at + missing))
                pieces, missing, at = [*pieces, piece], missing - len(piece), at + len(piece)
                if not missing:
                    yield pa.concat_tables(pieces), window
                    pieces, missing = [], size

    def windows(self, position: int) -> Iterator[Window]:
        """Yield windows without end, from a place of the endless sequence of rows on."""
        epoch, skipped = divmod(position, len(self))
        while True:
            for number, groups in enumerate(self._plan(epoch)):
                rows = int(self._sizes[groups].sum())
                if skipped < rows:
                    order = np.random.default_rng([self.seed, epoch, number]).permutation(rows)
                    yield Window(parts=self._read(groups), order=order[skipped:])
                skipped = max(skipped - rows, 0)
            epoch += 1

    def _plan(self, epoch: int) -> list[Indices]:
        """List which groups are read together, in the order of an epoch."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.groups))
        ends = np.cumsum(self._sizes[order])
        window = (ends - self._sizes[order]) // self.buffer
        return np.split(order, np.flatnonzero(np.diff(window)) + 1)

    def _read(self, groups: Indices) -> list[Any]:
        chosen = [self.groups[group] for group in groups]
        return [self._wanted(read_group(one.shard, one.number, self._needed)).select(self.columns) for one in chosen]

    def _count(self, shard: Path) -> Iterator[Group]:
        labels = [*self._known, "split"]
        with pq.ParquetFile(shard) as file:
            for number in range(file.num_row_groups):
                rows = self._wanted(file.read_row_group(number, columns=labels)).num_rows
                if rows:
                    yield Group(shard=shard, number=number, rows=rows)

    def _wanted(self, rows: Any) -> Any:
        wanted = np.ones(rows.num_rows, np.bool_)
        if self.split is not None:
            wanted &= np.asarray(pc.equal(rows["split"], self.split))
        for name in self._known:
            wanted &= np.isfinite(rows[name].to_numpy(zero_copy_only=False))
        return rows if np.all(wanted) else rows.filter(pa.array(wanted))  # a copy only where something goes


def check_columns(shard: Path, columns: Sequence[str]) -> None:
    """Look for columns in one file.

    Raises:
        TableError: the file cannot be used, or lacks one.
    """
    found = shared_columns([shard])
    missing = [name for name in columns if name not in found]
    if missing:
        raise TableError(f"{shard} has no column {missing[0]}; it has {', '.join(found)}")


def read_group(shard: Path, number: int, columns: Sequence[str]) -> Any:
    """Read some columns of one row group.

    Raises:
        TableError: the file cannot be read.
    """
    try:
        with pq.ParquetFile(shard) as file:
            return file.read_row_group(number, columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise TableError(f"{shard} cannot be read ({str(error)[:80]}); see `mien data check`") from None
