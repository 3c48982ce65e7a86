"""Figures and their intervals against closed forms."""

import numpy as np
import pytest

from mienkit.evaluation.interval import (
    Estimate,
    bootstrap_correlation,
    bootstrap_mean,
    bootstrap_median,
    bootstrap_saved,
    middle_95,
    r_squared,
)


def test_the_interval_of_a_mean_is_that_of_the_normal_theory():
    values = np.random.default_rng(0).normal(3, 1, 400)
    estimate = bootstrap_mean(values, np.arange(400))
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_copies_of_a_person_do_not_narrow_the_interval():
    values = np.random.default_rng(0).normal(0, 1, 50)
    once = bootstrap_mean(values, np.arange(50))
    often = bootstrap_mean(np.repeat(values, 20), np.repeat(np.arange(50), 20))
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.05)


def test_unknown_values_are_left_out():
    assert bootstrap_mean([1.0, np.nan, 3.0], [0, 1, 2]).value == 2
    assert np.isnan(bootstrap_mean([np.nan], [0]).value)


def test_a_correlation_is_numpys():
    rng = np.random.default_rng(0)
    first = rng.normal(size=200)
    second = 0.7 * first + rng.normal(size=200)
    estimate = bootstrap_correlation(first, second, np.arange(200))
    assert estimate.value == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert estimate.low < estimate.value < estimate.high


def test_what_never_varies_has_no_correlation():
    assert np.isnan(bootstrap_correlation(np.zeros(5), np.arange(5.0), np.arange(5)).value)


def test_r_squared_of_the_mean_is_zero_and_of_the_truth_one():
    truth = np.array([1.0, 2.0, 4.0])
    assert r_squared(truth, truth) == 1
    assert r_squared(np.full(3, truth.mean()), truth) == pytest.approx(0)
    assert r_squared(-truth, truth) < 0


def test_a_median_is_drawn_by_person_and_leaves_unknown_values_out():
    result = bootstrap_median([0.0, np.nan, 1.0, 1.0, 9.0], [0, 0, 1, 1, 2])
    assert (result.value, result.low, result.high, result.count) == (1.0, 0.0, 9.0, 4)
    assert bootstrap_median([np.nan], [0]).count == 0


def test_the_share_of_an_error_that_is_gone_is_of_the_sums():
    found = bootstrap_saved([1.0, 0.0, np.nan, 5.0], [2.0, 2.0, 4.0, np.nan], [0, 1, 2, 3])
    assert (found.value, found.count) == (0.75, 2)
    assert (found.low, found.high) == (0.5, 1.0)


def test_nothing_left_is_all_gone_whoever_is_drawn():
    assert bootstrap_saved(np.zeros(9), np.arange(1, 10), np.arange(9)) == Estimate(1, 1, 1, 9)


def test_where_there_was_no_error_none_can_go():
    assert np.isnan(bootstrap_saved([0.0, 1.0], [0.0, 0.0], [0, 1]).value)


@pytest.mark.parametrize(
    "estimate",
    [
        lambda who: bootstrap_mean([1.0, 2, 4], who),
        lambda who: bootstrap_median([1.0, 2, 4], who),
        lambda who: bootstrap_saved([1.0, 2, 4], [2.0, 5, 5], who),
        lambda who: bootstrap_correlation([1.0, 2, 4], [1.0, 3, 3], who),
    ],
    ids=["mean", "median", "saved", "correlation"],
)
def test_pictures_of_one_person_have_a_figure_and_no_interval(estimate):
    alone, together = estimate(["one"] * 3), estimate(["one", "one", "two"])
    assert alone.value == together.value
    assert np.isnan([alone.low, alone.high]).all()
    assert together.low <= together.value <= together.high


def test_intervals_are_over_people_and_not_over_pictures():
    """One person with a hundred pictures and one with a single one: either may be drawn twice."""
    estimate = bootstrap_mean([1.0] * 100 + [0.0], ["one"] * 100 + ["two"])
    assert (estimate.low, estimate.high, estimate.count) == (0, 1, 101)


def test_the_saved_share_of_an_error_is_that_of_the_sums():
    estimate = bootstrap_saved([1.0, 2, np.nan], [4.0, 2, 9], [0, 1, 2])
    assert (estimate.value, estimate.count) == (pytest.approx(1 - 3 / 6), 2)
    assert (estimate.low, estimate.high) == pytest.approx((0, 0.75))
    assert bootstrap_saved([0.0], [0.0], [0]).count == 0


def test_an_interval_holds_95_of_100_draws():
    assert middle_95(np.linspace(0, 1, 1001), 2) == pytest.approx((0.025, 0.975))
