"""Where expressions happen in a crop."""

import pytest
import torch

from mienkit.core.landmark import MEAN_SHAPE
from mienkit.nn.field import face_oval, feather, field_of, meant


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


def test_the_oval_holds_the_face_and_its_forehead_and_fades_out():
    points = torch.tensor(MEAN_SHAPE)[None] * 128
    oval = face_oval(points.double(), 128)
    assert oval.shape == (1, 1, 128, 128)
    column, row = points[0].long().clamp(0, 127).unbind(1)
    assert (oval[0, 0, row, column] == 1).all()
    brow = points[0, 19:25].mean(0).long()
    assert oval[0, 0, brow[1] - 14, brow[0]] == 1
    assert not oval[0, 0, 0].any()
    assert not oval[0, 0, 40, :4].any()
    assert ((oval > 0) & (oval < 1)).any()


def test_each_face_has_its_own_oval():
    points = torch.tensor(MEAN_SHAPE)[None] * 64
    both = face_oval(torch.cat([points, points + torch.tensor([9.0, 0])]), 64)
    assert torch.equal(both[:1], face_oval(points, 64))
    torch.testing.assert_close(both[1, 0, :, 20:50], both[0, 0, :, 11:41])


def test_what_is_painted_strongly_stays_whole():
    difference = torch.zeros(1, 3, 32, 32)
    difference[:, 1, 8:24, 8:24] = 0.5
    difference[:, :, :, 28:] = 0.01
    change = meant(difference, 0.04)
    assert change.shape == (1, 1, 32, 32)
    assert (change[..., 8:24, 8:24] == 1).all()
    assert not change[..., :4, :].any()
    assert not change[..., 29:].any()
