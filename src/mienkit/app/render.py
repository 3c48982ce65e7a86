"""A face table of rendered heads, with exact action units, landmarks and pose; single pictures and clips."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mienkit.app.draw import encode_png
from mienkit.app.folder import Track, untracked
from mienkit.app.in_order import in_order
from mienkit.assets.fetch import require_asset
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.data.drawn import random_expressions
from mienkit.data.row import FaceRow
from mienkit.data.split import subject_split
from mienkit.data.writer import TableWriter
from mienkit.face.align import align_landmarks
from mienkit.geometry.similarity import Points, Similarity
from mienkit.morphable.action_units import units_shown
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.raster import load_kernels
from mienkit.morphable.studio import Rendered, frame, prepare_studio, render, roll_scene, seat

Floats = npt.NDArray[np.float32]

PEOPLE_PER_SEED = 10_000_000
"""Different seeds render different people."""
SOURCE = "mienkit-rendered"


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """Which heads to render.

    Raises:
        ConfigError: a number is out of range.
    """

    count: int = 1000
    """Pictures, or clips."""
    size: int = 128
    """Side of the pictures in pixels."""
    kind: str = "mixed"
    """Of the expressions; see ``data.drawn.KINDS``."""
    per_scene: int = 4
    """Pictures of one person in one scene, which differ by their expression alone."""
    frames: int = 1
    """Of a clip, in which the expression rises from rest to its apex and falls again; 1 is a picture of the apex."""
    seed: int = 0

    def __post_init__(self) -> None:
        require(1 <= self.count <= PEOPLE_PER_SEED, f"--count {self.count} should be 1 to {PEOPLE_PER_SEED}")
        require(32 <= self.size <= 512, f"--size {self.size} should be 32 to 512 pixels")
        require(self.per_scene >= 1, f"--per-scene {self.per_scene} should be at least 1")
        require(self.frames == 1 or self.frames >= 3, f"--frames {self.frames} should be 1, or at least 3 for a clip")
        require(self.seed >= 0, f"--seed {self.seed} should be at least 0")


def render_table(out: Path, request: RenderRequest, *, force: bool = False, track: Track = untracked) -> int:
    """Write a table of rendered heads and return its number of rows; an interrupted call goes on where it stopped.

    Raises:
        AssetError: the head model is missing.
        MissingExtraError: numba is not installed.
        OutputError: the table exists already, or cannot be written.
        UnknownNameError: there is no such kind of expressions.
    """
    require_asset("ict-facekit")
    load_kernels()
    aus, emotion = random_expressions(request.count, request.seed, request.kind)
    workers = os.cpu_count() or 1
    prepare_studio(request.size)
    with TableWriter(out, size=request.size, force=force) as writer, ThreadPoolExecutor(workers) as pool:

        def work(rows: npt.NDArray[np.int64]) -> list[FaceRow]:
            return list(render_scene(request, rows, aus[rows], emotion[rows]))

        scenes = unfinished_scenes(request, writer)
        for made in track(in_order(scenes, lambda rows: pool.submit(work, rows), workers), len(scenes)):
            writer.extend(made)
        return len(writer)


def unfinished_scenes(request: RenderRequest, writer: TableWriter) -> list[npt.NDArray[np.int64]]:
    """Number the pictures of each scene of which some are not written."""
    starts = range(0, request.count, request.per_scene)
    scenes = [np.arange(start, min(start + request.per_scene, request.count)) for start in starts]
    return [
        rows
        for rows in scenes
        if not all(writer.holds(SOURCE, name) for row in rows for name in names_of(request, int(row)))
    ]


def render_scene(
    request: RenderRequest, rows: npt.NDArray[np.int64], aus: Floats, emotion: npt.NDArray[np.int64]
) -> Iterator[FaceRow]:
    """Render the pictures, or clips, of one person in one scene.

    The first picture is aligned as a photograph of it would be; the others stay in its crop, so that only the
    expression differs.
    """
    person = request.seed * PEOPLE_PER_SEED + int(rows[0]) // request.per_scene
    sitter, place = seat(roll_looks(person), request.size), roll_scene(person, request.size)
    curve = intensities(request.frames)
    pose = frame(sitter, place, curve[0] * aus[0], align_whole)
    for row, units, label in zip(rows, aus, emotion, strict=True):
        for number, name in enumerate(names_of(request, int(row))):
            shown = np.asarray(curve[number] * units, np.float32)
            picture = render(sitter, place, shown, pose)
            clip = f"{person}" if request.frames == 1 else f"{person}-{row}"
            named = EMOTIONS[label] if label >= 0 else None
            yield FaceRow(
                image=encode_png(picture.picture),
                width=request.size,
                height=request.size,
                source=SOURCE,
                source_id=name,
                licence="CC0-1.0",
                kind="rendered",
                subject=f"rendered-{person}",
                sequence=clip,
                frame=None if request.frames == 1 else number,
                split=subject_split(f"rendered-{person}"),
                emotion=named if curve[number] >= 0.5 else None,
                aus=units_shown(shown),
                au_measurer="exact",
                landmarks=picture.landmarks,
                pose=np.asarray(picture.angles, np.float32),
            )


def render_face(number: int, aus: Floats, size: int = 256) -> Rendered:
    """Render one person, showing action units, (17,), in a scene of their own, aligned by its own landmarks."""
    sitter, place = seat(roll_looks(number), size), roll_scene(number, size)
    return render(sitter, place, aus, frame(sitter, place, aus, align_whole))


def align_whole(landmarks: Points) -> Similarity:
    """Place landmarks, (68, 2), in the product's template for a picture of side 1."""
    return align_landmarks(landmarks, 1).matrix


def intensities(frames: int) -> Floats:
    """Return how strong the expression is in each frame of a clip, (frames,): onset, apex, offset; 1 frame is the apex.

    The onset takes two fifths of the clip, the apex a fifth; faces move fastest halfway, without a jerk.
    """
    if frames == 1:
        return np.ones(1, np.float32)
    time = np.linspace(0, 1, frames)
    share = np.clip(np.minimum(time, 1 - time) / 0.4, 0, 1)
    return np.asarray(share**3 * (share * (6 * share - 15) + 10), np.float32)


def names_of(request: RenderRequest, row: int) -> list[str]:
    """Name the pictures of a row by everything that decides them."""
    name = f"{request.kind}-{request.seed}-{request.per_scene}-{request.size}-{row}"
    return (
        [name] if request.frames == 1 else [f"{name}-{request.frames}-{frame:03d}" for frame in range(request.frames)]
    )
