"""What readings of couples miss: landmarks, units, their change, emotion and pose, each where it is known."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from mienkit.core.batch import MeterBatch
from mienkit.core.recipe import Terms
from mienkit.core.task import Reading

SIDE = 128
"""Pixels of the crop in which landmark errors are counted."""


def reading_terms(raw: Reading, batch: MeterBatch) -> Terms:
    """Compare the readings of both pictures of each couple with what is known of them.

    Args:
        raw: of (2 B) pictures, couple by couple: units that are not clipped, and logits of emotions.
        batch: of B couples.
    """
    size = len(batch)
    aus = raw.aus.unflatten(0, (size, 2))
    pixels = (raw.landmarks.unflatten(0, (size, 2)) - batch.landmarks) * (SIDE / batch.image.shape[-1])
    emotion = cross_entropy(raw.emotions, batch.emotion.flatten(0, 1), reduction="none").unflatten(0, (size, 2))
    change = aus[:, 1] - aus[:, 0] - batch.change
    pose = (raw.pose.unflatten(0, (size, 2)) - batch.pose).abs().mean(2)
    return {
        "landmarks": known_mean(wing(pixels.norm(dim=-1)).mean(2), batch.landmarks_known),
        "aus": known_mean((aus - batch.aus).square(), batch.aus_weight),
        "change": known_mean(change.square(), batch.change_known),
        "emotion": known_mean(emotion, batch.emotion_known),
        "pose": known_mean(pose, batch.pose_known),
    }


def wing(distance: Tensor, near: float = 2.0) -> Tensor:
    """Count distances under ``near`` pixels double: the last pixel is the one that matters.

    Source: the idea of Feng et al. 2018 (wing loss), in its simplest form.
    """
    return 0.5 * (distance + distance.clamp(max=near))


def known_mean(error: Tensor, known: Tensor) -> Tensor:
    """Average an error over the entries that are known; 0 where none is."""
    return (error * known).sum() / known.sum().clamp(min=1)
