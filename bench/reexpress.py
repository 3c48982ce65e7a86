"""How fast photos are re-expressed, stage by stage, and how long the fit of a head takes.

The photos are rendered heads, so that none is needed.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from bench.table import Table
from bench.timing import milliseconds, on_one_core
from mienkit.app import reexpress
from mienkit.app.prepare_lot import encode_crop
from mienkit.app.reexpress import ReexpressRequest
from mienkit.app.reexpress_photo import FINER, Sitter, fit_photo, judged, load_judges, movement, seat, targets_of
from mienkit.app.render import RenderRequest, align_whole, render_scene
from mienkit.core.errors import DataError
from mienkit.data.decode import resize_picture
from mienkit.data.drawn import random_expressions
from mienkit.data.row import FaceRow
from mienkit.morphable import studio
from mienkit.morphable.camera import project
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.fit import fit_head
from mienkit.morphable.gate import Reason
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.portrait import sit
from mienkit.morphable.redraw import redraw

ONCE = ("landmarks and fit", "what the photo shows of the head", "identity of the photo")
"""Stages that the edits of a photo share."""
SIDE = 256
"""Of the photos."""
NOISE_PX = 0.7
"""By which landmarks are off, as a landmarker's are."""


def bench_reexpression(*, count: int = 24, sizes: Sequence[int] = (128, 256), rounds: int = 7) -> Table:
    """Time edits of photos, and the stages of an edit.

    Raises:
        AssetError: the head model is missing.
        DataError: no photo can be edited.
        MissingExtraError: numba is not installed.
    """
    photos = render_photos(count)
    columns = [column(photos, size, rounds) for size in sizes]
    judges = load_judges()
    found = "MediaPipe's landmarks" if judges.landmarker else "the table's landmarks, because MediaPipe is missing"
    without = "" if judges.identity else ", without identities, because MobileFace is missing"
    return Table(
        title="Re-expression",
        note=f"{count} rendered heads of {SIDE} px as photos, {ReexpressRequest().per_photo} edits each, on "
        f"{os.cpu_count()} cores; below, the stages of an edit on one core in ms, what a photo needs once divided "
        f"among its edits. With {found}{without}. Median of {rounds} rounds.",
        columns=("what", *(f"{size} px" for size in sizes), *(f"share at {size} px" for size in sizes)),
        rows=[(name, *(cells[name][part] for part in (0, 1) for cells in columns)) for name in columns[0]],
    )


def column(photos: Sequence[FaceRow], size: int, rounds: int) -> dict[str, tuple[float, str | None]]:
    """Measure one size: name -> value and share."""
    request = ReexpressRequest(size=size)
    times = on_one_core(edit_times, photos[0], request, rounds)
    spent = {name: taken / (request.per_photo if name in ONCE else 1) for name, taken in times.items()}
    total = sum(spent.values())
    rate = pair_rate(photos, request)
    return {"pairs/s": (rate, None)} | {name: (ms, f"{ms / total:.0%}") for name, ms in spent.items()}


def pair_rate(photos: Sequence[FaceRow], request: ReexpressRequest) -> float:
    """Edit photos as `mien reexpress` does, and say how many pairs a second come out once its workers are under way."""
    start, edits = 0.0, 0
    under_way = min(2 * (os.cpu_count() or 1), len(photos) - 1)
    for number, outcome in enumerate(reexpress.work_through(iter(photos), request)):
        if number < under_way:
            start = time.perf_counter()
        else:
            edits += max(len(outcome.rows) - 1, 0)
    return edits / (time.perf_counter() - start)


def render_photos(count: int) -> list[FaceRow]:
    """Render people who show something, each once, and call them photographs."""
    request = RenderRequest(count=count, size=SIDE, per_scene=1)
    aus, emotion = random_expressions(count, 0, "mixed")
    studio.prepare_studio(SIDE)
    rows = (np.arange(number, number + 1) for number in range(count))
    made = (photo for row in rows for photo in render_scene(request, row, 0.3 * aus[row], emotion[row]))
    return [replace(photo, kind="photograph") for photo in made]


def edit_times(photo: FaceRow, request: ReexpressRequest, rounds: int) -> dict[str, float]:
    """Time every stage."""
    return milliseconds(edit_stages(photo, request), rounds, warm_up=1)


def edit_stages(photo: FaceRow, request: ReexpressRequest) -> dict[str, Callable[[], object]]:
    """List the stages of the edits of a photo, each ready to be repeated.

    Raises:
        DataError: it cannot be edited.
    """
    judges, size = load_judges(), request.size
    sitter = seat(photo, size, judges)
    if not isinstance(sitter, Sitter):
        raise DataError(f"the photo of the bench cannot be edited: {Reason(sitter)}")
    _, target = next(targets_of(sitter.portrait.fit.expression, photo, request.edits))
    drawn = redraw(sitter.portrait, target.expression, target.seal)
    picture = np.rint(drawn.image).astype(np.uint8)
    marks = sitter.marks + movement(sitter.portrait, drawn)
    stages: dict[str, Callable[[], object]] = {
        ONCE[0]: lambda: fit_photo(sitter.picture, sitter.labelled, judges),
        ONCE[1]: lambda: sit(sitter.picture.astype(np.float32), sitter.portrait.fit),
    }
    if judges.identity:
        stages[ONCE[2]] = partial(judges.identity.embed, sitter.picture, sitter.marks)
    return stages | {
        "draw": lambda: redraw(sitter.portrait, target.expression, target.seal),
        "gates: landmarks and identity": lambda: judged(picture, marks, sitter.embedding, judges),
        "make smaller and encode": lambda: encode_crop(resize_picture(picture, size)),
    }


def bench_fit(*, count: int = 8, rounds: int = 9) -> Table:
    """Time fits of the head to landmarks.

    Raises:
        AssetError: the head model is missing.
        MissingExtraError: numba is not installed.
    """
    times = on_one_core(fit_times, count, rounds)
    return Table(
        title="Fit of a head",
        note=f"Landmarks of {count} heads in pictures of {SIDE * FINER} px, off by {NOISE_PX} px; median of {rounds} "
        "rounds, on one core.",
        columns=("landmarks", "ms a face"),
        rows=[(number, taken / count) for number, taken in times.items()],
    )


def fit_times(count: int, rounds: int) -> dict[str, float]:
    """Time the fits of all heads, by the number of landmarks."""
    faces = {number: [seen_landmarks(person, number) for person in range(count)] for number in (68, 478)}
    return milliseconds({str(number): partial(fit_all, seen) for number, seen in faces.items()}, rounds, warm_up=1)


def fit_all(faces: Sequence[npt.NDArray[np.float64]]) -> None:
    """Fit the head to each of some faces."""
    for landmarks in faces:
        fit_head(landmarks)


def seen_landmarks(person: int, number: int) -> npt.NDArray[np.float64]:
    """Return the landmarks of a person who shows something, (number, 2), with noise."""
    size = SIDE * FINER
    sitter, scene = studio.seat(roll_looks(person), SIDE), studio.roll_scene(person, SIDE)
    aus = random_expressions(1, person, "mixed")[0][0]
    pose = studio.frame(sitter, scene, aus, align_whole).pose.in_picture(size / SIDE, np.zeros(2))
    exact = project(load_correspondence(number).pick(studio.shape_of(sitter, scene, aus)), pose)[:, :2]
    return np.asarray(exact + np.random.default_rng(person).normal(0, NOISE_PX, exact.shape))
