"""The unit Hilbert sphere of curves: distances, geodesics, and flat pictures of it.

Its points are functions on [0, 1] with T values in D dimensions, (..., T, D), as ``srvf`` makes them. The inner product
is the integral <a, b> = (1/T) sum a b, so a point's Frobenius norm is the square root of T. Every function takes
batches, broadcasts, and passes gradients, also where two points coincide.

Source: Srivastava et al. 2011, section 3; Otberdout et al. 2022, eqs. of the exponential and logarithm map.
"""

import math

import torch
from torch import Tensor


def inner(a: Tensor, b: Tensor) -> Tensor:
    """Return <a, b>, (...), of functions, (..., T, D) each."""
    return (a * b).sum((-2, -1)) / a.shape[-2]


def norm(a: Tensor) -> Tensor:
    """Return the L2 norm, (...), of functions, (..., T, D); its gradient at 0 is 0."""
    return torch.linalg.vector_norm(a, dim=(-2, -1)) / math.sqrt(a.shape[-2])


def to_sphere(a: Tensor) -> Tensor:
    """Scale functions, (..., T, D), which are not 0, to norm 1."""
    return a / norm(a)[..., None, None]


def to_tangent(base: Tensor, vector: Tensor) -> Tensor:
    """Take from vectors, (..., T, D), what leaves the tangent space at a point of the sphere."""
    return vector - inner(base, vector)[..., None, None] * base


def geodesic_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the angle between points of the sphere, (...) in [0, pi].

    The arc cosine of <a, b> loses half of the digits near 0 and pi, and its gradient is infinite there; this does not.
    """
    return 2 * torch.atan2(norm(a - b), norm(a + b))


def exp_map(base: Tensor, tangent: Tensor) -> Tensor:
    """Go from a point along a tangent, as far as that is long: cos|v| p + sin|v| v / |v|.

    Args:
        base: p, on the sphere.
        tangent: v; what of it leaves the tangent space at p is taken off first.
    """
    flat = to_tangent(base, tangent)
    length = norm(flat)[..., None, None]
    # Rounding moves the sum off the sphere by parts of a millionth, and who integrates it adds these up.
    return to_sphere(length.cos() * base + torch.sinc(length / math.pi) * flat)


def log_map(base: Tensor, point: Tensor) -> Tensor:
    """Return the tangent at a point along which the geodesic to another begins, as long as that is: the inverse.

    Between opposite points there are many: its direction is that of rounding.
    """
    angle = geodesic_distance(base, point)
    return to_tangent(base, point) / torch.sinc(angle / math.pi)[..., None, None]  # its norm is the angle's sine


def geodesic(a: Tensor, b: Tensor, places: Tensor) -> Tensor:
    """Return points on the shortest way from a to b, both (..., T, D), at shares of it, (S,): (..., S, T, D)."""
    tangent = log_map(a, b)[..., None, :, :]
    return exp_map(a[..., None, :, :].expand_as(tangent), places[:, None, None] * tangent)


def parallel_transport(tangent: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Carry a tangent at ``start`` along the shortest way to ``end``, where it is one again, and as long.

    v - <v, q> / (1 + <p, q>) (p + q) for p = start, q = end, which are not opposite.
    """
    share = inner(tangent, end) / (1 + inner(start, end))
    return tangent - share[..., None, None] * (start + end)


def karcher_mean(points: Tensor, *, iterations: int = 100, step: float = 0.9, tolerance: float = 1e-6) -> Tensor:
    """Return the point with the least sum of squared geodesic distances to some, (N, T, D): (T, D).

    Args:
        points: on the sphere; within a quarter of it, or the mean need not be the only one.
        iterations: at most.
        step: how far each goes along the mean tangent.
        tolerance: it ends when the mean tangent is no longer than this.

    Raises:
        ValueError: there are no points.

    Source: Karcher 1977; iterations and step as in the code of Otberdout et al., which stops at 0.01.
    """
    if not len(points):
        raise ValueError("the mean of no points does not exist")
    mean = to_sphere(points.mean(0))
    for _ in range(iterations):
        tangent = log_map(mean, points).mean(0)
        if norm(tangent) <= tolerance:
            break
        mean = exp_map(mean, step * tangent)
    return mean
