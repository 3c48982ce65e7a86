"""What a use case works with: a detector, the meter, an editor. Loaded here once, handed to everything else."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from mienkit.app.models import load_model, released_folder
from mienkit.core.errors import ConfigError
from mienkit.core.model import Model
from mienkit.core.naming import unknown_name
from mienkit.core.task import Editor
from mienkit.core.version import __version__
from mienkit.face import detectors as detectors
from mienkit.face.detector import Detector, load_detector
from mienkit.inference.edit import PhotoMeter
from mienkit.inference.speed import quicken
from mienkit.weights.folder import TENSORS, digest

DEFAULT_EDITOR = "duchenne"
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """What finds and measures faces."""

    detector: Detector
    meter: PhotoMeter


@dataclass(frozen=True, kw_only=True)
class LoadedEditor:
    """An editor that is ready, and where it comes from."""

    name: str
    editor: Editor
    weights: str | None = None
    """SHA-256 of its weights file; None for a model without weights."""
    version: str = __version__
    device: str = "cpu"


def load_instruments(face_backend: str = "dlib") -> Instruments:
    """Make a detector and the meter ready; loaded once in a process.

    Raises:
        UnknownNameError: there is no such detector.
        MissingExtraError: the detector's package is not installed.
        AssetError: the detector's model file is missing.
        WeightsError: the meter's weights are missing or corrupt.
    """
    return Instruments(detector=_detector(face_backend), meter=_meter())


def load_editor(model: str | None = None, weights: Path | None = None, device: str = "auto") -> LoadedEditor:
    """Make an editor ready.

    Args:
        model: a registered name, or nothing for the default editor.
        weights: a weights folder of one's own instead of those in the package.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UnknownNameError: no model or device has that name.
        ConfigError: the model does not edit photos, or the device is not there.
        WeightsError: the weights are missing, corrupt or another model's.
    """
    where = choose_device(device)
    folder = weights if weights is not None else released_folder(model or DEFAULT_EDITOR)
    name, built = load_model(model, folder)
    if not isinstance(built, Editor):
        raise ConfigError(f"{name} does not edit photos; `mien models` shows what each model does")
    assert isinstance(built, Model)
    built.eval().requires_grad_(False).to(where)
    editor = quicken(built) if where.type == "cpu" else built
    return LoadedEditor(name=name, editor=editor, weights=hash_weights(folder), device=str(where))


def choose_device(name: str) -> torch.device:
    """Turn ``auto`` into the best device at hand.

    Raises:
        UnknownNameError: there is no such device.
        ConfigError: there is no GPU that torch can use.
    """
    if name not in DEVICES:
        raise unknown_name("device", name, DEVICES)
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("torch finds no GPU here; take --device cpu, or install torch's CUDA build")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def hash_weights(folder: Path | None) -> str | None:
    """Return the SHA-256 of a folder's weights."""
    if folder is None:
        return None
    return digest(folder / TENSORS)


@cache
def _detector(name: str) -> Detector:
    return load_detector(name)


@cache
def _meter() -> PhotoMeter:
    from mienkit.face.meter import load_meter

    return load_meter()
