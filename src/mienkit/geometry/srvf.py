"""The square-root velocity function: a curve as one point of the unit Hilbert sphere, and back.

For a curve a on [0, 1], q(t) = a'(t) / sqrt(|a'(t)|). Divided by the square root of the curve's length it has L2
norm 1: where the curve begins and how long it is are gone, how it goes is left.

One convention of spacing: a curve has T + 1 instants at 0, 1/T, ..., 1, its q has T entries, one for each interval, and
integrals are means over these. So nothing is lost on the way there and back.

Source: Srivastava et al. 2011, "Shape Analysis of Elastic Curves in Euclidean Spaces" (TPAMI), section 3; Otberdout et
al. 2022, section 3.
Differs: the code of Otberdout et al. takes central differences with a spacing of 1/T and integrates with 1/(T - 1), so
that what comes back is T/(T - 1) too long.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

STILL = 1e-8
"""Length below which a curve counts as still: it has no direction to go in."""


@dataclass(frozen=True, kw_only=True)
class Srvf:
    """Curves on the sphere."""

    points: Tensor
    """(..., T, D); the mean over T of the squared norms is 1, all 0 for a curve that stands still."""
    length: Tensor
    """(...): of the curves, which ``points`` no longer tell."""


def to_srvf(curve: Tensor) -> Srvf:
    """Turn curves, (..., T + 1, D), into points of the sphere, and their lengths.

    Raises:
        ValueError: a curve has fewer than two instants.
    """
    if curve.shape[-2] < 2:
        raise ValueError(f"a curve needs two instants at least, not {curve.shape[-2]}")
    velocity = curve.diff(dim=-2) * (curve.shape[-2] - 1)
    speed = velocity.norm(dim=-1, keepdim=True)
    length = speed.mean((-2, -1))
    root = (speed * length[..., None, None]).clamp(min=STILL**2).sqrt()
    moves = (length > STILL)[..., None, None]
    return Srvf(points=torch.where(moves, velocity / root, torch.zeros_like(velocity)), length=length)


def to_curve(points: Tensor, length: Tensor) -> Tensor:
    """Turn points of the sphere, (..., T, D), into curves of some lengths, (...), that begin at 0: (..., T + 1, D)."""
    velocity = points * points.norm(dim=-1, keepdim=True)  # a' = q |q|
    steps = velocity * (length[..., None, None] / points.shape[-2])
    return torch.cat([torch.zeros_like(steps[..., :1, :]), steps.cumsum(-2)], -2)
