"""A detector and a meter for whom a face is a red square, so that its place is known and it can go."""

from typing import ClassVar

import cv2
import numpy as np
import torch
from torch import Tensor

from mienkit.core.image import Picture
from mienkit.core.landmark import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS
from mienkit.core.task import Reading
from mienkit.face.detector import Box

SIDE = 40
"""Of the square, in pixels."""
PLACES = {"right": (84.0, 86.0), "left": (172.0, 86.0), "mouth": (128.0, 156.0)}
"""Of eyes and mouth in a crop of 256 px whose middle is that of the square."""


def stage(squares: list[tuple[float, float]], height: int = 160, width: int = 240) -> Picture:
    """Show red squares, (x, y) of their middles, on a grey ground."""
    pixels = np.full((height, width, 3), 100, np.uint8)
    for x, y in squares:
        top, left = round(y - SIDE / 2), round(x - SIDE / 2)
        pixels[max(top, 0) : max(top + SIDE, 0), max(left, 0) : max(left + SIDE, 0)] = (250, 20, 20)
    return pixels


def redness(picture: np.ndarray) -> np.ndarray:
    return np.asarray((picture[..., 0].astype(float) - picture[..., 2]) > 100)


class RedDetector:
    """Finds the red squares."""

    name: ClassVar[str] = "dlib"

    def __init__(self) -> None:
        self.looks: list[int] = []
        self.glances: list[int] = []
        self.frame = -1

    def detect(self, picture: Picture) -> list[Box]:
        self.looks.append(self.frame)
        return self._find(picture)

    def glance(self, picture: Picture) -> list[Box]:
        self.glances.append(self.frame)
        return self._find(picture)

    def _find(self, picture: Picture) -> list[Box]:
        count, _, stats, middles = cv2.connectedComponentsWithStats(redness(picture).astype(np.uint8))
        found = [(middles[n], stats[n, cv2.CC_STAT_WIDTH]) for n in range(1, count) if stats[n, 4] > SIDE * SIDE / 2]
        return [Box(x - s / 2, y - s / 2, x + s / 2, y + s / 2, 1.0) for (x, y), s in found]


class RedMeter:
    """Sees a face where a crop is red, and in the middle of a crop that is not; it shows nothing."""

    image_size = 64
    name = "red meter 1"
    blind: frozenset[str] = frozenset()

    def locate(self, image: Tensor) -> Tensor:
        return torch.stack([torch.from_numpy(self._points(one)) for one in image]).float()

    def measure(self, image: Tensor) -> Reading:
        count = len(image)
        return Reading(
            landmarks=self.locate(image),
            aus=torch.zeros(count, 17),
            emotions=torch.full((count, 8), 1 / 8),
            pose=torch.zeros(count, 3),
        )

    def _points(self, image: Tensor) -> np.ndarray:
        pixels = (image.permute(1, 2, 0).numpy() + 1) * 127.5
        rows, columns = np.nonzero(redness(pixels))
        half = self.image_size / 2
        middle = np.array([columns.mean() + 0.5, rows.mean() + 0.5]) if len(rows) else np.full(2, half)
        points = np.full((68, 2), (128.0, 120.0))
        points[list(RIGHT_EYE_CORNERS)] = PLACES["right"]
        points[list(LEFT_EYE_CORNERS)] = PLACES["left"]
        points[list(MOUTH_CORNERS)] = PLACES["mouth"]
        return points * (self.image_size / 256) + (middle - half)
