"""Transposed convolutions that grow a code to a picture, a clip or a row of codes.

Source: Radford et al. 2016 (DCGAN), section 3.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

START = 4
"""Side of the smallest features."""
LAYERS = {
    1: (nn.ConvTranspose1d, nn.BatchNorm1d),
    2: (nn.ConvTranspose2d, nn.BatchNorm2d),
    3: (nn.ConvTranspose3d, nn.BatchNorm3d),
}


def opening(channels: int, out: int, size: Sequence[int], bias: bool = False) -> nn.Sequential:
    """Spread a code of one place, (B, C, 1, ...), over places: (B, O, *size)."""
    convolve, norm = LAYERS[len(size)]
    return nn.Sequential(convolve(channels, out, tuple(size), bias=bias), norm(out), nn.ReLU())  # type: ignore[arg-type]


def doubling(channels: int, out: int, dimensions: int, bias: bool = False) -> nn.Sequential:
    """Double the length of every side, normalise over the batch, activate."""
    convolve, norm = LAYERS[dimensions]
    return nn.Sequential(convolve(channels, out, 4, 2, 1, bias=bias), norm(out), nn.ReLU())


def doublings(widths: Sequence[int], dimensions: int, bias: bool = False) -> nn.Sequential:
    """Double from the first number of channels to the last, one level for each step."""
    return nn.Sequential(*(doubling(i, o, dimensions, bias) for i, o in pairwise(widths)))


def falling_widths(last: int, count: int) -> list[int]:
    """Return numbers of channels, each half of the one before, that end with some number."""
    return [last << level for level in reversed(range(count))]


def levels_of(image_size: int) -> int:
    """Return how often the smallest side must be doubled."""
    return (image_size // START).bit_length() - 1
