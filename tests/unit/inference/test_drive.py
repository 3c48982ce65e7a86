"""What a driver does, apart from who it is and where its head goes."""

import math

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.core.errors import FaceError
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.geometry.similarity import apply, similarity
from mienkit.inference.drive import Seen, drive_of

FACE = 200 * np.asarray(MEAN_SHAPE)
MOUTH = slice(48, 68)


def units(smile: float, rest: float = 0.1) -> torch.Tensor:
    shown = torch.full((NUM_AUS,), rest)
    shown[AU_INDEX["AU12"]] += smile
    return shown


def opened(by: float) -> np.ndarray:
    face = FACE.copy()
    face[MOUTH, 1] += by
    return face


def clip(length: int = 20, roll: float = 0.0) -> list[Seen]:
    """A mouth that drops by up to 10 pixels while the head, held aside or not, moves, turns and comes nearer."""
    seen = []
    for number in range(length):
        share = number / (length - 1)
        head = similarity(1 + 0.2 * share, roll + 0.3 * share, np.array([30.0 * share, -10 * share]))
        seen.append(Seen(time=number / 25, aus=units(0.8 * share), landmarks=apply(head, opened(10 * share))))
    return seen


def test_units_count_from_the_drivers_own_rest():
    drive = drive_of(clip())
    assert drive.aus[0, AU_INDEX["AU12"]].item() == pytest.approx(0, abs=0.05)
    assert drive.aus[-1, AU_INDEX["AU12"]].item() == pytest.approx(0.8, abs=0.05)
    assert drive.aus[:, AU_INDEX["AU4"]].abs().max() < 1e-6


def test_movements_of_the_head_are_taken_off():
    drive, width = drive_of(clip()), np.linalg.norm(FACE[45] - FACE[36])
    assert drive.landmarks[:, :48].abs().max() < 0.005
    down = drive.landmarks[-1, MOUTH, 1]
    assert down.mean().item() == pytest.approx(10 / width, rel=0.1)


def test_a_head_that_is_held_aside_drives_as_an_upright_one_does():
    upright, aside = drive_of(clip()), drive_of(clip(roll=0.6))
    assert torch.allclose(aside.landmarks, upright.landmarks, atol=1e-4)


def test_a_blink_is_no_reason_to_be_far_from_rest():
    seen = clip()
    shut = units(0)
    shut[AU_INDEX["AU45"]] = 1
    seen[0] = Seen(time=0.0, aus=shut, landmarks=FACE)
    assert drive_of(seen).aus[-1, AU_INDEX["AU12"]].item() == pytest.approx(0.8, abs=0.07)


def test_where_no_face_is_seen_the_last_one_counts():
    seen = clip()
    seen[0] = Seen(time=0.0)
    seen[10] = Seen(time=10 / 25)
    drive = drive_of(seen)
    assert drive.unseen == 2
    assert len(drive) == len(drive.times) == len(seen)
    assert torch.equal(drive.aus[10], drive.aus[9])
    assert torch.equal(drive.aus[0], drive.aus[1])


def test_a_film_without_a_face_drives_nobody():
    with pytest.raises(FaceError, match="a face in 0 of 3 frames, and 3 are needed"):
        drive_of([Seen(time=number / 25) for number in range(3)])


def test_all_is_finite():
    drive = drive_of(clip(3))
    assert math.isfinite(drive.landmarks.sum())
