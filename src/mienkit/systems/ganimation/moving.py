"""Our generator for GANimation: its colour image begins as the face itself, moved."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.action_unit import NUM_AUS
from mienkit.nn.field import feather, field_of
from mienkit.nn.moving import REACH, MovingUNet
from mienkit.nn.warp import move

NOTICED = 0.1
"""Largest change of a unit from which the mask is fully open; no change asked for is none made, exactly."""


class MovingGenerator(MovingUNet):
    """The task of the published generator for a laptop: a U-Net on the middle of the crop.

    Out come an attention mask, and as the colour image the moved face with what is painted over it.

    Source: ours, after Pumarola et al. 2018.
    """

    def __init__(self, conv_dim: int = 32, repeat: int = 2) -> None:
        """Build it; see ``MovingUNet``."""
        super().__init__(NUM_AUS, conv_dim, repeat)

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1]."""
        height, width = image.shape[2:]
        top, bottom, left, right = field_of(height, width)
        paint, keep, flow = self.edit_field(image[..., top:bottom, left:right], condition)
        rim = feather(bottom - top, right - left, image.device)
        asked = (condition.abs().amax(1) / NOTICED).clamp(max=1)[:, None, None, None]
        around = (left, width - right, top, height - bottom)
        change = F.pad(torch.sigmoid(-keep) * rim * asked, around)
        moved = move(image, F.pad(flow * rim * (REACH * height / 128), around))
        return (moved + F.pad(2 * torch.tanh(paint), around)).clamp(-1, 1), 1 - change
