"""Eight drawn clips of two people who go from rest to an emotion, as a batch for the models that learn from clips."""

from itertools import repeat

import torch
from torch import Tensor

from mienkit.core.batch import ClipBatch
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.image import to_float
from mienkit.core.recipe import Recipe
from mienkit.data.drawn import draw_faces
from mienkit.training.loop import train
from mienkit.training.run import Run

SHOWN = ("happiness", "surprise", "anger", "sadness")


def rises(frames: int, size: int) -> ClipBatch:
    """Draw the clips: each of two people with four emotions."""
    names = [name for name in SHOWN for _ in range(2)]
    person = torch.tensor([1, 2] * len(SHOWN)).repeat_interleave(frames)
    full = torch.stack([emotion_aus(name) for name in names])
    aus = full[:, None] * torch.linspace(0, 1, frames)[None, :, None]
    drawn = draw_faces(person, aus.flatten(0, 1), size=size, scene=person, pose=False)
    label = torch.tensor([EMOTIONS.index(name) for name in names])
    clip = to_float(drawn.images).unflatten(0, (len(names), frames))
    return ClipBatch(key=torch.arange(len(names)), clip=clip, label=label)


def learn(model: Recipe, batch: ClipBatch) -> None:
    """Train a model to its end on one batch, and make it ready for use."""
    train(Run(model), lambda start: repeat(batch))
    model.eval()


def nearest_error(made: Tensor, batch: ClipBatch) -> float:
    """Return the mean distance of clips, each to whichever of the batch's is nearest to it."""
    apart = (made[:, None] - batch.clip[None]).abs().mean((2, 3, 4, 5))
    return apart.min(1).values.mean().item()
