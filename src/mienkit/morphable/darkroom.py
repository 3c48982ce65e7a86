"""Light into a picture: exposure, a camera's blur, its curve and its noise."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

CONTRAST, SATURATION = 0.55, 1.05
BRIGHTEST = 8.0
"""Linear light from which on everything is white."""
STEPS = 4096


@dataclass(frozen=True, eq=False)
class Film:
    """A camera's ways, which all pictures of a scene share."""

    gain: float
    blur: float
    """Deviation in pixels."""
    noise: Floats
    """(S, S, 3) of the values 0 to 255."""


def roll_film(dice: np.random.Generator, size: int, gain: float) -> Film:
    """Roll a camera for pictures of a side in pixels."""
    blur = float(dice.uniform(0.25, 0.55))
    deviation = np.float32(255 * dice.uniform(0.002, 0.012))
    return Film(gain, blur, deviation * dice.standard_normal((size, size, 3), np.float32))


def develop(film: Film, linear: Floats) -> npt.NDArray[np.uint8]:
    """Turn linear light, (H, W, 3) of any size, into a picture, (S, S, 3)."""
    from mienkit.morphable import vertex_kernel

    size = len(film.noise)
    small = cv2.resize(linear, (size, size), interpolation=cv2.INTER_AREA)
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), film.blur), np.float32)
    picture = np.empty((size, size, 3), np.uint8)
    vertex_kernel.expose(blurred, film.gain, SATURATION, response(), film.noise, picture)
    return picture


@cache
def response() -> Floats:
    """Tabulate how bright a camera shows light, (STEPS + 1,) in [0, 255], by the square root of the light.

    It is sRGB with a shoulder and some contrast; the square root, because eyes and sRGB tell dark tones better.
    """
    light = np.linspace(0, BRIGHTEST**0.5, STEPS + 1) ** 2
    bright = 1.25 * (1 - np.exp(-light / 1.1))
    curve = np.where(bright < 0.0031308, 12.92 * bright, 1.055 * np.maximum(bright, 1e-6) ** (1 / 2.4) - 0.055)
    curve = np.minimum(curve, 1)
    return np.asarray(255 * (curve + CONTRAST * (curve * curve * (3 - 2 * curve) - curve)), np.float32)
