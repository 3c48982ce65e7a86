"""Curves on the Hilbert sphere against closed forms, in double precision."""

import math

import pytest
import torch
from torch import Tensor

from mienkit.geometry.hypersphere import (
    exp_map,
    geodesic,
    geodesic_distance,
    inner,
    karcher_mean,
    log_map,
    norm,
    parallel_transport,
    to_sphere,
    to_tangent,
)
from mienkit.geometry.srvf import to_curve, to_srvf

INSTANTS = 32
EXACT = {"rtol": 0, "atol": 1e-12}


def points(count: int, seed: int = 0, dimensions: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return to_sphere(torch.randn(count, INSTANTS, dimensions, generator=generator, dtype=torch.float64))


def wave(shift: float) -> Tensor:
    """A sine of one period, norm 1: two of them lie ``shift`` apart on a great circle."""
    places = 2 * math.pi * (torch.arange(INSTANTS, dtype=torch.float64) + 0.5) / INSTANTS
    return math.sqrt(2) * torch.cos(places - shift)[:, None]


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-3, 0.5, math.pi / 2, 3.0, math.pi - 1e-6])
def test_two_waves_are_as_far_apart_as_one_is_shifted(angle):
    assert geodesic_distance(wave(0.2), wave(0.2 + angle)).item() == pytest.approx(angle, abs=1e-12, rel=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.3, 2.5])
def test_from_a_wave_along_its_derivative_one_comes_to_the_shifted_wave(angle):
    tangent = angle * wave(math.pi / 2)
    torch.testing.assert_close(exp_map(wave(0), tangent), wave(angle), **EXACT)
    torch.testing.assert_close(log_map(wave(0), wave(angle)), tangent, **EXACT)


def test_the_mean_of_two_waves_lies_halfway():
    mean = karcher_mean(torch.stack([wave(0.1), wave(0.9)]))
    torch.testing.assert_close(mean, wave(0.5), rtol=0, atol=1e-9)


def test_the_mean_of_points_has_no_mean_tangent():
    some = exp_map(points(1), 0.4 * to_tangent(points(1), points(20, seed=1)))
    mean = karcher_mean(some)
    assert norm(log_map(mean, some).mean(0)) < 1e-6


def test_a_straight_line_is_a_constant_function_of_norm_one():
    line = torch.linspace(0, 1, INSTANTS + 1, dtype=torch.float64)[:, None] * torch.tensor([3.0, 4.0])
    srvf = to_srvf(line)
    assert srvf.length.item() == pytest.approx(5)
    torch.testing.assert_close(srvf.points, torch.tensor([0.6, 0.8], dtype=torch.float64).expand(INSTANTS, 2), **EXACT)


def test_a_circle_run_through_at_any_size_is_the_same_point():
    turn = 2 * math.pi * torch.arange(INSTANTS + 1, dtype=torch.float64) / INSTANTS
    circle = torch.stack([turn.cos(), turn.sin()], 1)
    small, large = to_srvf(circle), to_srvf(7 * circle + 3)
    torch.testing.assert_close(small.points, large.points, **EXACT)
    assert (large.length / small.length).item() == pytest.approx(7)
    assert small.length.item() == pytest.approx(2 * INSTANTS * math.sin(math.pi / INSTANTS))  # of the polygon


def test_a_curve_comes_back_from_the_sphere():
    curve = torch.randn(5, INSTANTS + 1, 136, generator=torch.Generator().manual_seed(2), dtype=torch.float64).cumsum(1)
    srvf = to_srvf(curve)
    torch.testing.assert_close(to_curve(srvf.points, srvf.length), curve - curve[:, :1], rtol=0, atol=1e-10)
    single = to_srvf(curve.float())
    error = (to_curve(single.points, single.length) - (curve - curve[:, :1])).abs().max() / curve.abs().max()
    assert error < 1e-5  # the aim is 1 %


