"""A face table that exists already, taken as it is."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mienkit.core.errors import DataError, TableError
from mienkit.data.reader import READERS, Reader, Sample
from mienkit.data.row import (
    AU_COLUMNS,
    BEFORE_COLUMNS,
    MAP_SIDE,
    POSE_COLUMNS,
    SIDED_COLUMNS,
    Floats,
    unknown_aus,
)
from mienkit.data.table import SHARDS, FaceTable, open_table

PLAIN = (
    "source", "source_id", "licence", "kind", "subject", "sequence", "frame", "emotion", "au_measurer", "split", "pair",
)  # fmt: skip


@READERS.register
class Table(Reader):
    """The rows of a finished face table, with all that they say."""

    title = "a face table, as `mien prepare`, `mien draw` and others write it"

    def __init__(self, folder: Path, config: Any = None) -> None:
        super().__init__(folder, config)
        if not any(folder.glob(SHARDS)):
            raise DataError(f"{folder} holds no face table; give the folder that has table.json")
        self.table: FaceTable = open_table(folder)
        self.size, self.optional = self.table.size, self.table.optional

    def samples(self) -> Iterator[Sample]:
        self.left_out.clear()
        for batch in self.table.batches():
            for row in batch.to_pylist():
                yield row_sample(row, self.table.size)

    def __len__(self) -> int:
        return self.table.rows


def row_sample(row: Mapping[str, Any], size: int) -> Sample:
    """Turn a row, by columns, into a sample.

    Raises:
        TableError: the row's picture is not of the table's size.
    """
    if (row["width"], row["height"]) != (size, size):
        raise TableError(f"{row['source_id']} is {row['width']} x {row['height']} pixels in a table of {size}")
    landmarks, flow, fresh = row["landmarks"], row.get("flow"), row.get("fresh")
    return Sample(
        **{name: row[name] for name in PLAIN},
        picture=row["image"],
        size=size,
        aus=vector(row, AU_COLUMNS),
        before=vector(row, BEFORE_COLUMNS) if BEFORE_COLUMNS[0] in row else unknown_aus(),
        sided={name: row[name] for name in SIDED_COLUMNS if row.get(name) is not None},
        landmarks=None if landmarks is None else np.asarray(landmarks, np.float32).reshape(-1, 2),
        pose=pose if not np.isnan(pose := vector(row, POSE_COLUMNS)).all() else None,
        flow=None if flow is None else np.asarray(flow, np.float32).reshape(MAP_SIDE, MAP_SIDE, 2),
        fresh=None if fresh is None else np.asarray(fresh, np.float32).reshape(MAP_SIDE, MAP_SIDE) / np.float32(255),
        fold=row.get("fold"),
        origin=row.get("origin"),
        editor=row.get("editor"),
    )


def vector(row: Mapping[str, Any], names: tuple[str, ...]) -> Floats:
    """Collect columns of a row; NaN where a value is null."""
    return np.asarray([np.nan if row.get(name) is None else row[name] for name in names], np.float32)
