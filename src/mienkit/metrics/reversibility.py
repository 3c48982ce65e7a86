"""Does an edit come back? Edited, then asked for what was there before: how much of the way is left.

The distance of the undone face to the original as a share of the edit's own change; lower is better, 0 comes back
exactly, 1 is as far away as the edit itself. Whoever changes nothing has none (NaN), so that `copy` does not win.

Source: ours; the cycle of Zhu et al. 2017 as a measure. Network: none for pixels, the caller's judge for units.
"""

import numpy as np
import numpy.typing as npt

from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]
NOTHING = 1e-6
"""A mean change below this is none."""

REVERSIBILITY_PIXELS = Metric(
    name="reversibility_pixels",
    title="left after undoing, pixels",
    better="lower",
    unit="share of the edit's change",
    source="ours; after Zhu et al. 2017",
    trap="A faint edit comes back well, and a network can hide the original in the pixels (Chu et al. 2017).",
    ranks=("edit",),
)
REVERSIBILITY_AUS = Metric(
    name="reversibility_aus",
    title="left after undoing, units",
    better="lower",
    unit="share of the edit's change",
    named_after=("judge",),
    source="ours; after Zhu et al. 2017",
    trap="Where the edit moves units little, the judge's own trembling is most of it.",
    ranks=("edit",),
)


def reversibility(original: npt.ArrayLike, edited: npt.ArrayLike, undone: npt.ArrayLike) -> Floats:
    """Return what is left of each edit, (N,); NaN where the edit changed nothing, or something is unknown.

    Args:
        original: (N, ...), pictures on any scale, or units.
        edited: the same, after the edit.
        undone: the same, after editing that back.

    Raises:
        ValueError: the shapes differ.
    """
    first, there, back = (np.asarray(one, np.float64) for one in (original, edited, undone))
    if not first.shape == there.shape == back.shape:
        raise ValueError(f"all three should have one shape, not {first.shape}, {there.shape} and {back.shape}")
    axes = tuple(range(1, first.ndim))
    left, own = np.abs(back - first).mean(axes), np.abs(there - first).mean(axes)
    return np.asarray(np.where(own > NOTHING, left / np.maximum(own, NOTHING), np.nan), np.float64)