def test_every_curve_lies_on_the_sphere_but_one_that_stands_still():
    curve = torch.randn(4, 9, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    curve[3] = curve[3, :1]
    srvf = to_srvf(curve)
    torch.testing.assert_close(norm(srvf.points), torch.tensor([1.0, 1, 1, 0]).double(), **EXACT)
    torch.testing.assert_close(to_curve(srvf.points, srvf.length)[3], torch.zeros(9, 6).double(), **EXACT)


def test_exp_and_log_are_each_others_inverse():
    a, b = points(8), points(8, seed=1)
    torch.testing.assert_close(exp_map(a, log_map(a, b)), b, **EXACT)
    tangent = 0.9 * to_tangent(a, points(8, seed=2))
    torch.testing.assert_close(log_map(a, exp_map(a, tangent)), tangent, **EXACT)


def test_tangents_are_as_long_as_the_way():
    a, b = points(8), points(8, seed=1)
    torch.testing.assert_close(norm(log_map(a, b)), geodesic_distance(a, b), **EXACT)
    torch.testing.assert_close(inner(a, log_map(a, b)), torch.zeros(8).double(), **EXACT)


def test_the_distance_is_a_metric():
    a, b, c = points(30), points(30, seed=1), points(30, seed=2)
    there, back = geodesic_distance(a, b), geodesic_distance(b, a)
    torch.testing.assert_close(there, back, **EXACT)
    assert (geodesic_distance(a, a) == 0).all()
    assert (there <= geodesic_distance(a, c) + geodesic_distance(c, b) + 1e-12).all()
    assert ((there >= 0) & (there <= math.pi)).all()


def test_turning_a_face_turns_its_motion_and_leaves_distances():
    curve, other = (
        torch.randn(9, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) for n in (4, 5)
    )
    turn = torch.tensor([[math.cos(0.7), -math.sin(0.7)], [math.sin(0.7), math.cos(0.7)]], dtype=torch.float64)
    plain, turned = (to_srvf(one.flatten(1)).points for one in (curve, curve @ turn.T))
    torch.testing.assert_close((plain.unflatten(1, (5, 2)) @ turn.T).flatten(1), turned, **EXACT)
    far = geodesic_distance(plain, to_srvf(other.flatten(1)).points)
    far_turned = geodesic_distance(turned, to_srvf((other @ turn.T).flatten(1)).points)
    torch.testing.assert_close(far, far_turned, **EXACT)


def test_points_of_a_geodesic_stand_at_their_share_of_the_way():
    a, b = points(1)[0], points(1, seed=1)[0]
    way = geodesic(a, b, torch.tensor([0.0, 0.25, 1.0], dtype=torch.float64))
    torch.testing.assert_close(way[0], a, **EXACT)
    torch.testing.assert_close(way[2], b, **EXACT)
    torch.testing.assert_close(geodesic_distance(a, way[1]), geodesic_distance(a, b) / 4, **EXACT)


def test_a_carried_tangent_is_tangent_there_and_keeps_length_and_angles():
    a, b = points(6), points(6, seed=1)
    first, second = to_tangent(a, points(6, seed=2)), to_tangent(a, points(6, seed=3))
    carried, other = parallel_transport(first, a, b), parallel_transport(second, a, b)
    torch.testing.assert_close(inner(b, carried), torch.zeros(6).double(), **EXACT)
    torch.testing.assert_close(inner(carried, other), inner(first, second), **EXACT)
    torch.testing.assert_close(parallel_transport(log_map(a, b), a, b), -log_map(b, a), **EXACT)


def test_gradients_are_finite_where_points_coincide():
    base = points(3)
    point = base.clone().requires_grad_(True)
    (geodesic_distance(base, point).sum() + log_map(base, point).sum() + exp_map(base, 0 * point).sum()).backward()
    assert point.grad.isfinite().all()


def test_the_gradient_of_the_distance_has_norm_one():
    a, b = points(4), points(4, seed=1).requires_grad_(True)
    geodesic_distance(a, b).sum().backward()
    flat = to_tangent(b.detach(), b.grad * INSTANTS)  # the gradient in the Hilbert space's own product
    torch.testing.assert_close(norm(flat), torch.ones(4).double(), **EXACT)


def test_no_points_have_no_mean():
    with pytest.raises(ValueError, match="no points"):
        karcher_mean(points(0))


def test_a_single_instant_is_no_curve():
    with pytest.raises(ValueError, match="two instants"):
        to_srvf(torch.zeros(1, 4))
