"""Checkpoints that survive ``kill -9``: each is written whole or not at all, and a damaged one is passed over."""

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mienkit.core.errors import NotFiniteError, TrainingError
from mienkit.core.recipe import Terms
from mienkit.training.run import Run
from mienkit.weights.atomic import replacing

NAME = re.compile(r"step-(\d+)\.pt")


class CheckpointHook:
    """Saves the run every so many steps, at the end and when it is told to stop."""

    def __init__(self, folder: Path, every: int = 1000, keep: int = 2, milestone_every: int | None = None) -> None:
        """Save to a folder.

        Args:
            folder: made if it is missing.
            every: steps between checkpoints.
            keep: how many of the last ones stay.
            milestone_every: checkpoints at multiples of it stay for ever.
        """
        self.folder, self.every, self.keep, self.milestone_every = folder, every, keep, milestone_every

    def __call__(self, run: Run, terms: Terms) -> None:
        if run.step % self.every == 0 or run.finished or run.stopping:
            save_checkpoint(self.folder, run)
            prune(self.folder, self.keep, self.milestone_every)


def save_checkpoint(folder: Path, run: Run) -> Path:
    """Write ``step-<n>.pt``.

    Raises:
        NotFiniteError: a weight is NaN or infinite; what was saved before stays the last checkpoint.
    """
    state = run.state_dict()
    refuse_broken(state["recipe"], run.step)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{run.step:06d}.pt"
    with replacing(path) as temporary:
        torch.save(state, temporary)
    return path


def refuse_broken(state: Mapping[str, Tensor], step: int) -> None:
    """Keep a run that died between two looks for NaN from overwriting good checkpoints.

    Raises:
        NotFiniteError: a weight is NaN or infinite.
    """
    for name, value in state.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise NotFiniteError(f"weight '{name}' is not finite at step {step}; the last good checkpoint is kept")


def list_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, the newest first."""
    steps = {int(match[1]): path for path in folder.glob("step-*.pt") if (match := NAME.fullmatch(path.name))}
    return [steps[step] for step in sorted(steps, reverse=True)]


def prune(folder: Path, keep: int, milestone_every: int | None = None) -> None:
    """Delete checkpoints that are neither among the last nor milestones, and what a killed run left half-written."""
    for path in list_checkpoints(folder)[keep:]:
        step = int(path.stem.removeprefix("step-"))
        if milestone_every is None or step % milestone_every:
            path.unlink()
    for path in folder.glob(".step-*.part"):
        path.unlink()


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Read the newest checkpoint that is whole, to the CPU; None where there is none at all.

    A damaged one is passed over with a warning.

    Raises:
        TrainingError: there are checkpoints and none can be read.
    """
    paths = list_checkpoints(folder)
    for path in paths:
        try:
            return read_checkpoint(path)
        except (OSError, RuntimeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            reason = str(error).splitlines()[0]
            warnings.warn(f"passing over the damaged checkpoint {path}: {reason}", RuntimeWarning, stacklevel=2)
    if paths:
        raise TrainingError(f"no checkpoint in {folder} can be read; delete the run's folder to start anew")
    return None


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read one checkpoint, comparing its checksums first because torch does not.

    Raises:
        ValueError: a part of it changed since it was written.
        Exception: torch or zipfile cannot read it.
    """
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"{damaged} in it has changed")
    return torch.load(path, map_location="cpu", weights_only=True)
