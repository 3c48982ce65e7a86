"""Dose and response: does a face show more of a unit the more of it is asked for, and in proportion?

The response is the change of the judge's channel within one person. The field's noise is large and lies mostly between
people, so the line is fitted to the mean over people, and what single people's lines look like stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.evaluation.interval import DRAWS, Estimate, Floats
from mienkit.evaluation.photo_edit import Trial

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Doses of one unit."""
NOTHING = 1e-6
"""A response that varies by less, as a standard deviation over the doses, is none: no line fits better than another."""


@dataclass(frozen=True, kw_only=True)
class DoseResult:
    """How one unit answers to what is asked for."""

    unit: str
    r2: Estimate
    """Of the line through the mean response; 0 where there is none. The line may fall: see ``slope``."""
    slope: Estimate
    """Of that line: change of the channel for a full dose."""
    single: tuple[float, float, float]
    """R² of single people's lines: lower quartile, median, upper quartile."""


def judge_dose(unit: str, trials: Mapping[float, Sequence[Trial]], seed: int = 0) -> DoseResult:
    """Fit the line of one unit, with intervals over people.

    Args:
        unit: with a channel.
        trials: dose -> trials of one edit of each person; who lacks a dose is left out.
        seed: of the draws.
    """
    doses, responses = response_table(unit, trials)
    if not len(responses):
        nothing = Estimate(np.nan, np.nan, np.nan, 0)
        return DoseResult(unit=unit, r2=nothing, slope=nothing, single=(np.nan, np.nan, np.nan))
    slope, r2 = fit_line(doses, responses.mean(0))
    picks = np.random.default_rng(seed).integers(len(responses), size=(DRAWS, len(responses)))
    slopes, squares = fit_line(doses, responses[picks].mean(1))
    low, middle, high = np.percentile(fit_line(doses, responses)[1], [25, 50, 75])
    return DoseResult(
        unit=unit,
        r2=_with_interval(r2, squares, len(responses)),
        slope=_with_interval(slope, slopes, len(responses)),
        single=(float(low), float(middle), float(high)),
    )


def response_table(unit: str, trials: Mapping[float, Sequence[Trial]]) -> tuple[Floats, Floats]:
    """Return the doses, (L,), and how the channel of each person who has them all changed, (P, L)."""
    doses = sorted(trials)
    rises = [
        {one.subject: one.after.channels[unit] - one.before.channels[unit] for one in trials[dose]} for dose in doses
    ]
    people = sorted(set.intersection(*(set(rise) for rise in rises))) if rises else []
    table = [[rise[person] for rise in rises] for person in people]
    return np.asarray(doses, np.float64), np.asarray(table, np.float64).reshape(len(people), len(doses))


def fit_line(doses: Floats, responses: Floats) -> tuple[Floats, Floats]:
    """Fit lines by least squares: slopes and R², (...), of responses, (..., L), to doses, (L,)."""
    centred = doses - doses.mean()
    deviation = responses - responses.mean(-1, keepdims=True)
    spread, total = np.square(centred).sum(), np.square(deviation).sum(-1)
    slope = deviation @ centred / spread
    silent = total <= len(doses) * NOTHING**2
    r2 = np.where(silent, 0.0, slope**2 * spread / np.where(silent, 1.0, total))
    return np.asarray(slope, np.float64), np.asarray(r2, np.float64)


def _with_interval(value: npt.ArrayLike, draws: Floats, count: int) -> Estimate:
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(float(np.asarray(value)), float(low), float(high), count)
