"""The morphable head as an editor: no training, any photo; the survey's first category.

The head is fitted to the face, moved by exact changes of action units, and drawn again with the photo as its own
texture (``mienkit.morphable``).

Source: ours; the model is ICT-FaceKit (Li et al. 2020), the idea that of Blanz et al. 2003, "Reanimating faces in
images and video".
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import SIDED_UNITS
from mienkit.core.config import require
from mienkit.core.errors import AssetError, FaceError, MissingExtraError
from mienkit.core.image import to_float, to_uint8
from mienkit.core.model import MODELS, Model
from mienkit.core.task import Edited
from mienkit.face.detectors.mediapipe import MediapipeFace, MediapipeLandmarker
from mienkit.face.meter import load_meter
from mienkit.morphable.change import Request, change_halves
from mienkit.morphable.fill import blur
from mienkit.morphable.fit import Fit, fit_head
from mienkit.morphable.portrait import Portrait, sit
from mienkit.morphable.redraw import redraw
from mienkit.nn.warp import resized

Floats = npt.NDArray[np.float32]

REMEMBERED = 4
"""Photos whose fits are kept: a sweep or a slider asks for the same one again and again."""
WIDEST_DEGREES = 45.0
"""How far a head may be turned to a side, up or down: beyond, the far half of the mouth is out of sight."""
CHANGED = 2.0
"""Levels of 255 from which a pixel counts as changed."""


@MODELS.register
class Morphable(Model):
    """Moves a fitted 3-D head under the photo; needs no training."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 512
        """Side of the crops; the drawing costs as much as it has pixels."""
        landmarks: Literal["auto", "mediapipe", "meter"] = "auto"
        """What the head is fitted to: MediaPipe's 478 points, or the meter's 68 where that is not installed."""

        def __post_init__(self) -> None:
            require(64 <= self.image_size <= 2048, f"image_size={self.image_size} should be 64 to 2048")

    source = "ICT-FaceKit (Li et al. 2020), re-expression after Blanz et al. 2003"
    vocabulary: ClassVar[tuple[str, ...]] = SIDED_UNITS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self._portraits: OrderedDict[bytes, Portrait] = OrderedDict()

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        """See ``Editor``.

        Raises:
            AssetError: the head model is missing.
            FaceError: no head fits the face, or it is turned too far.
            MissingExtraError: numba is not installed.
        """
        pictures = to_uint8(image)
        edited, changes = [], []
        for picture, present, wanted in zip(pictures, source.cpu().numpy(), target.cpu().numpy(), strict=True):
            portrait = self.portrait(picture)
            expression, seal = change_halves(portrait.fit.expression, Request(present, wanted))
            drawn = redraw(portrait, expression, seal).image
            changed = np.abs(drawn - picture).max(2) > CHANGED
            change = np.clip(2 * blur(changed.astype(np.float32), 0.004 * len(picture)), 0, 1)
            edited.append(drawn)
            changes.append(change)
        result = torch.from_numpy(np.stack(edited)).permute(0, 3, 1, 2).float() / 127.5 - 1
        kept = torch.from_numpy(np.stack(changes))[:, None]
        result, change_map = result.to(image.device), kept.to(image.device)
        return Edited(image=torch.where(change_map > 0, result, image), change=change_map)

    def portrait(self, picture: npt.NDArray[np.uint8]) -> Portrait:
        """Understand a crop, (S, S, 3), or remember it.

        Raises:
            FaceError: no head fits the face, or it is turned too far.
        """
        key = sha256(picture.tobytes()).digest()
        if key not in self._portraits:
            self._portraits[key] = sit(picture.astype(np.float32), self.fit(picture))
        self._portraits.move_to_end(key)
        while len(self._portraits) > REMEMBERED:
            self._portraits.popitem(last=False)
        return self._portraits[key]

    def fit(self, picture: npt.NDArray[np.uint8]) -> Fit:
        """Fit the head to the face of a crop, (S, S, 3).

        Raises:
            FaceError: no head fits the face, or it is turned too far.
        """
        landmarks, scores = self.landmarks(picture)
        try:
            fit = fit_head(landmarks, scores=scores)
        except np.linalg.LinAlgError as error:
            raise FaceError("no head fits the face; use a sharp photo in which it looks at the camera") from error
        turned = max(abs(fit.pose.angles.yaw), abs(fit.pose.angles.pitch))
        if turned > WIDEST_DEGREES:
            raise FaceError(
                f"the face is turned by {turned:.0f} degrees, and the model moves faces that are turned by up to "
                f"{WIDEST_DEGREES:.0f}; use a photo in which it looks more at the camera"
            )
        return fit

    def landmarks(self, picture: npt.NDArray[np.uint8]) -> tuple[Floats, dict[str, float] | None]:
        """Find landmarks, (478, 2) with scores, or (68, 2) without.

        Raises:
            AssetError: MediaPipe was asked for and its model is missing.
            FaceError: MediaPipe was asked for and sees no face.
            MissingExtraError: MediaPipe was asked for and is not installed.
        """
        face = None if self.config.landmarks == "meter" else self._mediapipe_face(picture)
        if face is not None:
            return np.asarray(face.landmarks478[:, :2], np.float32), dict(face.blendshapes)
        meter = load_meter()
        crop = resized(to_float(picture), meter.image_size)
        points = meter.measure(crop).landmarks[0].numpy() * (len(picture) / meter.image_size)
        return np.asarray(points, np.float32), None

    def _mediapipe_face(self, picture: npt.NDArray[np.uint8]) -> MediapipeFace | None:
        try:
            faces = _landmarker().read(picture)
        except (AssetError, MissingExtraError):
            if self.config.landmarks == "mediapipe":
                raise
            return None
        if not faces and self.config.landmarks == "mediapipe":
            raise FaceError("MediaPipe sees no face in the crop; take landmarks=meter")
        return faces[0] if faces else None


@cache
def _landmarker() -> MediapipeLandmarker:
    return MediapipeLandmarker(most_faces=1)
