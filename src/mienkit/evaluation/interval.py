"""Means with the interval in which they would fall for other people."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    """NaN where the figure is of one person alone: nobody knows what it would be of others."""
    high: float
    count: int
    """Samples behind it."""

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap_mean(values: npt.ArrayLike, groups: npt.ArrayLike, seed: int = 0) -> Estimate:
    """Estimate a mean and draw groups (persons) with replacement for its interval; NaN values are left out.

    Args:
        values: (N,).
        groups: (N,), whose value each is.
        seed: of the draws.

    Source: Efron 1979, clustered by person, 1,000 draws, percentiles.
    """
    numbers, names = np.asarray(values, np.float64), np.asarray(groups)
    known = ~np.isnan(numbers)
    if not known.any():
        return Estimate(np.nan, np.nan, np.nan, 0)
    _, group = np.unique(names[known], return_inverse=True)
    sums, counts = np.bincount(group, numbers[known]), np.bincount(group)
    picks = np.random.default_rng(seed).integers(len(sums), size=(DRAWS, len(sums)))
    low, high = middle_95(sums[picks].sum(1) / counts[picks].sum(1), len(sums))
    return Estimate(float(numbers[known].mean()), float(low), float(high), int(known.sum()))


def bootstrap_saved(left: npt.ArrayLike, before: npt.ArrayLike, groups: npt.ArrayLike, seed: int = 0) -> Estimate:
    """Estimate which share of an error is gone, 1 - mean left / mean before, as ``bootstrap_mean`` does a mean.

    Args:
        left: (N,) errors that are left; both of a sample count only where both are known.
        before: (N,) errors that there were.
        groups: (N,), whose both are.
        seed: of the draws.
    """
    after, first = np.asarray(left, np.float64), np.asarray(before, np.float64)
    known = ~(np.isnan(after) | np.isnan(first))
    if not first[known].sum() > 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    _, group = np.unique(np.asarray(groups)[known], return_inverse=True)
    sums = np.stack([np.bincount(group, errors[known]) for errors in (after, first)])
    picks = np.random.default_rng(seed).integers(sums.shape[1], size=(DRAWS, sums.shape[1]))
    drawn_left, drawn_before = sums[:, picks].sum(2)
    low, high = middle_95(1 - drawn_left / np.where(drawn_before > 0, drawn_before, np.nan), sums.shape[1])
    return Estimate(float(1 - sums[0].sum() / sums[1].sum()), float(low), float(high), int(known.sum()))


def bootstrap_median(values: npt.ArrayLike, groups: npt.ArrayLike, seed: int = 0) -> Estimate:
    """Estimate a median as ``bootstrap_mean`` does a mean."""
    numbers, names = np.asarray(values, np.float64), np.asarray(groups)
    known = ~np.isnan(numbers)
    if not known.any():
        return Estimate(np.nan, np.nan, np.nan, 0)
    persons = [numbers[known & (names == name)] for name in np.unique(names[known])]
    picks = np.random.default_rng(seed).integers(len(persons), size=(DRAWS, len(persons)))
    medians = [np.median(np.concatenate([persons[person] for person in pick])) for pick in picks]
    low, high = middle_95(np.asarray(medians), len(persons))
    return Estimate(float(np.median(numbers[known])), float(low), float(high), int(known.sum()))


def bootstrap_correlation(
    first: npt.ArrayLike, second: npt.ArrayLike, groups: npt.ArrayLike, seed: int = 0
) -> Estimate:
    """Estimate Pearson's correlation, with an interval over persons; NaN where a side does not vary."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    known = ~(np.isnan(a) | np.isnan(b))
    if known.sum() < 3 or a[known].std() == 0 or b[known].std() == 0:
        return Estimate(np.nan, np.nan, np.nan, int(known.sum()))
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    _, group = np.unique(np.asarray(groups)[known], return_inverse=True)
    moments = np.stack([np.bincount(group, weights) for weights in (np.ones_like(a), a, b, a * a, b * b, a * b)])
    picks = np.random.default_rng(seed).integers(moments.shape[1], size=(DRAWS, moments.shape[1]))
    low, high = middle_95(_correlation(moments[:, picks].sum(2)), moments.shape[1])
    value = _correlation(moments.sum(1)[:, None])[0]
    return Estimate(float(value), float(low), float(high), int(known.sum()))


def middle_95(draws: Floats, people: int) -> tuple[float, float]:
    """Return the middle 95 % of draws, (N,), of so many people; NaN of one, who is the same in every draw."""
    if people < 2:
        return float("nan"), float("nan")
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


def _correlation(moments: Floats) -> Floats:
    count, a, b, aa, bb, ab = moments
    spread = (aa - a * a / count) * (bb - b * b / count)
    return (ab - a * b / count) / np.sqrt(np.maximum(spread, 1e-30))


def r_squared(predicted: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Return the share of the truth's variance that is predicted; negative is worse than its mean."""
    p, t = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    spread = float(np.square(t - t.mean()).sum())
    return 1 - float(np.square(p - t).sum()) / spread if spread > 0 else float("nan")
