"""Face tables: import what is aligned already, and look at the faces of one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from mienkit.app.folder import Track, untracked
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.config import require
from mienkit.core.errors import ConfigError, TableError
from mienkit.core.image import Picture
from mienkit.data.decode import decode_picture, resize_picture
from mienkit.data.readers import READERS
from mienkit.data.split import subject_split
from mienkit.data.table import open_table
from mienkit.data.writer import TableWriter
from mienkit.face.output import check_output, write_atomically
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet

TILE = 160
"""Side of a face on a sheet, in pixels."""
TILES_A_ROW = 6
LOUDEST = 2
"""Action units that a caption names."""
LANDMARK_COLOR = (0, 255, 160)


def import_table(
    reader: str, folder: Path, out: Path, *, seed: int = 0, force: bool = False, track: Track = untracked
) -> int:
    """Write a table of a data set whose faces are already aligned and measured; return its number of rows.

    Args:
        reader: what reads the data set, one of READERS.
        folder: where it lies.
        out: the table's folder.
        seed: of the split, where the data set has none.
        force: replace a table that is there.
        track: shows progress.

    Raises:
        ConfigError: the reader gives photos, which must be aligned first.
        DataError: the data set cannot be used.
        OutputError: the table exists already, or cannot be written.
    """
    opened = READERS[reader](folder)
    if opened.size is None:
        raise ConfigError(f"'{reader}' gives photos that must be aligned first; use `mien prepare {reader}`")
    with TableWriter(out, size=opened.size, optional=opened.optional, force=force) as writer:
        for sample in track(opened.samples(), len(opened)):
            writer.add(sample.to_row(subject_split(sample.subject, seed)))
        return len(writer)


def show_table(
    path: Path, out: Path, *, count: int = 24, split: str | None = None, seed: int = 0, force: bool = False
) -> int:
    """Draw faces of a table, chosen at random, with their landmarks and strongest units; return how many.

    Raises:
        TableError: the table is broken or has no such faces.
        OutputError: the sheet exists already, or cannot be written.
    """
    require(count >= 1, f"--count {count} should be at least 1")
    check_output(out, [], force)
    table = open_table(path)
    splits = np.asarray(table.read(["split"])["split"].to_pylist())
    rows = np.flatnonzero(splits == split) if split else np.arange(len(splits))
    if not len(rows):
        raise TableError(f"{path} has no face in the split '{split}'")
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:count])
    faces = table.take(chosen.tolist()).to_pylist()
    faces.sort(key=lambda face: (face["kind"], face["source"]))
    title = f"{path.name}: {len(faces)} of {len(rows)} faces"
    sheet = draw_sheet(Sheet(title=title, rows=sheet_rows(faces), tile=TILE))
    write_atomically(out, lambda file: Image.fromarray(sheet).save(file, format="PNG"))
    return len(faces)


def sheet_rows(faces: Sequence[dict[str, Any]]) -> list[Row]:
    """Lay faces out, those of one source beside each other."""
    rows = []
    for kind, source in dict.fromkeys((face["kind"], face["source"]) for face in faces):
        tiles = [face_tile(face) for face in faces if (face["kind"], face["source"]) == (kind, source)]
        lines = [tiles[start : start + TILES_A_ROW] for start in range(0, len(tiles), TILES_A_ROW)]
        rows += [Row(label=source, detail=kind, tiles=line) for line in lines]
    return rows


def face_tile(face: dict[str, Any]) -> Tile:
    """Draw one row of a table; a grey tile where its picture cannot be read."""
    picture = decode_picture(face["image"])
    tile = np.full((TILE, TILE, 3), 128, np.uint8) if picture is None else resize_picture(picture, TILE)
    if face["landmarks"] is not None:
        draw_landmarks(tile, np.asarray(face["landmarks"], np.float32).reshape(-1, 2) * (TILE / face["width"]))
    return Tile(picture=tile, caption=loudest_units(face), note=face["split"])


def draw_landmarks(picture: Picture, landmarks: np.typing.NDArray[np.float32]) -> None:
    """Dot landmarks, (68, 2) in continuous pixels, into a picture."""
    for x, y in np.floor(landmarks).astype(int).tolist():
        cv2.circle(picture, (x, y), 1, LANDMARK_COLOR, cv2.FILLED)


def loudest_units(face: dict[str, Any]) -> str:
    """Name the strongest action units of a row."""
    known = {name: face[name] for name in ACTION_UNITS if face[name] is not None and face[name] >= 0.05}
    strongest = sorted(known, key=lambda name: -known[name])[:LOUDEST]
    return " ".join(f"{name[2:]}:{known[name]:.1f}" for name in strongest) or face["emotion"] or ""
