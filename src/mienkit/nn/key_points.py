"""Landmarks drawn as pictures, so that a network of convolutions can be told where they stand."""

import math

import torch
from torch import Tensor

RADIUS = 2 / 256
"""Of a disc, as a share of the picture's side."""


def draw_key_points(landmarks: Tensor, size: int, radius: float = RADIUS) -> Tensor:
    """Draw landmarks as white discs with soft rims on black, (B, 1, size, size) in [-1, 1].

    No gradient reaches the landmarks. What is outside the picture is not drawn.

    Args:
        landmarks: (B, N, 2) in pixels of the picture.
        size: side of the picture in pixels.
        radius: of a disc, as a share of the side.

    Source: the key-point pictures of Tang et al. 2019 (C2GAN), which are black on white.
    """
    points, radius_px = landmarks.detach().float(), radius * size
    reach = math.ceil(radius_px + 0.5)
    steps = torch.arange(-reach, reach + 1, device=points.device)
    # Pixels around each point, (B, N, k, k): their columns and rows, and how much of each the disc covers.
    column = (points[..., 0].floor()[..., None, None] + steps).expand(-1, -1, len(steps), -1)
    row = (points[..., 1].floor()[..., None, None] + steps[:, None]).expand(-1, -1, -1, len(steps))
    distance = torch.hypot(column + 0.5 - points[..., 0, None, None], row + 0.5 - points[..., 1, None, None])
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    covered = (radius_px + 0.5 - distance).clamp(0, 1) * inside
    place = (row.clamp(0, size - 1) * size + column.clamp(0, size - 1)).long()
    canvas = torch.zeros(len(points), size * size, device=points.device)
    canvas = canvas.scatter_reduce(1, place.flatten(1), covered.flatten(1), "amax")
    return canvas.view(-1, 1, size, size) * 2 - 1
