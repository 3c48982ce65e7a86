"""Parquet files of other people's making, read for a reader with errors that name every bad file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mienkit.core.errors import DataError
from mienkit.data.row import Floats
from mienkit.data.table import row_groups

ROWS_AT_ONCE = 256


def find_parquet(folder: Path, pattern: str, columns: Sequence[str]) -> list[Path]:
    """List the Parquet files of a data set, all of them readable and with the columns that are needed.

    Raises:
        DataError: there is none, or some are bad; up to 20 are named.
    """
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise DataError(f"{folder} holds no {pattern}; give the folder of the data set")
    bad = [problem for path in paths if (problem := file_problem(path, columns))]
    if bad:
        raise DataError(f"{len(bad)} of {len(paths)} files cannot be used: {'; '.join(bad[:20])}")
    return paths


def file_problem(path: Path, columns: Sequence[str]) -> str | None:
    """Say what is wrong with a file, if anything."""
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowException):
        return f"{path.name} is not a readable Parquet file"
    missing = [name for name in columns if name not in names]
    return f"{path.name} has no column {', '.join(missing)}" if missing else None


def count_rows(paths: Sequence[Path]) -> int:
    """Count the rows of files."""
    return sum(pq.read_metadata(path).num_rows for path in paths)


def read_rows(paths: Sequence[Path], columns: Sequence[str]) -> Iterator[Any]:
    """Yield Arrow record batches of some hundred rows."""
    for group in row_groups(paths):
        batches = group.to_batches(columns=list(columns), batch_size=ROWS_AT_ONCE)
        yield from (batch for batch in batches if batch.num_rows)


def metadata_names(path: Path, key: str) -> tuple[str, ...] | None:
    """Read a list of names from a file's schema metadata; None where it has none."""
    text = (pq.read_schema(path).metadata or {}).get(key.encode())
    return tuple(json.loads(text)) if text else None


def list_matrix(column: Any) -> Floats:
    """Turn a column of equally long lists into a matrix, (N, length) float32.

    Raises:
        DataError: the lists differ in length or some are null.
    """
    lengths = set(column.value_lengths().to_pylist())
    if len(lengths) != 1 or None in lengths:
        raise DataError("a list column holds lists of unequal length or nulls; the file is broken")
    return np.asarray(column.flatten(), np.float32).reshape(len(column), -1)
