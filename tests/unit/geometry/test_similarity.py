"""Similarities of the plane."""

import numpy as np
import pytest

from mienkit.geometry.similarity import (
    angle_of,
    apply,
    compose,
    fit_similarity,
    invert,
    scale_of,
    similarity,
    to_pixel_centres,
)

POINTS = np.array([[0.0, 0.0], [3.0, 1.0], [-2.0, 5.0], [7.0, -4.0]])
MATRIX = similarity(1.7, 0.4, np.array([5.0, -3.0]))


def test_fit_finds_the_similarity_that_moved_the_points() -> None:
    assert np.allclose(fit_similarity(POINTS, apply(MATRIX, POINTS)), MATRIX)


def test_fit_meets_two_points_exactly() -> None:
    target = np.array([[10.0, 2.0], [-1.0, 30.0]])
    assert np.allclose(apply(fit_similarity(POINTS[:2], target), POINTS[:2]), target)


def test_fit_is_best_in_the_sense_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    target = apply(MATRIX, POINTS) + rng.normal(0, 0.5, POINTS.shape)
    fitted = fit_similarity(POINTS, target)
    error = np.sum((apply(fitted, POINTS) - target) ** 2)
    for _ in range(20):
        nudge = similarity(1 + rng.normal(0, 0.01), rng.normal(0, 0.01), rng.normal(0, 0.05, 2))
        assert np.sum((apply(compose(nudge, fitted), POINTS) - target) ** 2) >= error


def test_fit_never_reflects() -> None:
    matrix = fit_similarity(POINTS, POINTS * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.ones((3, 2))])
def test_fit_refuses_points_that_say_nothing(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="similarity"):
        fit_similarity(points, points)


def test_fit_refuses_unequal_numbers_of_points() -> None:
    with pytest.raises(ValueError, match="not 4 and 3"):
        fit_similarity(POINTS, POINTS[:3])


def test_invert_undoes() -> None:
    assert np.allclose(apply(invert(MATRIX), apply(MATRIX, POINTS)), POINTS)


def test_compose_applies_the_second_argument_first() -> None:
    other = similarity(0.5, -1.0, np.array([1.0, 2.0]))
    assert np.allclose(apply(compose(MATRIX, other), POINTS), apply(MATRIX, apply(other, POINTS)))


def test_scale_and_angle_are_what_it_was_built_from() -> None:
    assert scale_of(MATRIX) == pytest.approx(1.7)
    assert angle_of(MATRIX) == pytest.approx(0.4)


def test_pixel_centres_agree_with_continuous_coordinates() -> None:
    index = np.array([[3.0, 8.0]])
    assert np.allclose(apply(to_pixel_centres(MATRIX), index) + 0.5, apply(MATRIX, index + 0.5))
