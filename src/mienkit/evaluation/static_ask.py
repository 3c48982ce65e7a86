"""How models are told of the edits of ``static-edit``: by units, an emotion, landmarks, or somebody else's picture."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.image import Picture, to_float, to_uint8
from mienkit.core.task import Edited, Editor, Painter, Transferer, units_for
from mienkit.data.emotion import one_hot
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.static_edit import StaticTask, parts
from mienkit.nn.warp import resized

TOLD = {
    "units": "how strong each action unit is",
    "emotion": "which emotion",
    "landmarks": "the exact result's landmarks",
    "driver": "somebody else who shows it, and both people's landmarks",
}
"""Ways in which a model is told of the change."""


def ways_of(model: object) -> tuple[str, ...]:
    """Name the ways in which a model can be told of a change, of TOLD.

    Raises:
        ConfigError: it changes no pictures.
    """
    ways = []
    if isinstance(model, Editor):
        ways.append("emotion" if model.vocabulary == EMOTIONS else "units")
    if isinstance(model, Painter):
        ways.append("landmarks")
    if isinstance(model, Transferer):
        ways.append("driver")
    if not ways:
        raise ConfigError(f"{type(model).__name__} changes no expressions; `mien models` shows what each model does")
    return tuple(ways)


def change_pictures(model: object, task: StaticTask, way: str) -> tuple[Picture, float]:
    """Let a model do all edits of a task.

    Args:
        model: can be told in this way.
        task: what it is asked for.
        way: one of TOLD.

    Returns:
        (N, S, S, 3) at the size of the task's pictures, as a file would hold them, and the milliseconds of an edit.
    """
    ask = ASKED[way]
    pictures, seconds = [], 0.0
    for rows in parts(task):
        start = perf_counter()
        with torch.inference_mode():
            edited = ask(model, task, rows)
            pictures.append(to_uint8(resized(edited.image, task.faces.size)))
        seconds += perf_counter() - start
    return np.concatenate(pictures), 1000 * seconds / len(task)


def ask_editor(model: Editor, task: StaticTask, rows: Indices) -> Edited:
    """Tell an editor what the pictures show and what they should show."""
    faces, before, after = task.faces, task.source[rows], task.target[rows]
    image = resized(to_float(faces.images[before]), model.image_size)
    if model.vocabulary == EMOTIONS:
        return model.edit(image, one_hot(faces.emotion[before]), one_hot(faces.emotion[after]))
    source, target = (units_for(model, torch.from_numpy(faces.aus[some])) for some in (before, after))
    return model.edit(image, source, target)


def ask_transferer(model: Transferer, task: StaticTask, rows: Indices) -> Edited:
    """Show a transferer somebody else."""
    (driver, driver_landmarks), (face, landmarks) = (
        sized(task.faces, some, model.image_size) for some in (task.driver[rows], task.source[rows])
    )
    return model.transfer(driver, face, driver_landmarks, landmarks)


def ask_painter(model: Painter, task: StaticTask, rows: Indices) -> Edited:
    """Give a painter the landmarks of the exact result."""
    image, landmarks = sized(task.faces, task.source[rows], model.image_size)
    _, aims = sized(task.faces, task.target[rows], model.image_size)
    return model.paint(image, landmarks, aims)


def sized(faces: FaceArrays, rows: Indices, size: int) -> tuple[Tensor, Tensor]:
    """Return pictures, (B, 3, size, size), and their landmarks, (B, 68, 2) in their pixels."""
    landmarks = torch.from_numpy(faces.landmarks[rows]) * (size / faces.size)
    return resized(to_float(faces.images[rows]), size), landmarks


ASKED: dict[str, Callable[..., Edited]] = {
    "units": ask_editor,
    "emotion": ask_editor,
    "driver": ask_transferer,
    "landmarks": ask_painter,
}
"""What a model is told -> how it is asked."""
