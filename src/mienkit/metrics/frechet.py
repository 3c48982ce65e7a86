"""How far is one set of feature vectors from another? The Fréchet distance between two Gaussians.

Squared, in squared units of the features. Lower is nearer; 0 is the same mean and covariance. It grows as samples get
fewer and is only comparable at the same count, with the same network, which stands in the name of every figure. On
features of Inception it would be called FID; on any others it is not.

Source: Dowson & Landau 1982; Heusel et al. 2017. Network: the caller's.
"""

import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.metrics.metric import Figure, Metric
from mienkit.metrics.networks.network import FeatureNetwork, check_vectors, name_by_network

Floats = npt.NDArray[np.float64]

FRECHET = Metric(
    name="frechet",
    inception_name="fid",
    title="Fréchet distance",
    better="lower",
    unit="",
    named_after=("network", "count"),
    source="Heusel et al. 2017; Dowson & Landau 1982",
    trap="Grows as pictures get fewer: only figures of one count compare, and then of one network and size.",
    ranks=("sample", "animate"),
    shows=("edit", "transfer", "paint"),
    shown_because="photographs that are left alone are as real as photographs",
)


def frechet_distance(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^1/2) of two sets of vectors, (N, D) and (M, D).

    Raises:
        ValueError: a set has fewer than two vectors, or they are no numbers, or of another length than the others.
    """
    a, b = check_vectors("a Fréchet distance", first, second)
    apart = np.square(a.mean(0) - b.mean(0)).sum()
    spread = a.var(0, ddof=1).sum() + b.var(0, ddof=1).sum()
    return max(0.0, float(apart + spread - 2 * shared_spread(a, b)))


def shared_spread(first: Floats, second: Floats) -> float:
    """Return tr (C1 C2)^1/2 of the covariances of two sets of vectors, (N, D) and (M, D)."""
    if max(len(first), len(second)) < first.shape[1]:
        # Of centred A and B it is the sum of the singular values of A B', and no matrix is (D, D).
        centred = [(some - some.mean(0)) / np.sqrt(len(some) - 1) for some in (first, second)]
        return float(np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum())
    of_a, of_b = (np.cov(some, rowvar=False).reshape(some.shape[1], some.shape[1]) for some in (first, second))
    root = symmetric_root(of_a)
    # tr (A B)^1/2 = tr (A^1/2 B A^1/2)^1/2, which is symmetric: no complex rounding, and zero eigenvalues do no harm.
    return float(np.sqrt(np.linalg.eigvalsh(root @ of_b @ root).clip(min=0)).sum())


def measure_frechet(network: FeatureNetwork, made: Picture, real: Picture) -> Figure:
    """Compare made pictures with real ones, (N, H, W, 3) and (M, H, W, 3), and name the figure after the network.

    Raises:
        ValueError: a set has fewer than two pictures.
    """
    value = frechet_distance(network.features(made), network.features(real))
    return Figure(metric=FRECHET, name=name_by_network(FRECHET, network, min(len(made), len(real))), value=value)


def symmetric_root(matrix: Floats) -> Floats:
    """Return the square root of a covariance, (D, D)."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T, np.float64)
