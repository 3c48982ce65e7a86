"""Do faces show the units that were asked for? Error, correlation and ICC(3,1) of each, with intervals over people."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.evaluation.interval import DRAWS, Estimate, Floats, middle_95
from mienkit.metrics.au_agreement import FLAT, au_agreement


@dataclass(frozen=True, kw_only=True)
class UnitAgreement:
    """Units that a judge reads beside those that should be shown."""

    mae: Estimate
    pcc: Estimate
    icc: Estimate
    """Each the mean over the units of which it is known."""
    units: Mapping[str, Mapping[str, float]]
    """Unit -> ``mae``, ``pcc``, ``icc``; NaN where nobody can tell."""


def judge_units(shown: npt.ArrayLike, wanted: npt.ArrayLike, groups: npt.ArrayLike, seed: int = 0) -> UnitAgreement:
    """Compare units, and draw groups (persons) with replacement for the intervals.

    Args:
        shown: (N, 17), what a judge reads; NaN for unknown.
        wanted: (N, 17), what should be shown; NaN for a unit that a face was not asked for.
        groups: (N,), whose each face is.
        seed: of the draws.
    """
    a, b = np.asarray(shown, np.float64), np.asarray(wanted, np.float64)
    found = au_agreement(a, b)
    if not found.count.any():
        nothing = Estimate(np.nan, np.nan, np.nan, 0)
        return UnitAgreement(mae=nothing, pcc=nothing, icc=nothing, units=found.by_unit())
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    picks = np.random.default_rng(seed).integers(group.max() + 1, size=(DRAWS, group.max() + 1))
    weights = np.stack([np.bincount(pick, minlength=group.max() + 1) for pick in picks]).astype(np.float64)
    drawn = drawn_figures(weights @ person_moments(a, b, group))
    ends = [middle_95(some, 0 if np.isnan(some).all() else len(weights[0])) for some in drawn]
    estimates = [Estimate(value, *pair, int(found.count.max())) for value, pair in zip(found.means, ends, strict=True)]
    return UnitAgreement(mae=estimates[0], pcc=estimates[1], icc=estimates[2], units=found.by_unit())


def person_moments(a: Floats, b: Floats, group: npt.NDArray[np.int64]) -> Floats:
    """Return count, sum |a - b|, and the sums of a, b, aa, bb and ab of each person and unit: (P, 7 * 17)."""
    known = ~(np.isnan(a) | np.isnan(b))
    first, second = np.where(known, a, 0), np.where(known, b, 0)
    parts = np.stack(
        [known, np.abs(first - second), first, second, first * first, second * second, first * second], 1
    ).astype(np.float64)
    sums = np.zeros((group.max() + 1, *parts.shape[1:]))
    np.add.at(sums, group, parts)
    return sums.reshape(len(sums), -1)


def drawn_figures(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Turn sums of moments, (D, 7 * 17), into mean MAE, PCC and ICC(3,1), (D,) each.

    Of two raters, ICC(3,1) is 2 cov / (var + var): the mean squares between are those of a + b, the residual ones of
    a - b.
    """
    count, error, a, b, aa, bb, ab = np.moveaxis(sums.reshape(len(sums), 7, -1), 1, 0)
    n = np.where(count > 1, count, np.nan)
    first, second = (aa - a * a / n) / (n - 1), (bb - b * b / n) / (n - 1)
    both = (ab - a * b / n) / (n - 1)
    varied = np.minimum(first, second) > FLAT
    pcc = np.where(varied, both / np.sqrt(np.where(varied, first * second, 1)), np.nan)
    icc = np.where(first + second > FLAT, 2 * both / np.where(first + second > FLAT, first + second, 1), np.nan)
    return known_means(error / np.where(count > 0, count, np.nan)), known_means(pcc), known_means(icc)


def known_means(values: Floats) -> Floats:
    """Average what is known in each row, (D, 17): (D,); NaN where nothing is."""
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0).sum(1) / np.where(known.any(1), known.sum(1), np.nan), np.float64)
