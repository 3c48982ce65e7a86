"""Face tables joined into one, some hundred rows at a time; of every row only 18 bytes stay in memory."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mienkit.core.config import require
from mienkit.core.errors import OutputError, TableError
from mienkit.data.decode import MAX_NAMED
from mienkit.data.faces import Mask
from mienkit.data.loader import indices
from mienkit.data.row import OPTIONAL, SPLITS, table_schema
from mienkit.data.split import subject_split
from mienkit.data.table import SHARDS, FaceTable, open_table
from mienkit.data.writer import describe_crops, prepare_folder, write_manifest, write_shard

ROWS_PER_SHARD = 1000
KEYS = ("source", "source_id", "subject", "split")

Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class MergeReport:
    """What became of the tables' rows."""

    rows: int
    duplicates: int
    """Left out, because an earlier row has the same source and source_id."""
    subjects: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Keys:
    """Who every row is, in the order of the tables."""

    faces: Digests
    """(N,): of source and source_id."""
    subjects: Digests
    """(N,)"""
    splits: npt.NDArray[np.int8]
    """(N,): index into SPLITS."""

    def new(self) -> Mask:
        """Tell which rows are the first ones of their face, (N,)."""
        first = np.zeros(len(self.faces), np.bool_)
        first[np.unique(self.faces, return_index=True)[1]] = True
        return first


def merge_tables(paths: Sequence[Path], out: Path, *, resplit: int | None = None, force: bool = False) -> MergeReport:
    """Write the rows of all tables into a new one; of a face that occurs twice, the first row.

    Args:
        paths: face tables with crops of one size and template.
        out: the new table's folder.
        resplit: seed of a new split by subject, for all rows; None keeps the tables' own.
        force: replace a table that is there; never one of the inputs.

    Raises:
        ConfigError: there is one table and nothing to change in it.
        TableError: the tables do not fit together, or a subject would be in two splits.
        OutputError: the new table exists already, is an input, or cannot be written.
    """
    require(len(paths) > 1 or resplit is not None, "name two or more tables to merge, or one with --resplit 0")
    tables = [open_table(path) for path in paths]
    check_alike(tables)
    keys = read_keys(tables)
    new = keys.new()
    if resplit is None:
        check_splits(tables, keys, new)
    begin(out, paths, force)
    optional = [name for name in OPTIONAL if any(name in table.columns for table in tables)]
    schema = table_schema(optional, describe_crops(tables[0].size, tables[0].template))
    shards = [
        write_shard(out, number, rows)
        for number, rows in enumerate(even_pieces(kept_rows(tables, new, schema, resplit), ROWS_PER_SHARD))
    ]
    write_manifest(out, shards, size=tables[0].size, template=tables[0].template)
    subjects = len(np.unique(keys.subjects[new]))
    return MergeReport(rows=int(new.sum()), duplicates=int(np.count_nonzero(~new)), subjects=subjects)


def check_alike(tables: Sequence[FaceTable]) -> None:
    """Hold tables to one size and template.

    Raises:
        TableError: they differ.
    """
    first = tables[0]
    for table in tables[1:]:
        if table.size != first.size:
            raise TableError(
                f"{table.folder} has crops of {table.size} px and {first.folder} of {first.size} px; "
                "prepare them at one size"
            )
        if table.template != first.template:
            raise TableError(
                f"faces stand elsewhere in the crops of {table.folder} than in those of {first.folder}; "
                "prepare both with one version of mienkit"
            )


def read_keys(tables: Sequence[FaceTable]) -> Keys:
    """Read who every row is."""
    faces, subjects, splits = [], [], []
    for rows in (rows for table in tables for rows in table.batches(KEYS)):
        source, name, subject, split = (rows[key].to_pylist() for key in KEYS)
        faces.append(digest(f"{one}\0{other}" for one, other in zip(source, name, strict=True)))
        subjects.append(digest(subject))
        splits.append(indices("split", split, SPLITS).astype(np.int8))
    return Keys(faces=np.concatenate(faces), subjects=np.concatenate(subjects), splits=np.concatenate(splits))


def digest(texts: Iterable[str]) -> Digests:
    """Hash texts to 64 bits each."""
    return np.asarray(
        [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) for text in texts], np.uint64
    )


def check_splits(tables: Sequence[FaceTable], keys: Keys, new: Mask) -> None:
    """Look for subjects that would be in two splits.

    Raises:
        TableError: there are some; up to 20 are named.
    """
    places = np.unique(np.stack([keys.subjects[new], keys.splits[new].astype(np.uint64)], axis=1), axis=0)
    subjects, counts = np.unique(places[:, 0], return_counts=True)
    torn = subjects[counts > 1]
    if not len(torn):
        return
    names = sorted(name_subjects(tables, torn[:MAX_NAMED]))
    more = ", ..." if len(torn) > MAX_NAMED else ""
    raise TableError(
        f"{len(torn)} subjects would be in two splits: {', '.join(names)}{more}; "
        "use --resplit 0 to split all rows anew by subject"
    )


def name_subjects(tables: Sequence[FaceTable], wanted: Digests) -> set[str]:
    """Find the names of some subjects."""
    names: set[str] = set()
    for rows in (rows for table in tables for rows in table.batches(["subject"])):
        subjects = rows["subject"].to_pylist()
        found = np.flatnonzero(np.isin(digest(subjects), wanted))
        names.update(subjects[row] for row in found.tolist())
    return names


def begin(out: Path, inputs: Sequence[Path], force: bool) -> None:
    """Make the new table's folder.

    Raises:
        OutputError: it is an input, holds something already, or cannot be made.
    """
    if any(out.resolve() == path.resolve() for path in inputs):
        raise OutputError(f"{out} is an input and is never written over; choose another folder")
    prepare_folder(out, force)
    if any(out.glob(SHARDS)):
        raise OutputError(f"{out} holds part of another table; use --force or another folder")


def kept_rows(tables: Sequence[FaceTable], new: Mask, schema: Any, resplit: int | None) -> Iterator[Any]:
    """Yield the rows that stay, some hundred at a time, with all columns of the new table."""
    start = 0
    for rows in (rows for table in tables for rows in table.batches()):
        kept = rows.filter(pa.array(new[start : start + rows.num_rows]))
        start += rows.num_rows
        columns = {
            name: kept[name] if name in kept.column_names else pa.nulls(len(kept), kind)
            for name, kind in zip(schema.names, schema.types, strict=True)
        }
        if resplit is not None:
            columns["split"] = pa.array(
                [subject_split(one, resplit) for one in kept["subject"].to_pylist()], pa.string()
            )
        yield pa.table(columns, schema)


def even_pieces(tables: Iterable[Any], rows: int) -> Iterator[Any]:
    """Cut a stream of Arrow tables into pieces of so many rows; only the last one is smaller."""
    waiting: list[Any] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows)
            waiting, count = [joined.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(waiting)
