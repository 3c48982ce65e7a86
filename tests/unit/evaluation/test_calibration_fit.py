"""Curves that turn a response round."""

import numpy as np
import pytest

from mienkit.evaluation.calibration import FEWEST, FLATTEST, GRID, fit_curve, invert
from mienkit.evaluation.dose_edit import LEVELS, fit_line

DOSES = np.asarray(LEVELS)
FINE = np.linspace(0, 1, 101)


def everybody(mean: np.ndarray) -> np.ndarray:
    return np.tile(mean, (FEWEST, 1))


def answered(response, curve) -> float:
    """R² of the line through what a response makes of requests on a curve."""
    return float(fit_line(FINE, response(np.interp(FINE, GRID, curve.points)))[1])


@pytest.mark.parametrize(
    "response",
    [
        lambda level: 0.6 * level**2,
        lambda level: 0.4 * np.sqrt(level),
        lambda level: 0.5 / (1 + np.exp(-10 * (level - 0.5))),
        lambda level: 0.7 * np.maximum(level - 0.2, 0) ** 1.5,
    ],
)
def test_an_answer_that_bends_comes_near_a_line(response):
    curve = fit_curve(DOSES, everybody(response(DOSES)))
    assert not curve.left
    before = float(fit_line(FINE, response(FINE))[1])
    assert answered(response, curve) > 0.98
    assert 1 - answered(response, curve) < 0.4 * (1 - before)


def test_a_linear_answer_keeps_its_scale():
    assert invert(DOSES, 0.1 + 0.5 * DOSES) == pytest.approx(GRID, abs=1e-3)


def test_curves_rise_from_0_to_1_and_are_never_steep():
    points = np.asarray(invert(DOSES, np.asarray([0, 0, 0, 0, 0.3, 0.5])))
    assert (points[0], points[-1]) == (0, 1)
    assert (np.diff(points) >= 0).all()
    assert np.diff(points).max() <= 0.05 / FLATTEST + 1e-3


def test_small_falls_are_taken_for_chance():
    assert not fit_curve(DOSES, everybody(np.asarray([0, 0.2, 0.19, 0.4, 0.5, 0.6]))).left


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        ([0, 0.01, 0.02, 0.02, 0.03, 0.04], "too small"),
        ([0, -0.1, -0.2, -0.3, -0.4, -0.5], "too small"),
        ([0, 0.5, 0.1, 0.6, 0.2, 0.7], "not monotone: 35 %"),
    ],
)
def test_an_answer_that_cannot_be_turned_round_keeps_its_scale(mean, said):
    curve = fit_curve(DOSES, everybody(np.asarray(mean)))
    assert said in curve.left
    assert curve.points == GRID


def test_too_few_people_keep_the_scale():
    curve = fit_curve(DOSES, everybody(DOSES)[1:])
    assert "fewer than" in curve.left


def test_people_who_could_not_be_read_at_a_level_do_not_bend_the_curve():
    whole = everybody(0.6 * DOSES**2)
    lost = np.full((1, len(DOSES)), 0.9)
    lost[0, 2] = np.nan
    assert fit_curve(DOSES, np.concatenate([whole, lost])) == fit_curve(DOSES, whole)
    assert "fewer than" in fit_curve(DOSES, np.concatenate([whole[1:], lost])).left


def test_a_square_answer_is_turned_round_by_the_root():
    """Of d^2 the inverse is the square root, but for the tenth of a line that is mixed in: 0.9 d^2 + 0.1 d = w."""
    fine = np.linspace(0, 1, 41)
    wanted = np.asarray(GRID)
    root = (-FLATTEST + np.sqrt(FLATTEST**2 + 4 * (1 - FLATTEST) * wanted)) / (2 * (1 - FLATTEST))
    assert invert(fine, 0.7 * fine**2) == pytest.approx(root, abs=2e-3)


@pytest.mark.parametrize(("rise", "left"), [(0.049, True), (0.051, False)])
def test_the_least_rise_that_is_turned_round_is_a_twentieth(rise, left):
    assert bool(fit_curve(DOSES, everybody(rise * DOSES)).left) is left


@pytest.mark.parametrize(("fall", "left"), [(0.16, True), (0.14, False)])
def test_the_most_that_may_fall_is_15_percent_of_all_movement(fall, left):
    mean = np.asarray([0, 0.2, 0.4, 0.4, 0.5, 0.5 + (1 - fall) - 0.5])
    mean[3] = mean[2] - fall  # up 0.4, down `fall`, up the rest: 1 in all
    mean[4:] = mean[3] + 0.3, mean[3] + (1 - 0.4 - fall)
    assert bool(fit_curve(DOSES, everybody(mean)).left) is left


def test_no_curve_is_steeper_than_ten():
    points = np.asarray(invert(DOSES, np.asarray([0, 0, 0, 0, 0, 0.5])))
    assert 0.4 < np.diff(points).max() <= 10 * 0.05 + 1e-4


def test_levels_that_fall_are_pooled():
    assert invert(DOSES, np.asarray([0, 0.3, 0.2, 0.6, 0.8, 1])) == invert(
        DOSES, np.asarray([0, 0.25, 0.25, 0.6, 0.8, 1])
    )
