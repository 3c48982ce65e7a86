"""A figure as the share of the way from doing nothing to doing it perfectly, with its interval over people."""

import numpy as np
import numpy.typing as npt

from mienkit.core.errors import ConfigError
from mienkit.evaluation.interval import DRAWS, Estimate, middle_95
from mienkit.metrics.copy_corrected import copy_corrected
from mienkit.metrics.metric import Metric

UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"), 0)


def bootstrap_corrected(
    metric: Metric,
    values: npt.ArrayLike,
    of_copy: npt.ArrayLike,
    perfect: npt.ArrayLike,
    groups: npt.ArrayLike,
    seed: int = 0,
) -> Estimate:
    """Estimate ``metrics.copy_corrected`` of means, drawing groups (persons) with replacement for its interval.

    Args:
        metric: says which direction is better; never ``as real``.
        values: (N,) of the model.
        of_copy: (N,) of leaving the same pictures alone.
        perfect: (N,) of their exact results.
        groups: (N,), whose each is.
        seed: of the draws.

    Returns:
        Unknown where exact results are no better than leaving the pictures alone; draws of people in which they are
        not count for no end of the interval.
    """
    table = np.stack([np.asarray(some, np.float64) for some in (values, of_copy, perfect)])
    known = ~np.isnan(table).any(0)
    if not known.any():
        return UNKNOWN
    try:
        value = copy_corrected(metric, *(float(some) for some in table[:, known].mean(1)))
    except ConfigError:
        return UNKNOWN
    _, group = np.unique(np.asarray(groups)[known], return_inverse=True)
    sums = np.stack([np.bincount(group, some) for some in table[:, known]])
    picks = np.random.default_rng(seed).integers(sums.shape[1], size=(DRAWS, sums.shape[1]))
    model, copy, best = sums[:, picks].sum(2)
    way = best - copy if metric.better == "higher" else copy - best
    done = model - copy if metric.better == "higher" else copy - model
    ends = middle_95(done / np.where(way > 0, way, np.nan), sums.shape[1])
    return Estimate(value, *ends, int(known.sum()))
