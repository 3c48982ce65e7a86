"""Dose and response: does a face show more of a unit the more of it is asked for, and in proportion?

The response is the change of the judge's channel within one person. The field's noise is large and lies mostly between
people, so the line is fitted to the mean over people, and what single people's lines look like stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.evaluation.interval import DRAWS, Estimate, Floats, middle_95
from mienkit.evaluation.photo_edit import Trial
from mienkit.metrics.dose_response import fit_line as fit_line

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Doses of one unit."""


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
        trials: dose -> trials of one edit of each person; who lacks a dose, or of whom the judge could not read the
            unit (NaN) there, is left out.
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
    """Return the doses, (L,), and how the channel of each person who is known at them all changed, (P, L)."""
    doses = sorted(trials)
    rises = [
        {one.subject: one.after.channels[unit] - one.before.channels[unit] for one in trials[dose]} for dose in doses
    ]
    people = sorted(set.intersection(*(set(rise) for rise in rises))) if rises else []
    rows = [[rise[person] for rise in rises] for person in people]
    table = np.asarray(rows, np.float64).reshape(len(people), len(doses))
    return np.asarray(doses, np.float64), table[~np.isnan(table).any(1)]


def _with_interval(value: npt.ArrayLike, draws: Floats, count: int) -> Estimate:
    return Estimate(float(np.asarray(value)), *middle_95(draws, count), count)
