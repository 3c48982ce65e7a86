"""Do judges agree? Changes within people, read in the same pictures by two of them, unit by unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.evaluation.interval import Estimate, Floats
from mienkit.evaluation.photo_edit import Look
from mienkit.metrics.au_agreement import au_agreement

FIGURES = ("mae", "pcc", "icc")
DRAWS = 300
"""Of people, for an interval: each takes correlations of 17 units."""


@dataclass(frozen=True, kw_only=True)
class JudgeAgreement:
    """How alike two judges read changes."""

    first: str
    second: str
    pictures: int
    units: Mapping[str, Mapping[str, float]]
    """Unit that both can read -> ``pcc``, ``mae``, ``icc`` (ICC(3,1)); NaN where one of them saw nothing vary."""


def change_of(before: Look, after: Look) -> Floats:
    """Return by how much each unit changed in a judge's eyes, (17,); NaN of units that it cannot read."""
    unknown = float("nan")
    return np.asarray(
        [after.channels.get(unit, unknown) - before.channels.get(unit, unknown) for unit in ACTION_UNITS], np.float64
    )


def agree(
    first: str, second: str, changes: Sequence[Floats], others: Sequence[Floats], units: Sequence[str] = ACTION_UNITS
) -> JudgeAgreement:
    """Compare two judges.

    Args:
        first: name of one.
        second: name of the other.
        changes: (17,) each, what the first saw change; see ``change_of``.
        others: the same of the second, of the same pictures.
        units: that count; those of which one judge knows nothing are left out.
    """
    shape = (-1, len(ACTION_UNITS))
    found = au_agreement(np.asarray(changes).reshape(shape), np.asarray(others).reshape(shape))
    known = {unit: int(count) for unit, count in zip(ACTION_UNITS, found.count, strict=True)}
    figures = found.by_unit()
    return JudgeAgreement(
        first=first,
        second=second,
        pictures=len(changes),
        units={unit: figures[unit] for unit in units if known[unit]},
    )


def mean_agreement(
    changes: Floats, others: Floats, people: npt.ArrayLike, units: Sequence[str], seed: int = 0, draws: int = DRAWS
) -> dict[str, Estimate]:
    """Average how alike two see changes over units; people are drawn with replacement for the 95 % intervals.

    Args:
        changes: (N, 17), what the first saw change.
        others: the same of the second, of the same pictures.
        people: (N,), whose each is.
        units: that count.
        seed: of the draws.
        draws: how many.

    Returns:
        ``mae``, ``pcc`` and ``icc``; NaN where one of them saw nothing vary.
    """
    counted = np.asarray([unit in units for unit in ACTION_UNITS])
    first, second = (np.where(counted, some, np.nan) for some in (changes, others))
    _, person = np.unique(np.asarray(people), return_inverse=True)
    own = [np.flatnonzero(person == number) for number in range(person.max(initial=-1) + 1)]
    lots = np.random.default_rng(seed).integers(len(own), size=(draws, len(own)))
    drawn = np.asarray([means_of(first, second, np.concatenate([own[one] for one in lot])) for lot in lots])
    values = means_of(first, second, np.arange(len(first)))
    known = int((~np.isnan(first) & ~np.isnan(second)).any(1).sum())
    return {name: estimate(values[place], drawn[:, place], known) for place, name in enumerate(FIGURES)}


def means_of(changes: Floats, others: Floats, rows: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """Return MAE, PCC and ICC(3,1) of some rows, means over units."""
    return au_agreement(changes[rows], others[rows]).means


def estimate(value: float, drawn: Floats, count: int) -> Estimate:
    """Put a figure and its draws together; those in which nothing varied say nothing."""
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(known):
        return Estimate(value, np.nan, np.nan, count)
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(value, float(low), float(high), count)
