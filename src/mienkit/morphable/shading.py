"""How light falls on a head: normals of the mesh, one light for a photo, and what a new shape changes in it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.raster import load_kernels

Floats = npt.NDArray[np.float32]

STRIDE = 4
"""Light is smooth, so one pixel in 16 tells it."""
ROUNDS = 4
FEWEST_PIXELS = 64
"""Fewer of them tell nothing about the light."""
RIDGE = 0.003
"""Share of the ambient light's weight that holds the direction back: faces show few normals that point away. With it,
small slopes of 24 photographs are shaded as strongly as the light says (0.98; 0.90 without, 1.13 with 0.01)."""
OUTLIER = 2.0
"""Median deviations at which a pixel (brow, beard, highlight) counts half."""
DARKEST = 0.2
"""Of what the brightest normal gets: no skin gets less, because light also comes from where the model has none."""


@dataclass(frozen=True)
class Light:
    """Light from all around and from one side: a normal n gets ``ambient + direction . n``."""

    ambient: float
    """In the photo's units, say 0..255."""
    direction: tuple[float, float, float]
    """Towards the lamp in the camera's frame (x right, y up, z to the camera), as long as it is strong."""

    def shade(self, normals: npt.NDArray[np.floating]) -> Floats:
        """Return how bright normals, (..., 3), are, (...); never below a fifth of the brightest one."""
        side = np.asarray(normals, np.float32) @ np.asarray(self.direction, np.float32)
        return np.maximum(side + np.float32(self.ambient), np.float32(DARKEST * self.brightest))

    @property
    def brightest(self) -> float:
        """What a normal gets that points to the lamp; positive."""
        return max(self.ambient + float(np.linalg.norm(self.direction)), 1e-3)

    def ratio(self, after: npt.NDArray[np.floating], before: npt.NDArray[np.floating]) -> Floats:
        """Say by what factor skin gets brighter, (...), whose normals change, (..., 3) each; it is positive."""
        return self.shade(after) / self.shade(before)


def fit_light(luma: npt.NDArray[np.floating], normals: Floats, skin: npt.NDArray[np.bool_]) -> Light:
    """Find the light that explains a photo's skin.

    Args:
        luma: (H, W) brightness, any unit.
        normals: (H, W, 3) in the camera's frame.
        skin: (H, W), which pixels count; a few hundred must be set, else the light has no direction.

    Source: Lambert's law with one lamp and no cast shadows; least squares reweighted after Cauchy. Harmonics of second
        order follow small slopes of photographs no better (correlation 0.60 against 0.59).
    """
    chosen = skin[::STRIDE, ::STRIDE]
    seen = np.asarray(luma[::STRIDE, ::STRIDE][chosen], np.float64)
    if len(seen) < FEWEST_PIXELS:
        return Light(float(np.median(seen)) if len(seen) else 1.0, (0.0, 0.0, 0.0))
    design = np.column_stack([np.ones(len(seen)), normals[::STRIDE, ::STRIDE][chosen]])
    ridge = len(seen) * RIDGE * np.diag([0.0, 1.0, 1.0, 1.0])
    weights = np.ones(len(seen))
    for _ in range(ROUNDS):
        weighted = design * weights[:, None]
        answer = np.linalg.solve(design.T @ weighted + ridge, weighted.T @ seen)
        error = np.abs(seen - design @ answer)
        weights = 1 / (1 + (error / (OUTLIER * np.median(error) + 1e-9)) ** 2)
    ambient, x, y, z = map(float, answer)
    return Light(ambient, (x, y, z))


def vertex_normals(vertices: npt.NDArray[np.floating], triangles: npt.NDArray[np.integer]) -> Floats:
    """Return the unit normal at each vertex, (V, 3): the mean of its triangles, larger ones counting more.

    A vertex without a triangle has none: (0, 0, 0).

    Raises:
        MissingExtraError: numba is not installed.
    """
    sums = np.zeros((len(vertices), 3), np.float32)
    load_kernels().add_normals(
        np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(triangles, np.int32), sums
    )
    lengths = np.sqrt(np.einsum("vc,vc->v", sums, sums))
    return np.asarray(sums / np.maximum(lengths, 1e-12)[:, None], np.float32)
