"""The camera: angles, projection, slopes, and the pose guessed from points."""

import numpy as np
import pytest
from tiny_head import tiny_head

from mienkit.morphable.camera import PIVOT, Angles, Pose, estimate_pose, pose_of_angles, project, slopes, spread, turn

ANGLES = Angles(12.0, -7.0, 5.0)
POSE = pose_of_angles(ANGLES, 9.0, np.array([128.0, 120.0]))
POINTS = PIVOT + np.random.default_rng(0).normal(0, 4, (40, 3))
STEP = 1e-5


def at(*place: float) -> np.ndarray:
    return PIVOT + np.array([place])


def test_angles_are_read_back_as_they_were_given():
    assert POSE.angles == pytest.approx(ANGLES)


@pytest.mark.parametrize(
    ("angles", "place", "axis", "sign"),
    [
        (Angles(20, 0, 0), (0, 0, 8), 0, 1),  # the nose goes to the image's right
        (Angles(0, 20, 0), (0, 0, 8), 1, 1),  # the nose goes down, where y grows
        (Angles(0, 0, 20), (6, 0, 0), 1, -1),  # the eye on the image's right goes up
    ],
)
def test_positive_angles_turn_the_head_as_the_data_says(angles, place, axis, sign):
    straight = pose_of_angles(Angles(0, 0, 0), 9.0, np.zeros(2))
    moved = project(at(*place), pose_of_angles(angles, 9.0, np.zeros(2))) - project(at(*place), straight)
    assert sign * moved[0, axis] > 5


def test_the_pivot_lands_at_the_shift_whatever_the_angles():
    assert project(at(0, 0, 0), POSE)[0] == pytest.approx([128, 120, 0])


def test_what_is_nearer_looks_larger_and_has_more_depth():
    straight = pose_of_angles(Angles(0, 0, 0), 9.0, np.zeros(2))
    near, far = project(at(1, 0, 7), straight)[0], project(at(1, 0, -7), straight)[0]
    assert near == pytest.approx([10, 0, 7])
    assert far[0] == pytest.approx(9 / 1.1)
    assert far[2] == pytest.approx(-7)


def test_slopes_are_those_of_the_projection():
    turned = turn(POINTS, POSE)
    by_place, by_pose = slopes(turned, POSE)
    for axis in range(3):
        aside = np.eye(3)[axis] * STEP
        change = (spread(turned + aside, POSE) - spread(turned - aside, POSE)) / (2 * STEP)
        assert by_place[:, :, axis] == pytest.approx(change, abs=1e-4)
    for unknown in range(6):
        step = np.eye(6)[unknown] * STEP
        change = (project(POINTS, POSE.moved(step)) - project(POINTS, POSE.moved(-step)))[:, :2] / (2 * STEP)
        assert by_pose[:, :, unknown] == pytest.approx(change, abs=1e-3)


def test_a_larger_picture_shows_the_same_pose_larger():
    larger = project(POINTS, POSE.in_picture(3.0, np.array([5.0, -4.0])))
    assert larger[:, :2] == pytest.approx(project(POINTS, POSE)[:, :2] * 3 + (5, -4))


def test_a_pose_is_guessed_without_a_start():
    points = tiny_head().neutral.astype(np.float64)
    guess = estimate_pose(points, project(points, POSE)[:, :2], np.ones(len(points)))
    assert guess.angles == pytest.approx(ANGLES, abs=1.5)
    assert guess.scale == pytest.approx(9, rel=0.1)


def test_points_without_weight_do_not_bend_the_guess():
    seen = project(POINTS, POSE)[:, :2]
    seen[0] += 500
    weights = np.ones(len(POINTS))
    weights[0] = 0
    assert estimate_pose(POINTS, seen, weights).angles == pytest.approx(ANGLES, abs=3)


def test_single_precision_stays_single():
    assert project(POINTS.astype(np.float32), POSE).dtype == np.float32
    assert isinstance(POSE, Pose)
