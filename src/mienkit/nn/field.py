"""Where expressions happen in an aligned crop, and how what a network does there fades out."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.landmark import LEFT_BROW, RIGHT_BROW

FOREHEAD = 0.12
"""How far the skin that brows push together reaches above them, as a share of the crop's side."""
OVAL_REACH, OVAL_FADE = 0.03, 0.05
"""How far beyond the landmarks the face counts wholly, and over which way it then fades out; shares of the side."""
AROUND = 7
"""Pixels over which a faint change is told from a meant one."""
DIRECTIONS = 48
"""In which the extent of a face is taken: more make its outline rounder."""


def field_of(height: int, width: int, top_share: float = 0.19) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of where expressions happen in an aligned crop, in multiples of 8 pixels.

    Brows and an opened jaw are inside for 95 % of people (template of ``face.align``). Rounded outwards, so that no
    size of the crop loses the brows.

    Args:
        height: of the crop.
        width: of the crop.
        top_share: where the field begins; the skin that raised brows push together reaches up to 0.125.
    """
    top, left = (8 * math.floor(share / 8) for share in (top_share * height, 0.125 * width))
    bottom, right = (8 * math.ceil(share / 8) for share in (0.97 * height, 0.875 * width))
    return top, bottom, left, right


def feather(height: int, width: int, device: torch.device, pixels: int = 4) -> Tensor:
    """Return weights that rise from 0 at the border to 1 over some pixels, (height, width)."""

    def ramp(count: int) -> Tensor:
        place = torch.arange(count, device=device) + 0.5
        return (torch.minimum(place, count - place) / pixels).clamp(max=1)

    return ramp(height)[:, None] * ramp(width)


def face_oval(landmarks: Tensor, size: int) -> Tensor:
    """Return where a face is, (B, 1, size, size) in [0, 1]: the convex outline of landmarks and forehead, fading out.

    A pixel's distance to the outline is the largest by which it lies beyond the outermost landmark in any direction.

    Args:
        landmarks: (B, 68, 2) in pixels of the picture.
        size: side of the picture in pixels.
    """
    brows = torch.cat([landmarks[:, RIGHT_BROW], landmarks[:, LEFT_BROW]], 1)
    forehead = brows - brows.new_tensor([0.0, FOREHEAD * size])
    turn = torch.arange(DIRECTIONS, device=landmarks.device) * (2 * math.pi / DIRECTIONS)
    way = torch.stack([turn.cos(), turn.sin()]).to(landmarks)
    extent = (torch.cat([landmarks, forehead], 1) @ way).amax(1)
    centre = torch.arange(size, device=landmarks.device, dtype=landmarks.dtype) + 0.5
    beyond = centre.new_full((len(landmarks), size, size), -math.inf)
    for (right, down), outermost in zip(way.T, extent.T, strict=True):  # one at a time: all at once are much memory
        beyond = torch.maximum(beyond, centre * right + (centre * down)[:, None] - outermost[:, None, None])
    return (1 - (beyond / size - OVAL_REACH) / OVAL_FADE).clamp(0, 1)[:, None]


def meant(difference: Tensor, floor: float) -> Tensor:
    """Return where a change is more than noise, (B, 1, H, W): 0 below half of ``floor``, 1 from twice of it on.

    Args:
        difference: (B, 3, H, W).
        floor: on its scale; compared with the mean of the largest channel over ``AROUND`` x ``AROUND`` pixels.
    """
    felt = F.avg_pool2d(difference.abs().amax(1, keepdim=True), AROUND, 1, AROUND // 2, count_include_pad=False)
    return ((felt - floor / 2) / (1.5 * floor)).clamp(0, 1)
