"""Faces flipped left to right: units stay as they are, but what one side shows more than the other changes sides."""

import cv2
import numpy as np
import torch
from torch import Tensor

from mienkit.core.image import Picture
from mienkit.core.landmark import MIRROR


def mirror_pictures(pictures: Picture, flipped: Tensor) -> None:
    """Flip some of the pictures, (B, H, W, 3), in place; ``flipped`` is (B,) bool."""
    for row in np.flatnonzero(flipped.numpy()):
        pictures[row] = cv2.flip(pictures[row], 1)


def mirror_landmarks(landmarks: Tensor, flipped: Tensor, width: int) -> Tensor:
    """Flip some of the landmarks, (B, 68, 2) in pixels of images of that width."""
    turned = landmarks[:, list(MIRROR)] * landmarks.new_tensor([-1.0, 1.0]) + landmarks.new_tensor([width, 0.0])
    return torch.where(flipped[:, None, None], turned, landmarks)


def mirror_pose(pose: Tensor, flipped: Tensor) -> Tensor:
    """Flip some of the head poses, (B, 3): yaw and roll change their sign, pitch does not."""
    return torch.where(flipped[:, None], pose * pose.new_tensor([-1.0, 1.0, -1.0]), pose)


def mirror_tilt(tilt: Tensor, flipped: Tensor) -> Tensor:
    """Flip some of the differences between the sides of a face, (B, 17): they change their sign."""
    return torch.where(flipped[:, None], -tilt, tilt)


def mirror_maps(maps: Tensor, flipped: Tensor) -> Tensor:
    """Flip some of the maps, (B, C, H, W)."""
    return torch.where(flipped[:, None, None, None], maps.flip(3), maps)


def mirror_flow(flow: Tensor, flipped: Tensor) -> Tensor:
    """Flip some of the flows, (B, 2, H, W): what came from the right comes from the left."""
    turned = mirror_maps(flow, flipped)
    return torch.where(flipped[:, None, None, None], turned * flow.new_tensor([-1.0, 1.0])[:, None, None], turned)
