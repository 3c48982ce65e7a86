"""How far are motions from real ones? Angles between curves as points of the Hilbert sphere.

Curves are square-root velocity functions, ``geometry.srvf``, (N, T, D): where a curve begins, how long it is and how
fast it runs do not count, only how it goes. Angles are radians in [0, pi]; two curves that move unrelated landmarks are
pi / 2 apart, and one that stands still is pi / 2 from all. Lower is nearer.

Source: Srivastava et al. 2011; Otberdout et al. 2022 judge generated motion so. Network: none.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from mienkit.geometry.hypersphere import geodesic_distance, karcher_mean
from mienkit.metrics.metric import Metric

NEAREST_IS_OWN = Metric(
    name="nearest_mean_is_own",
    title="nearest mean is its own",
    better="higher",
    unit="share",
    source="Otberdout et al. 2022",
    trap="A mean motion of the class has 1 for everybody: read beside diversity.",
    ranks=("animate", "move"),
)
TO_OWN_MEAN = Metric(
    name="geodesic_to_own_mean",
    title="to its own mean",
    better="lower",
    unit="radians, 0 to pi",
    source="Srivastava et al. 2011; Otberdout et al. 2022",
    trap="Real motions are not at their mean: good down to theirs.",
    shows=("animate", "move"),
    shown_because="the mean motion itself has 0",
)
TO_NEAREST_REAL = Metric(
    name="geodesic_to_nearest_real",
    title="to the nearest real",
    better="as real",
    unit="radians, 0 to pi",
    source="ours",
    trap="Far below what other real motions have, it was learned by heart.",
    ranks=("animate", "move"),
)


def geodesic_distances(first: Tensor, second: Tensor) -> Tensor:
    """Return the angle between each of some curves, (N, T, D), and each of others, (M, T, D): (N, M)."""
    if not len(first):
        return first.new_zeros(0, len(second))
    return torch.stack([geodesic_distance(one[None], second) for one in first])  # all at once would take gigabytes


def class_means(curves: Tensor, label: Tensor, labels: Sequence[int]) -> Tensor:
    """Return the Karcher mean of each class's curves, (K, T, D).

    Args:
        curves: (N, T, D).
        label: (N,), the class of each.
        labels: K classes, in the order of the means.

    Raises:
        ValueError: a class has no curve.
    """
    return torch.stack([karcher_mean(curves[label == one]) for one in labels])


def own_distance(distances: Tensor, label: Tensor, labels: Sequence[int]) -> Tensor:
    """Return the angle to the mean of the own class, (N,), of angles to each class's mean, (N, K)."""
    return distances.gather(1, places_of(label, labels)[:, None])[:, 0]


def nearest_is_own(distances: Tensor, label: Tensor, labels: Sequence[int]) -> Tensor:
    """Tell whose own class's mean is nearer than any other's, (N,) bool; higher is better, chance is 1 / K.

    A tie is no hit: a curve that stands still is equally far from all.

    Args:
        distances: (N, K), to each class's mean.
        label: (N,), the class that each should be of.
        labels: the K classes, in the order of the means.
    """
    own = torch.nn.functional.one_hot(places_of(label, labels), len(labels)).bool()
    others = distances.masked_fill(own, torch.inf).amin(1)
    return own_distance(distances, label, labels) < others


def nearest_distance(curves: Tensor, real: Tensor) -> Tensor:
    """Return the angle from each curve, (N, T, D), to the nearest of some real ones, (M, T, D): (N,).

    Far below what other real curves have, it says that curves were learned by heart.
    """
    return geodesic_distances(curves, real).amin(1)


def places_of(label: Tensor, labels: Sequence[int]) -> Tensor:
    """Return at which place of some classes each label, (N,), stands: (N,).

    Raises:
        ValueError: a label is none of the classes.
    """
    same = label[:, None] == torch.tensor(list(labels), device=label.device)
    if not bool(same.any(1).all()):
        raise ValueError(f"labels should be among {list(labels)}")
    return same.int().argmax(1)
