"""Protocol ``drawn-edit``: an editor on drawn people whom it never saw, whose exact results are known.

The judge is a meter that was trained on other drawn people and took no part in the editor's training.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mienkit.core.image import to_float, to_uint8
from mienkit.core.task import Editor, Measurer, units_for
from mienkit.data.drawn import DrawnFaces, draw_faces, random_expressions
from mienkit.evaluation.interval import Estimate, bootstrap_mean

FACES = 400
FIRST_PERSON = 2_000_000_000
"""Drawn people from this number on are in no table and no other protocol."""
BATCH = 32
MOVED = 0.05
"""Mean absolute difference, of images in [-1, 1], from which a pixel should change."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnTask:
    """People before, and as they should be after the edit."""

    source: DrawnFaces
    target: DrawnFaces


@dataclass(frozen=True, kw_only=True)
class DrawnResult:
    """How near an editor comes."""

    au_error: Estimate
    """Mean absolute difference between what the judge reads after the edit and what was asked for."""
    region_error: Estimate
    """Mean absolute difference to the exact result where something should change; images in [-1, 1]."""
    change: float
    """Mean of the change map; GANimation's 1 - A."""


def draw_task(size: int, count: int = FACES) -> DrawnTask:
    """Draw people in natural expressions, and the same people and scenes with those of others."""
    people = FIRST_PERSON + np.arange(count, dtype=np.int64)
    scene = torch.from_numpy(people)
    source, _ = random_expressions(count, FIRST_PERSON, "mixed")
    target, _ = random_expressions(count, FIRST_PERSON + 1, "mixed")
    return DrawnTask(
        source=draw_faces(people, source, size=size, seed=FIRST_PERSON, scene=scene),
        target=draw_faces(people, target, size=size, seed=FIRST_PERSON, scene=scene),
    )


@torch.inference_mode()
def judge_drawn(editor: Editor, judge: Measurer, task: DrawnTask) -> DrawnResult:
    """Edit every person and read the result."""
    wanted = torch.from_numpy(task.target.aus)
    present = torch.from_numpy(task.source.aus)
    errors, regions, changes = [], [], []
    for rows in torch.arange(len(wanted)).split(BATCH):
        index = rows.numpy()
        before, exact = to_float(task.source.images[index]), to_float(task.target.images[index])
        edited = editor.edit(before, units_for(editor, present[rows]), units_for(editor, wanted[rows]))
        seen = to_float(to_uint8(edited.image))  # the judge gets what a file would hold
        errors.append((judge.measure(seen).aus - wanted[rows]).abs().mean(1))
        regions.append(region_error(seen, exact, before))
        changes.append(edited.change.mean((1, 2, 3)))
    people = task.source.identity
    return DrawnResult(
        au_error=bootstrap_mean(torch.cat(errors).numpy(), people),
        region_error=bootstrap_mean(torch.cat(regions).numpy(), people),
        change=float(torch.cat(changes).mean()),
    )


def region_error(edited: Tensor, exact: Tensor, before: Tensor) -> Tensor:
    """Return each face's mean absolute error where it should change, (B,); NaN where nothing should."""
    region = ((exact - before).abs().mean(1) > MOVED).float()
    error = ((edited - exact).abs().mean(1) * region).sum((1, 2))
    return error / region.sum((1, 2)).where(region.sum((1, 2)) > 0, torch.nan)
