"""Which models there are, what they do, and how one is built."""

import re
from dataclasses import dataclass
from pathlib import Path

from mienkit import baselines as baselines
from mienkit import systems as systems
from mienkit.core.config import build_config
from mienkit.core.errors import WeightsError
from mienkit.core.model import MODELS, Model
from mienkit.core.recipe import Recipe
from mienkit.core.task import tasks_of
from mienkit.weights import build_model, read_weights, released

CODE_LICENCE = "Apache-2.0"


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One line of ``mien models``."""

    name: str
    what: str
    tasks: tuple[str, ...]
    trainable: bool
    presets: tuple[str, ...]
    weights: str
    """``shipped``, ``none needed`` or ``train them``."""
    licence: str
    """Of the shipped weights, or of the code where there are none."""
    source: str


def list_models() -> list[ModelEntry]:
    """Describe every registered model, by name."""
    return [describe_model(name) for name in MODELS]


def describe_model(name: str) -> ModelEntry:
    """Describe one model.

    Raises:
        UnknownNameError: there is none of that name.
    """
    cls = MODELS[name]
    folder = released(name)
    trainable = issubclass(cls, Recipe)
    return ModelEntry(
        name=name,
        what=(cls.__doc__ or "").strip().partition("\n")[0],
        tasks=tasks_of(cls),
        trainable=trainable,
        presets=tuple(cls.presets),
        weights="shipped" if folder else "train them" if trainable else "none needed",
        licence=card_licence(folder) if folder else CODE_LICENCE,
        source=cls.source,
    )


def card_licence(folder: Path) -> str:
    """Read the licence from a weights card: the line ``license: ...`` of its head."""
    try:
        card = (folder / "CARD.md").read_text(encoding="utf-8")
    except OSError:
        return CODE_LICENCE
    found = re.search(r"^(?i:licen[cs]e):\s*(\S.*?)\s*$", card, re.MULTILINE)
    return found[1] if found else CODE_LICENCE


def released_folder(name: str) -> Path | None:
    """Return where a model's released weights lie; None for a model that needs none.

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: it needs weights and none come with the package.
    """
    folder = released(name) if name in MODELS else None
    if folder is None and issubclass(MODELS[name], Recipe):
        raise WeightsError(
            f"no weights of {name} come with the package; train them with `mien train {name} --table TABLE`, or give a "
            "folder with --weights"
        )
    return folder


def load_model(name: str | None, folder: Path | None) -> tuple[str, Model]:
    """Build a model with the weights in a folder, or with its defaults where it needs no weights.

    Args:
        name: what the model must be; whatever the folder holds, if None.
        folder: a weights folder.

    Raises:
        UnknownNameError: there is no such model.
        WeightsError: the folder is missing, corrupt or another model's.
    """
    if folder is None:
        assert name is not None
        return name, MODELS[name](build_config(MODELS[name].Config))
    weights = read_weights(folder, name)
    return weights.model, build_model(weights)
