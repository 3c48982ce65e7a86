"""Pictures of rendered heads, with the real head model."""

from dataclasses import replace

import numpy as np
import pytest
from real_head import real_model as real_model

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.morphable.bust import Matter, load_bust
from mienkit.morphable.camera import Angles, pose_of_angles
from mienkit.morphable.head import HeadModel
from mienkit.morphable.lamp import FOCUS, roll_lighting, shine
from mienkit.morphable.looks import CUTS, roll_looks
from mienkit.morphable.raster import Raster, rasterise
from mienkit.morphable.skylight import load_skylight
from mienkit.morphable.studio import Rendered, Scene, Sitter, frame, place_bust, render, roll_scene, seat

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


@pytest.mark.parametrize("number", [19, 22, 41])
def test_shut_lids_hide_whosoever_eyes(real_model: HeadModel, number: int) -> None:
    place, aus, bust = straight(), np.zeros(NUM_AUS, np.float32), load_bust()
    person = seat(roll_looks(number), SIZE)
    aus[ACTION_UNITS.index("AU45")] = 1
    shot = frame(person, place, aus, upright)
    _, points = place_bust(bust, person, place, aus, shot)
    seen = rasterise(points, bust.triangles, 2 * SIZE, 2 * SIZE).triangle
    matter = bust.matter[seen[seen >= 0]]
    assert np.isin(matter, (Matter.LEFT_EYE, Matter.RIGHT_EYE)).sum() < 14


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


def test_light_on_a_head_is_what_each_direction_sends(real_model: HeadModel) -> None:
    sky, lighting = load_skylight(), roll_lighting(np.random.default_rng(3))
    turning = pose_of_angles(Angles(20, -10, 5), 1, np.zeros(2)).matrix.astype(np.float32)
    directions = sky.directions @ turning.T
    colours = lighting.below + (0.5 + 0.5 * directions[:, 1:2]) * (lighting.above - lighting.below)
    focus = np.exp(FOCUS * (directions @ lighting.lamps[:, :3].T - 1))
    daylight = shine(sky, lighting, turning)
    assert daylight.ambient == pytest.approx(sky.received @ colours, abs=1e-4)
    assert daylight.shares == pytest.approx(sky.seen @ (focus / focus.sum(0)), abs=0.01)


def test_only_lids_that_move_see_other_light(real_model: HeadModel) -> None:
    daylight = shine(load_skylight(), roll_lighting(np.random.default_rng(4)), np.eye(3, dtype=np.float32))
    at_rest, shut = daylight.on({}), daylight.on({"eyeBlink_L": 1.0})
    changed = np.flatnonzero((at_rest[0] != shut[0]).any(1))
    assert 0 < len(changed) <= len(load_skylight().movers[0].vertices)
    assert np.isin(changed, load_skylight().movers[0].vertices).all()


def test_skin_under_hair_is_left_out_and_what_lies_before_it_is_not(real_model: HeadModel) -> None:
    person, scene = seat(replace(roll_looks(11), cut="long"), SIZE), straight()
    shot = frame(person, scene, np.zeros(NUM_AUS, np.float32), upright)
    assert shot.hair is not None
    nothing = np.zeros(shot.hair.depth.shape, np.int32)
    behind = Raster(np.zeros((1, 3), np.int32), nothing, shot.hair.depth - 1, np.zeros((*nothing.shape, 2), np.float32))
    before = replace(behind, depth=shot.hair.depth + 1)
    assert (shot.hair.hidden(behind) < 0).mean() > 0.1
    assert (shot.hair.hidden(before) == 0).all()
    result = np.zeros((*nothing.shape, 3), np.float32)
    shot.hair.cover(before, result)
    assert not result.any()
    shot.hair.cover(behind, result)
    assert result.any()


def test_ears_lie_close_only_under_long_hair(real_model: HeadModel) -> None:
    short, long = (seat(replace(roll_looks(11), cut=cut), SIZE).shape for cut in ("short", "long"))
    narrower = np.abs(short[:, 0]) - np.abs(long[:, 0])
    assert narrower.min() >= 0
    assert narrower.max() > 1
    assert not narrower[real_model.landmarks68[17:]].any()


def test_what_a_head_sees_of_the_sky(real_model: HeadModel) -> None:
    sky, landmarks = load_skylight(), real_model.landmarks68
    bust, total = load_bust(), load_skylight().received.sum(1)
    assert total[landmarks[30]] > 0.8
    assert total[bust.mouth].mean() < 0.3
    assert 0 <= sky.seen.min() <= sky.seen.max() <= 1.0001
    assert len(bust.matter) == len(bust.triangles)
