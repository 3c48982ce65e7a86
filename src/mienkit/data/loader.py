"""Tables turned into arrays in memory: every picture decoded once, at the size of the training."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.core.image import Picture
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.data.decode import decode_into
from mienkit.data.faces import FaceArrays, Halves, Indices
from mienkit.data.row import (
    AU_COLUMNS,
    BEFORE_COLUMNS,
    KINDS,
    MAP_COLUMNS,
    MAP_SIDE,
    OPTIONAL,
    POSE_COLUMNS,
    SIDED_COLUMNS,
    SPLITS,
    Floats,
)
from mienkit.data.table import FaceTable, open_table
from mienkit.face.output import write_atomically

PLAIN = ("source", "source_id", "subject", "sequence", "kind", "split", "emotion", "pair", "width", "height")


def load_faces(
    tables: Path | Sequence[Path], size: int, split: str | None = None, cache: Path | None = None
) -> FaceArrays:
    """Decode tables, pair their rows and hold them in memory: 49 KB a face at 128 pixels.

    Args:
        tables: one table or several; edits find their photographs in any of them.
        size: side of the pictures, in pixels; landmarks are scaled with them.
        split: only the rows of ``train``, ``val`` or ``test``.
        cache: folder that keeps the decoded pictures for the next time (``cache_folder()``); None keeps nothing.

    Raises:
        TableError: a table is broken, has no such rows, or pictures that cannot be read.
    """
    opened = [open_table(path) for path in ([tables] if isinstance(tables, Path) else tables)]
    labels = pa.concat_tables([read_labels(table, split) for table in opened])
    if not labels.num_rows:
        raise TableError(f"there is no face in {', '.join(str(t.folder) for t in opened)} of the split '{split}'")
    images = np.empty((labels.num_rows, size, size, 3), np.uint8)
    start = 0
    for table in opened:
        stop = start + table.count(split)
        read_images(table, split, images[start:stop], cache)
        start = stop
    return make_faces(labels, images)


def stream_faces(table: Path, size: int, split: str | None = None) -> Iterator[FaceArrays]:
    """Decode a table some hundred rows at a time, for one that does not fit in memory; pairs are not sought.

    Raises:
        TableError: the table is broken, or has pictures that cannot be read.
    """
    opened = open_table(table)
    for batch in opened.batches(split=split):
        images = np.empty((batch.num_rows, size, size, 3), np.uint8)
        decode_into(batch["image"].to_pylist(), images, batch["source_id"].to_pylist())
        yield make_faces(fill_labels(batch), images)


def cache_folder() -> Path:
    """Return the folder of decoded pictures inside the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mienkit" / "decoded"


def read_images(table: FaceTable, split: str | None, out: Picture, cache: Path | None) -> None:
    """Fill ``out``, (N, S, S, 3), with a table's pictures, from the cache where it has them.

    Raises:
        TableError: pictures cannot be read.
    """
    kept = cache / f"{table.fingerprint}-{out.shape[1]}-{split or 'all'}.npy" if cache else None
    if kept is not None and kept.is_file():
        out[:] = np.load(kept, mmap_mode="r")
        return
    start = 0
    for batch in table.batches(["image", "source_id"], split):
        stop = start + batch.num_rows
        decode_into(batch["image"].to_pylist(), out[start:stop], batch["source_id"].to_pylist())
        start = stop
    if kept is not None:
        write_atomically(kept, lambda file: np.save(file, out))


def read_labels(table: FaceTable, split: str | None) -> Any:
    """Read everything but the pictures, with the same columns for every table."""
    return fill_labels(table.read([name for name in table.columns if name != "image"], split))


def fill_labels(rows: Any) -> Any:
    """Select the columns that arrays are made of; optional ones that are missing become null."""
    columns = {name: rows[name] for name in (*PLAIN, *AU_COLUMNS, *POSE_COLUMNS, "frame", "landmarks")}
    for name in (*BEFORE_COLUMNS, *SIDED_COLUMNS, *MAP_COLUMNS, "depth"):
        columns[name] = rows[name] if name in rows.column_names else pa.nulls(rows.num_rows, OPTIONAL[name])
    return pa.table(columns)


