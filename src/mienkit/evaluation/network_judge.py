"""A network of this toolkit that judges: it reads all 17 units, and others say where landmarks are and who it is."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.image import Picture, to_float
from mienkit.core.task import Measurer, Reading
from mienkit.evaluation.looker import nobody
from mienkit.evaluation.photo_edit import Look
from mienkit.face.detectors.mediapipe import MediapipeLandmarker
from mienkit.metrics.identity import Identity

BATCH = 32
"""Pictures that are read at once."""
NOBODY = np.full(256, np.nan, np.float32)
"""The embedding where nobody asked, or nobody can tell."""


class NetworkJudge:
    """A network that reads units.

    Landmarks are MediaPipe's where there is one, so that they do not depend on who reads the units, else the network's
    own. A picture in which MediaPipe finds no face has no look.
    """

    def __init__(
        self,
        measurer: Measurer,
        name: str,
        *,
        teacher: bool = False,
        blind: frozenset[str] = frozenset(),
        knows: Callable[[str], bool] = nobody,
        landmarker: MediapipeLandmarker | None = None,
        identity: Identity | None = None,
    ) -> None:
        """Take a network.

        Args:
            measurer: in evaluation mode.
            name: what it is called.
            teacher: whether trainings know its opinion.
            blind: units that it cannot read.
            knows: tells whether it learned from a person, by the column ``subject``.
            landmarker: finds landmarks.
            identity: says who it is.
        """
        self.measurer, self.landmarker, self.identity, self.teacher = measurer, landmarker, identity, teacher
        self.knows = knows
        self.units = tuple(unit for unit in ACTION_UNITS if unit not in blind)
        others = [
            *(["landmarks by mediapipe face landmarker"] if landmarker else []),
            *([identity.name] if identity else []),
        ]
        self.name = ", ".join([name, *others])

    def look(self, picture: Picture, *, recognise: bool = True) -> Look | None:
        """See ``Looker.look``."""
        return self.look_all([picture], recognise=recognise)[0]

    def look_all(self, pictures: Sequence[Picture], *, recognise: bool = True) -> list[Look | None]:
        """Look at many aligned faces."""
        looks: list[Look | None] = []
        for start in range(0, len(pictures), BATCH):
            some = pictures[start : start + BATCH]
            units, places = self.read(some)
            looks += [self.join(*one, recognise) for one in zip(some, units, places, strict=True)]
        return looks

    @torch.inference_mode()
    def read(self, pictures: Sequence[Picture]) -> tuple[np.ndarray, np.ndarray]:
        """Return units, (N, 17), and landmarks, (N, 68, 2) as shares of the side.

        Units are not clipped to [0, 1] where the network can leave that out: changes within a person are judged, and
        clipped readings of faces at rest would bend them.
        """
        side = (self.measurer.image_size, self.measurer.image_size)
        small = np.stack(
            [np.asarray(cv2.resize(one, side, interpolation=cv2.INTER_AREA), np.uint8) for one in pictures]
        )
        measure: Callable[[torch.Tensor], Reading] = getattr(self.measurer, "measure_open", self.measurer.measure)
        reading = measure(to_float(small))
        return reading.aus.double().cpu().numpy(), reading.landmarks.double().cpu().numpy() / side[0]

    def join(self, picture: Picture, units: np.ndarray, landmarks: np.ndarray, recognise: bool) -> Look | None:
        """Put together what is seen in one picture."""
        if self.landmarker is not None:
            found = self.landmarker.read(picture)
            if not found:
                return None
            landmarks = found[0].landmarks / len(picture)
        known = self.identity.embed(picture, landmarks * len(picture)) if self.identity and recognise else NOBODY
        channels = dict(zip(ACTION_UNITS, map(float, units), strict=True))
        return Look(landmarks=landmarks, channels={unit: channels[unit] for unit in self.units}, embedding=known)
