"""Left and right of a redrawn face, where its two halves do different things."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import smoothstep
from mienkit.morphable.portrait import Portrait
from mienkit.morphable.scene import Scene
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]

Box: TypeAlias = tuple[slice, slice]
WHOLE: Box = (slice(None), slice(None))

ALIKE = 1e-4
"""Shapes whose weights change by as much on both sides make no difference: the rest is the fit's, and noise."""
MIDDLE = 0.12
"""How wide the strip is in which one half goes over into the other, in widths of the face."""


class Halves(NamedTuple):
    """One number for each half of the face, the person's own."""

    right: float
    left: float

    def map(self, function: Callable[[float], float]) -> "Halves":
        """Apply a function to both."""
        return Halves(function(self.right), function(self.left))


def halves(scene: Scene, stem: str, weights: Floats, whole: float, alike: float = ALIKE) -> Halves:
    """Pick the weights, of (57,), of a shape that has sides; ``whole`` for both where its sides change alike."""
    right, left = (scene.names.index(f"{stem}_{side}") for side in "RL")
    if abs(scene.change[right] - scene.change[left]) < alike:
        return Halves(whole, whole)
    return Halves(float(weights[right]), float(weights[left]))


def changes(scene: Scene, stem: str) -> Halves:
    """Say by how much a shape that has sides changes on each half; the larger change for both where they are alike."""
    return halves(scene, stem, scene.change, scene.most(stem))


def spread(value: Halves, portrait: Portrait, scene: Scene, box: Box = WHOLE) -> Floats | float:
    """Lay the numbers of two halves over a part of the picture, (h, w); the number itself where they are the same."""
    if value.right == value.left:
        return value.right
    right, left = (portrait.screen[portrait.surface.of(which), :2].mean(0) for which in (Kind.RIGHT_EYE, Kind.LEFT_EYE))
    along = (left - right) / max(float(np.linalg.norm(left - right)), 1.0)
    middle = (left + right) / 2
    beyond = (scene.columns[box] - middle[0]) * along[0] + (scene.rows[box] - middle[1]) * along[1]
    leftness = smoothstep(beyond / (MIDDLE * portrait.width) + np.float32(0.5))
    return np.asarray(value.right + (value.left - value.right) * leftness, np.float32)
