"""How different are the results for one wish? Mean distance to the others of the same class.

In the unit of the distance. Higher is more diverse, which is good up to what real ones have: the ratio to theirs is
what is reported. 0 is one answer for everybody; far above 1 is noise.

Source: ours; the mean pairwise distance by which Zhu et al. 2017 (BicycleGAN) measure diversity, for any distance.
Network: none, or whatever the points come from.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mienkit.metrics.metric import Metric

DIVERSITY = Metric(
    name="diversity",
    title="diversity",
    better="as real",
    unit="ratio to real ones",
    source="ours; Zhu et al. 2017 (BicycleGAN)",
    trap="Noise is diverse: far above 1 is as wrong as 0.",
    ranks=("animate", "sample", "move"),
)


def own_class_spread(points: Tensor, label: Tensor, distances: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return each point's mean distance to the others of its class, (N,); NaN for one that is alone.

    Args:
        points: (N, ...).
        label: (N,), the class of each.
        distances: of some points, (n, ...), to others, (m, ...): (n, m).
    """
    spread = torch.full(label.shape, torch.nan, dtype=points.dtype, device=points.device)
    for one in label.unique():
        own = label == one
        apart = distances(points[own], points[own])
        if len(apart) > 1:
            spread[own] = (apart.sum(1) - apart.diagonal()) / (len(apart) - 1)
    return spread
