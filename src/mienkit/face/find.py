"""The faces of a photo: found, aligned and measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.errors import ConfigError, FaceError
from mienkit.core.image import Picture, to_float
from mienkit.core.landmark import LEFT_EYE_CORNERS, MOUTH_CORNERS, RIGHT_EYE_CORNERS
from mienkit.core.task import Measurer, Reading
from mienkit.face.align import TEMPLATE_SIZE, Alignment, align_box, align_landmarks, crop_face
from mienkit.face.detector import Box, Detector
from mienkit.face.photo import Photo

SMALLEST_EYES = 0.08
"""Smallest distance of the eyes from each other and from the mouth, in sides of the box: people measure 0.3 to 0.45."""
LARGEST_SHIFT = 0.5
"""How far the eyes' midpoint may be measured from where the box has it, in sides of the box."""
SCALES = (0.4, 2.5)
"""How much larger or smaller than its box a face may turn out to be."""
SAME_FACE = 0.25
"""Two finds nearer to each other than this share of a crop's side are one face."""


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a photo."""

    alignment: Alignment
    """The 256 px crop."""
    landmarks: npt.NDArray[np.float64]
    """(68, 2), pixels of the photo."""
    reading: Reading
    """What it shows, as a batch of one; its landmarks are in pixels of the meter's crop."""
    box: Box
    """What the detector said."""
    crop: Picture | None = None
    """(256, 256, 3), what the alignment cuts out of the visible picture, if it was found there."""


class PhotoMeter(Measurer, Protocol):
    """A measurer that says who it is and what it cannot see on photographs."""

    name: str
    blind: frozenset[str]


@runtime_checkable
class Locator(Protocol):
    """A meter that can tell landmarks without looking any closer."""

    def locate(self, image: Tensor) -> Tensor:
        """Find the landmarks of faces, (B, 3, S, S) in [-1, 1]; (B, 68, 2) in pixels, equal to those of a reading."""
        ...


def find_faces(photo: Photo, detector: Detector, meter: Measurer, which: str = "largest") -> list[Face]:
    """Find, align and measure faces, the largest first.

    Args:
        photo: where to look.
        detector: finds the boxes.
        meter: reads the faces; it also aligns them where the detector gives no landmarks.
        which: ``largest``, ``all``, or the number of one, counted from 0 by size.

    Raises:
        ConfigError: ``which`` is something else.
        FaceError: there is no face, or no such number; the message says what to do.
    """
    check_choice(which)
    picture = photo.visible
    boxes = detector.detect(picture)
    return choose_faces(photo, read_faces([picture] * len(boxes), boxes, detector.name, meter), detector.name, which)


def check_choice(which: str) -> None:
    """Hold the name of a choice of faces to what exists.

    Raises:
        ConfigError: it is not ``largest``, ``all`` or a number.
    """
    if which not in ("largest", "all") and not which.isdecimal():
        raise ConfigError(f"no face is called '{which}'; choose largest, all, or a number from 0")


def choose_faces(photo: Photo, found: Sequence[Face | None], detector_name: str, which: str) -> list[Face]:
    """Choose among what was read of a photo's boxes, the largest face first.

    Raises:
        FaceError: there is no face, or no such number; the message says what to do.
    """
    faces = _distinct([face for face in found if face is not None])
    if not faces:
        raise FaceError(_nothing_found(photo, detector_name))
    if which == "all":
        return faces
    number = 0 if which == "largest" else int(which)
    if number >= len(faces):
        raise FaceError(f"{_name_of(photo)} shows {len(faces)} face(s), so there is no number {number}; count from 0")
    return faces[number : number + 1]


