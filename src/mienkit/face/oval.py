"""The oval that shows a face and hides hair, ears and background."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.core.landmark import JAW, LEFT_BROW, RIGHT_BROW

FOREHEAD = 0.40
"""Height of the forehead that is shown, in distances from brows to chin; the hairline is at about a half."""
BELOW = 0.02
"""How far the oval reaches below the chin, in the same distances."""
ACROSS = 0.93
"""Width of the oval, in distances between the ends of the jaw line, which lie at the ears."""
EDGE = 0.01
"""Least distance of the oval from the picture's edge, in sides of it."""
CHIN = 8
FINER = 8
"""Steps of a pixel in which the edge is drawn, to be smooth."""

Alpha = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Oval:
    """An upright ellipse, in pixels of its picture."""

    x: float
    y: float
    half_width: float
    half_height: float

    def alpha(self, height: int, width: int) -> Alpha:
        """Return how much of each pixel is inside, (H, W) in [0, 1]."""
        fine = np.zeros((height * FINER, width * FINER), np.uint8)
        shift = 4  # OpenCV takes fixed-point numbers with so many bits behind the point
        middle = [round((value * FINER - 0.5) * (1 << shift)) for value in (self.x, self.y)]
        axes = [round(value * FINER * (1 << shift)) for value in (self.half_width, self.half_height)]
        cv2.ellipse(fine, middle, axes, 0, 0, 360, 255, cv2.FILLED, cv2.LINE_8, shift)
        reduced = np.asarray(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA), np.float32)
        return reduced / np.float32(255)


def face_oval(landmarks: npt.NDArray[np.floating], side: int) -> Oval:
    """Fit the oval to an upright face by its 68 landmarks, (68, 2), in pixels of a square picture that holds it all."""
    jaw = landmarks[JAW]
    brows = float(np.concatenate([landmarks[RIGHT_BROW], landmarks[LEFT_BROW]])[:, 1].mean())
    chin = float(landmarks[CHIN, 1])
    top = max(brows - FOREHEAD * (chin - brows), EDGE * side)
    bottom = min(chin + BELOW * (chin - brows), (1 - EDGE) * side)
    return Oval(
        x=float(jaw[0, 0] + jaw[-1, 0]) / 2,
        y=(top + bottom) / 2,
        half_width=ACROSS * float(np.linalg.norm(jaw[-1] - jaw[0])) / 2,
        half_height=(bottom - top) / 2,
    )


def lay_on_grey(picture: Picture, alpha: Alpha, grey: int) -> Picture:
    """Show a picture, (H, W, 3), inside of an oval alone; outside is one grey level, 0 to 255."""
    weight = alpha[..., None]
    return np.asarray(np.rint(weight * picture + (1 - weight) * np.float32(grey)), np.uint8)
