"""How much of the change, at what price in identity? The curve of gain against identity, and the area under it.

An editor is asked for the same change at several strengths. Each gives a point: its gain, the share of the asked change
that a judge sees, and its identity, how much it is still the same person. S(g) is the best identity among the points
with a gain of g or more, 0 if none has it; the area is the integral of S over g from 0 to 1. Both axes are cut to
[0, 1], so that the area is in [0, 1]: 1 is the whole change with the same person, and `copy`, which gains nothing, has
0 however well it keeps the person. Higher is better.

Source: ours; the area is the hypervolume of Zitzler & Thiele 1998 over the point (0, 0). Network and judge: the
caller's.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]
FAINT = 1e-6
"""Of a change whose squared length is below this nothing can be gained."""

GAIN_IDENTITY = Metric(
    name="gain_identity_area",
    title="gain against identity",
    better="higher",
    unit="area, 0 to 1",
    named_after=("network", "judge"),
    source="ours; Zitzler & Thiele 1998",
    trap="More strengths can only add area: compare at the same ones. Real expressions move the embedding too.",
    ranks=("edit", "transfer"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class GainIdentity:
    """The curve of one editor."""

    gain: Floats
    """(K,) in [0, 1], rising: where the curve steps down."""
    identity: Floats
    """(K,) in [0, 1], falling: its height up to there."""
    area: float


def gain(wanted: npt.ArrayLike, shown: npt.ArrayLike) -> Floats:
    """Return which share of the wanted change of units, (N, 17), a judge sees, of its change (N, 17): (N,).

    Along the wanted direction: 1 is all of it, above 1 too much, below 0 the opposite; NaN where nothing was wanted.
    Units that are unknown (NaN) in either are left out.
    """
    asked, seen = np.asarray(wanted, np.float64), np.asarray(shown, np.float64)
    known = ~(np.isnan(asked) | np.isnan(seen))
    along = np.where(known, asked * seen, 0).sum(-1)
    length = np.where(known, np.square(asked), 0).sum(-1)
    return np.asarray(np.where(length > FAINT, along / np.maximum(length, FAINT), np.nan), np.float64)


def gain_identity(gains: npt.ArrayLike, identities: npt.ArrayLike, stranger: float = 0.0) -> GainIdentity:
    """Make the curve of an editor's points.

    Args:
        gains: (K,), the mean gain at each strength.
        identities: (K,), the mean cosine to the picture before at each strength.
        stranger: cosine between pictures of different people, which counts as identity 0.

    Raises:
        ValueError: there are no points, or a point is unknown.
    """
    reached, same = np.asarray(gains, np.float64), np.asarray(identities, np.float64)
    if reached.shape != same.shape or reached.ndim != 1 or not len(reached):
        raise ValueError(f"gains and identities should be (K,) both, not {reached.shape} and {same.shape}")
    if not (np.isfinite(reached).all() and np.isfinite(same).all() and stranger < 1):
        raise ValueError("every gain and identity should be a number, and strangers' cosine below 1")
    order = np.argsort(reached, kind="stable")
    steps = reached[order].clip(0, 1)
    heights = ((same[order] - stranger) / (1 - stranger)).clip(0, 1)
    best = np.maximum.accumulate(heights[::-1])[::-1]
    return GainIdentity(gain=steps, identity=best, area=float((np.diff(steps, prepend=0) * best).sum()))
