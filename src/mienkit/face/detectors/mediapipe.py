"""MediaPipe's Face Landmarker: the better detector, once ``mien fetch mediapipe`` has brought its model."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from weakref import finalize

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.assets.fetch import require_asset
from mienkit.core.errors import AssetError, MissingExtraError
from mienkit.core.image import Picture
from mienkit.face.detector import DETECTORS, Box

LONGEST_SIDE = 1920
"""Larger pictures are reduced: the landmark network looks at 256 px of a face."""
MOST_FACES = 10
LANDMARKS_68: tuple[int, ...] = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
"""Where each of the 68 landmarks of 300-W stands among MediaPipe's 478. The jaw follows MediaPipe's face oval, whose
ends sit at the temples, higher than human annotators put them."""


@dataclass(frozen=True, eq=False)
class MediapipeFace:
    """All that MediaPipe says about one face."""

    landmarks478: npt.NDArray[np.float64]
    """(478, 3) in pixels of the picture; z has the same scale and is negative towards the camera."""
    blendshapes: Mapping[str, float]
    """Name -> score in [0, 1]; left and right are the person's own."""
    matrix: npt.NDArray[np.float64]
    """(4, 4), canonical face in centimetres -> camera."""

    @property
    def landmarks(self) -> npt.NDArray[np.float64]:
        """(68, 2), 300-W order."""
        return self.landmarks478[list(LANDMARKS_68), :2]


class MediapipeLandmarker:
    """MediaPipe's networks, ready to read pictures; ``close()`` stops their threads.

    Raises:
        MissingExtraError: the package, or a library of the system that it needs, is not installed.
        AssetError: the model's file is missing or damaged.

    Source: Grishchenko et al. 2020 (Attention Mesh); model card "Face Landmarker with blendshapes".
    """

    def __init__(self, most_faces: int = MOST_FACES) -> None:
        self._mediapipe = _import_mediapipe()
        model = require_asset("mediapipe")
        with _quiet_stderr():
            self._landmarker = _open_landmarker(model, most_faces)
            # The graph's threads log late; what they have to say, they say before the first answer.
            self.read(np.zeros((64, 64, 3), np.uint8))
        # Left to the garbage collector at exit, MediaPipe closes itself with a traceback.
        self.close = finalize(self, self._landmarker.close)

    def read(self, picture: Picture) -> list[MediapipeFace]:
        """Read every face in an (H, W, 3) RGB picture; none is an empty list."""
        height, width = picture.shape[:2]
        small = np.ascontiguousarray(_reduced(picture))
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=small)
        found = self._landmarker.detect(image)
        return [
            MediapipeFace(
                np.array([(point.x * width, point.y * height, point.z * width) for point in points], np.float64),
                {score.category_name: float(score.score) for score in scores},
                np.asarray(matrix, np.float64),
            )
            for points, scores, matrix in zip(
                found.face_landmarks, found.face_blendshapes, found.facial_transformation_matrixes, strict=True
            )
        ]


@DETECTORS.register
class Mediapipe:
    """MediaPipe as a detector; a box is what its 68 landmarks span."""

    name: ClassVar[str] = "mediapipe"

    def __init__(self) -> None:
        self._landmarker = MediapipeLandmarker()

    def detect(self, picture: Picture) -> list[Box]:
        """Return the faces with their 68 landmarks; MediaPipe gives no score, so it is always 1.

        Its network finds only faces that fill a good part of a picture, so where it finds none it looks again at
        halves and then at quarters.
        """
        for division in (1, 2, 4):
            if boxes := [box for part in _parts(picture, division) for box in self._look(*part)]:
                return boxes
        return []

    def glance(self, picture: Picture) -> list[Box]:
        """Look at the whole picture only."""
        return self._look(0, 0, picture)

    def _look(self, left: int, top: int, part: Picture) -> list[Box]:
        """Find the faces in a part of a picture that begins at (left, top)."""
        return [_box_of(face.landmarks + (left, top)) for face in self._landmarker.read(part)]


def _parts(picture: Picture, division: int) -> Iterator[tuple[int, int, Picture]]:
    """Cut parts out whose sides are a fraction of the picture's: left, top, pixels.

    They overlap by half, so that every face up to that size lies whole in one.
    """
    height, width = (-(-side // division) for side in picture.shape[:2])
    for row in range(2 * division - 1):
        for column in range(2 * division - 1):
            left, top = column * width // 2, row * height // 2
            part = picture[top : top + height, left : left + width]
            if part.size:
                yield left, top, part


def _box_of(landmarks: npt.NDArray[np.float64]) -> Box:
    (left, top), (right, bottom) = landmarks.min(0), landmarks.max(0)
    return Box(float(left), float(top), float(right), float(bottom), 1.0, landmarks)


def _reduced(picture: Picture) -> Picture:
    factor = LONGEST_SIDE / max(picture.shape[:2])
    if factor >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def _import_mediapipe() -> Any:
    try:
        import mediapipe
    except ImportError as error:
        raise MissingExtraError("MediaPipe is not installed; pip install 'mienkit[mediapipe]'") from error
    return mediapipe


def _open_landmarker(model: Path, most_faces: int) -> Any:
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model.read_bytes()),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=most_faces,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    try:
        return vision.FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError) as error:
        raise AssetError(
            f"{model} is not MediaPipe's model; remove it and get it with `mien fetch mediapipe`"
        ) from error
    except OSError as error:  # its library is loaded only now
        raise MissingExtraError(
            f"MediaPipe cannot load a library ({error}); on Debian: apt-get install libegl1 libgles2"
        ) from error


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hide what C++ libraries write to the process's error stream; Python's own errors still rise."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
