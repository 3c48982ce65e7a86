"""Motion metrics against closed forms, and the Fréchet distance against SciPy's matrix root."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import pdist, squareform

from mienkit.geometry.hypersphere import exp_map, norm, to_sphere
from mienkit.metrics.acd import acd, acd_i
from mienkit.metrics.diversity import own_class_spread
from mienkit.metrics.flicker import LEVELS, flicker
from mienkit.metrics.frechet import frechet_distance
from mienkit.metrics.geodesic import class_means, geodesic_distances, nearest_distance
from mienkit.metrics.mds import classical_mds
from mienkit.metrics.spectrum import CUT_OFF, FLOOR, high_share, spectrum_distance, velocity_power

FRAMES = 33


def axes(count: int) -> torch.Tensor:
    """Points of the sphere at right angles to each other: each moves a coordinate of its own, (count, 4, count)."""
    return to_sphere(torch.eye(count, dtype=torch.float64)[:, None].expand(-1, 4, -1).clone())


def test_angles_on_a_great_circle_are_those_that_it_was_turned_by():
    first, second, _ = axes(3)
    turns = torch.tensor([0.0, 0.25, 1.0, math.pi], dtype=torch.float64)[:, None, None]
    circle = turns.cos() * first + turns.sin() * second
    expected = (turns.flatten()[:, None] - turns.flatten()).abs()
    assert geodesic_distances(circle, circle).numpy() == pytest.approx(expected.numpy(), abs=1e-9)


def test_curves_that_move_other_coordinates_are_a_right_angle_apart():
    apart = geodesic_distances(axes(4), axes(4))
    assert apart.numpy() == pytest.approx((1 - np.eye(4)) * math.pi / 2, abs=1e-9)
    assert nearest_distance(axes(4)[:2], axes(4)[1:]).tolist() == pytest.approx([math.pi / 2, 0], abs=1e-9)


def test_the_mean_of_a_class_is_the_middle_of_the_way_between_two():
    first, second, third = axes(3)
    means = class_means(torch.stack([first, third, second]), torch.tensor([7, 2, 7]), [2, 7])
    assert means[0].numpy() == pytest.approx(third.numpy(), abs=1e-9)
    assert means[1].numpy() == pytest.approx(to_sphere(first + second).numpy(), abs=1e-6)


def test_the_mean_of_a_class_is_where_tangents_of_equal_length_begin():
    base, *others = axes(4)
    around = torch.stack([exp_map(base, sign * 0.3 * one) for one in others for sign in (1, -1)])
    mean = class_means(around, torch.zeros(6, dtype=torch.int64), [0])[0]
    assert float(norm(mean - base)) < 1e-6


def test_the_spread_of_a_class_is_the_mean_distance_to_its_others():
    points = torch.tensor([0.0, 1, 3, 10, 14, 99])[:, None]
    label = torch.tensor([5, 5, 5, 1, 1, 0])
    spread = own_class_spread(points, label, torch.cdist).tolist()
    assert spread[:5] == pytest.approx([2, 1.5, 2.5, 4, 4])
    assert math.isnan(spread[5])


@pytest.mark.parametrize(("cycles", "share"), [(1, 0.0), (4, 0.0), (14, 1.0)])
def test_the_power_of_a_swing_lies_at_its_own_frequency(cycles, share):
    # Positions whose differences are a cosine of so many cycles over the clip.
    velocity = torch.cos(2 * math.pi * cycles * torch.arange(FRAMES - 1, dtype=torch.float64) / (FRAMES - 1))
    points = torch.cat([torch.zeros(1), velocity.cumsum(0)])[None, :, None]
    power = velocity_power(points)
    assert int(power[0].argmax()) == cycles
    assert high_share(power, FRAMES).item() == pytest.approx(share, abs=0.01)
    assert (cycles / (FRAMES - 1) > CUT_OFF) == bool(share)


def test_the_power_of_an_even_movement_is_that_of_its_window():
    points = 0.5 * torch.arange(FRAMES, dtype=torch.float64)[None, :, None]
    window = np.hanning(FRAMES - 1 + 2)[1:-1]
    expected = np.abs(np.fft.rfft(0.5 * window)) ** 2
    assert velocity_power(points)[0].numpy() == pytest.approx(expected, abs=1e-9)


def test_the_distance_of_spectra_is_the_root_mean_square_of_decibels():
    flat, single = torch.ones(3, 4), torch.tensor([[8.0, 0, 0, 0]])
    steps = [10 * math.log10(0.25 / other) for other in (1, FLOOR, FLOOR, FLOOR)]
    expected = math.sqrt(sum(step**2 for step in steps) / 4)
    assert spectrum_distance(flat, single) == pytest.approx(expected, rel=1e-6)
    assert spectrum_distance(flat, 9 * flat) == 0


def test_a_flash_of_a_face_that_stands_still_is_its_whole_height():
    clip = torch.tensor([0.0, 0.2, 0.0])[:, None, None, None].expand(3, 3, 16, 16)
    square = torch.tensor([[3.0, 3], [13, 3], [13, 13], [3, 13]]).repeat(17, 1).expand(3, 68, 2)
    assert flicker(clip, square) == pytest.approx(0.2 * LEVELS, rel=1e-5)


def test_acd_of_vectors_at_right_angles_is_the_root_of_two():
    frames = np.eye(5)[:4]
    assert acd(frames) == pytest.approx(math.sqrt(2))
    assert acd_i(frames, np.eye(5)[4]) == pytest.approx(math.sqrt(2))
    assert acd_i(frames, np.eye(5)[0]) == pytest.approx(math.sqrt(2) * 3 / 4)
    assert acd(np.array([[1.0, 0], [1, 0], [0, 1]])) == pytest.approx(math.sqrt(2) * 2 / 3)


def test_points_of_a_plane_are_laid_out_at_their_own_distances():
    points = np.random.default_rng(0).normal(size=(9, 2)) * [3, 1]
    apart = squareform(pdist(points))
    flat = classical_mds(apart)
    assert squareform(pdist(flat.points)) == pytest.approx(apart, abs=1e-9)
    assert flat.share == pytest.approx(1)
    assert np.ptp(flat.points[:, 0]) > np.ptp(flat.points[:, 1])


def test_corners_of_a_tetrahedron_show_two_thirds_on_a_plane():
    flat = classical_mds(1 - np.eye(4))
    assert flat.share == pytest.approx(2 / 3)


def test_frechet_distance_of_a_shift_and_of_a_scale_have_closed_forms():
    one = np.random.default_rng(1).normal(size=(50, 1))
    assert frechet_distance(one, one + 3) == pytest.approx(9)
    assert frechet_distance(one, 3 * (one - one.mean()) + one.mean()) == pytest.approx(4 * one.var(ddof=1))
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-12)


def test_frechet_distance_is_that_by_scipys_root():
    chance = np.random.default_rng(2)
    first = chance.normal(size=(40, 5)) @ chance.normal(size=(5, 5))
    second = chance.normal(size=(60, 5)) @ chance.normal(size=(5, 5)) + 1
    a, b = np.cov(first.T), np.cov(second.T)
    expected = np.square(first.mean(0) - second.mean(0)).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-8)
