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
