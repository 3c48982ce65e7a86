"""Pictures moved by a flow: each pixel is fetched from where the flow points (a backward flow)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def move(image: Tensor, flow: Tensor, corner: tuple[int, int] = (0, 0)) -> Tensor:
    """Fetch each pixel from ``flow``, (B, 2, h, w), pixels to its right and below; bilinear.

    Args:
        image: (B, C, H, W).
        flow: for a part of the picture, or for all of it.
        corner: top and left of that part.
    """
    height, width = image.shape[2:]
    top, left = corner
    x = torch.arange(flow.shape[3], device=image.device) + (left + 0.5) + flow[:, 0]
    y = (torch.arange(flow.shape[2], device=image.device) + (top + 0.5))[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], -1)
    return F.grid_sample(image.float(), grid.float(), padding_mode="border", align_corners=False)


def double(features: Tensor) -> Tensor:
    """Double the side."""
    return F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)


def resized(image: Tensor, size: int) -> Tensor:
    """Bring square pictures, (B, C, S, S), to another side."""
    if image.shape[-1] == size:
        return image
    return F.interpolate(image, size=(size, size), mode="bilinear", antialias=True)
