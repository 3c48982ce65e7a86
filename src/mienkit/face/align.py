"""From a photo to a face crop in the fixed template, and back: one similarity a face.

All coordinates are continuous: x = 0 is the left edge of the first pixel, whose centre is (0.5, 0.5).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.core.landmark import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS
from mienkit.core.naming import unknown_name
from mienkit.face.detector import Box
from mienkit.geometry.similarity import (
    Points,
    Similarity,
    apply,
    compose,
    fit_similarity,
    invert,
    scale_of,
    similarity,
    to_pixel_centres,
)

TEMPLATE_SIZE = 256
EYES = (128.0, 86.0)
"""Where the midpoint of the eyes stands in a crop of TEMPLATE_SIZE."""
MOUTH = (128.0, 156.0)
"""Where the centre of the mouth stands."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where a face crop lies in its photo."""

    matrix: Similarity
    """(2, 3), photo -> crop."""
    size: int
    """Side of the crop in pixels."""

    @property
    def scale(self) -> float:
        """Photo pixels per crop pixel; below 1 the crop is enlarged."""
        return 1 / scale_of(self.matrix)

    def to_crop(self, points: Points) -> npt.NDArray[np.float64]:
        """Move points, (..., 2), from the photo into the crop."""
        return apply(self.matrix, points)

    def to_photo(self, points: Points) -> npt.NDArray[np.float64]:
        """Move points, (..., 2), from the crop into the photo."""
        return apply(invert(self.matrix), points)

    def resized(self, size: int) -> "Alignment":
        """Return the same place as a crop of another side."""
        return Alignment(self.matrix * (size / self.size), size)


def align_landmarks(landmarks: Points, size: int = TEMPLATE_SIZE) -> Alignment:
    """Place a face by its 68 landmarks, (68, 2), in pixels of the photo.

    The midpoint of the eyes and the mouth's centre are met exactly; the distance of the eyes stays the person's own.
    Corners only: gaze and jaw do not move the crop.

    Raises:
        ValueError: the eyes stand where the mouth is.
    """
    eyes = landmarks[[*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS]].mean(0)
    mouth = landmarks[list(MOUTH_CORNERS)].mean(0)
    template = np.array([EYES, MOUTH]) * (size / TEMPLATE_SIZE)
    return Alignment(fit_similarity(np.stack([eyes, mouth]), template), size)


def align_box(box: Box, size: int, detector_name: str) -> Alignment:
    """Place a face by a detector's box alone: where the template lies in such boxes on average.

    Raises:
        UnknownNameError: nobody has measured this detector's boxes.
    """
    if detector_name not in PLACE_IN_BOX:
        raise unknown_name("measured detector", detector_name, PLACE_IN_BOX)
    side = (box.right - box.left + box.bottom - box.top) / 2
    centre = np.array([box.left + box.right, box.top + box.bottom]) / 2
    factor, *offset = PLACE_IN_BOX[detector_name]
    scale = size / (side * factor)
    return Alignment(similarity(scale, 0.0, size / 2 - scale * (centre + np.array(offset) * side)), size)


PLACE_IN_BOX: Mapping[str, tuple[float, float, float]] = {
    "dlib": (1.542, 0.003, 0.045),
    "mediapipe": (1.690, -0.004, -0.046),
}
"""Detector -> the template's side and its centre's offset from the box's centre (x, y), in sides of the box.

dlib: the mean (of the logarithm, for the side) over 1,984 of 2,000 photographs of the face table in which it found the
face, each enlarged by a random 0.6 to 2 and shifted by up to two of its 8 px cells, because at one size and place its
grid of cells biases every box alike (x by 3 %). Spread over faces: side +-10 % (1 to 99 %: 0.81 to 1.24 of the mean);
shift, in sides of the crop, 2.0 % in x and 2.8 % in y (95 %: within 3.6 % and 5.3 %).
mediapipe: what the 68 landmarks of the table's 3,006 photographs span; spread +-8 %, 3.9 % in x (pose) and 2.0 % in y.
"""


def crop_face(picture: Picture, alignment: Alignment) -> Picture:
    """Cut the aligned face out, (size, size, 3); what lies outside the picture is mirrored.

    Each pixel of a crop that reduces the face is the mean of four samples, so that nothing flickers or aliases; where
    the face is smaller than the crop it is enlarged with Lanczos.
    """
    if alignment.scale <= 1:
        return _warp(picture, alignment, cv2.INTER_LANCZOS4)
    twice = _warp(picture, alignment.resized(2 * alignment.size))
    return np.asarray(cv2.resize(twice, (alignment.size, alignment.size), interpolation=cv2.INTER_AREA), np.uint8)


FARTHEST = 1.4
"""Most pixels between samples; a photo that is larger is first reduced by a whole number."""
SOFT = 0.75
"""Pixels between samples below which linear ones are too soft; from there on four of them come within 54 dB of the
exact mean over a crop's pixel, in a quarter of the time of reducing by areas and warping with Lanczos (49 dB)."""
REACH = 4
"""Pixels to each side that Lanczos looks at."""


def _warp(picture: Picture, alignment: Alignment, flags: int | None = None) -> Picture:
    """Sample a crop, linearly or, where samples lie closer, by cubic curves, if it is not said how."""
    whole = math.ceil(alignment.scale / FARTHEST)
    if flags is None:
        flags = cv2.INTER_CUBIC if alignment.scale / whole < SOFT else cv2.INTER_LINEAR
    left, top, right, bottom = crop_bounds(alignment, margin=REACH * whole)
    right, bottom = right + (left - right) % whole, bottom + (top - bottom) % whole
    region = _mirrored(picture, left, top, right, bottom)
    matrix = compose(alignment.matrix, similarity(1.0, 0.0, np.array([left, top])))
    if whole > 1:
        smaller = (region.shape[1] // whole, region.shape[0] // whole)
        region = np.asarray(cv2.resize(region, smaller, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ np.diag([whole, whole, 1.0])
    size = (alignment.size, alignment.size)
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(region, to_pixel_centres(matrix), size, flags=flags, borderMode=border), np.uint8)


def crop_bounds(alignment: Alignment, margin: float) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of the upright rectangle of photo pixels that holds the crop."""
    side = alignment.size
    corners = alignment.to_photo(np.array([[0, 0], [side, 0], [side, side], [0, side]]))
    left, top = np.floor(corners.min(0) - margin).astype(int)
    right, bottom = np.ceil(corners.max(0) + margin).astype(int)
    return int(left), int(top), int(right), int(bottom)


def _mirrored(picture: Picture, left: int, top: int, right: int, bottom: int) -> Picture:
    """Cut a rectangle out that may reach over the edges, where the picture goes on as its mirror image."""
    height, width = picture.shape[:2]
    inside = picture[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    over = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    if not any(over):
        return inside
    if max(over) < min(inside.shape[:2]):
        return np.asarray(cv2.copyMakeBorder(inside, *over, cv2.BORDER_REFLECT_101), np.uint8)
    rows, columns = _bounce(np.arange(top, bottom), height), _bounce(np.arange(left, right), width)
    return np.ascontiguousarray(picture[np.ix_(rows, columns)])


def _bounce(index: npt.NDArray[np.integer], length: int) -> npt.NDArray[np.integer]:
    """Reflect indices at 0 and length - 1 without repeating the edge, however far they are out."""
    period = max(2 * (length - 1), 1)
    folded = index % period
    return np.minimum(folded, period - folded) if length > 1 else np.zeros_like(index)
