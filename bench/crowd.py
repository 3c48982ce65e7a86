"""A face table of as many drawn faces as are wanted, quickly."""

from pathlib import Path

import numpy as np

from mienkit.app.draw import SOURCE, encode_png
from mienkit.core.image import Picture
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.data.drawn.picture import DrawnFaces
from mienkit.data.row import FaceRow
from mienkit.data.split import subject_split
from mienkit.data.writer import TableWriter

PX = 32
DISTINCT = 1000
"""Faces that are drawn; a thousand take two seconds, a hundred thousand would take minutes."""
GRAIN = 3
"""Noise that makes every picture another file, standard deviation in levels of 255."""


def write_crowd(folder: Path, count: int) -> None:
    """Write a table of drawn faces of 32 px, a thousand of them distinct, the others with other noise.

    They are single photographs and no sequences, so that equal pictures are looked for among all of them.
    """
    people = np.arange(min(count, DISTINCT))
    drawn = draw_faces(people, random_expressions(len(people))[0], size=PX)
    random = np.random.default_rng(0)
    with TableWriter(folder, size=PX, force=True) as writer:
        for index in range(count):
            face = index % len(people)
            grain = np.rint(random.standard_normal((PX, PX, 1)) * GRAIN)
            picture = np.clip(drawn.images[face] + grain, 0, 255).astype(np.uint8)
            writer.add(crowd_row(drawn, face, index, picture))


def crowd_row(drawn: DrawnFaces, face: int, index: int, picture: Picture) -> FaceRow:
    """Make a row of one of the drawn faces."""
    return FaceRow(
        image=encode_png(picture),
        width=PX,
        height=PX,
        source=SOURCE,
        source_id=f"crowd-{index}",
        licence="CC0-1.0",
        kind="drawn",
        subject=f"crowd-{face}",
        split=subject_split(f"crowd-{face}"),
        aus=drawn.aus[face],
        au_measurer="exact",
        landmarks=drawn.landmarks[face],
        pose=drawn.pose[face],
    )
