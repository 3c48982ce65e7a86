"""Where a detector of edits looks: how much each place of an edit raises its score above that of the photograph."""

import cv2
import numpy as np
import numpy.typing as npt
import torch

from mienkit.core.image import Picture, to_float
from mienkit.evaluation.told_apart import SHIFT, EditDetector, middle

Floats = npt.NDArray[np.float32]

STEPS = 8
"""Pictures between photograph and edit at which the score's slope is taken."""
SPREAD_PX = 2.0
"""Single pixels mean nothing: the map is blurred by so much."""
READ_AT_ONCE = 16


def attribute(detector: EditDetector, photos: Picture, edits: Picture) -> Floats:
    """Share the rise of the score from photographs to edits out over their pixels, (N, 128, 128).

    The map of a couple sums up to how much its score rises; positive places give the edit away.

    Source: integrated gradients, Sundararajan et al. 2017, eq. 1, with the photograph as the baseline.
    """
    maps = np.zeros(photos.shape[:3], np.float32)
    for start in range(0, len(photos), READ_AT_ONCE):
        part = slice(start, start + READ_AT_ONCE)
        before, after = middle(to_float(photos[part])), middle(to_float(edits[part]))
        slope = torch.zeros_like(before)
        for step in range(STEPS):
            between = (before + (step + 0.5) / STEPS * (after - before)).requires_grad_()
            (gradient,) = torch.autograd.grad(detector(between).sum(), between)
            slope += gradient / STEPS
        shares = (slope * (after - before)).sum(1).detach().numpy()
        maps[part, SHIFT : SHIFT + shares.shape[1], SHIFT : SHIFT + shares.shape[2]] = shares
    return np.stack([cv2.GaussianBlur(one, (0, 0), SPREAD_PX) for one in maps])


def overlay(picture: Picture, heat: Floats, full: float) -> Picture:
    """Colour a picture, (S, S, 3), red where the heat, (S, S), gives it away and blue where it speaks for a photograph.

    Args:
        picture: shown in grey below.
        heat: any unit.
        full: heat of the strongest colour.
    """
    grey = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    strength = np.clip(heat / max(full, 1e-9), -1, 1)[..., None]
    colour = np.where(strength > 0, np.array([230, 40, 30]), np.array([40, 90, 230]))
    share = 0.75 * np.abs(strength) ** 0.7
    return np.asarray(np.rint(grey * (1 - share) + colour * share), np.uint8)
