"""From a photo to a face crop in the fixed template, and back: one similarity a face.

All coordinates are continuous: x = 0 is the left edge of the first pixel, whose centre is (0.5, 0.5).
"""

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

    A face larger than the crop is first reduced by averaging areas, so that nothing flickers or aliases; then, or where
    it is smaller, the crop is warped with Lanczos.
    """
    factor = max(alignment.scale, 1.0)
    left, top, right, bottom = crop_bounds(alignment, margin=LANCZOS_REACH * factor + 1)
    region = _mirrored(picture, left, top, right, bottom)
    matrix = compose(alignment.matrix, similarity(1.0, 0.0, np.array([left, top])))
    if factor > 1:
        height, width = region.shape[:2]
        smaller = max(1, round(width / factor)), max(1, round(height / factor))
        region = np.asarray(cv2.resize(region, smaller, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = compose(matrix, np.diag([width / smaller[0], height / smaller[1], 1.0])[:2])
    size = (alignment.size, alignment.size)
    border = cv2.BORDER_REFLECT_101
    crop = cv2.warpAffine(region, to_pixel_centres(matrix), size, flags=cv2.INTER_LANCZOS4, borderMode=border)
    return np.asarray(crop, np.uint8)


LANCZOS_REACH = 4


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
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return picture[top:bottom, left:right]
    rows, columns = _bounce(np.arange(top, bottom), height), _bounce(np.arange(left, right), width)
    return np.ascontiguousarray(picture[np.ix_(rows, columns)])


def _bounce(index: npt.NDArray[np.integer], length: int) -> npt.NDArray[np.integer]:
    """Reflect indices at 0 and length - 1 without repeating the edge, however far they are out."""
    period = max(2 * (length - 1), 1)
    folded = index % period
    return np.minimum(folded, period - folded) if length > 1 else np.zeros_like(index)
