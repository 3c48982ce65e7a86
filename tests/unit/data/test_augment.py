"""Crops that stray: pictures, landmarks and pose move together."""

import numpy as np
import pytest
import torch

from mienkit.data.augment import ALIGNED, DETECTED, Motion, draw_motion, recolour
from mienkit.data.chance import Chance, sample_keys

SIZE = 64


def chance(count: int = 64, seed: int = 0) -> Chance:
    return Chance(sample_keys(seed, np.arange(count, dtype=np.int64)))


def test_a_picture_moves_with_its_points():
    images = torch.zeros(8, 1, SIZE, SIZE)
    images[:, 0, 30:33, 40:43] = 1  # a dot whose centre is (41.5, 31.5)
    motion = draw_motion(chance(8), SIZE, torch.zeros(8, dtype=torch.bool))
    moved = motion.move_images(images)[:, 0]
    grid = torch.arange(SIZE) + 0.5
    found = torch.stack([(moved.sum(1) * grid).sum(1), (moved.sum(2) * grid).sum(1)], 1) / moved.sum((1, 2))[:, None]
    wanted = motion.move_points(torch.tensor([[[41.5, 31.5]]]).expand(8, -1, -1))[:, 0]
    assert torch.allclose(found, wanted, atol=0.1)


@pytest.mark.parametrize(("detected", "shake"), [(True, DETECTED), (False, ALIGNED)])
def test_motions_keep_to_their_bounds_and_reach_them(detected, shake):
    motion = draw_motion(chance(2000), SIZE, torch.full((2000,), detected))
    scale = torch.linalg.det(motion.matrix).sqrt()
    centre = torch.tensor([[[0.5 * SIZE, 0.47 * SIZE]]]).expand(2000, -1, -1)
    shift = (motion.move_points(centre) - centre).abs() / SIZE
    assert shift.max() == pytest.approx(shake.shift, rel=0.05)
    assert scale.max() == pytest.approx(1 + shake.scale, rel=0.02)
    assert scale.min() == pytest.approx(1 / (1 + shake.scale), rel=0.02)
    assert motion.roll_deg.abs().max() == pytest.approx(shake.roll_deg, rel=0.02)


def test_a_widened_picture_keeps_its_middle_column_and_moves_with_its_points():
    still = Motion(matrix=torch.eye(2).expand(2, 2, 2), offset=torch.zeros(2, 2), roll_deg=torch.zeros(2))
    wide = still.widened(torch.tensor([1.5, 0.5]), SIZE / 2)
    points = torch.tensor([[[SIZE / 2, 10.0], [SIZE / 2 + 8, 10.0]]]).expand(2, -1, -1)
    wanted = torch.tensor([[[32.0, 10.0], [44.0, 10.0]], [[32.0, 10.0], [36.0, 10.0]]])
    assert torch.allclose(wide.move_points(points), wanted)
    turned = draw_motion(chance(2), SIZE, torch.ones(2, dtype=torch.bool))
    both = turned.widened(torch.tensor([1.5, 0.5]), SIZE / 2)
    assert torch.allclose(both.move_points(points), turned.move_points(wanted), atol=1e-4)


def test_a_picture_turned_clockwise_lowers_the_roll():
    motion = draw_motion(chance(), SIZE, torch.ones(64, dtype=torch.bool))
    eyes = torch.tensor([[[20.0, 30.0], [44.0, 30.0]]]).expand(64, -1, -1)
    right, left = motion.move_points(eyes).unbind(1)
    # Positive roll: the eye on the image's right is the higher one, so its y is smaller.
    measured = torch.rad2deg(torch.atan2(right[:, 1] - left[:, 1], left[:, 0] - right[:, 0]))
    assert torch.allclose(motion.move_pose(torch.zeros(64, 3))[:, 2], measured, atol=1e-3)


def test_colours_stay_in_range_and_vary():
    image = torch.rand(1, 3, SIZE, SIZE).expand(16, -1, -1, -1) * 2 - 1
    changed = recolour(chance(16), image)
    assert changed.abs().max() <= 1
    assert changed.mean((1, 2, 3)).std() > 0.02


def test_the_same_chance_gives_the_same_picture():
    image = torch.rand(4, 3, SIZE, SIZE) * 2 - 1
    assert torch.equal(recolour(chance(4), image), recolour(chance(4), image))
    assert not torch.equal(recolour(chance(4), image), recolour(chance(4, seed=1), image))
