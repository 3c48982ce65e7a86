"""A meter that needs no training, and the points that it sees."""

import numpy as np
import torch
from torch import Tensor

from mienkit.core.task import Reading

PORTRAIT_EYES = np.array([[204.4, 102.1], [245.9, 104.4]])
"""Eye centres of the portrait (mean of the corners) on the image's left and right, as MediaPipe reads them."""
PORTRAIT_MOUTH = np.array([223.4, 139.9])


def plain_landmarks(size: float = 256.0) -> np.ndarray:
    """68 landmarks of a face that fits the template exactly, (68, 2); only eyes and mouth are face-like."""
    points = np.full((68, 2), (128.0, 120.0))
    points[36], points[39], points[42], points[45] = (76, 86), (112, 86), (144, 86), (180, 86)
    points[48], points[54] = (102, 156), (154, 156)
    return points * (size / 256)


class FakeMeter:
    """Sees the same face in every crop."""

    image_size = 128

    def __init__(self, landmarks: np.ndarray | None = None) -> None:
        self.landmarks = plain_landmarks(128) if landmarks is None else landmarks
        self.crops: list[Tensor] = []

    def measure(self, image: Tensor) -> Reading:
        self.crops.append(image)
        points = torch.from_numpy(self.landmarks).float()[None].repeat(len(image), 1, 1)
        return Reading(
            landmarks=points,
            aus=torch.zeros(len(image), 17),
            emotions=torch.full((len(image), 8), 1 / 8),
            pose=torch.zeros(len(image), 3),
        )
