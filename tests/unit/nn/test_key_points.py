"""Landmarks as pictures."""

import pytest
import torch

from mienkit.nn.key_points import draw_key_points


def test_a_disc_stands_where_its_landmark_stands():
    drawn = draw_key_points(torch.tensor([[[20.3, 40.8]]]), 64, radius=3 / 64)[0, 0]
    weight = (drawn + 1) / 2
    places = torch.arange(64) + 0.5
    assert (weight.sum(0) @ places / weight.sum()).item() == pytest.approx(20.3, abs=0.1)
    assert (weight.sum(1) @ places / weight.sum()).item() == pytest.approx(40.8, abs=0.1)
    assert weight.sum().item() == pytest.approx(torch.pi * 9, rel=0.05)
    assert (drawn.min(), drawn.max()) == (-1, 1)


def test_a_disc_has_the_same_share_of_a_picture_of_any_side():
    landmarks = torch.tensor([[[0.4, 0.6]]])
    areas = [((draw_key_points(landmarks * side, side, 0.04) + 1) / 2).mean().item() for side in (64, 256)]
    assert areas[0] == pytest.approx(areas[1], rel=0.1)


def test_landmarks_outside_are_not_drawn_and_half_of_one_on_the_rim():
    rim, outside = torch.tensor([[[0.0, 32.0]]]), torch.tensor([[[-30.0, 32.0], [80.0, 1e9]]])
    assert draw_key_points(outside, 64, 3 / 64).max() == -1
    assert ((draw_key_points(rim, 64, 3 / 64) + 1) / 2).sum().item() == pytest.approx(torch.pi * 9 / 2, rel=0.1)


def test_overlapping_discs_are_no_brighter_than_one():
    one = torch.tensor([[[20.0, 20.0]]])
    assert torch.equal(draw_key_points(one.expand(1, 5, 2), 64), draw_key_points(one, 64))


def test_faces_of_a_batch_are_drawn_for_themselves():
    landmarks = torch.rand(3, 68, 2, generator=torch.Generator().manual_seed(0)) * 32
    alone = torch.cat([draw_key_points(face[None], 32) for face in landmarks])
    assert torch.equal(draw_key_points(landmarks, 32), alone)
