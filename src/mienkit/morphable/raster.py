"""Triangles drawn into a picture: which one each pixel sees, how far away, and where on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mienkit.core.errors import MissingExtraError

Floats = npt.NDArray[np.float32]
EMPTY = -1
FARTHEST = np.float32(-1e9)
"""Depth of a pixel that sees nothing."""


class Kernels(Protocol):
    """The compiled loops."""

    fill: Callable[..., None]
    interpolate: Callable[..., None]
    add_normals: Callable[..., None]


@dataclass(frozen=True, eq=False)
class Raster:
    """What every pixel of a picture sees of a mesh."""

    triangles: npt.NDArray[np.int32]
    """(T, 3), as drawn."""
    triangle: npt.NDArray[np.int32]
    """(H, W) index into ``triangles``; -1 where there is none."""
    depth: Floats
    """(H, W), larger is nearer; -1e9 where there is nothing."""
    bary: Floats
    """(H, W, 2) weights of the second and the third corner; the first has the rest."""

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """(H, W): where the mesh is seen."""
        return self.triangle >= 0

    def interpolate(self, attribute: npt.NDArray[np.floating], background: float = 0.0) -> Floats:
        """Spread values of vertices, (V, C), over the picture, (H, W, C).

        It is linear in the picture, without a correction for perspective: triangles are small.
        """
        values = np.ascontiguousarray(attribute, np.float32)
        result = np.full((*self.triangle.shape, values.shape[1]), background, np.float32)
        load_kernels().interpolate(values, self.triangles, self.triangle, self.bary, result)
        return result


def rasterise(
    points: npt.NDArray[np.floating],
    triangles: npt.NDArray[np.integer],
    height: int,
    width: int,
    cull: bool = True,
) -> Raster:
    """Draw a mesh with a depth buffer, one sample at the centre of each pixel.

    Smooth edges are the caller's: draw at twice the size and average.

    Args:
        points: (V, 3) pixels, the first one's centre at (0.5, 0.5), and depth towards the camera. What lies outside
            of the picture, or is not a number, is not drawn.
        triangles: (T, 3), counter-clockwise seen from outside.
        height: rows of the picture.
        width: columns of the picture.
        cull: leave out triangles seen from behind.

    Raises:
        MissingExtraError: numba is not installed.
        ValueError: the arrays are no mesh.
    """
    corners = np.ascontiguousarray(triangles, np.int32)
    _check_mesh(points, corners)
    triangle = np.full((height, width), EMPTY, np.int32)
    depth = np.full((height, width), FARTHEST, np.float32)
    bary = np.zeros((height, width, 2), np.float32)
    load_kernels().fill(np.ascontiguousarray(points, np.float32), corners, cull, triangle, depth, bary)
    return Raster(corners, triangle, depth, bary)


def load_kernels() -> Kernels:
    """Import the compiled loops.

    Raises:
        MissingExtraError: numba is not installed.
    """
    try:
        from mienkit.morphable import kernel
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        raise MissingExtraError("drawing a head needs numba; pip install 'mienkit[render]'") from error
    return kernel


def _check_mesh(points: npt.NDArray[np.floating], triangles: npt.NDArray[np.int32]) -> None:
    if points.ndim != 2 or points.shape[1] != 3 or triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ValueError(f"a mesh is (V, 3) points and (T, 3) triangles, not {points.shape} and {triangles.shape}")
    if triangles.size and not 0 <= triangles.min() <= triangles.max() < len(points):
        raise ValueError(f"a triangle names a vertex that is not among the {len(points)}")
