"""Who is taken for whom: a confusion matrix with names, as results and pages hold it."""

import numpy.typing as npt

from mienkit.core.emotion import EMOTIONS
from mienkit.metrics.emotion_accuracy import emotion_accuracy


def named_confusion(asked: npt.ArrayLike, seen: npt.ArrayLike) -> dict[str, dict[str, int]]:
    """Count what a judge sees of each emotion that was asked for.

    Args:
        asked: (N,) indices into EMOTIONS.
        seen: (N,) indices, or (N, 8) probabilities.

    Returns:
        Asked for -> seen -> faces; emotions that nobody was asked for have no row.
    """
    confusion = emotion_accuracy(asked, seen).confusion
    return {
        name: dict(zip(EMOTIONS, map(int, row), strict=True))
        for name, row in zip(EMOTIONS, confusion, strict=True)
        if row.sum()
    }
