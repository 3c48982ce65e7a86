"""A face steadied through a clip."""

import numpy as np
import pytest
import torch
from fake_meter import plain_landmarks

from mienkit.core.task import Reading
from mienkit.face.align import Alignment, align_landmarks
from mienkit.face.detector import Box
from mienkit.face.find import Face
from mienkit.face.steady import CENTRE, LOST, SHOWN, OneEuro, SteadyFace, moved, offset
from mienkit.geometry.similarity import compose, similarity

FPS = 24.0
SIDE = 256
BOX = Box(0, 0, SIDE, SIDE, 1.0)


def face_at(x: float = 0.0, y: float = 0.0, *, scale: float = 1.0, angle: float = 0.0, smile: float = 0.2) -> Face:
    """A face that went so far from where it fits the template."""
    turn = similarity(scale, angle, np.zeros(2))[:, :2]
    landmarks = (plain_landmarks() - SIDE / 2) @ turn.T + SIDE / 2 + (x, y)
    aus = torch.full((1, 17), smile)
    reading = Reading(
        landmarks=torch.zeros(1, 68, 2), aus=aus, emotions=torch.full((1, 8), 1 / 8), pose=torch.zeros(1, 3)
    )
    return Face(align_landmarks(landmarks), landmarks, reading, BOX)


def middle(face: Face) -> np.ndarray:
    return face.alignment.to_photo(np.full(2, SIDE / 2))


def test_a_still_face_stays_where_it_is():
    steady = SteadyFace()
    for number in range(10):
        face = steady.follow(face_at(3, 4, angle=0.1), number / FPS)
    np.testing.assert_allclose(face.alignment.matrix, face_at(3, 4, angle=0.1).alignment.matrix, atol=1e-9)
    np.testing.assert_allclose(face.landmarks, face_at(3, 4, angle=0.1).landmarks, atol=1e-9)
    torch.testing.assert_close(face.reading.aus, torch.full((1, 17), 0.2))


@pytest.mark.parametrize("speed", [1.0, 5.0])
def test_a_pan_lags_as_the_filter_says(speed):
    steady = SteadyFace()
    for number in range(100):
        face = steady.follow(face_at(speed * number), number / FPS)
    lag = (middle(face_at(speed * 99)) - middle(face))[0] / SIDE
    pace = speed * FPS / SIDE
    assert lag == pytest.approx(pace / (2 * np.pi * (CENTRE[0] + CENTRE[1] * pace)), rel=0.01)
    assert lag < 0.005


def test_jitter_is_less_than_half_and_its_steps_less_than_a_third():
    dice, steady = np.random.default_rng(0), SteadyFace()
    raw, smooth = [], []
    for number in range(300):
        face = face_at(*dice.normal(0, 0.15, 2), angle=dice.normal(0, 0.003), smile=0.2 + dice.normal(0, 0.015))
        steadied = steady.follow(face, number / FPS)
        for row, one in ((raw, face), (smooth, steadied)):
            row.append([*middle(one), 128 * offset(raw_place(), one.alignment)[3], 10 * one.reading.aus[0, 0]])
    raw, smooth = np.array(raw[50:]), np.array(smooth[50:])
    assert (smooth.std(0) < 0.5 * raw.std(0)).all()
    assert (np.abs(np.diff(smooth, axis=0)).mean(0) < 0.33 * np.abs(np.diff(raw, axis=0)).mean(0)).all()


def raw_place() -> Alignment:
    return face_at().alignment


def test_a_head_that_starts_to_move_is_followed():
    steady = SteadyFace()
    worst = 0.0
    for number in range(48):
        x = max(0, number - 24) * 5.0
        worst = max(worst, x - (middle(steady.follow(face_at(x), number / FPS)) - middle(face_at()))[0])
    assert worst < 0.015 * SIDE


def test_a_smile_is_followed():
    steady = SteadyFace()
    for number in range(24):
        face = steady.follow(face_at(smile=number / 24), number / FPS)
    assert 23 / 24 - float(face.reading.aus[0, 0]) < 1 / (2 * np.pi * SHOWN[1])


@pytest.mark.parametrize("far", [{"x": 80}, {"scale": 1.4}, {"angle": 0.4}])
def test_after_a_jump_nothing_of_the_past_counts(far):
    steady = SteadyFace()
    steady.follow(face_at(), 0)
    there = face_at(**far, smile=0.9)
    assert steady.follow(there, 1 / FPS) is there


def test_after_a_gap_nothing_of_the_past_counts():
    steady = SteadyFace()
    steady.follow(face_at(), 0)
    later = face_at(2, smile=0.9)
    assert steady.follow(later, LOST + 0.01) is later
    assert steady.follow(face_at(), LOST + 0.1) is not later


def test_time_only_goes_on():
    steady = SteadyFace()
    steady.follow(face_at(), 1)
    with pytest.raises(ValueError, match="cannot follow"):
        steady.follow(face_at(), 1)


def test_the_landmarks_move_with_the_crop():
    steady = SteadyFace()
    for number in range(5):
        face = steady.follow(face_at(3.0 * number), number / FPS)
    still = plain_landmarks()
    np.testing.assert_allclose(face.alignment.to_crop(face.landmarks), raw_place().to_crop(still), atol=1e-6)


def test_a_crop_is_found_where_its_offset_says():
    origin = Alignment(similarity(0.8, 0.2, np.array([5.0, -7.0])), SIDE)
    place = Alignment(compose(similarity(1.1, -0.05, np.array([3.0, 4.0])), origin.matrix), SIDE)
    np.testing.assert_allclose(moved(origin, offset(origin, place)).matrix, place.matrix, atol=1e-9)
    assert offset(origin, place)[2] == pytest.approx(-np.log(1.1))


def test_a_faster_value_has_more_weight():
    slow, fast = (OneEuro(CENTRE).weight(np.array([change]), 1 / FPS)[0] for change in (0.001, 0.1))
    assert 0 < slow < fast < 1
