"""Everything that a study is made with, set up so that other machines get the same out of it."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import torch

from mienkit.app.edit import Workshop
from mienkit.app.editors import DEFAULT_EDITOR, LoadedEditor, choose_calibration, ready_model
from mienkit.app.instruments import load_instruments
from mienkit.assets.fetch import find_asset
from mienkit.core.task import Editor
from mienkit.evaluation.static_edit import Recogniser
from mienkit.inference.calibrated import calibrated
from mienkit.inference.speed import quicken
from mienkit.metrics.identity import load_identity


@dataclass(frozen=True, kw_only=True)
class Studio:
    """Everything that a study is made with."""

    workshop: Workshop
    recogniser: Recogniser | None = None
    today: date = field(default_factory=date.today)
    """Decides which permissions have ended; it is written nowhere."""


def open_studio(
    model: str | None = None,
    weights: Path | None = None,
    face_backend: str = "dlib",
    device: str = "cpu",
    raw: bool = False,
) -> Studio:
    """Make everything ready.

    Args:
        model: a registered editor; the default one if None.
        weights: a weights folder of one's own.
        face_backend: what finds the faces.
        device: ``cpu`` or ``cuda``; CPUs repeat each other's pictures better.
        raw: leave the model's calibration out.

    Raises:
        MienError: something is missing, or does not fit.
    """
    editor = load_exact_editor(model, weights, device, raw)
    workshop = Workshop(instruments=load_instruments(face_backend), editor=editor)
    return Studio(workshop=workshop, recogniser=find_recogniser())


def load_exact_editor(model: str | None, weights: Path | None, device: str, raw: bool) -> LoadedEditor:
    """Make an editor ready as ``load_editor`` does, but in float32 everywhere.

    Processors that can would compute in bf16: faster, and a level of 255 or more away from those that cannot.

    Raises:
        MienError: as ``load_editor``.
    """
    loaded, built = ready_model("edit", DEFAULT_EDITOR, model, weights, device)
    assert isinstance(built, Editor)
    quick = quicken(built, torch.float32) if loaded.device == "cpu" else built
    found = choose_calibration(loaded, weights, raw, None)
    return LoadedEditor(**vars(loaded), editor=calibrated(quick, found) if found else quick, calibration=found)


def find_recogniser() -> Recogniser | None:
    """Load the network that recognises people; None where its file is not among the assets.

    Raises:
        AssetError: the file is damaged.
    """
    return load_identity() if find_asset("mobileface") else None
