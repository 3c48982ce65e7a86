"""A model that is ready for a user's photos, on the device that it is to work on."""

from dataclasses import dataclass
from pathlib import Path

import torch

from mienkit.app.models import load_model, released_folder
from mienkit.core.config import require
from mienkit.core.errors import ConfigError, WeightsError
from mienkit.core.model import MODELS, Model
from mienkit.core.naming import unknown_name
from mienkit.core.task import Editor, Transferer, tasks_of
from mienkit.core.version import __version__
from mienkit.inference.calibrated import calibrated
from mienkit.inference.speed import quicken
from mienkit.weights.calibration import Calibration, find_calibration
from mienkit.weights.folder import TENSORS, digest, released

DEFAULT_EDITOR = "duchenne"
DEFAULT_TRANSFERER = "landmark_transfer"
DEVICES = ("auto", "cpu", "cuda")
ABLE = {
    "edit": "edit photos",
    "transfer": "transfer expressions",
    "move": "move landmarks",
    "paint": "paint faces at given landmarks",
    "sample": "draw clips",
}
"""Task -> what a model that has it can do."""


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model that is ready, and where it comes from."""

    name: str
    weights: str | None = None
    """SHA-256 of its weights file; None for a model without weights."""
    version: str = __version__
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class LoadedEditor(LoadedModel):
    """An editor that is ready."""

    editor: Editor
    calibration: Calibration | None = None
    """That makes its answers linear; it is in ``editor`` already."""


@dataclass(frozen=True, kw_only=True)
class LoadedTransferer(LoadedModel):
    """What brings one face's expression to another, ready."""

    transferer: Transferer


def load_editor(
    model: str | None = None,
    weights: Path | None = None,
    device: str = "auto",
    raw: bool = False,
    calibration: Path | None = None,
) -> LoadedEditor:
    """Make an editor ready, with the calibration that lies beside its weights.

    Args:
        model: a registered name, or nothing for the default editor.
        weights: a weights folder of one's own instead of those in the package.
        device: ``auto``, ``cpu`` or ``cuda``.
        raw: leave the calibration out.
        calibration: a folder with another one.

    Raises:
        UnknownNameError: no model or device has that name.
        ConfigError: the model does not edit photos, or the device is not there.
        WeightsError: the weights or the calibration are missing, corrupt or another model's.
    """
    loaded, built = ready_model("edit", DEFAULT_EDITOR, model, weights, device)
    assert isinstance(built, Editor)
    quick = quicken(built) if loaded.device == "cpu" else built
    found = choose_calibration(loaded, weights, raw, calibration)
    return LoadedEditor(**vars(loaded), editor=calibrated(quick, found) if found else quick, calibration=found)


def choose_calibration(
    loaded: LoadedModel, weights: Path | None, raw: bool, calibration: Path | None
) -> Calibration | None:
    """Find the calibration of a model, if it has one and is to use it; see ``load_editor``.

    Raises:
        ConfigError: one is named that is not to be used.
        WeightsError: it is not there, broken or another model's.
    """
    if raw:
        require(calibration is None, "--raw takes no calibration; leave --calibration out, or --raw")
        return None
    found = find_calibration(calibration or weights or released(loaded.name), loaded.name, loaded.weights)
    if found is None and calibration is not None:
        raise WeightsError(f"{calibration} holds no calibration.json; make one with `mien calibrate {loaded.name}`")
    return found


def load_transferer(model: str | None = None, weights: Path | None = None, device: str = "auto") -> LoadedTransferer:
    """Make a transferer ready; see ``load_editor``.

    Raises:
        UnknownNameError: no model or device has that name.
        ConfigError: the model does not transfer expressions, or the device is not there.
        WeightsError: the weights are missing, corrupt or another model's.
    """
    loaded, built = ready_model("transfer", DEFAULT_TRANSFERER, model, weights, device)
    assert isinstance(built, Transferer)
    return LoadedTransferer(**vars(loaded), transferer=built)


def ready_model(
    task: str, default: str, model: str | None, weights: Path | None, device: str
) -> tuple[LoadedModel, Model]:
    """Build a model that has a task, on its device and in evaluation mode.

    Raises:
        MienError: as ``load_editor``.
    """
    where = choose_device(device)
    if weights is None:
        model = able(task, model or default)
        weights = released_folder(model)
    name, built = load_model(model, weights)
    able(task, name)
    built.eval().requires_grad_(False).to(where)
    return LoadedModel(name=name, weights=hash_weights(weights), device=str(where)), built


def able(task: str, name: str) -> str:
    """Return a model's name if it has a task.

    Raises:
        UnknownNameError: there is no such model.
        ConfigError: it has other tasks.
    """
    if task not in tasks_of(MODELS[name]):
        raise ConfigError(f"{name} does not {ABLE[task]}; `mien models` shows what each model does")
    return name


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
