"""dlib's frontal face detector: needs no download, finds upright faces that look roughly at the camera."""

from typing import ClassVar

import cv2
import numpy as np

from mienkit.core.image import Picture
from mienkit.face.detector import DETECTORS, Box

GLANCE_SIDE = 320
"""Longer side of a glance: the detector's smallest face is a quarter of it."""
QUICK_SIDE = 640
"""Longer side of the first look: the detector's smallest face is 80 px, here an eighth of the picture."""
THOROUGH_SIDE = 1280
DOUBTFUL = 0.3
"""A weaker box counts only where there is no stronger one. The portrait's badge scores 0.04; of 51 portraits the faces
score 1.2 and more, but for three: 0.6, 0.36 and 0.0."""


@DETECTORS.register
class Dlib:
    """Histograms of oriented gradients under a sliding window.

    Source: King 2015 (max-margin object detection); Dalal & Triggs 2005.
    """

    name: ClassVar[str] = "dlib"

    def __init__(self) -> None:
        import dlib

        self._detector = dlib.get_frontal_face_detector()

    def detect(self, picture: Picture) -> list[Box]:
        """Look at a small copy first, and at a larger, enlarged one only when nothing is found."""
        return self._look(picture, QUICK_SIDE, 0) or self._look(picture, THOROUGH_SIDE, 1)

    def glance(self, picture: Picture) -> list[Box]:
        """Look at a copy of a quarter of the pixels of a first look."""
        return self._look(picture, GLANCE_SIDE, 0)

    def _look(self, picture: Picture, side: int, upsample: int) -> list[Box]:
        small, (scale_y, scale_x) = reduce_picture(picture, side)
        found, scores, _ = self._detector.run(np.ascontiguousarray(small), upsample, 0.0)
        boxes = [
            # The right and bottom of dlib's rectangles are the last pixel inside.
            Box(r.left() * scale_x, r.top() * scale_y, (r.right() + 1) * scale_x, (r.bottom() + 1) * scale_y, score)
            for r, score in zip(found, scores, strict=True)
        ]
        sure = [box for box in boxes if box.score >= DOUBTFUL]
        return sure or boxes


def reduce_picture(picture: Picture, side: int) -> tuple[Picture, tuple[float, float]]:
    """Reduce a picture, (H, W, 3), until neither side is longer; tell the photo pixels per pixel, down and across.

    The larger part is done by a whole number, which is ten times as fast and may cost a last row or column.
    """
    whole = max(1, min(max(picture.shape[:2]) // side, *picture.shape[:2]))
    if whole > 1:
        height, width = picture.shape[0] // whole, picture.shape[1] // whole
        even = picture[: height * whole, : width * whole]
        picture = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    factor, shape = min(1.0, side / max(picture.shape[:2])), picture.shape
    if factor < 1:
        size = max(1, round(shape[1] * factor)), max(1, round(shape[0] * factor))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale_y, scale_x = (whole * before / after for before, after in zip(shape[:2], picture.shape[:2], strict=True))
    return picture, (scale_y, scale_x)
