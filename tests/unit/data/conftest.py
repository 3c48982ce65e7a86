"""Small face tables made by code: gradients instead of faces."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.data.row import FaceRow
from mienkit.data.writer import TableWriter

SIZE = 16
MakeRow = Callable[..., FaceRow]
WriteTable = Callable[..., Path]


def gradient_png(number: int, size: int = SIZE) -> bytes:
    """A picture that tells its number by its red, brighter to the right."""
    picture = np.zeros((size, size, 3), np.uint8)
    picture[..., 0] = number
    picture[..., 1] = np.linspace(0, 255, size, dtype=np.uint8)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return encoded.tobytes()


def some_aus(number: int) -> np.ndarray:
    """Intensities that tell the row's number."""
    return np.random.default_rng(number).uniform(0, 1, NUM_AUS).astype(np.float32)


@pytest.fixture
def make_row() -> MakeRow:
    def make(number: int = 0, **changes: object) -> FaceRow:
        size = int(changes.pop("size", SIZE))
        values: dict[str, object] = {
            "image": gradient_png(number, size),
            "width": size,
            "height": size,
            "source": "made",
            "source_id": f"face-{number}",
            "licence": "CC0-1.0",
            "kind": "photograph",
            "subject": f"person-{number}",
            "split": "train",
            "aus": some_aus(number),
            "au_measurer": "exact",
            "landmarks": np.full((68, 2), number, np.float32),
            "pose": np.asarray([1, 2, 3], np.float32),
        }
        return FaceRow(**{**values, **changes})

    return make


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    def write(rows: Sequence[FaceRow], name: str = "table", **options: object) -> Path:
        folder = tmp_path / name
        with TableWriter(folder, size=SIZE, **options) as writer:
            writer.extend(rows)
        return folder

    return write


@pytest.fixture
def photo_and_edit_faces(make_row: MakeRow, write_table: WriteTable) -> FaceArrays:
    """Six photographs, four of them with two edits each, in two tables; units 3 and 4 of photographs are unknown."""
    photos = [make_row(number, aus=blind(some_aus(number))) for number in range(6)]
    edits = []
    for number in range(10, 18):
        photo = (number - 10) // 2
        edits.append(
            make_row(
                number,
                kind="re-expressed",
                source_id=f"face-{photo}+{number}",
                subject=f"person-{photo}",
                pair=f"face-{photo}",
                before=some_aus(100 + photo),
            )
        )
    before = [f"before_{name}" for name in ACTION_UNITS]
    tables = [write_table(photos, "photos"), write_table(edits, "edits", optional=before)]
    return load_faces(tables, SIZE)


def blind(aus: np.ndarray) -> np.ndarray:
    aus[3:5] = np.nan
    return aus


@pytest.fixture
def scene_faces(make_row: MakeRow, write_table: WriteTable) -> FaceArrays:
    """Three people in a scene of three pictures each, drawn."""
    rows = [
        make_row(number, kind="drawn", subject=f"p{number // 3}", sequence=f"s{number // 3}") for number in range(9)
    ]
    return load_faces(write_table(rows), SIZE)
