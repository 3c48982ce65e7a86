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
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.landmark import MEAN_SHAPE, MIRROR, NUM_LANDMARKS
from mienkit.core.model import MODELS, Model
from mienkit.core.task import Edited, Motion
from mienkit.face.meter import load_meter
from mienkit.face.output import write_atomically
from mienkit.nn.warp import move, resized

Floats = npt.NDArray[np.float64]

DISPLACEMENTS = Path(__file__).with_suffix(".json")
"""Unit -> where its full strength moves each landmark, x and y in thousandths of the crop's side. Made by
``save_displacements``; docs/models/warp.md tells how."""
GRID = 64
"""Rows and columns in which the spline is computed; it is enlarged from there."""
SMOOTHING = 3e-5
"""How little the spline minds missing a landmark: lips that touch cannot both be met where they part."""
STILL = 0.05 / 128
"""In sides of the crop: what moves by less stays."""
FACING = ((37, 41), (38, 40), (43, 47), (44, 46), (61, 67), (62, 66), (63, 65))
"""Landmarks of upper and lower lids and lips that face each other."""
PER_SIDE = 5
"""Points on each side of the crop's border, corners included, that are held."""


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
        change = (target - source).double().cpu().numpy()
        return moved_by(image, read_landmarks(image), np.tensordot(change, mean_displacements(), 1))

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        """See ``Transferer``; what makes the source's face its own is taken for its expression."""
        places, aims = (
            self._shares(points) for points in (target_landmarks, self.fuse(source_landmarks, target_landmarks))
        )
        return moved_by(target, places, aims - places)

    def fuse(self, source_landmarks: Tensor, target_landmarks: Tensor) -> Tensor:
        """See ``Fuser``."""
        mean = source_landmarks.new_tensor(MEAN_SHAPE) * self.image_size
        return target_landmarks + source_landmarks - mean

    def _shares(self, landmarks: Tensor) -> Floats:
        return np.asarray(landmarks.double().cpu().numpy() / self.image_size)


def moved_by(image: Tensor, landmarks: Floats, displacements: Floats) -> Edited:
    """Move landmarks of crops, and the pictures with them; the flow comes along.

    Args:
        image: (B, 3, S, S).
        landmarks: (B, 68, 2) in shares of the side.
        displacements: of them, the same.
    """
    coarse = np.stack([spline_flow(*one) for one in zip(landmarks, displacements, strict=True)])
    side = image.shape[-1]
    flow = F.interpolate(torch.from_numpy(coarse).float(), size=(side, side), mode="bicubic") * side
    flow = flow.to(image.device)
    moving = (flow.norm(dim=1, keepdim=True) > STILL * side).float()
    motion = Motion(flow=flow * moving, colour=torch.zeros_like(image), fresh=torch.zeros_like(moving))
    return Edited(image=torch.where(moving > 0, move(image, flow), image), change=moving, motion=motion)


def read_landmarks(image: Tensor) -> Floats:
    """Read crops, (B, 3, S, S), by the meter: (B, 68, 2) as shares of the side."""
    meter = load_meter()
    count = 1 if image.stride(0) == 0 else len(image)  # one face and many expressions of it: it is read once
    small = resized(image[:count].float(), meter.image_size)
    with torch.autocast("cpu", enabled=False):
        landmarks = meter.measure(small).landmarks
    return np.broadcast_to(landmarks.double().numpy() / meter.image_size, (len(image), NUM_LANDMARKS, 2))


def spline_flow(landmarks: Floats, displacement: Floats) -> Floats:
    """Spread displacements of landmarks, (68, 2) both as shares of the side, over the crop.

    Returns:
        (2, GRID, GRID): where each place of the result comes from, minus where it is, in shares of the side; 0 at the
        border and where nothing moves.

    Source: Bookstein 1989, with the smoothing of Wahba 1990 (K + smoothing I).
    """
    moved = without_crossing(landmarks + displacement) if displacement.any() else landmarks
    places = np.concatenate([moved, border_points()])
    wanted = np.concatenate([landmarks - moved, np.zeros((len(border_points()), 2))])
    affine = np.concatenate([np.ones((len(places), 1)), places], 1)
    matrix = np.block([[kernel(places, places), affine], [affine.T, np.zeros((3, 3))]])
    matrix[range(len(places)), range(len(places))] += SMOOTHING
    weights = np.linalg.solve(matrix, np.concatenate([wanted, np.zeros((3, 2))]))
    grid = grid_points()
    flow = kernel(grid, places) @ weights[:-3] + weights[-3] + grid @ weights[-2:]
    return np.asarray(flow.T.reshape(2, GRID, GRID), np.float64)


def kernel(first: Floats, second: Floats) -> Floats:
    """Return r² log r between points, (N, 2) and (M, 2): (N, M). In single precision, where numpy's log is fast."""
    one, other = first.astype(np.float32), second.astype(np.float32)
    squared, y = (np.subtract.outer(one[:, axis], other[:, axis]) for axis in (0, 1))
    squared *= squared
    squared += np.square(y, out=y)
    squared *= np.log(np.maximum(squared, 1e-12, out=y), out=y)
    return np.asarray(0.5 * squared, np.float64)


def without_crossing(landmarks: Floats) -> Floats:
    """Let lids and lips that would pass through one another meet, (68, 2); the face is upright."""
    upper, lower = (landmarks[list(rows)] for rows in zip(*FACING, strict=True))
    passed = np.maximum(upper[:, 1] - lower[:, 1], 0) / 2
    met = landmarks.copy()
    for row, (above, below) in enumerate(FACING):
        met[above, 1] -= passed[row]
        met[below, 1] += passed[row]
    return met


@cache
def grid_points() -> Floats:
    """Return the middles of the grid's parts, row by row, (GRID², 2) in shares of the side."""
    middle = (np.arange(GRID) + 0.5) / GRID
    return np.stack(np.meshgrid(middle, middle), 2).reshape(-1, 2)


@cache
def border_points() -> Floats:
    """Return points all round the crop's border, (N, 2) in shares of the side."""
    lattice = np.linspace(0, 1, PER_SIDE)
    points = np.stack(np.meshgrid(lattice, lattice), 2).reshape(-1, 2)
    return points[((points == 0) | (points == 1)).any(1)]


@cache
def mean_displacements() -> Floats:
    """Return how far each unit at full strength moves the landmarks, (17, 68, 2) in shares of the side."""
    stored = json.loads(DISPLACEMENTS.read_text(encoding="utf-8"))
    return np.asarray([stored[unit] for unit in ACTION_UNITS], np.float64).reshape(-1, NUM_LANDMARKS, 2) / 1000


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
