"""MotionGAN's networks: a tangent is a picture with a row a coordinate and a column an instant.

Source: the authors' code of the three-dimensional system (Otberdout et al., CVPR 2022), whose parameter counts these
have; the label stands beside the features of every layer, as planes of constants.
"""

import math
from itertools import pairwise
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CriticNorm: TypeAlias = Literal["batch", "none"]
FIRST_CHANNELS = 1024
CRITIC_CHANNELS = 64
CRITIC_LAYERS = 3
SMALLEST = 4
"""Rows or columns, at least, from which the generator begins to double."""


def with_label(features: Tensor, label: Tensor) -> Tensor:
    """Put a label, (B, L), beside features, (B, C, H, W), as planes: (B, C + L, H, W)."""
    planes = label[:, :, None, None].expand(-1, -1, *features.shape[2:])
    return torch.cat([features, planes], 1)


class TangentGenerator(nn.Module):
    """Makes tangents, (B, T, D), out of noise and a label."""

    def __init__(self, noise: int, label: int, instants: int, coordinates: int, channels: int = FIRST_CHANNELS) -> None:
        """Build the layers.

        Args:
            noise: numbers of noise.
            label: numbers of a label's code.
            instants: T.
            coordinates: D.
            channels: before the first doubling; every layer has half as many as the one before.
        """
        super().__init__()
        doublings = int(math.log2(min(instants, coordinates))) - int(math.log2(SMALLEST))
        self.size, factor = (coordinates, instants), 2**doublings
        self.start = (channels, coordinates // factor, instants // factor)
        widths = [channels // 2**level for level in range(doublings + 2)]
        self.enter = nn.Linear(noise + 2 * label, math.prod(self.start))
        self.layers = nn.ModuleList(
            nn.Conv2d(i + label, o, 3, padding=1, bias=False) for i, o in pairwise([*widths, 1])
        )

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return tangents, (B, T, D), whose entries are in (-1, 1), not yet flat to any point of the sphere."""
        features = F.relu(self.enter(torch.cat([noise, label, label], 1))).unflatten(1, self.start)
        *doubling, finest, last = self.layers
        for layer in doubling:
            features = F.relu(layer(with_label(F.interpolate(features, scale_factor=2.0), label)))
        features = F.interpolate(features, size=self.size)
        features = F.relu(finest(with_label(features, label)))
        return torch.tanh(last(with_label(features, label)))[:, 0].mT


class TangentCritic(nn.Module):
    """Scores tangents beside a label."""

    def __init__(
        self,
        label: int,
        instants: int,
        coordinates: int,
        *,
        channels: int = CRITIC_CHANNELS,
        hidden: int = 1024,
        norm: CriticNorm = "batch",
    ) -> None:
        """Build the layers.

        Args:
            label: numbers of a label's code.
            instants: T.
            coordinates: D.
            channels: of the first layer; each has half as many as the one before.
            hidden: features of the layer before the score.
            norm: behind each layer; ``batch`` couples the samples whose gradients are penalised.
        """
        super().__init__()
        widths = [1, *(channels // 2**level for level in range(CRITIC_LAYERS))]
        self.convolutions = nn.ModuleList(nn.Conv2d(i + label, o, 5, 2, 2) for i, o in pairwise(widths))
        self.norms = nn.ModuleList(shifted_norm(norm, width) for width in widths[1:])
        side = 2**CRITIC_LAYERS
        features = (widths[-1] + label) * math.ceil(coordinates / side) * math.ceil(instants / side)
        self.join = nn.Linear(features, hidden)
        self.join_norm = shifted_norm(norm, hidden)
        self.score = nn.Linear(hidden + label, 1)

    def forward(self, tangent: Tensor, label: Tensor) -> Tensor:
        """Score tangents, (B, T, D), beside labels, (B, L): (B,)."""
        features = tangent.mT[:, None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            features = F.relu(norm(convolution(with_label(features, label))))
        features = with_label(features, label).flatten(1)
        features = F.leaky_relu(self.join_norm(self.join(features)), 0.2)
        return self.score(torch.cat([features, label], 1))[:, 0]


class ShiftedNorm(nn.Module):
    """A batch norm that learns a shift and no scale, as that of the authors' code."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels, affine=False)
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Normalise features, (B, C, ...), over everything but channels."""
        flat = self.norm(features.flatten(2) if features.ndim > 2 else features)
        return flat.view_as(features) + self.shift.view(1, -1, *[1] * (features.ndim - 2))


def shifted_norm(norm: CriticNorm, channels: int) -> nn.Module:
    """Return the norm behind a layer of the critic."""
    return ShiftedNorm(channels) if norm == "batch" else nn.Identity()
