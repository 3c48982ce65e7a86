"""The critic of pix2pix and CycleGAN, which judges patches instead of the whole picture.

Source: Isola et al. 2017 (pix2pix), section 3.2.2; layer table of the official code (``basic``).
"""

from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from mienkit.nn.unet import initialise

CriticNorm: TypeAlias = Literal["batch", "instance", "spectral", "none"]


class PatchCritic(nn.Module):
    """Scores patches of pictures; with three halvings a patch has 70 x 70 pixels.

    Source: Isola et al. 2017; with ``spectral``: Miyato et al. 2018, a norm of the weights instead of the features.
    """

    def __init__(self, channels: int = 3, *, width: int = 64, halvings: int = 3, norm: CriticNorm = "batch") -> None:
        """Build the layers.

        Args:
            channels: of the input, the conditions' included.
            width: channels of the first layer; each has twice as many as the one before, up to 8 times these.
            halvings: layers of stride 2; two of stride 1 follow.
            norm: behind every convolution but the first and the last; ``spectral`` is of every convolution's weights.
        """
        super().__init__()
        biased = norm != "batch"
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        wide = width
        for level in range(1, halvings + 1):
            narrow, wide = wide, width * min(2**level, 8)
            layers += [nn.Conv2d(narrow, wide, 4, 2 if level < halvings else 1, 1, bias=biased),
                       *feature_norm(norm, wide), nn.LeakyReLU(0.2)]  # fmt: skip
        self.layers = nn.Sequential(*layers, nn.Conv2d(wide, 1, 4, 1, 1))
        self.apply(initialise)
        if norm == "spectral":
            for layer in self.layers:
                if isinstance(layer, nn.Conv2d):
                    spectral_norm(layer)

    def forward(self, *pictures: Tensor) -> Tensor:
        """Return a score for each patch, (B, 1, h, w), of pictures that belong together, each (B, C, H, W)."""
        return self.layers(torch.cat(pictures, 1)).float()


def feature_norm(norm: CriticNorm, channels: int) -> list[nn.Module]:
    """Return the norm of features in a list, empty for none."""
    if norm == "batch":
        return [nn.BatchNorm2d(channels)]
    return [nn.InstanceNorm2d(channels)] if norm == "instance" else []
