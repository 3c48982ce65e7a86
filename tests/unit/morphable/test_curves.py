"""Curves of landmarks: those that pictures of the same heads show, in a picture's axes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from real_head import real_model as real_model
from tiny_head import tiny_head

from mienkit.core.action_unit import AU_INDEX, NUM_AUS, SIDED_UNITS
from mienkit.core.errors import AssetError
from mienkit.morphable.camera import Angles
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.curves import CLOSE, blinks_of, head_curves, touching
from mienkit.morphable.head import EXPRESSION_NAMES, HeadModel, load_head_model
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.marked_head import MarkedHead, in_head, in_picture, load_marked_head
from mienkit.morphable.studio import blink_of, roll_scene, seat, shape_of

CORNERS, CHIN, NOSE_TIP, EARS = [48, 54], 8, 30, [0, 16]


def clip(people: int, **aus: float) -> np.ndarray:
    """Rise to some units, (people, 3, 17)."""
    apex = np.zeros(NUM_AUS, np.float32)
    for name, value in aus.items():
        apex[AU_INDEX[name]] = value
    return np.broadcast_to(np.array([0, 0.5, 1], np.float32)[:, None] * apex, (people, 3, NUM_AUS)).copy()


def test_axes_turn_from_the_heads_to_a_pictures_and_back() -> None:
    points = np.zeros((68, 3), np.float32)
    points[0], points[1] = (3, 2, 1), (-3, -2, -1)  # to the person's left, up and out of the face; and the opposite
    shape = in_picture(points)
    np.testing.assert_allclose(shape[0], np.array([3, -2, 1]) / np.sqrt(28), atol=1e-6)
    np.testing.assert_allclose(in_head(shape), points / np.sqrt(28), atol=1e-6)


def test_place_and_size_are_lost(real_model: HeadModel) -> None:
    points = load_marked_head().neutral
    np.testing.assert_allclose(in_picture(points), in_picture(1.3 * points + (4, 5, 6)), atol=1e-6)


def test_every_frame_is_a_preshape(real_model: HeadModel) -> None:
    curves = head_curves([1, 2], clip(2, AU26=1, AU25=1))
    assert curves.shape == (2, 3, 68, 3)
    np.testing.assert_allclose(curves.mean(2), 0, atol=1e-6)
    np.testing.assert_allclose(np.square(curves).sum((2, 3)), 1, atol=1e-5)


def test_a_smile_goes_up_and_out_a_jaw_down_and_the_nose_is_near(real_model: HeadModel) -> None:
    (smile,), (jaw,) = head_curves([5], clip(1, AU12=1)), head_curves([5], clip(1, AU25=1, AU26=1))
    right, left = (smile[2] - smile[0])[CORNERS]
    assert max(right[1], left[1]) < -0.005
    assert right[0] < -0.005
    assert left[0] > 0.005
    assert (jaw[2] - jaw[0])[CHIN, 1] > (jaw[2] - jaw[0])[NOSE_TIP, 1] + 0.02
    assert smile[0, NOSE_TIP, 2] > smile[0, EARS, 2].max() + 0.1


def test_one_half_can_move_alone(real_model: HeadModel) -> None:
    sides = np.zeros((1, 2, len(SIDED_UNITS)), np.float32)
    sides[0, 1, SIDED_UNITS.index("AU12_L")] = 1
    (curve,) = head_curves([5], sides)
    right, left = np.linalg.norm((curve[1] - curve[0])[CORNERS], axis=1)
    assert left > 5 * right


def test_halves_that_do_the_same_are_the_whole(real_model: HeadModel) -> None:
    whole = clip(2, AU1=1, AU6=0.5, AU20=0.7, AU45=1)
    np.testing.assert_allclose(head_curves([3, 4], whole), head_curves([3, 4], whole.repeat(2, -1)), atol=1e-6)


@pytest.mark.parametrize("aus", [{"AU12": 1, "AU6": 0.8}, {"AU45": 1}, {"AU25": 0.1}, {"AU17": 1, "AU15": 1}])
def test_a_curve_is_what_pictures_of_the_head_show(real_model: HeadModel, aus: dict[str, float]) -> None:
    pytest.importorskip("numba")
    sitter = seat(replace(roll_looks(19), cut="shaved"), 32)
    scene = replace(roll_scene(1, 32), angles=Angles(0, 0, 0), gaze=(0.0, 0.0))
    (curve,), units = head_curves([19], clip(1, **aus)), clip(1, **aus)[0]
    shown = [load_correspondence(68).pick(shape_of(sitter, scene, frame)) for frame in units]
    np.testing.assert_allclose(curve, in_picture(np.stack(shown)), atol=2e-5)


def test_everybody_shuts_the_lids_as_in_pictures(real_model: HeadModel) -> None:
    identity = np.stack([roll_looks(person).identity for person in (19, 22, 41)])
    wanted = [blink_of(real_model.shape(one), real_model) for one in identity]
    np.testing.assert_allclose(blinks_of(load_marked_head(), identity), wanted, atol=1e-4)
    assert max(wanted) > 1


def test_lips_touch_at_rest_and_those_that_overlap_stay(real_model: HeadModel) -> None:
    head, identity = load_marked_head(), np.stack([roll_looks(person).identity for person in range(30)])
    calm = np.zeros((30, len(EXPRESSION_NAMES)), np.float32)
    before, closed = head.lip_gap(identity, calm), touching(head, identity, calm, np.ones(30, np.float32))
    after = head.lip_gap(identity, closed)
    parted = before > 0
    assert 5 < parted.sum() < 30
    assert np.abs(after[parted]).max() < 0.02
    np.testing.assert_array_equal(closed[~parted], 0)
    assert (closed[parted, CLOSE] > 0).all()


@pytest.mark.parametrize("shape", [(2, 3, 16), (3, 3, 17), (2, 17)])
def test_units_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="2 people"):
        head_curves([1, 2], np.zeros(shape, np.float32))


def test_landmarks_of_another_head_are_not_guessed() -> None:
    with pytest.raises(ValueError, match="not known"):
        MarkedHead.of(tiny_head())


def test_without_the_head_model_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path))
    load_head_model.cache_clear()
    load_marked_head.cache_clear()
    with pytest.raises(AssetError, match="mien fetch ict-facekit"):
        head_curves([1], np.zeros((1, 2, 17), np.float32))
