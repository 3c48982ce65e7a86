"""A contact sheet of a face table: chance faces, or those of every emotion, or an action unit as it rises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.core.image import Picture
from mienkit.core.naming import unknown_name
from mienkit.data.decode import decode_picture, resize_picture
from mienkit.data.faces import Indices
from mienkit.data.row import SIDED_COLUMNS
from mienkit.data.table import MANIFEST, FaceTable, check_split, open_table
from mienkit.face.output import check_output, write_atomically
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet

TILE = 160
"""Side of a face on a sheet, in pixels."""
LOUDEST = 2
"""Action units that a caption names."""
LANDMARK_COLOR = (0, 255, 160)
EMOTION = "emotion"
UNITS = (*ACTION_UNITS, *SIDED_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class SheetRequest:
    """Which faces to show."""

    by: str | None = None
    """``emotion``, or an action unit; None takes any, those of a source beside each other."""
    rows: int = 8
    columns: int = 8
    split: str | None = None
    seed: int = 0
    """Of the choice."""

    def __post_init__(self) -> None:
        require(self.rows >= 1 and self.columns >= 1, "a sheet needs at least 1 row and 1 column")
        if self.by is not None and self.by not in (EMOTION, *UNITS):
            raise unknown_name("column to show by", self.by, (EMOTION, *UNITS))


@dataclass(frozen=True, kw_only=True)
class Line:
    """Faces that stand in one row of the sheet."""

    label: str
    detail: str
    rows: list[int]
    """Of the table."""


def show_table(path: Path, out: Path, request: SheetRequest | None = None, *, force: bool = False) -> int:
    """Draw faces of a table, with their landmarks and labels, as a PNG; return how many.

    Raises:
        TableError: the table is broken, or has no such faces or labels.
        OutputError: the sheet exists already, lies in the table, or cannot be written.
    """
    request = request or SheetRequest()
    table = open_table(path)
    check_output(out, [*table.shards, path / MANIFEST], force)
    lines = choose_lines(table, request)
    rows = [row for line in lines for row in line.rows]
    faces = dict(zip(rows, read_faces(table, rows), strict=True))
    title = f"{path.name}: {len(rows)} of {table.count(request.split)} faces"
    sheet_rows = [
        Row(label=line.label, detail=line.detail, tiles=[face_tile(faces[row], request.by) for row in line.rows])
        for line in lines
    ]
    sheet = draw_sheet(Sheet(title=title, subtitle=subtitle(request), rows=sheet_rows, tile=TILE))
    write_atomically(out, lambda file: Image.fromarray(sheet).save(file, format="PNG"))
    return len(rows)


def subtitle(request: SheetRequest) -> str:
    """Say how the faces were chosen."""
    split = f"split {request.split}, " if request.split else ""
    return f"{split}by {request.by}, seed {request.seed}" if request.by else f"{split}seed {request.seed}"


def choose_lines(table: FaceTable, request: SheetRequest) -> list[Line]:
    """Choose which faces stand where.

    Raises:
        TableError: there are none.
    """
    check_split(request.split)
    column = request.by or "source"
    labels = table.read(list(dict.fromkeys(["split", "source", "kind", column])))
    splits = np.asarray(labels["split"].to_pylist())
    rows = np.random.default_rng(request.seed).permutation(len(splits))
    rows = rows[splits[rows] == request.split] if request.split else rows
    if not len(rows):
        raise TableError(f"{table.folder} has no face in the split '{request.split}'")
    if request.by is None:
        return [*source_lines(labels, rows, request)]
    values = labels[column].to_numpy(zero_copy_only=False)
    lines = [*(emotion_lines if column == EMOTION else unit_lines)(values, rows, request)]
    if not lines:
        raise TableError(f"nobody knows {column} of a face in {table.folder}; show it without --by")
    return lines


def source_lines(labels: Any, rows: Indices, request: SheetRequest) -> Iterator[Line]:
    """Put chance faces of one source and kind beside each other."""
    chosen = np.sort(rows[: request.rows * request.columns])
    named = list(zip(labels["kind"].to_pylist(), labels["source"].to_pylist(), strict=True))
    for kind, source in sorted({named[row] for row in chosen}):
        here = [int(row) for row in chosen if named[row] == (kind, source)]
        for line in lines_of(here, request.columns):
            yield Line(label=source, detail=kind, rows=line)


def emotion_lines(values: npt.NDArray[Any], rows: Indices, request: SheetRequest) -> Iterator[Line]:
    """Give every emotion that occurs its share of the sheet's rows, one at least."""
    present = [emotion for emotion in EMOTIONS if np.any(values[rows] == emotion)]
    share = max(1, request.rows // max(len(present), 1))
    for emotion in present:
        here = rows[values[rows] == emotion]
        for line in lines_of(here[: share * request.columns].tolist(), request.columns):
            yield Line(label=emotion, detail=f"{len(here)} faces", rows=line)


def unit_lines(values: npt.NDArray[Any], rows: Indices, request: SheetRequest) -> Iterator[Line]:
    """Let an action unit rise from row to row, in equal steps up to its greatest intensity, and within each row."""
    known = rows[~np.isnan(values[rows].astype(np.float64))]
    top = float(values[known].max(initial=0.0)) or 1.0
    step = np.minimum((values[known] / top * request.rows).astype(int), request.rows - 1)
    for number in range(request.rows):
        here = known[step == number]
        shown = here[: request.columns]
        low, high = number * top / request.rows, (number + 1) * top / request.rows
        if len(shown):
            rising = shown[np.argsort(values[shown], kind="stable")].tolist()
            yield Line(label=str(request.by), detail=f"{low:.2f} to {high:.2f}: {len(here)} faces", rows=rising)


def lines_of(rows: Sequence[int], columns: int) -> list[list[int]]:
    """Cut a list into lines."""
    return [list(rows[start : start + columns]) for start in range(0, len(rows), columns)]


def read_faces(table: FaceTable, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Read some rows, in the order asked for."""
    order = np.argsort(rows, kind="stable")
    wanted = ["image", "width", "landmarks", EMOTION, "split", *(name for name in UNITS if name in table.columns)]
    found = table.take([rows[place] for place in order], wanted).to_pylist()
    faces: list[dict[str, Any]] = [{} for _ in rows]
    for place, face in zip(order.tolist(), found, strict=True):
        faces[place] = face
    return faces


def face_tile(face: dict[str, Any], by: str | None) -> Tile:
    """Draw one row of a table; a grey tile where its picture cannot be read."""
    picture = decode_picture(face["image"])
    tile = np.full((TILE, TILE, 3), 128, np.uint8) if picture is None else resize_picture(picture, TILE)
    if face["landmarks"] is not None:
        draw_landmarks(tile, np.asarray(face["landmarks"], np.float32).reshape(-1, 2) * (TILE / face["width"]))
    caption = f"{by} {face[by]:.2f}" if by in UNITS else loudest_units(face)
    return Tile(picture=tile, caption=caption, note=face["split"])


def draw_landmarks(picture: Picture, landmarks: npt.NDArray[np.float32]) -> None:
    """Dot landmarks, (68, 2) in continuous pixels, into a picture."""
    for x, y in np.floor(landmarks).astype(int).tolist():
        cv2.circle(picture, (x, y), 1, LANDMARK_COLOR, cv2.FILLED)


def loudest_units(face: dict[str, Any]) -> str:
    """Name the strongest action units of a row."""
    known = {name: face[name] for name in ACTION_UNITS if face[name] is not None and face[name] >= 0.05}
    strongest = sorted(known, key=lambda name: -known[name])[:LOUDEST]
    return " ".join(f"{name[2:]}:{known[name]:.1f}" for name in strongest) or face[EMOTION] or ""
