"""The generator of CycleGAN: two halvings, residual blocks, two doublings.

Source: Johnson et al. 2016; Zhu et al. 2017 (CycleGAN), section 7.2; layer table of the official code
(``resnet_9blocks``).
"""

import torch
from torch import Tensor, nn

from mienkit.nn.unet import initialise


class ResNetGenerator(nn.Module):
    """Maps pictures to pictures of the same side, a multiple of 4.

    Source: Zhu et al. 2017; the official code, whose parameter count it has.
    """

    def __init__(self, channels: int = 3, out: int = 3, *, width: int = 64, blocks: int = 9) -> None:
        super().__init__()
        wide, widest = 2 * width, 4 * width
        self.layers = nn.Sequential(
            *normalised(nn.Conv2d(channels, width, 7, 1, 3, padding_mode="reflect"), width),
            *normalised(nn.Conv2d(width, wide, 3, 2, 1), wide),
            *normalised(nn.Conv2d(wide, widest, 3, 2, 1), widest),
            *(ReflectedBlock(widest) for _ in range(blocks)),
            *normalised(nn.ConvTranspose2d(widest, wide, 3, 2, 1, output_padding=1), wide),
            *normalised(nn.ConvTranspose2d(wide, width, 3, 2, 1, output_padding=1), width),
            nn.Conv2d(width, out, 7, 1, 3, padding_mode="reflect"),
        )
        self.apply(initialise)

    def begin_faint(self, spread: float) -> None:
        """Draw the last convolution's weights from N(0, spread), so that almost nothing is painted at first."""
        last = self.layers[-1]
        assert isinstance(last, nn.Conv2d)
        nn.init.normal_(last.weight, 0, spread)

    def forward(self, image: Tensor) -> Tensor:
        """Return pictures, (B, out, H, W) in [-1, 1]."""
        return torch.tanh(self.layers(image).float())


class ReflectedBlock(nn.Module):
    """Two convolutions beside an identity, the picture continued by its mirror image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *normalised(nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect"), channels),
            *normalised(nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect"), channels)[:2],
        )

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


def normalised(convolution: nn.Module, channels: int) -> list[nn.Module]:
    """Convolve, normalise, rectify."""
    return [convolution, nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)]