def read_faces(
    pictures: Sequence[Picture], boxes: Sequence[Box], detector_name: str, meter: Measurer
) -> list[Face | None]:
    """Align and measure detected faces, all at once; None where what was measured cannot be a face.

    The detector's landmarks align a face; without them, the meter reads the crop that the box suggests, and again the
    crop that its own landmarks suggest.

    Args:
        pictures: the one in which each box lies.
        boxes: of one detector.
        detector_name: its name.
        meter: reads the faces.
    """
    landmarks = {number: box.landmarks for number, box in enumerate(boxes) if box.landmarks is not None}
    bare = [number for number in range(len(boxes)) if number not in landmarks]
    landmarks |= dict(zip(bare, _locate([(pictures[n], boxes[n]) for n in bare], detector_name, meter), strict=True))
    good = [number for number, box in enumerate(boxes) if is_plausible(landmarks[number], box, detector_name)]
    alignments = [align_landmarks(landmarks[number]) for number in good]
    crops = [crop_face(pictures[number], alignment) for number, alignment in zip(good, alignments, strict=True)]
    faces: list[Face | None] = [None] * len(boxes)
    for number, alignment, crop, reading in zip(good, alignments, crops, _read(crops, meter), strict=True):
        points = alignment.resized(meter.image_size).to_photo(_points(reading.landmarks[0]))
        faces[number] = Face(alignment, points if number in bare else landmarks[number], reading, boxes[number], crop)
    return faces


def is_plausible(landmarks: npt.NDArray[np.float64], box: Box, detector_name: str) -> bool:
    """Say whether 68 landmarks in the photo can be those of the face in the box."""
    side = (box.right - box.left + box.bottom - box.top) / 2
    right_eye, left_eye, mouth = (
        landmarks[list(corners)].mean(0) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS, MOUTH_CORNERS)
    )
    eyes = (right_eye + left_eye) / 2
    distances = np.linalg.norm(right_eye - left_eye), np.linalg.norm(eyes - mouth)
    if not np.isfinite(landmarks).all() or min(distances) < SMALLEST_EYES * side:
        return False
    nominal, measured = align_box(box, TEMPLATE_SIZE, detector_name), align_landmarks(landmarks)
    middle = np.full(2, TEMPLATE_SIZE / 2)
    shift = np.linalg.norm(measured.to_photo(middle) - nominal.to_photo(middle))
    return bool(shift < LARGEST_SHIFT * side and SCALES[0] < measured.scale / nominal.scale < SCALES[1])


def _locate(seen: Sequence[tuple[Picture, Box]], detector_name: str, meter: Measurer) -> list[npt.NDArray[np.float64]]:
    """Let the meter find landmarks, (68, 2) in their pictures, where a detector gave boxes alone."""
    if not seen:
        return []
    places = [align_box(box, meter.image_size, detector_name) for _, box in seen]
    crops = np.stack([crop_face(picture, place) for (picture, _), place in zip(seen, places, strict=True)])
    with torch.no_grad():
        images = to_float(crops)
        found = meter.locate(images) if isinstance(meter, Locator) else meter.measure(images).landmarks
    return [place.to_photo(_points(points)) for place, points in zip(places, found, strict=True)]


def _read(crops: Sequence[Picture], meter: Measurer) -> list[Reading]:
    """Read crops of TEMPLATE_SIZE together, each as a batch of one: what the meter sees is what a table would keep."""
    if not crops:
        return []
    size = (meter.image_size, meter.image_size)
    small = np.stack([np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8) for crop in crops])
    with torch.no_grad():
        reading = meter.measure(to_float(small))
    return [
        Reading(**{name: value[number : number + 1] for name, value in vars(reading).items()})
        for number in range(len(crops))
    ]


def _points(landmarks: Tensor) -> npt.NDArray[np.float64]:
    return np.asarray(landmarks.detach().double().cpu().numpy())


def _distinct(faces: Sequence[Face]) -> list[Face]:
    """Sort faces by size, largest first, and drop those found twice."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: face.alignment.scale, reverse=True):
        if all(_distance(face, other) > SAME_FACE for other in kept):
            kept.append(face)
    return kept


def _distance(face: Face, other: Face) -> float:
    """Measure how far two faces are from each other, in sides of the larger one's crop."""
    middle = np.full(2, TEMPLATE_SIZE / 2)
    apart = np.linalg.norm(face.alignment.to_photo(middle) - other.alignment.to_photo(middle))
    return float(apart / (TEMPLATE_SIZE * max(face.alignment.scale, other.alignment.scale)))


def _nothing_found(photo: Photo, detector_name: str) -> str:
    advice = "use a sharp photo in which the face looks at the camera, upright and at least 80 pixels wide"
    if detector_name != "mediapipe":
        advice += ", or the better detector: --face-backend mediapipe"
    return f"no face was found in {_name_of(photo)}; {advice}"


def _name_of(photo: Photo) -> str:
    return str(photo.path or "the picture")
