"""Weights on disk: a folder with ``model.safetensors``, ``config.json`` and ``CARD.md``; never a pickle.

The layout is the one of the Hugging Face hub, so that a folder can be uploaded and fetched as it is.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError, WeightsError
from mienkit.core.model import MODELS, Model
from mienkit.core.version import __version__
from mienkit.weights.atomic import replacing, write_text

TENSORS, CONFIG, CARD = "model.safetensors", "config.json", "CARD.md"
FORMAT = 1
"""Version of the layout, raised when an older mienkit could not read it."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a weights folder holds."""

    model: str
    """Registered name."""
    config: Mapping[str, Any]
    """What the model's networks were built with."""
    state: Mapping[str, Tensor]
    """Tensors by name, floats in float32."""
    card: str
    """Markdown: data, licences, command, measurements."""
    sha256: str
    """Of ``model.safetensors``, in hexadecimal: which weights these are."""


def save_weights(
    folder: Path,
    model_name: str,
    state: Mapping[str, Tensor],
    config: Mapping[str, object],
    card: str,
    half: bool = True,
) -> None:
    """Write a weights folder; files of the same names in it are replaced.

    Args:
        folder: made if it is missing.
        model_name: the registered name.
        state: what ``Model.load_released`` will get.
        config: JSON-able, what ``Model.Config`` will be built from.
        card: Markdown for ``CARD.md``.
        half: store floats in 16 bits.

    Raises:
        WeightsError: a weight is not finite, or too large for 16 bits.
    """
    tensors = {name: stored(name, tensor, half) for name, tensor in state.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / TENSORS) as temporary:
        temporary.write_bytes(save(tensors, metadata={"format": "pt"}))  # save_file would make it private to its owner
    about = {
        "model": model_name,
        "config": dict(config),
        "mienkit_version": __version__,
        "format": FORMAT,
        "sha256": digest(folder / TENSORS),
    }
    write_text(folder / CARD, card)
    write_text(folder / CONFIG, json.dumps(about, indent=2) + "\n")


def stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    """Return a tensor as it stands in the file.

    Raises:
        WeightsError: it is not finite, or too large for 16 bits.
    """
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.half() if half else tensor.float()
        if not torch.isfinite(tensor).all():
            raise WeightsError(f"weight '{name}' is not finite{' in 16 bits; save with half=False' if half else ''}")
    return tensor.clone(memory_format=torch.contiguous_format)


def read_weights(folder: Path, model: str | None = None) -> Weights:
    """Read a weights folder.

    Args:
        folder: holds ``model.safetensors`` and ``config.json``; a card may be missing.
        model: the name that the weights must be of.

    Raises:
        WeightsError: the folder or a file is missing, corrupt, of another model or from a newer mienkit.
    """
    about = read_about(folder)
    if model is not None and about["model"] != model:
        raise WeightsError(f"the weights in {folder} are of the model '{about['model']}', not of '{model}'")
    card = folder / CARD
    return Weights(
        model=about["model"],
        config=about["config"],
        state=read_tensors(folder / TENSORS, about.get("sha256")),
        card=card.read_text(encoding="utf-8") if card.is_file() else "",
        sha256=about.get("sha256") or digest(folder / TENSORS),  # read_tensors has checked it
    )


def read_about(folder: Path) -> dict[str, Any]:
    """Read what ``config.json`` says.

    Raises:
        WeightsError: it is missing or is not one of ours.
    """
    if not folder.is_dir():
        raise WeightsError(f"there is no weights folder {folder}")
    path = folder / CONFIG
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise WeightsError(f"the weights folder {folder} has no readable {CONFIG}") from None
    except ValueError as error:
        raise WeightsError(f"{path} is not JSON ({error}); get the weights again") from None
    is_ours = isinstance(about, dict) and isinstance(about.get("model"), str) and isinstance(about.get("config"), dict)
    if not is_ours:
        raise WeightsError(f"{path} does not name a mienkit model and its config; these are foreign weights")
    if about.get("format", FORMAT) != FORMAT:
        raise WeightsError(f"{path} has format {about['format']}, this mienkit reads {FORMAT}; update mienkit")
    return about


def read_tensors(path: Path, sha256: str | None) -> dict[str, Tensor]:
    """Read a safetensors file, 16-bit floats as float32.

    Raises:
        WeightsError: it is missing, truncated or not the file that ``config.json`` was written for.
    """
    if not path.is_file():
        raise WeightsError(f"the weights folder {path.parent} has no {path.name}")
    try:
        state = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path} is corrupt or truncated ({error}); get the weights again") from None
    if sha256 is not None and digest(path) != sha256:
        raise WeightsError(
            f"{path} is not the file that {CONFIG} describes (its SHA-256 differs); get the weights again"
        )
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def build_model(weights: Weights) -> Model:
    """Build the model that the weights are of and give it them; in evaluation mode.

    Raises:
        UnknownNameError: no model has that name.
        WeightsError: the config or a shape does not fit the model.
    """
    kind = MODELS[weights.model]
    try:
        model = kind(build_config(kind.Config, weights.config))
    except ConfigError as error:
        raise WeightsError(f"the config of these weights does not fit the model '{weights.model}': {error}") from None
    load_weights(model, weights)
    return model.eval()


def load_weights(model: Model, weights: Weights) -> None:
    """Give a model its weights.

    Raises:
        WeightsError: they do not fit; the message names the first few tensors.
    """
    try:
        model.load_released(weights.state)
    except (RuntimeError, KeyError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        detail = " ".join(lines[1:3] or lines)[:300]
        raise WeightsError(f"these weights do not fit the model '{weights.model}': {detail}") from None


def released(name: str) -> Path | None:
    """Find the weights folder that the package ships for a model; None where it ships none."""
    folder = Path(__file__).parent / name
    is_name = re.fullmatch(r"[a-z][a-z0-9_-]*", name) is not None
    return folder if is_name and (folder / TENSORS).is_file() else None
