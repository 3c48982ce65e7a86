"""Where expressions happen in an aligned crop, and how what a network does there fades out."""

import math

import torch
from torch import Tensor


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
