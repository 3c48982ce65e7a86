"""A flat map of the head's skin, on which a person's looks are painted: a cylinder around the head, unrolled.

Places on it are told in centimetres: how far round from the middle of the face, and how high. It belongs to the neutral
head, so that what is painted moves with the skin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

AXIS_Z = 1.0
"""Where the cylinder's axis stands, centimetres behind the face's front."""
RADIUS = 9.0
ROUND = 20.5
"""Centimetres to the left and right of the middle that the chart holds; further round, the rim is repeated."""
TOP, BOTTOM = 13.0, -13.0
ROWS_PER_PIXEL = 2.0
"""Rows of the chart for each row of the picture."""


def unroll(points: npt.NDArray[np.floating]) -> Floats:
    """Say where points of the neutral head, (N, 3) cm, stand on the chart, (N, 2) cm: round and up."""
    around = RADIUS * np.arctan2(points[:, 0], points[:, 2] - AXIS_Z)
    return np.stack([around, points[:, 1]], 1).astype(np.float32)


@dataclass(frozen=True)
class Chart:
    """The chart's grid of texels."""

    rows: int

    @classmethod
    def for_picture(cls, size: int) -> "Chart":
        """Choose a grid that is as fine as a picture of this side can show."""
        return cls(int(np.clip(round(ROWS_PER_PIXEL * size), 160, 1280)))

    @property
    def scale(self) -> float:
        """Texels a centimetre."""
        return self.rows / (TOP - BOTTOM)

    @property
    def columns(self) -> int:
        """Texels around."""
        return round(2 * ROUND * self.scale)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    def texels(self, places: npt.NDArray[np.floating]) -> Floats:
        """Turn places, (N, 2) cm, into texels, (N, 2), the first one's centre at (0.5, 0.5)."""
        return np.stack([(places[:, 0] + ROUND) * self.scale, (TOP - places[:, 1]) * self.scale], 1).astype(np.float32)

    @cached_property
    def grid(self) -> tuple[Floats, Floats]:
        """Return the places of all texels: around, (1, columns), and up, (rows, 1)."""
        around = (np.arange(self.columns, dtype=np.float32) + 0.5) / self.scale - ROUND
        up = TOP - (np.arange(self.rows, dtype=np.float32) + 0.5) / self.scale
        return around[None].astype(np.float32), up[:, None].astype(np.float32)

    def spot(self, place: tuple[float, float], reach: tuple[float, float]) -> Floats:
        """Paint a soft spot, 1 in its middle: a Gaussian of some reach (one deviation) around and up, in cm."""
        around, up = self.grid
        across = np.exp(-(((around - place[0]) / reach[0]) ** 2) / 2)
        return np.asarray(across * np.exp(-(((up - place[1]) / reach[1]) ** 2) / 2), np.float32)

    def both_sides(self, place: tuple[float, float], reach: tuple[float, float]) -> Floats:
        """Paint a soft spot and its mirror image."""
        return self.spot(place, reach) + self.spot((-place[0], place[1]), reach)

    def blur(self, field: Floats, cm: float) -> Floats:
        """Blur a map by a deviation in centimetres."""
        return np.asarray(cv2.GaussianBlur(field, (0, 0), max(cm * self.scale, 0.3)), np.float32)

    def fill(self, outline: npt.NDArray[np.floating], soft_cm: float) -> Floats:
        """Fill an outline, (N, 2) cm, with 1, its border softened."""
        canvas = np.zeros(self.shape, np.float32)
        corners = np.round(16 * (self.texels(outline) - 0.5)).astype(np.int32)
        cv2.fillPoly(canvas, [corners], 1.0, cv2.LINE_AA, 4)
        return self.blur(canvas, soft_cm)

    def strokes(self, lines: Sequence[npt.NDArray[np.floating]], cm: float) -> Floats:
        """Draw lines, each (N, 2) cm, of a width in centimetres."""
        canvas = np.zeros(self.shape, np.uint8)
        width = max(1, round(cm * self.scale))
        ends = np.cumsum([0, *map(len, lines)]).tolist()
        whole = np.round(16 * (self.texels(np.concatenate(lines)) - 0.5)).astype(np.int32)
        corners = [whole[start:end] for start, end in pairwise(ends)]
        cv2.polylines(canvas, corners, False, 255, width, cv2.LINE_AA, 4)
        thin = min(cm * self.scale / width, 1.0)
        return np.asarray(canvas * np.float32(thin / 255), np.float32)

    def noise(self, dice: np.random.Generator, cm: float) -> Floats:
        """Roll smooth noise of deviation 1 whose grains are about so many centimetres wide."""
        coarse = max(1.0, cm * self.scale)
        rows, columns = (max(4, round(side / coarse) + 2) for side in self.shape)
        grains = dice.standard_normal((rows, columns), np.float32)
        return np.asarray(cv2.resize(grains, self.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
