"""Layers whose norm is scaled and shifted by a condition.

Source: Perez et al. 2018 (FiLM).
"""

import torch
from torch import Tensor, nn

SEAM = 0.2
"""Share of the width over which the style of one half of a picture turns into that of the other."""


class ModulatedBlock(nn.Module):
    """A residual block whose first norm is scaled and shifted by the condition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ModulatedLayer(channels, channels)
        self.second = layer(channels, channels)[:2]

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        return features + self.second(self.first(features, style))


class ModulatedLayer(nn.Module):
    """Convolve, normalise, scale and shift by the condition, activate.

    The condition is a style, (B, 2 O), or one of the left and one of the right half of the picture, (B, 2, 2 O).
    """

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.convolve, self.norm, self.activate = layer(channels, out)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        scale, shift = spread(style, features.shape[-1]).chunk(2, 1)
        return self.activate(self.norm(self.convolve(features)) * (1 + scale) + shift)


def spread(style: Tensor, width: int) -> Tensor:
    """Lay a style, (B, C), over features of a width, (B, C, 1, 1); or those of two halves, (B, 2, C): (B, C, 1, W)."""
    if style.dim() == 2:
        return style[:, :, None, None]
    place = (torch.arange(width, device=style.device) + 0.5) / width
    share = ((place - 0.5) / SEAM + 0.5).clamp(0, 1).to(style.dtype)
    left, right = style[:, 0, :, None], style[:, 1, :, None]
    return (left + (right - left) * share)[:, :, None]


def layer(channels: int, out: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolve, normalise by groups (which, unlike the instance norm, keeps how light a place is), activate."""
    groups = 8 if out % 8 == 0 else 1
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, (kernel - 1) // 2, bias=False), nn.GroupNorm(groups, out), nn.SiLU()
    )
