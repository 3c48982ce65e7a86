"""Transposed convolutions that grow codes."""

import pytest
import torch

from mienkit.nn.deconvolution import doublings, falling_widths, levels_of, opening


@pytest.mark.parametrize("size", [(3,), (4, 5), (2, 4, 4)])
def test_an_opening_spreads_one_place_over_many(size):
    code = torch.rand(2, 6, *(1 for _ in size))
    assert opening(6, 5, size)(code).shape == (2, 5, *size)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_every_level_doubles_every_side(dimensions):
    grown = doublings([8, 4, 2], dimensions)(torch.rand(2, 8, *[3] * dimensions))
    assert grown.shape == (2, 2, *[12] * dimensions)
    assert grown.min() >= 0


def test_widths_fall_to_the_last_one_by_halves():
    assert falling_widths(64, 4) == [512, 256, 128, 64]
    assert falling_widths(5, 1) == [5]


@pytest.mark.parametrize(("side", "levels"), [(4, 0), (16, 2), (64, 4), (128, 5)])
def test_levels_lead_from_four_pixels_to_the_side(side, levels):
    assert levels_of(side) == levels
    assert 4 << levels == side


def test_layers_have_a_bias_only_where_it_is_wanted():
    assert opening(6, 5, (4, 4))[0].bias is None
    assert doublings([4, 2], 2, bias=True)[0][0].bias is not None
