"""Convolutions on tiles against torch's own."""

import pytest
import torch
import torch.nn.functional as F

from mienkit.inference.winograd import WinogradConvolution, from_tiles, to_tiles, window_rows

SHAPES = [(1, 5, 8, 8), (3, 5, 16, 8), (2, 5, 8, 24)]


def random(*shape):
    return torch.randn(shape, dtype=torch.float64)


def convolve(features, weight):
    batch, _, height, width = features.shape
    layer = WinogradConvolution(weight, features.dtype)
    return from_tiles(layer(to_tiles(features), window_rows(batch, height, width)), height, width)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_convolution_on_tiles_is_the_convolution_with_its_zeros_around_the_border(shape):
    features, weight = random(*shape), random(7, 5, 3, 3)
    torch.testing.assert_close(convolve(features, weight), F.conv2d(features, weight, padding=1))


def test_float32_is_as_exact_as_a_convolution_needs_to_be():
    features, weight = torch.randn(1, 64, 16, 16), torch.randn(64, 64, 3, 3) / 24
    exact = F.conv2d(features.double(), weight.double(), padding=1)
    assert (convolve(features, weight) - exact).abs().max() < 2e-5


def test_bf16_errs_about_ten_times_as_much_as_a_bf16_convolution():
    features, weight = torch.randn(1, 64, 16, 16).bfloat16(), (torch.randn(64, 64, 3, 3) / 24).bfloat16()
    exact = F.conv2d(features.double(), weight.double(), padding=1)
    plain = (F.conv2d(features, weight, padding=1).double() - exact).square().mean().sqrt()
    tiled = (convolve(features, weight).double() - exact).square().mean().sqrt()
    assert tiled < 14 * plain


def test_tiles_put_together_are_the_features():
    features = torch.randn(2, 3, 8, 12)
    assert torch.equal(from_tiles(to_tiles(features), 8, 12), features)
