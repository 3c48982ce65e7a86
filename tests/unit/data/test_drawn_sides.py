"""Drawn faces whose halves differ, their depth, and heads that turn."""

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import ACTION_UNITS, MIDDLE_UNITS, SIDED_UNITS, both_sides
from mienkit.core.landmark import MIRROR
from mienkit.data.drawn import DrawnFaces, draw_faces, random_expressions

PEOPLE = np.arange(8)
MIDLINE = [index for index in range(68) if MIRROR[index] == index]
PERSONS_RIGHT = [0, 1, 2, 3, 4, 5, 6, 7, *range(17, 22), 31, 32, *range(36, 42), 48, 49, 50, 58, 59, 60, 61, 67]
"""Landmarks of the image's left half."""
PERSONS_LEFT = [MIRROR[index] for index in PERSONS_RIGHT]
SIDES = [name for name in ACTION_UNITS if name not in MIDDLE_UNITS]


def expression(**units: float) -> np.ndarray:
    """Name sides, or whole units, (34,)."""
    vector = np.zeros(len(SIDED_UNITS), np.float32)
    for name, value in units.items():
        for index, side in enumerate(SIDED_UNITS):
            if name in (side, side[:-2]):
                vector[index] = value
    return vector


def draw(sides: np.ndarray, size: int = 64) -> DrawnFaces:
    """The same people in the same scenes, straight ahead, with one expression."""
    return draw_faces(PEOPLE, np.tile(sides, (len(PEOPLE), 1)), size=size, pose=False, scene=PEOPLE)


