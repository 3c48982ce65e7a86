"""Where expressions happen in a crop."""

import pytest
import torch

from mienkit.nn.field import feather, field_of


@pytest.mark.parametrize("size", [32, 64, 96, 128, 256])
def test_the_field_lies_in_the_crop_and_can_be_halved_three_times(size):
    for top_share in (0.19, 0.125):
        top, bottom, left, right = field_of(size, size, top_share)
        assert 0 <= top < bottom <= size
        assert 0 <= left < right <= size
        assert (bottom - top) % 8 == (right - left) % 8 == 0


@pytest.mark.parametrize("size", [32, 64, 96, 128, 256])
def test_at_every_size_raised_brows_lie_in_the_field(size):
    top, bottom, left, right = field_of(size, size)
    assert top <= 0.19 * size
    assert bottom >= 0.97 * size
    assert left <= 0.125 * size < 0.875 * size <= right


def test_the_feather_rises_from_the_border():
    weights = feather(16, 20, torch.device("cpu"))
    assert weights.shape == (16, 20)
    assert weights[0, 0] < 0.02
    assert weights[8, 10] == 1
    assert torch.equal(weights, weights.flip(0).flip(1))
