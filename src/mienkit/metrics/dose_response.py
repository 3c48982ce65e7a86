"""Does a face show more of a unit the more of it is asked for, and in proportion?

The response is the change within one person. People differ by more than what one face answers, so the line is fitted
to the mean over people, at least 40 of them at 6 levels or more, and what single people's lines look like stands beside
it. R² and Spearman's correlation are higher for better, and are 0 where nothing answers; the slope is the response to a
full dose, best where it is that of exact results.

Source: least squares; Spearman 1904. Judge: the caller's.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from mienkit.core.errors import DataError
from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]
FEWEST_PEOPLE, FEWEST_LEVELS = 40, 6
NOTHING = 1e-6
"""A response that varies by less, as a standard deviation over the doses, is none: no line fits better than another."""

DOSE_R2 = Metric(
    name="dose_r2",
    title="dose-response R²",
    better="higher",
    unit="0 to 1",
    named_after=("judge",),
    source="ours; least squares",
    trap="A tiny or a falling response can be a perfect line: read beside the slope, and beside single people's R².",
    ranks=("edit",),
)
DOSE_SPEARMAN = Metric(
    name="dose_spearman",
    title="dose-response order",
    better="higher",
    unit="-1 to 1",
    named_after=("judge",),
    source="Spearman 1904",
    trap="1 for any response that never falls, however small or bent; over the mean of many people nearly always 1.",
    ranks=("edit",),
)
DOSE_SLOPE = Metric(
    name="dose_slope",
    title="dose-response slope",
    better="as real",
    unit="response to a full dose",
    named_after=("judge",),
    source="ours; least squares",
    trap="In the judge's unit: only a judge that was trained on the same scale has 1 for exact results.",
    ranks=("edit",),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class DoseResponse:
    """How one unit answers to what is asked for."""

    r2: float
    """Of the line through the mean over people; 0 where nothing answers. The line may fall: see ``slope``."""
    spearman: float
    """Of the mean over people."""
    slope: float
    single_r2: Floats
    """(P,), of each person's own line."""
    single_spearman: Floats
    single_slope: Floats
    levels: int

    @property
    def people(self) -> int:
        """How many people the mean is over."""
        return len(self.single_r2)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of single people's R²."""
        low, middle, high = np.percentile(self.single_r2, [25, 50, 75])
        return float(low), float(middle), float(high)


def dose_response(
    doses: npt.ArrayLike,
    responses: npt.ArrayLike,
    *,
    fewest_people: int = FEWEST_PEOPLE,
    fewest_levels: int = FEWEST_LEVELS,
) -> DoseResponse:
    """Fit the lines of one unit.

    Args:
        doses: (L,), what was asked for.
        responses: (P, L), how much each person's unit changed; who lacks a dose (NaN) is left out.
        fewest_people: fewer are refused; at least 1. A smaller number than the default belongs beside the figure.
        fewest_levels: fewer different doses are refused; at least 2.

    Raises:
        ValueError: the shapes do not fit.
        DataError: there are too few people or levels.
    """
    asked, table = np.asarray(doses, np.float64), np.asarray(responses, np.float64)
    if asked.ndim != 1 or table.ndim != 2 or table.shape[1] != len(asked):
        raise ValueError(f"doses should be (L,) and responses (P, L), not {asked.shape} and {table.shape}")
    known = table[~np.isnan(table).any(1)]
    people, levels = len(known), len(np.unique(asked))
    if people < max(1, fewest_people) or levels < max(2, fewest_levels):
        raise DataError(
            f"dose-response needs {max(1, fewest_people)} people at {max(2, fewest_levels)} levels or more, "
            f"not {people} at {levels}; measure more, or lower fewest_people and fewest_levels and say so beside it"
        )
    slope, r2 = fit_line(asked, known.mean(0))
    single_slope, single_r2 = fit_line(asked, known)
    return DoseResponse(
        r2=float(r2),
        spearman=float(spearman(asked, known.mean(0))),
        slope=float(slope),
        single_r2=single_r2,
        single_spearman=spearman(asked, known),
        single_slope=single_slope,
        levels=levels,
    )


def fit_line(doses: Floats, responses: Floats) -> tuple[Floats, Floats]:
    """Fit lines by least squares: slopes and R², (...), of responses, (..., L), to doses, (L,)."""
    centred = doses - doses.mean()
    deviation = responses - responses.mean(-1, keepdims=True)
    spread, total = np.square(centred).sum(), np.square(deviation).sum(-1)
    slope = deviation @ centred / spread
    r2 = np.where(silent(responses), 0.0, slope**2 * spread / np.where(silent(responses), 1.0, total))
    return np.asarray(slope, np.float64), np.asarray(r2, np.float64)


def spearman(doses: Floats, responses: Floats) -> Floats:
    """Return the rank correlation of responses, (..., L), with doses, (L,): (...); ties share their mean rank.

    It is 0 where nothing answers: equal responses have no order.
    """
    ranks, order = rankdata(responses, axis=-1), rankdata(doses)
    ranks, order = ranks - ranks.mean(-1, keepdims=True), order - order.mean()
    spread = np.sqrt(np.square(ranks).sum(-1) * np.square(order).sum())
    return np.asarray(np.where(silent(responses), 0.0, ranks @ order / np.maximum(spread, NOTHING)), np.float64)


def silent(responses: Floats) -> npt.NDArray[np.bool_]:
    """Tell which responses, (..., L), do not vary: (...)."""
    return np.asarray(responses.std(-1) <= NOTHING, np.bool_)
