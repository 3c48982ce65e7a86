"""Layers whose norm is scaled and shifted by a condition.

Source: Perez et al. 2018 (FiLM).
"""

from torch import Tensor, nn


class ModulatedBlock(nn.Module):
    """A residual block whose first norm is scaled and shifted by the condition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ModulatedLayer(channels, channels)
        self.second = layer(channels, channels)[:2]

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        return features + self.second(self.first(features, style))


class ModulatedLayer(nn.Module):
    """Convolve, normalise, scale and shift by the condition, activate."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.convolve, self.norm, self.activate = layer(channels, out)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        scale, shift = style[:, :, None, None].chunk(2, 1)
        return self.activate(self.norm(self.convolve(features)) * (1 + scale) + shift)


def layer(channels: int, out: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolve, normalise by groups (which, unlike the instance norm, keeps how light a place is), activate."""
    groups = 8 if out % 8 == 0 else 1
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, (kernel - 1) // 2, bias=False), nn.GroupNorm(groups, out), nn.SiLU()
    )
