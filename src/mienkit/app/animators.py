"""What makes the frames of a clip, ready: an editor, or what moves landmarks and what paints a face at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mienkit.app.editors import LoadedModel, load_editor, ready_model
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.task import Editor, Mover, Painter, tasks_of
from mienkit.weights.folder import read_about

DEFAULT_MOVER = "motiongan"
DEFAULT_PAINTER = "texturegan"


@dataclass(frozen=True, kw_only=True)
class LoadedAnimator:
    """What makes the frames of a clip."""

    models: Sequence[LoadedModel]
    """Those that take part; the first makes the pictures."""
    editor: Editor | None = None
    painter: Painter | None = None
    mover: Mover | None = None


def load_animator(
    model: str | None = None,
    weights: Path | None = None,
    motion_weights: Path | None = None,
    device: str = "auto",
    *,
    default: str = DEFAULT_PAINTER,
    moves: bool = True,
    raw: bool = False,
    calibration: Path | None = None,
) -> LoadedAnimator:
    """Make ready what a clip needs.

    Args:
        model: an editor or a painter; if None, whatever the weights are of, or ``default``.
        weights: a weights folder of one's own for it.
        motion_weights: the same for what moves landmarks.
        device: ``auto``, ``cpu`` or ``cuda``.
        default: the model if neither it nor weights are named.
        moves: whether a painter needs somebody who moves landmarks.
        raw: leave an editor's calibration out.
        calibration: a folder with another one for an editor.

    Raises:
        UnknownNameError: no model or device has that name.
        ConfigError: the model can do neither, or a calibration is for an editor and it is none.
        WeightsError: weights are missing, corrupt or another model's.
    """
    name = model or (read_about(weights)["model"] if weights is not None else default)
    tasks = tasks_of(MODELS[name])
    if "edit" in tasks:
        loaded = load_editor(name, weights, device, raw, calibration)
        return LoadedAnimator(models=[loaded], editor=loaded.editor)
    require("paint" in tasks, f"{name} neither edits photos nor paints faces; `mien models` shows what each model does")
    require(calibration is None, f"{name} is no editor and has no calibration; leave --calibration out")
    painter, built = ready_model("paint", DEFAULT_PAINTER, name, weights, device)
    assert isinstance(built, Painter)
    if not moves:
        return LoadedAnimator(models=[painter], painter=built)
    mover, moved = ready_model("move", DEFAULT_MOVER, None, motion_weights, device)
    assert isinstance(moved, Mover)
    return LoadedAnimator(models=[painter, mover], painter=built, mover=moved)
