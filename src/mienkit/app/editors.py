"""An editor that is ready, on the device that it is to work on."""

from dataclasses import dataclass
from pathlib import Path

import torch

from mienkit.app.models import load_model, released_folder
from mienkit.core.errors import ConfigError
from mienkit.core.model import Model
from mienkit.core.naming import unknown_name
from mienkit.core.task import Editor
from mienkit.core.version import __version__
from mienkit.inference.speed import quicken
from mienkit.weights.folder import TENSORS, digest

DEFAULT_EDITOR = "duchenne"
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class LoadedEditor:
    """An editor that is ready, and where it comes from."""

    name: str
    editor: Editor
    weights: str | None = None
    """SHA-256 of its weights file; None for a model without weights."""
    version: str = __version__
    device: str = "cpu"


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
