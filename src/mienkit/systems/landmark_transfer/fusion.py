"""The network that puts the expression of one face's landmarks on those of another.

Source: Fan et al. 2023 (two encoders, codes one behind the other, a decoder that also gets the target's landmarks and
gives a deviation). Reconstructed: all sizes, after the landmark converter of Zhang et al. 2020 (FReeNet), which has the
same shape.
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.nn.key_points import draw_key_points

COORDINATES = 2 * NUM_LANDMARKS
LEAK = 0.2
SMALLEST = 4
"""Side of the features that the convolutions leave, in pixels."""
FIRST, MOST = 32, 256
"""Channels of the first convolution and of the widest."""


class Fusion(nn.Module):
    """Adds a deviation to the target's landmarks."""

    def __init__(
        self, kind: Literal["vector", "image"], size: int, *, width: int = 512, depth: int = 6, radius: float = 2 / 256
    ) -> None:
        """Build two encoders that share nothing, and the decoder.

        Args:
            kind: what the encoders see: ``vector``: coordinates; ``image``: the landmarks drawn as discs.
            size: side of the pictures that the landmarks belong to, in pixels.
            width: features of a code.
            depth: linear layers of an encoder of coordinates.
            radius: of a disc, as a share of the side.
        """
        super().__init__()
        self.kind, self.size, self.radius = kind, size, radius
        self.source, self.target = (
            shape_encoder(width, width, depth) if kind == "vector" else picture_encoder(size, width) for _ in range(2)
        )
        self.decoder = nn.Sequential(
            nn.Linear(2 * width + COORDINATES, 2 * width), nn.LeakyReLU(LEAK),
            nn.Linear(2 * width, width), nn.LeakyReLU(LEAK),
            nn.Linear(width, COORDINATES),
        )  # fmt: skip

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Fuse landmarks, (B, 68, 2) in [-1, 1] of the picture; the drawn ones hand no gradient to what they show."""
        codes = self.source(self.seen(source)), self.target(self.seen(target))
        deviation = self.decoder(torch.cat([*codes, target.flatten(1)], 1))
        return target + deviation.view_as(target)

    def seen(self, landmarks: Tensor) -> Tensor:
        """Return what an encoder sees of landmarks, (B, 136) or (B, 1, H, W)."""
        if self.kind == "vector":
            return landmarks.flatten(1)
        return draw_key_points(to_pixels(landmarks, self.size), self.size, self.radius).to(landmarks)


def shape_encoder(width: int, out: int, depth: int) -> nn.Sequential:
    """Map coordinates, (B, 136), to ``out`` features by ``depth`` linear layers."""
    sizes = [COORDINATES, *[width] * (depth - 1), out]
    layers = [layer for i, o in pairwise(sizes) for layer in (nn.Linear(i, o), nn.LeakyReLU(LEAK))]
    return nn.Sequential(*layers[:-1])


def picture_encoder(size: int, out: int) -> nn.Sequential:
    """Map pictures of landmarks, (B, 1, H, W), to ``out`` features by convolutions that halve the side."""
    channels = [1]
    while size >> len(channels) >= SMALLEST:
        channels.append(min(FIRST << (len(channels) - 1), MOST))
    layers = [layer for i, o in pairwise(channels) for layer in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(LEAK))]
    side = size >> (len(channels) - 1)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * side * side, out))


def to_pixels(landmarks: Tensor, size: int) -> Tensor:
    """Turn landmarks in [-1, 1] of a picture into its pixels."""
    return (landmarks + 1) * (size / 2)


def from_pixels(landmarks: Tensor, size: int) -> Tensor:
    """Turn landmarks in pixels of a picture into [-1, 1]."""
    return landmarks * (2 / size) - 1
