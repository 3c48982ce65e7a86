"""How fast faces are drawn, decoded and put into batches."""

import tempfile
from pathlib import Path

import numpy as np

from bench.table import Table
from bench.timing import milliseconds
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.data.loader import load_faces
from mienkit.data.pairing import pair_batches
from mienkit.data.sampling import face_batches

BATCH = 16


def bench_data(*, count: int = 512, sizes: tuple[int, ...] = (64, 128), rounds: int = 5) -> Table:
    """Time drawing, decoding and batches at several sizes."""
    rows = [row for size in sizes for row in data_rows(count, size, rounds)]
    return Table(
        title="Data",
        note=f"{count} drawn faces (PNG in a face table); decoded once, then kept as uint8. Median of {rounds} rounds.",
        columns=("what", "px", "value", "unit"),
        rows=rows,
    )


def data_rows(count: int, size: int, rounds: int) -> list[tuple[object, ...]]:
    """Measure one size."""
    people, (aus, _) = np.arange(count), random_expressions(count)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "drawn"
        draw_table(table, DrawRequest(count=count, size=size))
        faces = load_faces(table, size)
        streams = {"faces": face_batches(faces, batch_size=BATCH, seed=0)(0)}
        streams["pairs"] = pair_batches(faces, batch_size=BATCH, seed=0)(0)
        works = {
            "draw": lambda: draw_faces(people, aus, size=size),
            "load": lambda: load_faces(table, size),
            "faces": lambda: next(streams["faces"]),
            "pairs": lambda: next(streams["pairs"]),
        }
        times = milliseconds(works, rounds, warm_up=1)
    return [
        ("draw faces", size, 1000 * count / times["draw"], "faces/s"),
        ("load a table", size, 1000 * count / times["load"], "images/s"),
        (f"batch of {BATCH} faces", size, times["faces"], "ms"),
        (f"batch of {BATCH} pairs", size, times["pairs"], "ms"),
    ]
