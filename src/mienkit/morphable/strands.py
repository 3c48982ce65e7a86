"""Hair and lashes as layers over the picture of a head."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable import camera
from mienkit.morphable.bust import Bust
from mienkit.morphable.camera import Pose
from mienkit.morphable.lamp import Lighting
from mienkit.morphable.looks import Colour
from mienkit.morphable.raster import EMPTY, Raster, rasterise
from mienkit.morphable.shading import vertex_normals
from mienkit.morphable.wig import COLUMNS, Wig

Floats = npt.NDArray[np.float32]
Mesh = tuple[Floats, npt.NDArray[np.int32], Floats]
"""(V, 3) points, (T, 3) triangles, (V, 10) as ``strand_kernel`` needs them."""

LASH_STRANDS = 24.0
BEHIND_CM = 0.25
"""Strands this little below the skin still cover it: hair grows out of it."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Strands that lie over a picture."""

    paint: Floats
    """(H, W, 4): linear light, and how much it covers."""
    depth: Floats
    """(H, W)."""

    def hidden(self, below: Raster) -> npt.NDArray[np.int32]:
        """Return the triangles of what lies below, (H, W), without those that are covered altogether."""
        covered = (self.paint[..., 3] >= 1) & (self.depth >= below.depth)
        return np.where(covered, np.int32(EMPTY), below.triangle)

    def cover(self, below: Raster, result: Floats) -> None:
        """Lay the strands over a picture, (H, W, 3)."""
        from mienkit.morphable import strand_kernel

        strand_kernel.lay_strands(self.paint, self.depth + np.float32(BEHIND_CM), below.depth, result)


def comb_hair(wig: Wig, grain: Floats, lighting: Lighting, pose: Pose, side: int) -> Layer:
    """Draw the hair, which no expression moves."""
    corners = np.empty((len(wig.vertices), 10), np.float32)
    turning = pose.matrix.astype(np.float32)
    corners[:, 0:3] = vertex_normals(wig.vertices, wig.triangles) @ turning.T
    along = np.asarray(np.gradient(wig.vertices.reshape(-1, COLUMNS, 3), axis=0), np.float32)
    corners[:, 3:6] = along.reshape(-1, 3) @ turning.T
    corners[:, 6:10] = wig.strand
    points = np.asarray(camera.project(wig.vertices, pose), np.float32)
    return _draw((points, wig.triangles, corners), grain, lighting, wig.paint, side)


def grow_lashes(bust: Bust, make_up: float) -> Floats:
    """Lay out the lashes' strands, (V, 10)."""
    along, angle = bust.lash_places.T
    corners = np.zeros((len(along), 10), np.float32)
    corners[:, 2] = 1.0
    corners[:, 4] = 1.0
    corners[:, 6] = LASH_STRANDS * angle
    corners[:, 7] = along
    upper = np.clip(0.5 + 2 * np.sin(angle), 0.25, 1)
    corners[:, 8] = (0.9 + 0.3 * make_up - 1.2 * along) * upper
    corners[:, 9] = 0.5
    return corners


def draw_lashes(mesh: Mesh, grain: Floats, lighting: Lighting, hair: Colour, side: int) -> Layer:
    """Draw the lashes, which are darker than the hair."""
    paint = np.array([*(0.35 * channel for channel in hair), 0.0, 0.3, 1.0, 0.9, 0.8], np.float32)
    return _draw(mesh, grain, lighting, paint, side)


def _draw(mesh: Mesh, grain: Floats, lighting: Lighting, paint: Floats, side: int) -> Layer:
    from mienkit.morphable import strand_kernel

    points, triangles, corners = mesh
    raster = rasterise(points, triangles, side, side, cull=False)
    layer = np.zeros((side, side, 4), np.float32)
    seen = (raster.triangle, raster.bary)
    strand_kernel.shade_strands(seen, (triangles, corners), grain, lighting.packed(), paint, layer)
    return Layer(layer, raster.depth)
