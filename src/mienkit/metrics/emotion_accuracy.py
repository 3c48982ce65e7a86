"""Is the emotion seen that was asked for? Accuracy, and who is taken for whom.

Shares in [0, 1]; higher is better, chance is 1 / 8 where all eight are asked for equally often. The balanced figure is
the mean over the emotions that were asked for, so that a rare one counts as much as a frequent one.

Source: Pumarola et al. 2018 and others judge edits by a classifier; Brodersen et al. 2010 for the balanced figure.
Judge: the caller's.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.emotion import EMOTIONS
from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]

EMOTION_ACCURACY = Metric(
    name="emotion_accuracy",
    title="emotion met",
    better="higher",
    unit="share",
    named_after=("judge",),
    source="Pumarola et al. 2018",
    trap="A caricature is recognised best; and what the judge confuses in real faces counts against everybody.",
    ranks=("edit", "transfer", "paint", "animate", "sample", "measure"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class EmotionAccuracy:
    """How often emotions are met."""

    confusion: npt.NDArray[np.int64]
    """(8 asked for, 8 seen): faces, in the order of EMOTIONS."""

    @property
    def accuracy(self) -> float:
        """Share of all faces; NaN if there are none."""
        return float(np.trace(self.confusion) / self.confusion.sum()) if self.confusion.sum() else float("nan")

    @property
    def recall(self) -> Floats:
        """Share of the faces of each emotion, (8,); NaN of one that nobody was asked for."""
        asked = self.confusion.sum(1)
        return np.where(asked > 0, self.confusion.diagonal() / np.maximum(asked, 1), np.nan)

    @property
    def balanced(self) -> float:
        """Mean of what each emotion has; NaN if there are no faces."""
        known = self.recall[~np.isnan(self.recall)]
        return float(known.mean()) if len(known) else float("nan")

    def taken_for(self) -> tuple[str, str, int]:
        """Name the emotion that is most often taken for another, that other, and how often: 0 where none ever is."""
        wrong = self.confusion - np.diag(self.confusion.diagonal())
        asked, seen = np.unravel_index(wrong.argmax(), wrong.shape)
        return EMOTIONS[int(asked)], EMOTIONS[int(seen)], int(wrong[asked, seen])


def emotion_accuracy(asked: npt.ArrayLike, seen: npt.ArrayLike) -> EmotionAccuracy:
    """Compare emotions that were asked for with those that a judge sees.

    Args:
        asked: (N,) indices into EMOTIONS; -1 where none was asked for, which leaves a face out.
        seen: (N,) indices, or (N, 8) probabilities; what is seen of faces that are left out may be anything.

    Raises:
        ValueError: the lengths differ, an index is no emotion, or probabilities are unknown or of other classes.
    """
    wanted, told = np.asarray(asked, np.int64), np.asarray(seen, np.float64)
    if told.ndim == 2 and told.shape[1] != len(EMOTIONS):
        raise ValueError(f"probabilities should be (N, {len(EMOTIONS)}), not {told.shape}")
    # Unknown probabilities have no largest one: argmax would take the first emotion, neutral, for what is seen.
    lost = np.isnan(told).any(1) if told.ndim == 2 else np.isnan(told) | (told % 1 != 0)
    found = np.where(lost, -1, told.argmax(1) if told.ndim == 2 else told).astype(np.int64)
    if wanted.shape != found.shape:
        raise ValueError(f"{wanted.shape} emotions were asked for, and {found.shape} seen")
    known = wanted >= 0
    if (known & ((wanted >= len(EMOTIONS)) | (found < 0) | (found >= len(EMOTIONS)))).any():
        raise ValueError(f"emotions should be indices from 0 to {len(EMOTIONS) - 1}")
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(confusion, (wanted[known], found[known]), 1)
    return EmotionAccuracy(confusion=confusion)
