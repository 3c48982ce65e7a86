"""The editor that only moves landmarks: a metric on which it beats a model says that the model learned little more.

Every unit moves the 68 landmarks as it does on average over people, and the picture follows like a sheet of rubber. As
a transferer it moves them by what another face differs from the mean one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.landmark import MEAN_SHAPE, MIRROR, NUM_LANDMARKS
from mienkit.core.model import MODELS, Model
from mienkit.core.task import Edited, Motion
from mienkit.face.meter import read_landmarks
from mienkit.face.output import write_atomically
from mienkit.nn.landmark_flow import landmark_flow
from mienkit.nn.warp import move

Floats = npt.NDArray[np.float64]

DISPLACEMENTS = Path(__file__).with_suffix(".json")
"""Unit -> where its full strength moves each landmark, x and y in thousandths of the crop's side. Made by
``save_displacements``; docs/models/warp.md tells how."""


@MODELS.register
class Warp(Model):
    """Moves the landmarks by mean displacements, and the picture with them."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128

    source = "trivial baseline; thin-plate splines: Bookstein 1989"
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        """See ``Editor``; the flow comes along, so that a photo's own pixels are moved."""
        landmarks = read_landmarks(image).double()
        change = torch.einsum("bu,ulc->blc", (target - source).double().cpu(), mean_displacements())
        return moved_to(image, landmarks, landmarks + change * image.shape[-1])

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        """See ``Transferer``; what makes the source's face its own is taken for its expression."""
        return moved_to(target, target_landmarks, self.fuse(source_landmarks, target_landmarks))

    def fuse(self, source_landmarks: Tensor, target_landmarks: Tensor) -> Tensor:
        """See ``Fuser``."""
        mean = source_landmarks.new_tensor(MEAN_SHAPE) * self.image_size
        return target_landmarks + source_landmarks - mean


def moved_to(image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
    """Take landmarks of crops, (B, 3, S, S), to where they should be, and the pictures with them.

    Args:
        image: the crops.
        landmarks: (B, 68, 2) in pixels of the crop.
        aims: the same.
    """
    flow = landmark_flow(landmarks, aims, image.shape[-1]).to(image.device)
    moving = flow.any(1, keepdim=True).float()
    motion = Motion(flow=flow, colour=torch.zeros_like(image), fresh=torch.zeros_like(moving))
    return Edited(image=torch.where(moving > 0, move(image, flow), image), change=moving, motion=motion)


@cache
def mean_displacements() -> Tensor:
    """Return how far each unit at full strength moves the landmarks, (17, 68, 2) in shares of the side; float64."""
    stored = json.loads(DISPLACEMENTS.read_text(encoding="utf-8"))
    rows = torch.tensor([stored[unit] for unit in ACTION_UNITS], dtype=torch.float64)
    return rows.reshape(-1, NUM_LANDMARKS, 2) / 1000


def save_displacements(displacements: Floats, path: Path = DISPLACEMENTS) -> None:
    """Write mean displacements, (17, 68, 2) in shares of the side, made equal on both sides of the face.

    ``evaluation.photo_edit.yardstick`` finds them in a table of re-expressed photographs.
    """
    mirrored = displacements[:, list(MIRROR)] * (-1, 1)
    rows = np.round(500 * (displacements + mirrored), 2).reshape(len(ACTION_UNITS), -1)
    lines = [f'"{unit}": {json.dumps(list(row))}' for unit, row in zip(ACTION_UNITS, _plain(rows), strict=True)]
    text = "{\n" + ",\n".join(lines) + "\n}\n"

    def write(file: IO[bytes]) -> None:
        file.write(text.encode("utf-8"))

    write_atomically(path, write)


def _plain(rows: Floats) -> Sequence[Sequence[float]]:
    return [[float(value) + 0.0 for value in row] for row in rows]  # -0.0 becomes 0.0
