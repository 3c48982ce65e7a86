"""Curves by their own length, and by time."""

import pytest
import torch

from mienkit.geometry.arc import arc_lengths, resample_by_length, resample_in_time


def test_resampled_points_lie_at_equal_distances_whatever_the_speed_was():
    slow_then_fast = torch.linspace(0, 1, 40, dtype=torch.float64)[:, None] ** 3 * torch.tensor([1.0, 2.0])
    steps = resample_by_length(slow_then_fast, 11).diff(dim=0).norm(dim=1)
    torch.testing.assert_close(steps, steps.mean().expand(10), rtol=1e-9, atol=0)


def test_ends_stay():
    curve = torch.randn(3, 20, 4, generator=torch.Generator().manual_seed(0))
    made = resample_by_length(curve, 7)
    torch.testing.assert_close(made[:, 0], curve[:, 0])
    torch.testing.assert_close(made[:, -1], curve[:, -1])


def test_each_curve_of_a_batch_is_resampled_for_itself():
    curve = torch.randn(2, 12, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(resample_by_length(curve, 9)[1], resample_by_length(curve[1], 9))


def test_instants_that_stand_still_on_the_way_are_left_out():
    held = torch.tensor([0.0, 0, 0, 1, 1, 1, 2])[:, None]
    torch.testing.assert_close(resample_by_length(held, 5)[:, 0], torch.tensor([0.0, 0.5, 1, 1.5, 2]))


def test_a_still_curve_stays_still():
    still = torch.full((6, 4), 3.0)
    assert torch.equal(resample_by_length(still, 9), torch.full((9, 4), 3.0))


def test_lengths_begin_at_nothing_and_add_up():
    square = torch.tensor([[0.0, 0], [3, 0], [3, 4]])
    assert arc_lengths(square).tolist() == [0, 3, 7]


@pytest.mark.parametrize(("curve", "instants"), [(torch.zeros(1, 4), 5), (torch.zeros(5, 4), 1)])
def test_one_instant_is_no_curve(curve, instants):
    with pytest.raises(ValueError, match="two instants"):
        resample_by_length(curve, instants)


def test_times_between_two_instants_lie_between_them():
    curve = torch.tensor([[0.0], [10.0], [40.0]])
    assert resample_in_time(curve, torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0, 2.0]))[:, 0].tolist() == [
        0,
        5,
        10,
        25,
        40,
        40,
    ]
