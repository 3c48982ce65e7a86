"""Similarities of the plane (turn, scale, shift) as 2x3 float64 matrices: ``A @ (x, y, 1)``."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Similarity: TypeAlias = npt.NDArray[np.float64]
"""(2, 3) float64, ``[[a, -b, tx], [b, a, ty]]``."""
Points: TypeAlias = npt.NDArray[np.floating]
"""(..., 2)."""


def similarity(scale: float, angle: float, shift: Points) -> Similarity:
    """Build one from a scale, an angle in radians (x towards y) and a shift, (2,)."""
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[a, -b, shift[0]], [b, a, shift[1]]], dtype=np.float64)


def fit_similarity(source: Points, target: Points) -> Similarity:
    """Find the similarity that takes points, (N, 2), nearest to others in the sense of least squares.

    Two points are met exactly. There is never a reflection.

    Raises:
        ValueError: fewer than two points, or all source points in one place.

    Source: Umeyama 1991, restricted to the plane, where complex numbers give it in closed form.
    """
    if len(source) < 2 or len(source) != len(target):
        raise ValueError(f"a similarity needs two or more pairs of points, not {len(source)} and {len(target)}")
    z, w = _as_complex(source), _as_complex(target)
    z0, w0 = z.mean(), w.mean()
    spread = np.sum(np.abs(z - z0) ** 2)
    if not spread > 0:
        raise ValueError("all source points stand in one place, so no similarity can be fitted")
    factor = np.sum(np.conj(z - z0) * (w - w0)) / spread
    shift = w0 - factor * z0
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def apply(matrix: Similarity, points: Points) -> npt.NDArray[np.float64]:
    """Move points, (..., 2)."""
    return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]


def invert(matrix: Similarity) -> Similarity:
    """Return the way back."""
    inverse = np.linalg.inv(matrix[:, :2])
    return np.hstack([inverse, -inverse @ matrix[:, 2:]])


def compose(second: Similarity, first: Similarity) -> Similarity:
    """Return the matrix of ``first``, then ``second``."""
    linear = second[:, :2] @ first[:, :2]
    return np.hstack([linear, second[:, :2] @ first[:, 2:] + second[:, 2:]])


def scale_of(matrix: Similarity) -> float:
    """Say how many target units one source unit becomes."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))


def angle_of(matrix: Similarity) -> float:
    """Say by how many radians it turns, x towards y."""
    return float(np.arctan2(matrix[1, 0], matrix[0, 0]))


def to_pixel_centres(matrix: Similarity) -> Similarity:
    """Rewrite a matrix of continuous coordinates for array indices, as OpenCV counts them.

    In continuous coordinates the first pixel's centre is (0.5, 0.5), in indices it is (0, 0).
    """
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return shifted


def _as_complex(points: Points) -> npt.NDArray[np.complex128]:
    pairs = np.asarray(points, np.float64)
    return pairs[:, 0] + 1j * pairs[:, 1]
