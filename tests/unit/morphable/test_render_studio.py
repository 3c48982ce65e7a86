"""Pictures of rendered heads, with the real head model."""

from dataclasses import replace

import numpy as np
import pytest
from real_head import real_model as real_model

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.morphable.bust import load_bust
from mienkit.morphable.camera import Angles
from mienkit.morphable.head import HeadModel
from mienkit.morphable.looks import CUTS, roll_looks
from mienkit.morphable.skylight import load_skylight
from mienkit.morphable.studio import Rendered, Scene, Sitter, frame, render, roll_scene, seat

pytest.importorskip("numba")
SIZE = 64


def upright(landmarks: np.ndarray) -> np.ndarray:
    """Put the nose's bridge in the middle, without a turn; any alignment will do here."""
    scale = 0.3 / np.linalg.norm(landmarks[45] - landmarks[36])
    return np.column_stack([scale * np.eye(2), 0.5 - scale * landmarks[28]])


@pytest.fixture
def sitter(real_model: HeadModel) -> Sitter:
    return seat(replace(roll_looks(3), cut="shaved", beard=0.0), SIZE)


def straight(number: int = 1) -> Scene:
    return replace(roll_scene(number, SIZE), angles=Angles(0, 5, 0), gaze=(0.0, 0.0))


def picture(sitter: Sitter, *names: str, scene: Scene | None = None) -> Rendered:
    place = scene or straight()
    aus = np.zeros(NUM_AUS, np.float32)
    aus[[ACTION_UNITS.index(name) for name in names]] = 1
    return render(sitter, place, aus, frame(sitter, place, np.zeros(NUM_AUS, np.float32), upright))


def around(landmarks: np.ndarray, margin: float = 0) -> tuple[slice, slice]:
    left, top = np.floor(landmarks.min(0) - margin).astype(int)
    right, bottom = np.ceil(landmarks.max(0) + margin).astype(int)
    return slice(top, bottom + 1), slice(left, right + 1)


def test_the_same_seed_gives_the_same_picture(real_model: HeadModel) -> None:
    first, second = (picture(seat(roll_looks(5), SIZE), "AU12") for _ in range(2))
    assert np.array_equal(first.picture, second.picture)
    assert np.array_equal(first.landmarks, second.landmarks)


def test_the_alignment_is_met_and_the_pose_is_told(sitter: Sitter) -> None:
    shown = picture(sitter, scene=replace(straight(), angles=Angles(20, -8, 6)))
    assert shown.landmarks[28] == pytest.approx([SIZE / 2, SIZE / 2], abs=0.01)
    assert shown.angles == pytest.approx((20, -8, 6), abs=1e-3)


def test_a_shut_eye_hides_the_pupil(sitter: Sitter) -> None:
    open_, shut = picture(sitter), picture(sitter, "AU45")
    for eye in (open_.landmarks[36:42], open_.landmarks[42:48]):
        column, row = eye.mean(0).astype(int)
        assert shut.picture[row, column].mean() > 1.3 * open_.picture[row, column].mean()


def test_an_open_mouth_is_dark_inside(sitter: Sitter) -> None:
    shut, wide = picture(sitter), picture(sitter, "AU25", "AU26")
    mouth = around(wide.landmarks[60:68])
    assert wide.picture[mouth].min() < 0.6 * shut.picture[mouth].min()


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_every_unit_can_be_seen(sitter: Sitter, unit: str) -> None:
    calm, shown = picture(sitter), picture(sitter, unit)
    assert np.abs(calm.picture.astype(int) - shown.picture).max() > 20


def test_nothing_but_the_expression_changes_in_a_scene(sitter: Sitter) -> None:
    calm, shown = picture(sitter), picture(sitter, "AU12", "AU6")
    corners = np.s_[: SIZE // 8, : SIZE // 8]
    assert np.array_equal(calm.picture[corners], shown.picture[corners])


@pytest.mark.parametrize("cut", CUTS)
def test_every_cut_covers_the_crown(real_model: HeadModel, cut: str) -> None:
    person = replace(roll_looks(11), cut=cut)
    worn, bald = seat(person, SIZE), seat(replace(person, cut="shaved"), SIZE)
    tilted = replace(straight(), angles=Angles(0, 25, 0))
    difference = np.abs(picture(worn, scene=tilted).picture.astype(int) - picture(bald, scene=tilted).picture)
    assert (worn.wig is None) == (cut == "shaved")
    assert (difference.sum(2) > 30).mean() > 0.04 or cut == "shaved"


def test_what_a_head_sees_of_the_sky(real_model: HeadModel) -> None:
    sky, landmarks = load_skylight(), real_model.landmarks68
    bust, total = load_bust(), load_skylight().received.sum(1)
    assert total[landmarks[30]] > 0.8
    assert total[bust.mouth].mean() < 0.3
    assert 0 <= sky.seen.min() <= sky.seen.max() <= 1.0001
    assert len(bust.matter) == len(bust.triangles)
