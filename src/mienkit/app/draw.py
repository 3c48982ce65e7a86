"""A face table of drawn people, with exact action units and landmarks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mienkit.app.folder import Track, untracked
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.data.row import SPLITS, FaceRow
from mienkit.data.split import subject_split
from mienkit.data.writer import TableWriter

CHUNK = 256
"""Faces drawn at once."""
PEOPLE_PER_SEED = 10_000_000
"""Different seeds draw different people."""
SOURCE = "mienkit-drawn"


@dataclass(frozen=True, kw_only=True)
class DrawRequest:
    """Which faces to draw.

    Raises:
        ConfigError: a number is out of range.
    """

    count: int = 2000
    size: int = 64
    """Side of the pictures in pixels."""
    kind: str = "mixed"
    """Of the expressions; see ``data.drawn.KINDS``."""
    per_scene: int = 4
    """Pictures of one person that differ by their expression alone."""
    jitter: float = 0.0
    """How far crops stray from the template, in [0, 1]."""
    seed: int = 0
    split: str | None = None
    """Of all of them, for a table that only judges; by the person if None."""

    def __post_init__(self) -> None:
        require(1 <= self.count <= PEOPLE_PER_SEED, f"--count {self.count} should be 1 to {PEOPLE_PER_SEED}")
        require(16 <= self.size <= 512, f"--size {self.size} should be 16 to 512 pixels")
        require(self.per_scene >= 1, f"--per-scene {self.per_scene} should be at least 1")
        require(0 <= self.jitter <= 1, f"--jitter {self.jitter:g} should be in [0, 1]")
        require(self.seed >= 0, f"--seed {self.seed} should be at least 0")
        require(self.split in (None, *SPLITS), f"--split {self.split} should be {', '.join(SPLITS)}, or left out")


def draw_table(out: Path, request: DrawRequest, *, force: bool = False, track: Track = untracked) -> int:
    """Write a table of drawn faces and return its number of rows; an interrupted call goes on where it stopped.

    Raises:
        OutputError: the table exists already, or cannot be written.
        UnknownNameError: there is no such kind of expressions.
    """
    aus, emotion = random_expressions(request.count, request.seed, request.kind)
    with TableWriter(out, size=request.size, force=force) as writer:
        chunks = [np.arange(start, min(start + CHUNK, request.count)) for start in range(0, request.count, CHUNK)]
        chunks = [rows for rows in chunks if not all(writer.holds(SOURCE, name_of(request, int(row))) for row in rows)]
        drawn = (face for rows in chunks for face in draw_rows(request, rows, aus[rows], emotion[rows]))
        writer.extend(track(drawn, sum(map(len, chunks))))
        return len(writer)


def draw_rows(request: DrawRequest, rows: np.ndarray, aus: np.ndarray, emotion: np.ndarray) -> Iterator[FaceRow]:
    """Draw some rows of the table."""
    person = request.seed * PEOPLE_PER_SEED + rows // request.per_scene
    drawn = draw_faces(person, aus, size=request.size, seed=request.seed, jitter=request.jitter, scene=person)
    for index, row in enumerate(rows):
        yield FaceRow(
            image=encode_png(drawn.images[index]),
            width=request.size,
            height=request.size,
            source=SOURCE,
            source_id=name_of(request, row),
            licence="CC0-1.0",
            kind="drawn",
            subject=f"drawn-{person[index]}",
            sequence=f"{person[index]}",
            split=request.split or subject_split(f"drawn-{person[index]}"),
            emotion=EMOTIONS[emotion[index]] if emotion[index] >= 0 else None,
            aus=drawn.aus[index],
            au_measurer="exact",
            landmarks=drawn.landmarks[index],
            pose=drawn.pose[index],
        )


def name_of(request: DrawRequest, row: int) -> str:
    """Name a drawn face by everything that decides its picture."""
    return f"{request.kind}-{request.seed}-{request.per_scene}-{request.jitter:g}-{request.size}-{row}"


def encode_png(picture: Picture) -> bytes:
    """Encode a picture, (S, S, 3), without loss."""
    done, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return encoded.tobytes()