def change(sides: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the neutral face, (N, S, S)."""
    return np.abs(draw(sides).images.astype(int) - draw(expression()).images.astype(int)).max(3)


@pytest.mark.parametrize("kind", ["mixed", "uniform"])
@pytest.mark.parametrize(("size", "jitter"), [(64, 0.0), (128, 0.4)])
def test_equal_sides_draw_the_very_same_picture(kind, size, jitter):
    aus, _ = random_expressions(12, 4, kind)
    identity = np.arange(12)
    whole, halves = (
        draw_faces(identity, units, size=size, jitter=jitter) for units in (aus, both_sides(torch.from_numpy(aus)))
    )
    for name in ("images", "landmarks", "depth", "aus", "sides", "pose"):
        np.testing.assert_array_equal(getattr(halves, name), getattr(whole, name))
    np.testing.assert_array_equal(whole.aus, aus)


def test_landmarks_of_a_half_are_those_of_a_face_that_shows_its_units_on_both():
    """Lips that would cross push each other with what both halves do, so that they are left open here."""
    rolled = np.random.default_rng(3).uniform(size=(2, len(SIDED_UNITS))).astype(np.float32)
    left, right = (both_sides(torch.from_numpy(row[::2].copy())).numpy() for row in rolled)
    for name, value in {"AU10": 0, "AU17": 0, "AU23": 0, "AU26": 0, "AU25": 0.6}.items():
        places = [SIDED_UNITS.index(f"{name}_{side}") for side in "LR"]
        left[places] = right[places] = value
    mixed = np.where(np.arange(34) % 2 == 0, left, right)
    apart, as_left, as_right = (draw(sides).landmarks for sides in (mixed, left, right))
    np.testing.assert_allclose(apart[:, PERSONS_LEFT], as_left[:, PERSONS_LEFT], atol=2e-3)
    np.testing.assert_allclose(apart[:, PERSONS_RIGHT], as_right[:, PERSONS_RIGHT], atol=2e-3)
    np.testing.assert_allclose(apart[:, MIDLINE], (as_left + as_right)[:, MIDLINE] / 2, atol=2e-3)


@pytest.mark.parametrize("unit", SIDES)
def test_a_units_side_shows_on_that_half_of_the_picture(unit):
    for side, own, other in (("L", np.s_[:, :, 35:], np.s_[:, :, :29]), ("R", np.s_[:, :, :29], np.s_[:, :, 35:])):
        moved = change(expression(**{f"{unit}_{side}": 1}))
        assert moved[own].sum() > 6 * moved[other].sum()
        assert (moved[own] >= 8).sum() >= 8 * 5


def test_a_wink_shuts_one_eye():
    points = draw(expression(AU45_L=1)).landmarks
    opening = points[:, [40, 41, 46, 47], 1] - points[:, [38, 37, 44, 43], 1]
    np.testing.assert_allclose(opening[:, :2], draw(expression()).landmarks[:, [40, 41], 1] - points[:, [38, 37], 1])
    assert (opening[:, 2:] < 0.15 * opening[:, :2].mean(1, keepdims=True)).all()


def test_units_are_the_mean_of_their_sides():
    sides = np.random.default_rng(0).uniform(size=(8, 34)).astype(np.float32)
    faces = draw_faces(PEOPLE, sides, size=32)
    np.testing.assert_array_equal(faces.aus, faces.sides.reshape(8, 17, 2).mean(2))
    np.testing.assert_allclose(faces.aus, sides.reshape(8, 17, 2).mean(2), atol=1e-7)


def test_chin_and_jaw_show_the_mean_of_what_is_said_of_them():
    uneven, even = draw(expression(AU17_L=0.2, AU17_R=0.6, AU26_L=1)), draw(expression(AU17=0.4, AU26=0.5))
    np.testing.assert_array_equal(uneven.images, even.images)
    np.testing.assert_array_equal(uneven.sides, even.sides)


def test_a_row_with_sides_does_not_depend_on_its_batch():
    sides = np.random.default_rng(1).uniform(size=(40, 34)).astype(np.float32)
    turn = np.random.default_rng(2).uniform(-5, 5, (40, 3))
    whole = draw_faces(np.arange(40), sides, size=64, scene=np.arange(40), turn=turn)
    some = [33, 2, 17]
    part = draw_faces(some, sides[some], size=64, scene=some, turn=turn[some])
    np.testing.assert_array_equal(part.images, whole.images[some])
    np.testing.assert_array_equal(part.depth, whole.depth[some])


# depth and turned heads


def test_a_nose_stands_nearer_than_the_ears():
    depth = draw(expression()).depth
    assert depth.shape == (8, 68)
    assert depth.dtype == np.float32
    assert (depth[:, 30] > depth[:, [27, 36, 45, 48, 54, 8]].max(1)).all()
    assert (depth[:, [0, 16]].max(1) < depth[:, [36, 45]].min(1)).all()


def test_depth_grows_with_the_picture():
    small, large = draw(expression(), 32).depth, draw(expression(), 128).depth
    np.testing.assert_allclose(large, 4 * small, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("axis", "coordinate", "sign"), [(0, 0, 1), (1, 1, 1)])
def test_depth_is_how_points_move_when_the_head_turns(axis, coordinate, sign):
    """Where a head turns by an angle, a point moves sideways by the angle times its depth; the crop only shifts,
    turns and scales it beside that."""
    angle = np.zeros((len(PEOPLE), 3))
    angle[:, axis] = 2.0
    still = np.zeros((len(PEOPLE), 17))
    before, after = (draw_faces(PEOPLE, still, size=256, scene=PEOPLE, turn=turn) for turn in (-angle / 2, angle / 2))
    middle = draw_faces(PEOPLE, still, size=256, scene=PEOPLE)
    for face in range(len(PEOPLE)):
        x, y = middle.landmarks[face].T
        known = np.stack([np.ones(68), x, y, middle.depth[face]], 1)
        moved = (after.landmarks - before.landmarks)[face, :, coordinate]
        answer, *_ = np.linalg.lstsq(known, moved, rcond=None)
        assert sign * answer[3] == pytest.approx(np.radians(2), rel=0.15)
        assert np.abs(known @ answer - moved).max() < 0.35


def test_a_turned_head_stays_in_its_crop_and_scene():
    still, turn = np.zeros((2, 17)), [[0, 0, 0], [4, -3, 2]]
    faces = draw_faces([3, 3], still, size=64, scene=[5, 5], turn=turn)
    eyes = faces.landmarks[:, [36, 39, 42, 45]].mean(1)
    np.testing.assert_allclose(eyes[1], eyes[0], atol=1e-3)
    np.testing.assert_allclose(faces.pose[1, :2] - faces.pose[0, :2], [4, -3], atol=1e-4)
    np.testing.assert_array_equal(faces.images[0, :6, :6], faces.images[1, :6, :6])
    assert (faces.images[0] != faces.images[1]).mean() > 0.1


@pytest.mark.parametrize(
    ("aus", "turn", "words"),
    [
        (np.zeros((2, 33)), None, "aus"),
        (np.full((2, 34), 1.5), None, r"\[0, 1\]"),
        (np.zeros((2, 34)), [[0, 0]], "turn"),
    ],
)
def test_wrong_arguments_are_named(aus, turn, words):
    with pytest.raises(ValueError, match=words):
        draw_faces([0, 1], aus, turn=turn)