def make_faces(labels: Any, images: Picture) -> FaceArrays:
    """Turn an Arrow table of labels, and the pictures of its rows, into arrays.

    Raises:
        TableError: a face occurs twice, or a value is none of those that its column may have.
    """
    text = {name: labels[name].to_pylist() for name in PLAIN}
    names = [f"{source}/{one}" for source, one in zip(text["source"], text["source_id"], strict=True)]
    photos = [one and f"{source}/{one}" for source, one in zip(text["source"], text["pair"], strict=True)]
    scenes = [one and f"{source}/{one}" for source, one in zip(text["source"], text["sequence"], strict=True)]
    scale = images.shape[1] / np.asarray(text["width"], np.float32)
    kind = indices("kind", text["kind"], KINDS)
    return FaceArrays(
        images=images,
        aus=float_matrix(labels, AU_COLUMNS),
        before=float_matrix(labels, BEFORE_COLUMNS),
        tilt=tilts(float_matrix(labels, SIDED_COLUMNS), kind),
        landmarks=point_array(labels["landmarks"], "landmarks", 2) * scale[:, None, None],
        depth=point_array(labels["depth"], "depth", 1)[..., 0] * scale[:, None],
        flow=scaled(map_array(labels["flow"], 2, np.float16(np.nan)), scale),
        fresh=map_array(labels["fresh"], 1, np.uint8(0))[..., 0],
        pose=float_matrix(labels, POSE_COLUMNS),
        emotion=indices("emotion", text["emotion"], EMOTIONS),
        kind=kind,
        split=indices("split", text["split"], SPLITS),
        subject=group_codes(text["subject"]),
        sequence=group_codes(scenes),
        frame=np.asarray([-1 if frame is None else frame for frame in labels["frame"].to_pylist()], np.int64),
        pair=row_numbers(names, photos),
        name=np.asarray(names, np.str_),
    )


def float_matrix(labels: Any, columns: Sequence[str]) -> Floats:
    """Put float columns side by side, (N, K), NaN where they are null."""
    matrix = [labels[name].to_numpy(zero_copy_only=False) for name in columns]
    return np.stack(matrix, axis=1).astype(np.float32)


def tilts(sides: Floats, kind: Indices) -> Floats:
    """Turn intensities of the sides, (N, 34), NaN where unknown, into ``FaceArrays.tilt``."""
    left, right = sides[:, 0::2], sides[:, 1::2]
    tilt = np.nan_to_num((left - right) / 2).astype(np.float32)
    tilt[kind == KINDS.index("photograph")] = 0
    return tilt


def point_array(column: Any, name: str, numbers: int) -> Floats:
    """Turn a column with some numbers for each landmark into (N, 68, numbers), NaN where it is null.

    Raises:
        TableError: a list has another length.
    """
    lists = column.combine_chunks()
    known = np.asarray(lists.is_valid())
    points = np.full((len(lists), NUM_LANDMARKS * numbers), np.nan, np.float32)
    if not np.all(np.asarray(lists.drop_null().value_lengths()) == NUM_LANDMARKS * numbers):
        raise TableError(f"{name} should be lists of {NUM_LANDMARKS * numbers} numbers; see `mien data check`")
    points[known] = lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, NUM_LANDMARKS * numbers)
    return points.reshape(-1, NUM_LANDMARKS, numbers)


def map_array(column: Any, channels: int, unknown: np.generic) -> npt.NDArray[Any]:
    """Turn a map column into (N, 32, 32, C), filled with ``unknown`` where it is null.

    A table that has no maps at all takes no memory for them.

    Raises:
        TableError: a list has another length.
    """
    lists = column.combine_chunks()
    known = np.asarray(lists.is_valid())
    shape = (MAP_SIDE, MAP_SIDE, channels)
    if not known.any():
        return np.broadcast_to(unknown, (len(lists), *shape))
    if not np.all(np.asarray(lists.drop_null().value_lengths()) == math.prod(shape)):
        raise TableError(f"maps should be lists of {math.prod(shape)} numbers; see `mien data check`")
    maps = np.full((len(lists), *shape), unknown)
    maps[known] = lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, *shape)
    return maps


def scaled(flow: Halves, scale: Floats) -> Halves:
    """Bring flows, (N, 32, 32, 2), to pictures of another side; ``scale`` is (N,)."""
    if np.all(scale == 1) or not flow.strides[0]:  # known for none: the rows share one NaN
        return flow
    return np.asarray(flow * scale.astype(np.float16)[:, None, None, None], np.float16)


def indices(column: str, values: Sequence[str | None], known: Sequence[str]) -> Indices:
    """Turn names into their places among those that a column may have; -1 for None.

    Raises:
        TableError: a value is none of them.
    """
    places: dict[str | None, int] = {name: place for place, name in enumerate(known)} | {None: -1}
    strange = sorted({str(value) for value in values if value not in places})
    if strange:
        raise TableError(f"column {column} holds '{strange[0]}'; it may hold {', '.join(known)}")
    return np.asarray([places[value] for value in values], np.int64)


def group_codes(values: Sequence[str | None]) -> Indices:
    """Number equal values alike, from 0; -1 for None."""
    codes: dict[str | None, int] = {None: -1}
    return np.asarray([codes.setdefault(value, len(codes) - 1) for value in values], np.int64)


def row_numbers(names: Sequence[str], wanted: Sequence[str | None]) -> Indices:
    """Find the rows of named faces; -1 where a face is not there.

    Raises:
        TableError: a name occurs twice.
    """
    rows: dict[str | None, int] = {name: row for row, name in enumerate(names)}
    if len(rows) != len(names):
        twice = next(name for row, name in enumerate(names) if rows[name] != row)
        raise TableError(f"the face {twice} occurs twice; give every table once, and see `mien data check`")
    return np.asarray([rows.get(name, -1) for name in wanted], np.int64)
