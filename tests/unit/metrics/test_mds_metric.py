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
