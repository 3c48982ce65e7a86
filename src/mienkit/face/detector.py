"""What a face detector is. To add one, write its file in ``detectors/`` and its line in ``detectors/__init__.py``."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.core.registry import Registry


@dataclass(frozen=True, eq=False)
class Box:
    """One face that a detector found, in continuous pixels of the picture."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    """The detector's own confidence; comparable within one detector only."""
    landmarks: npt.NDArray[np.float64] | None = None
    """(68, 2) where the detector gives them."""


class Detector(Protocol):
    """Finds faces in a picture."""

    name: ClassVar[str]

    def detect(self, picture: Picture) -> list[Box]:
        """Return the faces in an (H, W, 3) RGB picture; none is an empty list."""
        ...

    def glance(self, picture: Picture) -> list[Box]:
        """Look for a large face, quickly; where this finds none, ``detect`` still may."""
        ...


DETECTORS: Registry[Detector] = Registry("face detector")


def load_detector(name: str) -> Detector:
    """Make a detector ready.

    Raises:
        UnknownNameError: there is no such detector.
        MissingExtraError: its package is not installed.
        AssetError: its model file is missing.
    """
    return DETECTORS[name]()
