"""How far from doing nothing to doing it perfectly? (score - copy) / (perfect - copy), for any other figure.

0 is as good as leaving the picture alone, 1 is perfect, below 0 is worse than nothing. It has no unit, so that figures
of different kinds and tables can stand side by side. Where a figure is best as real results have it, the distance to
theirs counts.

Source: ours; the skill score of weather forecasts (Murphy 1988) with `copy` as the forecast to beat. Network: that of
the figure.
"""

import math

from mienkit.core.errors import ConfigError
from mienkit.metrics.metric import Metric

COPY_CORRECTED = Metric(
    name="copy_corrected",
    title="copy-corrected",
    better="higher",
    unit="share of the way from copy to perfect",
    named_after=("metric",),
    source="ours; Murphy 1988",
    trap="Where `copy` is nearly perfect already, a small difference is a large share.",
    ranks=("edit", "transfer", "paint"),
)


def copy_corrected(metric: Metric, score: float, of_copy: float, perfect: float) -> float:
    """Correct one figure; NaN where the score is unknown.

    Args:
        metric: says which direction is better.
        score: of the model.
        of_copy: of `copy`, on the same faces.
        perfect: of exact results; of real ones where ``better`` is ``as real``.

    Raises:
        ConfigError: exact results are no better than `copy` in this figure, which then cannot tell who edits well.
        ValueError: `copy` or the perfect score is not a finite number.
    """
    if not (math.isfinite(of_copy) and math.isfinite(perfect)):
        raise ValueError(f"{metric.name} cannot be corrected: copy has {of_copy:g} and perfect results {perfect:g}")
    worst, best = metric.loss(of_copy, perfect), metric.loss(perfect, perfect)
    if not best < worst:
        raise ConfigError(
            f"{metric.name} cannot be corrected: copy has {of_copy:g}, no worse than {perfect:g} of exact results"
        )
    return float("nan") if math.isnan(score) else (worst - metric.loss(score, perfect)) / (worst - best)
