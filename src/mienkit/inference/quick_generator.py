"""GANimation's generator rebuilt for inference on a CPU: the same function of the same weights, other arithmetic.

What each step gains, and how exact it is, stands in docs/guides/speed.md.
"""

from typing import Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.inference.quick_layer import QuickNorm, quicken_layers
from mienkit.inference.winograd import WinogradConvolution, from_tiles, to_tiles, window_rows

COLOURS = 3
KERNEL, PADDING = 7, 3
"""Of the first and the last convolutions."""
BLOCK = 2
"""The heads compute blocks of 2 x 2 pixels as channels, because a CPU's vectors are wider than 3 + 1 channels."""
NARROW = 16
"""Channels below which the heads stay in float32: of 8 channels oneDNN's bf16 sums are wrong on processors with AMX."""
SHRINK = 4
"""How much smaller the residual blocks' features are than the picture."""


@runtime_checkable
class AttentionGenerator(Protocol):
    """A generator of GANimation's published form."""

    encoder: nn.Sequential
    residual: nn.Sequential
    decoder: nn.Sequential
    colour: nn.Conv2d
    attention: nn.Conv2d


def fits(generator: object, image_size: int) -> bool:
    """Tell whether a generator has the form that ``QuickGenerator`` can rebuild, for pictures of that size."""
    return isinstance(generator, AttentionGenerator) and image_size % SHRINK**2 == 0


class QuickGenerator(nn.Module):
    """A trained generator, channels last, in bf16 or float32, with its residual blocks after Winograd."""

    def __init__(self, generator: AttentionGenerator, dtype: torch.dtype) -> None:
        super().__init__()
        first = generator.encoder[0]
        assert isinstance(first, nn.Conv2d)
        self.stem = Stem(first.weight, dtype)
        self.encoder = quicken_layers(generator.encoder[1:], dtype)
        self.residual = nn.ModuleList(TiledBlock(block, dtype) for block in generator.residual)
        self.decoder = quicken_layers(generator.decoder, dtype)
        self.heads = Heads(torch.cat([generator.colour.weight, generator.attention.weight]), dtype)

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1], both float32."""
        features = self.encoder(self.stem(image, condition))
        batch, _, height, width = features.shape
        tiles, windows = to_tiles(features), window_rows(batch, height, width)
        for block in self.residual:
            tiles = block(tiles, windows)
        outputs = self.heads(self.decoder(from_tiles(tiles, height, width))).float()
        colour, keep = (part.contiguous() for part in outputs.split([COLOURS, 1], 1))
        return torch.tanh(colour), torch.sigmoid(keep)


class Stem(nn.Module):
    """The first convolution, without the planes of constants.

    Such a plane adds a constant to each channel, except near the border, where the kernel reaches outside. The norm
    that follows takes constants away; what is left to add is the difference at the border: 7 x 7 - 1 kinds of pixels.
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        kernel = weight[:, :COLOURS].detach().to(dtype).contiguous(memory_format=torch.channels_last)
        self.register_buffer("kernel", kernel)
        self.register_buffer("border", border_sums(weight[:, COLOURS:].detach()).to(dtype))
        self.kernel: Tensor
        self.border: Tensor

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        pixels = image.to(self.kernel.dtype).contiguous(memory_format=torch.channels_last)
        features = F.conv2d(pixels, self.kernel, padding=PADDING)
        batch, channels, height, width = features.shape
        places, kinds = (torch.from_numpy(numbers) for numbers in border_pixels(height, width))
        rows = features.permute(0, 2, 3, 1).view(batch, -1, channels)  # shares memory with the features
        added = (condition.to(self.border) @ self.border).view(batch, -1, channels)
        rows[:, places] += added[:, kinds]
        return features


def border_sums(weight: Tensor) -> Tensor:
    """Return what planes of ones add to each kind of pixel more than inside.

    Args:
        weight: (O, planes, 7, 7).

    Returns:
        (planes, 49 * O).
    """
    one = weight.new_ones(1, 1, KERNEL, KERNEL)
    out, planes = weight.shape[:2]
    sums = F.conv2d(one, weight.reshape(out * planes, 1, KERNEL, KERNEL), padding=PADDING).view(out, planes, -1)
    return (sums - sums[..., sums.shape[2] // 2, None]).permute(1, 2, 0).reshape(planes, -1)


def border_pixels(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels near the border, counted row by row, and of which of the 49 kinds each is."""
    rows, columns = (
        np.minimum(np.arange(side), PADDING) + np.maximum(np.arange(side) - (side - 1 - PADDING), 0)
        for side in (height, width)
    )
    kinds = (rows[:, None] * KERNEL + columns).ravel()
    places = np.flatnonzero(kinds != KERNEL**2 // 2)
    return places, kinds[places]


class TiledBlock(nn.Module):
    """A residual block on tiles, (B, 16, T, C)."""

    def __init__(self, block: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        first, norm, _, second, second_norm = block.body  # type: ignore[misc]
        self.first, self.second = (WinogradConvolution(one.weight, dtype) for one in (first, second))
        self.norm, self.second_norm = QuickNorm(norm), QuickNorm(second_norm)

    def forward(self, tiles: Tensor, windows: Tensor) -> Tensor:
        inner = normalise(self.first(tiles, windows), self.norm).relu_()
        return normalise(self.second(inner, windows), self.second_norm) + tiles


def normalise(tiles: Tensor, norm: QuickNorm) -> Tensor:
    """Normalise tiles, (B, 16, T, C), over everything but channels and samples."""
    return norm(tiles.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Heads(nn.Module):
    """Both last convolutions as one with stride 2, which computes 2 x 2 pixels as channels."""

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Take the kernels of all heads, (O, C, 7, 7)."""
        super().__init__()
        side = KERNEL + BLOCK - 1
        kernel = weight.new_zeros(len(weight), BLOCK, BLOCK, weight.shape[1], side, side)
        for row in range(BLOCK):
            for column in range(BLOCK):
                kernel[:, row, column, :, row : row + KERNEL, column : column + KERNEL] = weight.detach()
        chosen = dtype if weight.shape[1] >= NARROW else torch.float32
        kernel = kernel.flatten(0, 2).to(chosen).contiguous(memory_format=torch.channels_last)
        self.register_buffer("kernel", kernel)
        self.kernel: Tensor

    def forward(self, features: Tensor) -> Tensor:
        features = features.to(self.kernel.dtype)
        return F.pixel_shuffle(F.conv2d(features, self.kernel, stride=BLOCK, padding=PADDING), BLOCK)
