"""Errors to exact flows and maps."""

import pytest
import torch

from mienkit.losses.motion import flow_distance, map_error


def test_the_flow_of_a_part_is_compared_with_the_mean_over_it():
    flow = torch.zeros(1, 2, 8, 8)
    flow[:, 0, ::2] = 2.0  # every other row: a mean of 1 in each part
    exact = torch.zeros(1, 2, 4, 4)
    exact[:, 0] = 1.0
    assert flow_distance(flow, exact, torch.ones(1, 1, 4, 4)) == pytest.approx(0, abs=2e-3)


def test_the_distance_is_in_pixels_and_counts_where_the_flow_is_known():
    flow, exact = torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 4, 4)
    exact[:, 0], exact[:, 1] = 3.0, 4.0
    known = torch.zeros(1, 1, 4, 4)
    known[..., :2] = 1
    assert flow_distance(flow, exact, known) == pytest.approx(2.5)


def test_a_flow_that_is_met_has_a_finite_slope():
    flow = torch.zeros(1, 2, 4, 4, requires_grad=True)
    flow_distance(flow, torch.zeros(1, 2, 4, 4), torch.ones(1, 1, 4, 4)).backward()
    assert torch.isfinite(flow.grad).all()


def test_maps_of_faces_that_nobody_knows_count_as_met():
    predicted, exact = torch.full((2, 1, 8, 8), 0.5), torch.zeros(2, 1, 4, 4)
    assert map_error(predicted, exact, torch.tensor([1.0, 0.0])) == pytest.approx(0.125)


def test_what_is_new_can_count_more_than_what_is_not():
    predicted, exact = torch.zeros(1, 1, 2, 2), torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    everywhere = map_error(torch.ones_like(exact), exact, torch.ones(1), focus=8.0)
    assert map_error(predicted, exact, torch.ones(1), focus=8.0) == pytest.approx(9 / 4)
    assert everywhere == pytest.approx(3 / 4)
