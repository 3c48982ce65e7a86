"""Where eyes and mouth lie in an aligned crop, and how what is made of them comes back into it.

Faces are aligned before they get here, so that one box a region serves all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.landmark import INNER_LIPS, LEFT_BROW, LEFT_EYE, MEAN_SHAPE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE
from mienkit.nn.field import feather

EYES_PAD, MOUTH_PAD = 0.10, 0.15
"""Around the landmarks, as shares of the crop's side. Reconstructed: the paper's boxes could not be had."""
STEP = 4
"""Edges stand at multiples of it, because the networks halve the side twice."""


@dataclass(frozen=True)
class Region:
    """A box of a crop; edges in pixels, ``bottom`` and ``right`` just outside."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    def cut(self, image: Tensor) -> Tensor:
        """Take the box out of pictures, (B, C, H, W)."""
        return image[..., self.top : self.bottom, self.left : self.right]

    def spread(self, part: Tensor, height: int, width: int) -> Tensor:
        """Set what belongs into the box, (B, C, h, w), into zeros, (B, C, height, width)."""
        return F.pad(part, (self.left, width - self.right, self.top, height - self.bottom))

    def mask(self, pixels: int, device: torch.device) -> Tensor:
        """Return the feathered mask, (h, w): it rises from 0 at the box's border to 1 over some pixels."""
        return feather(*self.size, device, pixels)


def facial_regions(image_size: int) -> dict[str, Region]:
    """Return the boxes of both eyes with their brows, and of the mouth.

    Source: Xia et al. 2022, which locates them by landmarks; sizes reconstructed. 40 x 96 and 48 x 72 pixels of 128.
    """
    eyes = [*MEAN_SHAPE[RIGHT_BROW], *MEAN_SHAPE[LEFT_BROW], *MEAN_SHAPE[RIGHT_EYE], *MEAN_SHAPE[LEFT_EYE]]
    mouth = [*MEAN_SHAPE[OUTER_LIPS], *MEAN_SHAPE[INNER_LIPS]]
    return {"eyes": box_around(eyes, EYES_PAD, image_size), "mouth": box_around(mouth, MOUTH_PAD, image_size)}


def box_around(points: Sequence[tuple[float, float]], pad: float, side: int) -> Region:
    """Return the padded box of some points, all shares of the side; its edges are multiples of ``STEP``."""
    across, down = zip(*points, strict=True)

    def edge(place: float) -> int:
        return min(max(STEP * round(place * side / STEP), 0), side)

    return Region(
        top=edge(min(down) - pad),
        bottom=edge(max(down) + pad),
        left=edge(min(across) - pad),
        right=edge(max(across) + pad),
    )
