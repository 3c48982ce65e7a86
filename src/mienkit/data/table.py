"""The face table: a folder of Parquet files, one row a face, and a manifest that is written last.

Plain pyarrow, pandas and Hugging Face ``datasets`` read the Parquet files as they are; see ``row.py`` for the columns.
A folder without a manifest is a table whose writing was interrupted.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from mienkit.core.errors import TableError
from mienkit.data.row import OPTIONAL, REQUIRED, SPLITS, table_schema

FORMAT = "mienkit face table"
VERSION = 1
MANIFEST = "table.json"
COVERAGE = "coverage.png"
"""A picture of what a prepared table covers; no part of the format."""
SHARD = "faces-{:05d}.parquet"
SHARDS = "faces-*.parquet"
HIDDEN = ".lots"
"""Folder in a table that is not finished, where workers write."""
ROW_GROUP = 256
"""Rows that are read at once when a table does not fit in memory."""


@dataclass(frozen=True, kw_only=True)
class FaceTable:
    """A finished table, opened: what its manifest says. Its rows are read by ``read`` and ``batches``."""

    folder: Path
    shards: tuple[Path, ...]
    rows: int
    size: int
    """Side of the crops in pixels."""
    template: str
    """Where the face stands in the crop, in words or JSON."""
    columns: tuple[str, ...]
    fingerprint: str
    """Changes when the files do: the name under which decoded pictures are cached."""

    def read(self, columns: Sequence[str] | None = None, split: str | None = None) -> Any:
        """Read rows into an Arrow table; all columns unless some are named."""
        return self._dataset().to_table(columns=self._wanted(columns), filter=split_filter(split))

    def batches(self, columns: Sequence[str] | None = None, split: str | None = None) -> Iterator[Any]:
        """Read rows a group at a time, for a table that does not fit in memory."""
        schema, chosen = table_schema(self.optional), split_filter(split)
        wanted = self._wanted(columns)
        for group in row_groups(self.shards, schema):
            for batch in group.to_batches(schema, columns=wanted, filter=chosen, batch_size=ROW_GROUP):
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])

    def count(self, split: str | None = None) -> int:
        """Count the rows of a split."""
        return int(self._dataset().count_rows(filter=split_filter(split)))

    def take(self, rows: Sequence[int], columns: Sequence[str] | None = None) -> Any:
        """Read some rows, by number, into an Arrow table."""
        return self._dataset().take(list(rows), columns=self._wanted(columns))

    def groups(
        self, rows: Sequence[int] | npt.NDArray[np.int64], columns: Sequence[str] | None = None
    ) -> Iterator[Any]:
        """Read some rows, by number and in rising order; only the groups of rows are read that hold some of them.

        Unlike ``take``, which reads a column of the whole table, and which holds all that it finds at once.
        """
        wanted, numbers = self._wanted(columns), np.asarray(rows, np.int64)
        start = 0
        for shard in self.shards:
            file = pq.ParquetFile(shard)
            for group in range(file.num_row_groups):
                stop = start + file.metadata.row_group(group).num_rows
                here = numbers[np.searchsorted(numbers, start) : np.searchsorted(numbers, stop)] - start
                if len(here):
                    yield file.read_row_group(group, columns=wanted).take(here)
                start = stop

    def _dataset(self) -> Any:
        return ds.dataset([str(shard) for shard in self.shards], schema=table_schema(self.optional))

    @property
    def optional(self) -> tuple[str, ...]:
        """Optional columns that the table has."""
        return tuple(name for name in self.columns if name in OPTIONAL)

    def _wanted(self, columns: Sequence[str] | None) -> list[str]:
        missing = [name for name in columns or () if name not in self.columns]
        if missing:
            raise TableError(f"{self.folder} has no column {missing[0]}; it has {', '.join(self.columns)}")
        return list(columns or self.columns)


def row_groups(paths: Sequence[Path], schema: Any = None) -> Iterator[Any]:
    """Name the groups of rows of Parquet files, each to be scanned by itself.

    A scanner of whole files reads on while nobody takes, up to a gigabyte of pictures.
    """
    for path in paths:
        for fragment in ds.dataset(str(path), schema=schema).get_fragments():
            yield from fragment.split_by_row_group()


def split_filter(split: str | None) -> Any:
    """Make the filter for the rows of one split.

    Raises:
        TableError: there is no such split.
    """
    check_split(split)
    return None if split is None else pc.field("split") == split


def check_split(split: str | None) -> None:
    """Refuse a split that does not exist.

    Raises:
        TableError: there is no such split.
    """
    if split is not None and split not in SPLITS:
        raise TableError(f"no split is called '{split}'; choose one of {', '.join(SPLITS)}")


def open_table(path: Path) -> FaceTable:
    """Open a finished table.

    Raises:
        TableError: there is no table, it is unfinished or of another version, or a file or column is missing.
    """
    manifest = read_manifest(path)
    shards = tuple(path / entry["name"] for entry in manifest["shards"])
    columns = shared_columns(shards)
    marks = [hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest()]
    marks += [f"{shard.stat().st_size}:{shard.stat().st_mtime_ns}" for shard in shards]
    return FaceTable(
        folder=path,
        shards=shards,
        rows=sum(entry["rows"] for entry in manifest["shards"]),
        size=manifest["size"],
        template=manifest["template"],
        columns=columns,
        fingerprint=hashlib.sha256(" ".join(marks).encode()).hexdigest()[:20],
    )


def read_table(path: Path, columns: Sequence[str] | None = None, split: str | None = None) -> Any:
    """Read a table's rows into an Arrow table.

    Raises:
        TableError: as ``open_table``, or a column or split does not exist.
    """
    return open_table(path).read(columns, split)


def read_manifest(path: Path) -> dict[str, Any]:
    """Read what a table says of itself.

    Raises:
        TableError: there is none, or it is another format's.
    """
    if not path.is_dir():
        raise TableError(f"{path} is not a face table; a table is a folder that holds {MANIFEST}")
    if not (path / MANIFEST).is_file():
        started = (path / HIDDEN).is_dir() or any(path.glob(SHARDS))
        reason = "is unfinished; run the command that wrote it again" if started else f"has no {MANIFEST}"
        raise TableError(f"the face table {path} {reason}")
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
            raise TableError(f"{path} is '{manifest['format']}' version {manifest['version']}, not {FORMAT} {VERSION}")
        _ = (
            [(entry["name"], int(entry["rows"])) for entry in manifest["shards"]],
            manifest["size"],
            manifest["template"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(f"{path / MANIFEST} is broken ({error}); write the table again") from None
    return manifest


def shared_columns(shards: Sequence[Path]) -> tuple[str, ...]:
    """Return the columns of a table, the same in all of its files.

    Raises:
        TableError: a file is missing or broken, or a column is missing or of a wrong type.
    """
    columns: tuple[str, ...] = tuple(REQUIRED)
    for number, shard in enumerate(shards):
        schema = shard_schema(shard)
        problems = schema_problems(schema)
        if problems:
            raise TableError(f"{shard}: {problems[0][1]}; write the table again")
        known = tuple(name for name in schema.names if name in REQUIRED or name in OPTIONAL)
        columns = known if number == 0 else columns
        if known != columns:
            raise TableError(f"{shard} has other columns than {shards[0].name}; write the table again")
    return columns


def shard_schema(shard: Path) -> Any:
    """Read the schema of one Parquet file.

    Raises:
        TableError: it is missing or is not a Parquet file.
    """
    try:
        return pq.read_schema(shard)
    except (OSError, pa.ArrowException) as error:
        reason = "is missing" if not shard.exists() else f"is not a readable Parquet file ({str(error)[:80]})"
        raise TableError(f"{shard} {reason}; write the table again") from None


def schema_problems(schema: Any) -> list[tuple[str, str]]:
    """Name the columns that a schema lacks or that have a wrong type, as (problem, message)."""
    found = []
    for name, kind in {**REQUIRED, **OPTIONAL}.items():
        if name not in schema.names:
            if name in REQUIRED:
                found.append(("missing-column", f"there is no column {name}"))
        elif not same_type(schema.field(name).type, kind):
            found.append(("wrong-type", f"column {name} is {schema.field(name).type}, not {kind}"))
    return found


def same_type(found: Any, wanted: Any) -> bool:
    """Compare two types; a list's inner field may have any name."""
    if pa.types.is_list(wanted):
        return bool(pa.types.is_list(found) and found.value_type == wanted.value_type)
    return bool(found == wanted)
