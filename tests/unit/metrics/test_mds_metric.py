"""The flat picture of distances: the same every time, and who is alike stands together."""

import numpy as np
import pytest

from mienkit.metrics.mds import classical_mds


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points, axis=2)


def test_groups_stay_apart():
    chance = np.random.default_rng(0)
    points = np.concatenate([chance.normal(size=(10, 6)), chance.normal(size=(10, 6)) + 8])
    flat = classical_mds(distances(points)).points
    assert (flat[:10, 0] > 0).all() != (flat[10:, 0] > 0).all()


def test_it_does_not_depend_on_the_order():
    points = np.random.default_rng(1).normal(size=(12, 5))
    order = np.random.default_rng(2).permutation(12)
    straight, shuffled = classical_mds(distances(points)), classical_mds(distances(points[order]))
    assert shuffled.points == pytest.approx(straight.points[order], abs=1e-9)


def test_things_that_are_all_the_same_stand_in_one_place():
    flat = classical_mds(np.zeros((4, 4)))
    assert flat.points == pytest.approx(np.zeros((4, 2)))
    assert flat.share == 0


def test_one_thing_cannot_be_laid_out():
    with pytest.raises(ValueError, match="1 things cannot be laid out in 2"):
        classical_mds(np.zeros((1, 1)))


@pytest.mark.parametrize(
    "distances",
    [np.full((3, 3), np.nan), np.ones((3, 2)), [[0, 1, 2], [5, 0, 1], [2, 1, 0]]],
    ids=["unknown", "not square", "one way"],
)
def test_what_are_no_distances_is_refused(distances):
    with pytest.raises(ValueError, match="symmetric"):
        classical_mds(distances)


def test_the_farthest_point_of_each_axis_is_on_its_positive_side():
    flat = classical_mds(distances(np.random.default_rng(4).normal(size=(15, 5)) ** 3), dimensions=3).points
    assert (flat.max(0) == np.abs(flat).max(0)).all()


def test_what_no_flat_space_has_counts_for_nothing():
    """Three leaves around a middle, 1 from it and 2 from each other; eigenvalues 2, 2, 0, -1/4 (their sum is 15/4)."""
    star = 2.0 * (1 - np.eye(4))
    star[0, 1:] = star[1:, 0] = 1
    told = classical_mds(star)
    assert told.share == pytest.approx(1)
    assert np.square(told.points).sum(0) == pytest.approx([2, 2])
    assert classical_mds(star, dimensions=1).share == pytest.approx(0.5)
