"""Two drawn people with several emotions, as batches for the models that paint them."""

from itertools import repeat

import torch
from torch import Tensor

from mienkit.core.batch import Batch, DomainBatch, TransferBatch
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.image import to_float
from mienkit.core.recipe import Recipe
from mienkit.data.drawn import draw_faces
from mienkit.training.loop import train
from mienkit.training.run import Run

SHOWN = ("happiness", "surprise", "anger", "sadness")


def draw(person: int, emotions: tuple[str, ...], size: int) -> tuple[Tensor, Tensor]:
    """Draw one person: pictures, (N, 3, S, S), and landmarks, (N, 68, 2)."""
    count = len(emotions)
    drawn = draw_faces(
        torch.full((count,), person), torch.stack([emotion_aus(name) for name in emotions]), size=size,
        scene=torch.full((count,), person), pose=False,
    )  # fmt: skip
    return to_float(drawn.images), torch.from_numpy(drawn.landmarks)


def codes(emotions: tuple[str, ...]) -> Tensor:
    return torch.eye(len(EMOTIONS))[[EMOTIONS.index(name) for name in emotions]]


def transfers(size: int = 32) -> TransferBatch:
    """Eight faces: two people, from neutral to four emotions; each drives the other."""
    calm = [draw(person, ("neutral",) * 4, size) for person in (1, 2)]
    moved = [draw(person, SHOWN, size) for person in (1, 2)]
    (image, landmarks), (result, result_landmarks) = (
        tuple(torch.cat(parts) for parts in zip(*faces, strict=True)) for faces in (calm, moved)
    )
    return TransferBatch(
        key=torch.arange(8), image=image, landmarks=landmarks, source=codes(("neutral",) * 8), result=result,
        result_landmarks=result_landmarks, target=codes(SHOWN * 2), neutral=image, neutral_landmarks=landmarks,
        driver=result.roll(4, 0), driver_landmarks=result_landmarks.roll(4, 0),
        driver_neutral_landmarks=landmarks.roll(4, 0),
    )  # fmt: skip


def two_kinds(size: int = 32) -> DomainBatch:
    """Four people who show nothing, and the same four smiling."""
    first, second = (
        torch.cat([draw(person, (emotion,), size)[0] for person in range(1, 5)]) for emotion in ("neutral", "happiness")
    )
    return DomainBatch(key=torch.arange(4), first=first, second=second)


def learn(model: Recipe, batch: Batch) -> None:
    """Train a model to its end on one batch, and make it ready for use."""
    train(Run(model), lambda start: repeat(batch))
    model.eval()


def error_left(painted: Tensor, batch: TransferBatch) -> float:
    """Return the error to the exact faces where they differ from the given ones; 1 is what leaving them alone costs."""
    changes = (batch.result - batch.image).abs().mean(1, keepdim=True) > 0.1
    missed, whole = ((face - batch.result).abs() * changes for face in (painted, batch.image))
    return (missed.sum() / whole.sum()).item()
