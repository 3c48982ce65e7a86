"""The snap and the seal: landmarks are met, lips close, the rest of the head stays."""

import numpy as np
import pytest
from real_head import real_model as real_model
from tiny_head import tiny_head

from mienkit.morphable.camera import Angles, pose_of_angles, project
from mienkit.morphable.correspondence import LIP_PAIRS, RIGHT_IRIS, Correspondence, load_correspondence
from mienkit.morphable.head import HeadModel
from mienkit.morphable.snap import laplacian, load_plate, seal_lips

POSE = pose_of_angles(Angles(10.0, 0.0, -6.0), 12.0, np.array([200.0, 200.0]))


def test_a_laplacian_sees_nothing_in_a_shift():
    model = tiny_head()
    shift = np.ones(len(model.neutral))
    assert laplacian(model, np.arange(len(model.neutral))) @ shift == pytest.approx(0 * shift, abs=1e-9)


def test_landmarks_that_move_together_shift_the_head():
    model = tiny_head()
    vertices = np.repeat(np.arange(60)[:, None], 3, 1).astype(np.int32)
    shares = np.tile(np.array([1, 0, 0], np.float32), (60, 1))
    table = Correspondence(vertices, shares, np.full(60, 0.01, np.float32), tuple(range(400, 460)))
    moved = load_plate(model, table).displace(np.tile([3.0, -2.0], (60, 1)))
    assert moved.shape == (len(model.neutral), 2)
    assert moved == pytest.approx(np.tile([3.0, -2.0], (len(moved), 1)), rel=0.1)


@pytest.mark.parametrize("count", [478, 68])
def test_landmarks_are_met_and_what_is_far_away_stays(real_model: HeadModel, count: int):
    table = load_correspondence(count)
    off = np.zeros((count, 2))
    mouth = table.rows((61, 291))
    off[mouth] = (0, -5)
    plate = load_plate(real_model, table)
    moved = plate.displace(off)
    assert table.pick(moved)[mouth, 1] == pytest.approx(-5, abs=2.5)
    brows = table.rows((105, 334))
    assert np.abs(table.pick(moved)[brows]).max() < 0.3


def test_eyeballs_follow_their_irises_as_one(real_model: HeadModel):
    table = load_correspondence()
    off = np.zeros((478, 2))
    off[list(RIGHT_IRIS)] = (2, 1)
    moved = load_plate(real_model, table).displace(off)
    assert (moved[real_model.part("right_sclera")] == (2, 1)).all()
    assert (moved[real_model.part("left_iris")] == 0).all()


def gaps(points: np.ndarray) -> np.ndarray:
    table = load_correspondence()
    places = table.pick(points[:, :2].astype(np.float64))
    upper, lower = (places[[pair[side] for pair in LIP_PAIRS]] for side in (0, 1))
    along = np.radians(6)  # the roll
    return (lower - upper) @ (np.sin(along), np.cos(along))


def test_sealed_lips_meet_all_along(real_model: HeadModel):
    smile = np.zeros(57, np.float32)
    for name in ("mouthSmile_L", "mouthSmile_R", "mouthUpperUp_L", "mouthUpperUp_R"):
        smile[real_model.index(name)] = 0.6
    points = project(real_model.shape(None, smile), POSE)
    before = gaps(points).max()
    points[:, :2] += seal_lips(points, real_model)
    assert before > 5
    assert np.abs(gaps(points)).max() < 0.1 * before


def test_half_a_seal_closes_half_the_gap(real_model: HeadModel):
    points = project(real_model.neutral, POSE)
    before = gaps(points)
    points[:, :2] += seal_lips(points, real_model, 0.5)
    assert gaps(points) == pytest.approx(before / 2, abs=0.15)


def test_a_seal_leaves_the_eyes_alone(real_model: HeadModel):
    moved = seal_lips(project(real_model.neutral, POSE), real_model)
    table = load_correspondence()
    assert np.abs(table.pick(moved)[[33, 133, 159, 145, 105]]).max() < 0.1
    assert (moved[real_model.part("teeth")] == 0).all()
