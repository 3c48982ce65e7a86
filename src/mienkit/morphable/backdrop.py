"""What is behind a rendered head: a wall, a gradient, or lights and shapes out of focus."""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

COARSE = 48
"""Side of the picture that is painted and then enlarged: everything behind is out of focus."""


def paint_backdrop(dice: np.random.Generator, side: int) -> Floats:
    """Paint a background, (side, side, 3) linear."""
    level = float(dice.uniform(0.03, 0.75)) ** 1.2
    first, second = _roll_colour(dice, level), _roll_colour(dice, level * float(dice.uniform(0.5, 1.4)))
    rows, columns = np.mgrid[0:COARSE, 0:COARSE].astype(np.float32) / COARSE - 0.5
    angle = float(dice.uniform(0, 2 * np.pi))
    ramp = np.clip(0.5 + rows * np.cos(angle) + columns * np.sin(angle), 0, 1)[..., None]
    canvas = first + ramp * (second - first)
    halo = np.exp(-(rows**2 + columns**2) / (2 * float(dice.uniform(0.25, 0.6)) ** 2))[..., None]
    canvas = canvas * (1 + float(dice.uniform(-0.2, 0.5)) * halo)
    if dice.random() < 0.6:
        canvas = _blobs(dice, canvas, level)
    canvas = cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), float(dice.uniform(1.2, 4.0)))
    whole = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(whole, 0.002, None), np.float32)


def _blobs(dice: np.random.Generator, canvas: Floats, level: float) -> Floats:
    """Add discs, bars and boxes such as windows, shelves and trees make out of focus."""
    canvas = np.ascontiguousarray(canvas, np.float32)
    for _ in range(int(dice.integers(3, 14))):
        colour = tuple(map(float, _roll_colour(dice, level * float(dice.uniform(0.3, 2.2)))))
        x, y = (int(value) for value in dice.integers(-4, COARSE + 4, 2))
        width, height = (int(value) for value in dice.integers(2, 16, 2))
        layer = canvas.copy()
        if dice.random() < 0.5:
            cv2.circle(layer, (x, y), width // 2 + 1, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(layer, (x, y), (x + width, y + 2 * height), colour, -1)
        share = float(dice.uniform(0.3, 0.9))
        canvas = canvas + share * (layer - canvas)
    return np.asarray(canvas, np.float32)


def _roll_colour(dice: np.random.Generator, level: float) -> Floats:
    return (level * np.exp(dice.normal(0, 0.2, 3))).astype(np.float32)
