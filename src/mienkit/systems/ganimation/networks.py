"""The networks of GANimation as published: one generator of two pictures, one critic that also reads action units.

Source: Pumarola et al. 2018 (ECCV), fig. 3 and section 4; layer tables of the official code.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from mienkit.core.action_unit import NUM_AUS


class Generator(nn.Module):
    """Maps a face and 17 numbers to a colour image and an attention mask.

    Source: Pumarola et al. 2018, fig. 3; layer table of the official code (zero padding, no biases in convolutions).
    """

    def __init__(self, conv_dim: int = 64, repeat: int = 6) -> None:
        super().__init__()
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.encoder = nn.Sequential(
            *convolution(3 + NUM_AUS, conv_dim, 7, 1),
            *convolution(conv_dim, wide, 4, 2),
            *convolution(wide, widest, 4, 2),
        )
        self.residual = nn.Sequential(*(ResidualBlock(widest) for _ in range(repeat)))
        self.decoder = nn.Sequential(*upsampling(widest, wide), *upsampling(wide, conv_dim))
        self.colour = nn.Conv2d(conv_dim, 3, 7, 1, 3, bias=False)
        self.attention = nn.Conv2d(conv_dim, 1, 7, 1, 3, bias=False)
        self.apply(initialise)

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1]."""
        planes = condition[:, :, None, None].expand(-1, -1, *image.shape[2:])
        features = self.decoder(self.residual(self.encoder(torch.cat([image, planes.to(image)], 1))))
        return torch.tanh(self.colour(features).float()), torch.sigmoid(self.attention(features).float())


class ResidualBlock(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*convolution(channels, channels, 3, 1), *convolution(channels, channels, 3, 1)[:2])

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


class Critic(nn.Module):
    """Judges patches as real or not, and reads action units.

    No normalisation: it would tie the samples of a batch together in the gradient penalty.

    Source: Pumarola et al. 2018, section 4; layer table of the official code.
    """

    def __init__(self, image_size: int = 128, conv_dim: int = 64, cap: int = 2048, depth: int = 6) -> None:
        super().__init__()
        widths = [3] + [min(conv_dim * 2**i, cap) for i in range(depth)]
        self.body = nn.Sequential(
            *(layer for i, o in pairwise(widths)
              for layer in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.01)))
        )  # fmt: skip
        self.realness = nn.Conv2d(widths[-1], 1, 3, 1, 1, bias=False)
        self.aus = nn.Conv2d(widths[-1], NUM_AUS, image_size >> depth, bias=False)
        self.apply(initialise)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return patch scores, (B, 1, h, w), and AU intensities, (B, 17)."""
        features = self.body(image)
        return self.realness(features).float(), self.aus(features).flatten(1).float()


def convolution(channels: int, out: int, kernel: int, stride: int) -> list[nn.Module]:
    """Convolve, normalise, rectify."""
    padding = (kernel - 1) // 2
    return [nn.Conv2d(channels, out, kernel, stride, padding, bias=False), nn.InstanceNorm2d(out, affine=True),
            nn.ReLU(inplace=True)]  # fmt: skip


def upsampling(channels: int, out: int) -> list[nn.Module]:
    """Double the side."""
    return [nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False), nn.InstanceNorm2d(out, affine=True),
            nn.ReLU(inplace=True)]  # fmt: skip


def initialise(module: nn.Module) -> None:
    """Draw convolution weights from N(0, 0.02) and zero the biases, as in the official code."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
