"""``manifest.json``: how a study came to be, without any time of day, so that two machines can write the same."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import torch

from mienkit.app.edit import Workshop, provenance_of_model
from mienkit.app.folder import PHOTO_SUFFIXES
from mienkit.app.stimuli.design import Condition, Design, Dynamics, Identity, Look, Tolerance
from mienkit.app.stimuli.finish import Levels
from mienkit.app.stimuli.progress import MANIFEST, RECIPE
from mienkit.app.stimuli.row import Row
from mienkit.app.stimuli.scene import Scene
from mienkit.assets.download import sha256_of
from mienkit.core.errors import ConfigError, DataError
from mienkit.core.version import __version__
from mienkit.evaluation.static_edit import Recogniser
from mienkit.face.mark import COMPOSITE, plain

FORMAT = "mienkit study"
VERSION = 2


def makers_of(workshop: Workshop, recogniser: Recogniser | None) -> dict[str, object]:
    """Say what edits, finds, measures and recognises: whatever a stimulus or its row depends on."""
    tools = workshop.instruments
    return {
        "mienkit": __version__,
        **provenance_of_model(workshop.editor),
        "meter": {"name": tools.meter.name, "unknown": sorted(tools.meter.blind)},
        "detector": tools.detector.name,
        "identity_network": recogniser.name if recogniser else None,
    }


def recipe_of(design: Design, photos: Mapping[str, str], makers: Mapping[str, object]) -> str:
    """Return the SHA-256 of everything that stimuli are made of: design, photographs (id -> SHA-256), makers."""
    return hash_of({"design": design.describe(), "photographs": dict(photos), "makers": makers})


def hash_of(value: object) -> str:
    """Return the SHA-256 of plain values, whatever the order of their names."""
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()


def describe_machine(device: str) -> dict[str, object]:
    """Say what computed: pictures that are made on another one may differ in the last bit."""
    return {
        "cpu": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "processor": name_processor(),
        "device": device,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
        "av": metadata.version("av") if find_spec("av") else None,
    }


def name_processor() -> str:
    """Name the processor, as far as the system tells: two of one capability may still add in another order."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def make_manifest(
    design: Design,
    out: Path,
    scenes: Sequence[Scene],
    rows: Sequence[Row],
    makers: Mapping[str, object],
    machine: Mapping[str, object],
    levels: Levels,
) -> dict[str, Any]:
    """Put together what is known of a study."""
    photos = {scene.identity.id: scene.photo_sha256 for scene in scenes}
    told: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "version": VERSION,
            "synthetic": True,
            "digital_source_type": COMPOSITE,
            **makers,
            "design": design.describe(),
            "design_sha256": hash_of(design.describe()),
            "design_file_sha256": hashlib.sha256(design.text.encode()).hexdigest() if design.text is not None else None,
            RECIPE: recipe_of(design, photos, makers),
            "photographs": [
                {"file": relative(scene.identity.photo, out), **scene.describe()} for scene in scenes
            ],
            "equalised_to": {"luminance": levels[0], "contrast": levels[1]} if design.look.equalises else None,
            "machine": machine,
            "notes": [note for scene in scenes for note in scene.notes],
            "stimuli": [asdict(row) for row in rows],
        }
    )  # fmt: skip
    return told


def relative(path: Path, folder: Path) -> str:
    """Say where a file lies, seen from a folder, with slashes."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return path.resolve().as_posix()


def read_manifest(study: Path) -> dict[str, Any]:
    """Read a study's manifest.

    Raises:
        DataError: there is none, or it is damaged.
    """
    path = study / MANIFEST
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{study} holds no finished study: {MANIFEST} is not there; make it with `mien stimuli`"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); copy the study again") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT or told.get("version") != VERSION:
        raise DataError(f"{path} is no manifest of this version of mienkit")
    return told


@dataclass(frozen=True, kw_only=True)
class ToolNames:
    """What has to be set up to make a study again."""

    model: str
    detector: str
    raw: bool
    """Whether it was made without a calibration."""


def tools_of(manifest: Mapping[str, Any], study: Path) -> ToolNames:
    """Read out of a manifest what a study was made with.

    Raises:
        DataError: it is damaged.
    """
    try:
        model, detector = manifest["model"]["name"], manifest["detector"]
    except (KeyError, TypeError):
        model = detector = None
    if not isinstance(model, str) or not isinstance(detector, str):
        raise DataError(f"{study / MANIFEST} is damaged (it names no model or detector); copy the study again")
    return ToolNames(model=model, detector=detector, raw=manifest.get("calibration") is None)


def design_of(manifest: Mapping[str, Any], study: Path, photos: Path | None) -> Design:
    """Read the design out of a manifest.

    Args:
        manifest: of the study.
        study: its folder, from which its photographs are seen.
        photos: where they are instead; one that has another name there, or lies deeper, is known by its hash.

    Raises:
        DataError: it is damaged.
    """
    try:
        told = dict(manifest["design"])
        known = {one["id"]: one for one in manifest["photographs"]}
        told["identities"] = tuple(
            Identity(photo=place_of(known[one["id"]], study, photos), **one) for one in told["identities"]
        )
        told["conditions"] = tuple(Condition(**one) for one in told["conditions"])
        told["levels"] = tuple(told["levels"])
        told["dynamic"] = Dynamics(**told["dynamic"]) if told["dynamic"] else None
        return Design(look=Look(**told.pop("options")), check=Tolerance(**told.pop("check")), **told)
    except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
        raise DataError(f"{study / MANIFEST} is damaged ({error}); copy the study again") from None


def place_of(known: Mapping[str, str], study: Path, photos: Path | None) -> Path:
    """Say where a photograph lies; where it is not found, where it should be.

    Args:
        known: its ``file`` and ``sha256``.
        study: the folder from which ``file`` is seen.
        photos: where to look instead.
    """
    if photos is None:
        return study / known["file"]
    named = photos / Path(known["file"]).name
    if named.is_file() and sha256_of(named) == known["sha256"]:
        return named
    pictures = (one for one in sorted(photos.rglob("*")) if one.suffix.lower() in PHOTO_SUFFIXES and one.is_file())
    return next((one for one in pictures if sha256_of(one) == known["sha256"]), named)
