"""What finds and measures faces: loaded here once in a process, handed to everything else."""

from dataclasses import dataclass
from functools import cache

from mienkit.face import detectors as detectors
from mienkit.face.detector import Detector, load_detector
from mienkit.face.find import PhotoMeter
from mienkit.face.meter import load_meter


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """What finds and measures faces."""

    detector: Detector
    meter: PhotoMeter


def load_instruments(face_backend: str = "dlib") -> Instruments:
    """Make a detector and the meter ready; loaded once in a process.

    Raises:
        UnknownNameError: there is no such detector.
        MissingExtraError: the detector's package is not installed.
        AssetError: the detector's model file is missing.
        WeightsError: the meter's weights are missing or corrupt.
    """
    return Instruments(detector=_detector(face_backend), meter=load_meter())


@cache
def _detector(name: str) -> Detector:
    return load_detector(name)
