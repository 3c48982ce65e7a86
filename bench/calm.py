"""Whether the clips of ``mien demo`` flicker, beside a filmed face and drawn ones that move."""

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from torch import Tensor

from bench.film import FPS, HEIGHT, WIDTH, held_camera
from bench.table import Table
from mienkit.app.demo import FPS as DEMO_FPS
from mienkit.app.demo import MOVED, SECONDS, example_photo, move_to
from mienkit.app.draw_clip import ClipRequest, draw_clips
from mienkit.app.edit import Workshop, load_workshop
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture, to_float
from mienkit.data.clip import list_rises
from mienkit.data.loader import load_faces
from mienkit.face.align import Alignment, crop_face
from mienkit.face.film import open_film
from mienkit.face.find import find_faces
from mienkit.face.meter import read_landmarks
from mienkit.face.photo import Photo
from mienkit.metrics.flicker import flicker, frame_change
from mienkit.nn.warp import resized

SIZE = 64
"""Of the crops that are compared, as in the table of clips of docs/small.md."""
PEOPLE = 30
"""Who are drawn."""
SEEDS = 3
"""Ways in which the portrait goes to each emotion."""


def bench_calm(*, people: int = PEOPLE, seeds: int = SEEDS) -> Table:
    """Measure the flicker of what ``mien demo`` moves, and of clips to compare it with.

    Raises:
        WeightsError: there are no released weights.
    """
    tools, photo = load_workshop(device="cpu"), example_photo()
    rows = [found("filmed portrait that keeps its expression", [filmed_portrait(tools)])]
    drawn = drawn_rises(people)
    with tempfile.TemporaryDirectory() as folder:
        for emotion in MOVED:
            paths = [Path(folder) / f"{emotion}-{seed}.gif" for seed in range(seeds)]
            clips = [moved_portrait(photo, emotion, path, tools, seed) for seed, path in enumerate(paths)]
            rows.append(found(f"portrait moved to {emotion}", clips))
            rows.append(found(f"drawn people who rise to {emotion}", drawn[emotion]))
    return Table(
        title="Flicker of the demo's clips",
        note=f"Crops of {SIZE} px, {round(SECONDS * DEMO_FPS)} frames. Flicker is change from frame to frame inside "
        "the face that moving with the landmarks does not explain, in levels of 255; change is all of it. New teeth "
        "and folds count, and a face of more contrast has more of both: the share compares portrait and drawn faces. "
        "The film is that of the part before: a camera held in hands, a sensor's noise, each frame aligned by itself "
        "as readers of data sets do. Drawn people's clips are exact, and blinks are left out.",
        columns=("clip", "clips", "flicker", "change", "share", "landmarks, px a frame"),
        rows=rows,
    )


Clip = tuple[Tensor, Tensor]
"""Frames, (T, 3, S, S) in [-1, 1], and their landmarks, (T, 68, 2)."""


def found(title: str, clips: Sequence[Clip]) -> tuple[object, ...]:
    """Write a row of the table: means over clips."""
    left = float(np.mean([flicker(*clip) for clip in clips]))
    change = float(np.mean([frame_change(*clip) for clip in clips]))
    way = float(np.mean([float((points[1:] - points[:-1]).norm(dim=2).mean()) for _, points in clips]))
    return title, len(clips), left, change, left / change, way


def moved_portrait(photo: Photo, emotion: str, path: Path, tools: Workshop, seed: int) -> Clip:
    """Make a clip as the demo does, and read it again."""
    move_to(photo, emotion, path, tools, seed)
    frames = [frame.pixels for frame in open_film(path).frames()]
    return look(frames, [place(frames[0], tools)] * len(frames))


def filmed_portrait(tools: Workshop) -> Clip:
    """Film the portrait for as long as a clip of the demo takes, and align each frame."""
    film = held_camera(round(SECONDS) + 1, (WIDTH, HEIGHT))
    step = FPS / DEMO_FPS
    wanted = {round(step * number) for number in range(round(SECONDS * DEMO_FPS))}
    frames = [frame.pixels for number, frame in enumerate(islice(film, max(wanted) + 1)) if number in wanted]
    return look(frames, [place(frame, tools) for frame in frames])


def place(picture: Picture, tools: Workshop) -> Alignment:
    """Find where the one face of a picture goes in a crop twice as large as those that are compared."""
    used = tools.instruments
    return find_faces(Photo(pixels=picture), used.detector, used.meter)[0].alignment.resized(2 * SIZE)


def look(frames: Sequence[Picture], places: Sequence[Alignment]) -> Clip:
    """Cut faces out; landmarks are found in crops twice as large."""
    large = to_float(np.stack([crop_face(frame, where) for frame, where in zip(frames, places, strict=True)]))
    return resized(large, SIZE), read_landmarks(large) / 2


def drawn_rises(people: int) -> dict[str, list[Clip]]:
    """Draw people who rise to each emotion in as many frames as the demo's clips."""
    request = ClipRequest(
        count=len(EMOTIONS[1:]) * people, per_scene=len(EMOTIONS[1:]), frames=round(SECONDS * DEMO_FPS), fps=DEMO_FPS,
        size=2 * SIZE, seed=77, split="test",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rises.table"
        draw_clips(table, request)
        faces = load_faces(table, 2 * SIZE, "test")
        rises = list_rises(faces, blinks=False)
        clips: dict[str, list[Clip]] = {name: [] for name in MOVED}
        for rows, emotion in zip(rises.rows, rises.emotion, strict=True):
            if EMOTIONS[emotion] in clips:
                clips[EMOTIONS[emotion]].append(drawn_clip(faces.images[rows]))
    return clips


def drawn_clip(frames: Picture) -> Clip:
    """Look at a drawn clip, (T, S, S, 3), as at the others."""
    large = to_float(frames)
    return resized(large, SIZE), read_landmarks(large) / 2
