"""Shapes without place and size: sets of points, centred, with Frobenius norm 1.

Source: Kendall 1984 (pre-shape space); Otberdout et al. 2022, section 3, normalise every frame of landmarks so.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

SMALLEST = 1e-12
"""Squared size from which on points are told apart."""


@dataclass(frozen=True, kw_only=True)
class PreShape:
    """Shapes, and where and how large they were."""

    points: Tensor
    """(..., N, D): mean 0, Frobenius norm 1; all 0 where all points coincided."""
    centre: Tensor
    """(..., 1, D): the mean of the points."""
    size: Tensor
    """(..., 1, 1): their Frobenius norm about it."""

    @classmethod
    def of(cls, points: Tensor) -> Self:
        """Take place and size off points, (..., N, D)."""
        centre = points.mean(-2, keepdim=True)
        centred = points - centre
        size = centred.square().sum((-2, -1), keepdim=True).clamp(min=SMALLEST).sqrt()
        return cls(points=centred / size, centre=centre, size=size)

    def restore(self, points: Tensor) -> Tensor:
        """Give shapes, (..., N, D), this place and size: the inverse of ``of``."""
        return points * self.size + self.centre


def flatten_shapes(points: Tensor) -> Tensor:
    """Write shapes, (..., N, D), as x1, y1(, z1), x2, ...: (..., N D)."""
    return points.flatten(-2)


def unflatten_shapes(vectors: Tensor, dimensions: int) -> Tensor:
    """Read shapes of 2 or 3 dimensions, (..., N, D), out of vectors, (..., N D)."""
    return torch.unflatten(vectors, -1, (-1, dimensions))
