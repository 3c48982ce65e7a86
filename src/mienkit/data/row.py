"""One row of the face table: a picture of a face and everything that is known of it.

``FaceLabels`` is what is known, ``FaceRow`` is that with an aligned and encoded picture: what a table stores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS, SIDED_UNITS
from mienkit.core.landmark import NUM_LANDMARKS

Floats = npt.NDArray[np.float32]

KINDS: tuple[str, ...] = ("photograph", "drawn", "rendered", "re-expressed", "synthesised")
"""What a face is; only a photograph may be called real. A re-expressed one is a photograph after an exact change, a
synthesised one is any face after an editor, and shows what a judge read in it."""
CHANGED: tuple[str, ...] = ("re-expressed", "synthesised")
"""Kinds that were made from another row."""
SPLITS: tuple[str, ...] = ("train", "val", "test")

AU_COLUMNS: tuple[str, ...] = ACTION_UNITS
BEFORE_COLUMNS: tuple[str, ...] = tuple(f"before_{name}" for name in ACTION_UNITS)
"""Optional: what the photograph showed from which this row was made, on the same scale as the row's own units."""
SIDED_COLUMNS: tuple[str, ...] = SIDED_UNITS
"""Optional: intensities of one side; L and R are the person's own."""
POSE_COLUMNS: tuple[str, ...] = ("yaw", "pitch", "roll")

REQUIRED: Mapping[str, Any] = {
    "image": pa.binary(),
    "width": pa.int32(),
    "height": pa.int32(),
    "source": pa.string(),
    "source_id": pa.string(),
    "licence": pa.string(),
    "kind": pa.string(),
    "subject": pa.string(),
    "sequence": pa.string(),
    "frame": pa.int32(),
    "emotion": pa.string(),
    **dict.fromkeys(AU_COLUMNS, pa.float32()),
    "au_measurer": pa.string(),
    "landmarks": pa.list_(pa.float32()),
    **dict.fromkeys(POSE_COLUMNS, pa.float32()),
    "split": pa.string(),
    "pair": pa.string(),
}
"""Columns that every table has, with their types, in the order in which they are stored."""
MAP_SIDE = 32
"""Rows and columns of the maps that a row can carry: what they tell is smooth."""
MAP_COLUMNS: tuple[str, ...] = ("flow", "fresh")
"""Optional: where each place of an edited picture came from in its photograph, and what the photograph did not show."""
OPTIONAL: Mapping[str, Any] = {
    **dict.fromkeys(BEFORE_COLUMNS + SIDED_COLUMNS, pa.float32()),
    "flow": pa.list_(pa.float16()),
    "fresh": pa.list_(pa.uint8()),
    "fold": pa.int32(),
    "depth": pa.list_(pa.float32()),
    "origin": pa.string(),
    "editor": pa.string(),
}
NEVER_NULL: tuple[str, ...] = (
    "image", "width", "height", "source", "source_id", "licence", "kind", "subject", "split",
)  # fmt: skip


