"""How far is one set of feature vectors from another, however few there are? KID: the squared maximum mean discrepancy.

Of the polynomial kernel (x y / D + 1)^3. Lower is nearer; unlike the Fréchet distance it has no bias, so that figures
of different counts can be compared, and of two samples of the same it is as often below 0 as above. On Inception's
features it is called KID; on any others it is not.

Source: Bińkowski et al. 2018; Gretton et al. 2012 for the unbiased estimate. Network: the caller's.
"""

import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.metrics.metric import Figure, Metric
from mienkit.metrics.networks.network import FeatureNetwork, check_vectors, name_by_network

Floats = npt.NDArray[np.float64]

KERNEL_DISTANCE = Metric(
    name="kernel_distance",
    inception_name="kid",
    title="kernel distance",
    better="lower",
    unit="",
    named_after=("network", "count"),
    source="Bińkowski et al. 2018",
    trap="Its spread is large below a few hundred pictures, and the network decides what counts as near.",
    ranks=("sample", "animate"),
    shows=("edit", "transfer", "paint"),
    shown_because="photographs that are left alone are as real as photographs",
)


def kernel_distance(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return the unbiased squared discrepancy of two sets of vectors, (N, D) and (M, D).

    Raises:
        ValueError: a set has fewer than two vectors, or they are no numbers, or of another length than the others.
    """
    a, b = check_vectors("a kernel distance", first, second)
    return float(mean_of_others(kernel(a, a)) + mean_of_others(kernel(b, b)) - 2 * kernel(a, b).mean())


def subset_distances(first: npt.ArrayLike, second: npt.ArrayLike, size: int, count: int = 100, seed: int = 0) -> Floats:
    """Return the distances of random subsets of ``size`` vectors, (count,); other tools print their mean and spread.

    Raises:
        ValueError: a set has fewer vectors than that.
    """
    a, b = check_vectors("a kernel distance", first, second)
    if min(len(a), len(b)) < size:
        raise ValueError(f"there are no subsets of {size} among {len(a)} and {len(b)} vectors")
    chance = np.random.default_rng(seed)
    picks = [(chance.choice(len(a), size, False), chance.choice(len(b), size, False)) for _ in range(count)]
    return np.asarray([kernel_distance(a[some], b[others]) for some, others in picks], np.float64)


def measure_kernel_distance(network: FeatureNetwork, made: Picture, real: Picture) -> Figure:
    """Compare made pictures with real ones, (N, H, W, 3) and (M, H, W, 3), and name the figure after the network.

    Raises:
        ValueError: a set has fewer than two pictures.
    """
    value = kernel_distance(network.features(made), network.features(real))
    name = name_by_network(KERNEL_DISTANCE, network, min(len(made), len(real)))
    return Figure(metric=KERNEL_DISTANCE, name=name, value=value)


def kernel(first: Floats, second: Floats) -> Floats:
    """Return (x y / D + 1)^3 of vectors, (N, D) and (M, D): (N, M)."""
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3, np.float64)


def mean_of_others(square: Floats) -> float:
    """Return the mean of a matrix, (N, N), without its diagonal."""
    return float((square.sum() - np.trace(square)) / (len(square) * (len(square) - 1)))