def unknown_aus() -> Floats:
    """Return intensities of which nothing is known, (17,) NaN."""
    return np.full(NUM_AUS, np.nan, np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceLabels:
    """What is known of a face; None and NaN say that nobody measured it, never that it is 0."""

    source: str
    """Collection that the picture comes from."""
    source_id: str
    """Unique within the source."""
    licence: str
    kind: str
    """One of KINDS."""
    subject: str
    """One a person, the same in every source; subjects never cross splits."""
    sequence: str | None = None
    """Rows of one sequence show the same person in the same scene, so that only the expression differs."""
    frame: int | None = None
    emotion: str | None = None
    """One of EMOTIONS."""
    aus: Floats = field(default_factory=unknown_aus)
    """(17,) in [0, 1], NaN where unknown."""
    au_measurer: str | None = None
    """Name and version of what measured the units."""
    before: Floats = field(default_factory=unknown_aus)
    """(17,): units of the photograph named by ``pair``."""
    sided: Mapping[str, float] = field(default_factory=dict)
    """``AU12_L`` -> intensity."""
    landmarks: Floats | None = None
    """(68, 2) in pixels of the row's picture."""
    depth: Floats | None = None
    """(68,): how far each landmark stands towards the viewer, in pixels of the row's picture as they are; only
    differences mean something."""
    pose: Floats | None = None
    """(3,): yaw, pitch, roll in degrees, NaN where unknown; signs as in ``core.task.Reading``."""
    pair: str | None = None
    """``source_id`` of the photograph, in the same source, that this row is an exact change of."""
    flow: Floats | None = None
    """(32, 32, 2): where the middle of each part came from in the photograph, minus where it is, pixels right and down
    of the row's picture."""
    fresh: Floats | None = None
    """(32, 32) in [0, 1]: what the photograph did not show, such as the inside of a mouth that opened."""
    fold: int | None = None
    """Part of a cross-validation that the subject belongs to, from 0; a subject has one."""
    origin: str | None = None
    """``source_id`` of the row, in the same source, that an editor made this of; unlike ``pair`` no exact change."""
    editor: str | None = None
    """Name of that editor, and the first digits of its weights' SHA-256."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceRow(FaceLabels):
    """A row of a table: an aligned face and what is known of it."""

    image: bytes
    """JPEG or PNG."""
    width: int
    height: int
    split: str
    """One of SPLITS."""


def table_schema(optional: Sequence[str] = (), metadata: Mapping[str, str] | None = None) -> Any:
    """Make the Arrow schema of a table.

    Raises:
        ValueError: a column is not one of the optional ones.
    """
    strange = [name for name in optional if name not in OPTIONAL]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not an optional column of a face table; see OPTIONAL")
    types = {**REQUIRED, **{name: OPTIONAL[name] for name in optional}}
    fields = [pa.field(name, kind, nullable=name not in NEVER_NULL) for name, kind in types.items()]
    return pa.schema(fields, metadata=metadata)


def rows_to_arrow(rows: Sequence[FaceRow], schema: Any) -> Any:
    """Turn rows into an Arrow table of the given schema.

    Raises:
        ValueError: a row has a label for which the schema has no column, or one of a wrong shape.
    """
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for row in rows:
        values = row_values(row)
        lost = [name for name, value in values.items() if value is not None and name not in columns]
        if lost:
            raise ValueError(f"row {row.source_id} has {', '.join(lost)}: name these in `optional`")
        for name, column in columns.items():
            column.append(values.get(name))
    return pa.table({name: pa.array(column, schema.field(name).type) for name, column in columns.items()}, schema)


def row_values(row: FaceRow) -> dict[str, Any]:
    """Spread a row over its columns; None where nothing is known."""
    plain = ("image", "width", "height", "source", "source_id", "licence", "kind", "subject", "sequence", "frame",
             "emotion", "au_measurer", "split", "pair", "fold", "origin", "editor")  # fmt: skip
    values: dict[str, Any] = {name: getattr(row, name) for name in plain}
    values.update(named_floats(AU_COLUMNS, row.aus))
    values.update(named_floats(BEFORE_COLUMNS, row.before))
    values.update(named_floats(POSE_COLUMNS, row.pose))
    values.update(row.sided)
    values["flow"] = None if row.flow is None else flat_map(row.flow, 2).astype(np.float16)
    values["fresh"] = None if row.fresh is None else np.rint(255 * flat_map(row.fresh, 1)).astype(np.uint8)
    values["landmarks"] = None if row.landmarks is None else flat_landmarks(row.landmarks)
    values["depth"] = None if row.depth is None else flat_depth(row.depth)
    return values


def named_floats(names: Sequence[str], values: Floats | None) -> dict[str, float | None]:
    """Name the entries of a vector; None for NaN.

    Raises:
        ValueError: there are not as many values as names.
    """
    if values is None:
        return dict.fromkeys(names)
    floats = np.asarray(values, np.float32).tolist()
    return {name: None if value != value else value for name, value in zip(names, floats, strict=True)}


def flat_landmarks(landmarks: Floats) -> Floats:
    """Flatten (68, 2) to x, y, x, y, (136,).

    Raises:
        ValueError: the shape is another.
    """
    if landmarks.shape != (NUM_LANDMARKS, 2):
        raise ValueError(f"landmarks should have the shape (68, 2), not {landmarks.shape}")
    return np.ascontiguousarray(landmarks, np.float32).reshape(-1)


def flat_depth(depth: Floats) -> Floats:
    """Return depths as they are stored, (68,).

    Raises:
        ValueError: the shape is another.
    """
    if depth.shape != (NUM_LANDMARKS,):
        raise ValueError(f"depth should have the shape (68,), not {depth.shape}")
    return np.ascontiguousarray(depth, np.float32)


def flat_map(values: Floats, channels: int) -> Floats:
    """Flatten a map, (32, 32, C) or (32, 32), row by row.

    Raises:
        ValueError: the shape is another.
    """
    wanted = (MAP_SIDE, MAP_SIDE, channels) if channels > 1 else (MAP_SIDE, MAP_SIDE)
    if values.shape != wanted:
        raise ValueError(f"a map should have the shape {wanted}, not {values.shape}")
    return np.ascontiguousarray(values, np.float32).reshape(-1)
