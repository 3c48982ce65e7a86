"""Drawn clips: exact curves that rest, rise, hold and fall, with sides, blinks and names."""

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, MIDDLE_UNITS, SIDED_UNITS, mean_of_sides
from mienkit.core.emotion import EMOTIONS, PROTOTYPES, emotion_sides
from mienkit.core.errors import UnknownNameError
from mienkit.data.drawn import CLIP_KINDS, Motion, move_faces
from mienkit.data.drawn.motion import LOPSIDED, ease

CLIPS = np.arange(280)
FAST = 250.0
"""Frames in a second that show how long a blink takes."""
BLINK = AU_INDEX["AU45"]
CONTEMPT = EMOTIONS.index("contempt")


def expression(motion: Motion) -> np.ndarray:
    """Both halves without blinks, (N, F, 17, 2)."""
    sides = motion.sides.reshape(*motion.sides.shape[:2], -1, 2).copy()
    sides[:, :, BLINK] = 0
    return sides


def strength(motion: Motion) -> np.ndarray:
    """How much the whole face shows beside blinks, (N, F)."""
    return expression(motion).sum((2, 3))


def blinks(motion: Motion) -> np.ndarray:
    """How far the eyes are shut, (N, F)."""
    return motion.sides[:, :, SIDED_UNITS.index("AU45_L")]


def reached(motion: Motion, share: float) -> np.ndarray:
    """The frame in which each clip has gone a share of its way, (N,)."""
    whole = strength(motion)
    return (whole >= share * whole.max(1, keepdims=True)).argmax(1)


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_a_clip_depends_on_its_number_alone(kind):
    some = np.asarray([31, 7, 7, 100])
    whole, part = move_faces(CLIPS, kind=kind, sway=2), move_faces(some, kind=kind, sway=2)
    for name in ("sides", "emotion", "shown", "turn"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[some])
    assert (move_faces(some, seed=1, kind=kind).sides != part.sides).any()


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_every_curve_starts_at_rest(kind):
    assert (move_faces(CLIPS, kind=kind).sides[:, 0] == 0).all()


def test_whole_clips_end_at_rest_and_rises_at_the_apex():
    assert np.abs(move_faces(CLIPS, kind="whole").sides[:, -1]).max() < 1e-6
    rise = expression(move_faces(CLIPS, kind="rise"))
    np.testing.assert_array_equal(rise[:, -1], rise.max(1))


def test_a_rise_never_falls_beside_its_blinks():
    assert np.diff(expression(move_faces(CLIPS, kind="rise")), axis=1).min() > -1e-6


def test_a_whole_clip_rises_holds_and_falls():
    curves = expression(move_faces(CLIPS, kind="whole", frames=64))
    apex = curves.max(1, keepdims=True)
    held = np.all(curves == apex, axis=(2, 3))
    first, last = held.argmax(1), held.shape[1] - 1 - held[:, ::-1].argmax(1)
    assert (last - first >= 8).all()
    for curve, start, end in zip(curves, first, last, strict=True):
        assert np.diff(curve[: start + 1], axis=0).min() > -1e-6
        assert np.diff(curve[end:], axis=0).max() < 1e-6


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_the_shortest_clip_reaches_its_apex(kind):
    motion = move_faces(CLIPS, kind=kind, frames=8)
    assert (motion.shown == motion.emotion[:, None]).any(1).all()


def test_both_kinds_of_a_clip_show_the_same_expression():
    rise, whole = (expression(move_faces(CLIPS, kind=kind, frames=64)).max(1) for kind in ("rise", "whole"))
    np.testing.assert_allclose(rise, whole, atol=1e-6)


def test_emotions_come_in_turn():
    motion = move_faces(np.arange(14))
    assert [EMOTIONS[index] for index in motion.emotion] == [*EMOTIONS[1:], *EMOTIONS[1:]]


def test_the_apex_is_the_emotions_prototype_at_about_half_to_full_intensity():
    motion = move_faces(CLIPS, kind="rise")
    for clip, index in zip(expression(motion), motion.emotion, strict=True):
        whole = emotion_sides(EMOTIONS[index]).numpy()
        apex = clip[-1].ravel()
        assert 0.4 < apex @ whole / (whole @ whole) < 1.1
        assert apex @ whole / (np.linalg.norm(apex) * np.linalg.norm(whole)) > 0.85


def test_units_take_part_by_chance_and_differ_in_strength():
    motion = move_faces(np.arange(0, 7 * 200, 7) + EMOTIONS.index("fear") - 1)
    apex = mean_of_sides(torch.from_numpy(motion.sides[:, -1])).numpy()
    minor = apex[:, AU_INDEX["AU2"]]
    assert set(motion.emotion) == {EMOTIONS.index("fear")}
    assert 0.03 < (minor == 0).mean() < 0.3
    strays = [AU_INDEX[name] for name in ACTION_UNITS if name not in PROTOTYPES["fear"] and name != "AU45"]
    assert 0.05 < (apex[:, strays] > 0).any(1).mean() < 0.7
    assert apex[:, strays].max() < 0.2
    assert (apex[:, AU_INDEX["AU1"]] / apex[:, AU_INDEX["AU5"]]).std() > 0.03


# time


def test_speeds_differ_between_clips():
    motion = move_faces(CLIPS, kind="rise", frames=128)
    duration = reached(motion, 0.9) - reached(motion, 0.1)
    assert duration.max() > 1.6 * duration.min()
    assert duration.std() > 0.1 * duration.mean()


def test_units_of_a_face_start_and_arrive_one_after_the_other():
    curves = expression(move_faces(CLIPS, kind="rise", frames=256))
    share = curves / np.maximum(curves[:, -1:], 1e-6)
    shown = curves[:, -1] > 0.2
    arrival = np.where(shown, (share > 0.5).argmax(1), -1)
    spread = [np.ptp(one[one >= 0]) for one in arrival]
    assert np.median(spread) > 4


def test_expressions_rise_faster_than_they_fall():
    motion = move_faces(CLIPS, kind="whole", frames=128)
    whole = strength(motion)
    above = (whole > 0.1 * whole.max(1, keepdims=True)) & (whole < 0.9 * whole.max(1, keepdims=True))
    middle = reached(motion, 0.999)
    before = np.arange(128) < middle[:, None]
    rising, falling = (above & before).sum(1), (above & ~before).sum(1)
    assert (rising < falling).mean() > 0.85
    assert rising.mean() < 0.9 * falling.mean()


def test_movements_are_smooth():
    """Neither the curve nor its speed has a step: both change little between close instants."""
    curves = expression(move_faces(CLIPS[:70], kind="whole", frames=1000))
    assert np.abs(np.diff(curves, axis=1)).max() < 0.02
    assert np.abs(np.diff(curves, n=2, axis=1)).max() < 0.001


def test_easing_is_the_movement_of_least_jerk():
    # 10 x^3 - 15 x^4 + 6 x^5
    assert ease(torch.tensor([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0])).tolist() == pytest.approx(
        [0, 0, 0.103515625, 0.5, 0.896484375, 1, 1]
    )


# sides


def test_sides_differ_by_at_most_what_is_said_and_either_may_be_weaker():
    motion = move_faces(CLIPS, kind="rise")
    left, right = expression(motion)[motion.emotion != CONTEMPT, -1].transpose(2, 0, 1)
    weaker = 1 - np.minimum(left, right) / np.maximum(np.maximum(left, right), 1e-6)
    shown = np.maximum(left, right) > 0.2
    assert weaker[shown].max() <= LOPSIDED + 1e-5
    assert weaker[shown].max() > 0.2
    assert np.median(weaker[shown]) < 0.1
    assert 0.35 < (left[shown] < right[shown]).mean() < 0.65


def test_one_side_may_come_later():
    curves = expression(move_faces(CLIPS[CLIPS % 7 != CONTEMPT - 1], kind="rise", frames=256))
    share = curves[:, :, AU_INDEX["AU4"]] / np.maximum(curves[:, -1:, AU_INDEX["AU4"]], 1e-6)
    shown = (curves[:, -1, AU_INDEX["AU4"]] > 0.2).all(1)
    half = (share[shown] > 0.5).argmax(1).astype(int)
    late = half[:, 0] - half[:, 1]
    assert late.min() < -4
    assert late.max() > 4


def test_contempt_is_one_sided():
    motion = move_faces(CLIPS)
    apex = expression(motion)[motion.emotion == CONTEMPT, -1, AU_INDEX["AU14"]]
    assert (apex[:, 0] > 0.35).all()
    assert (apex[:, 1] == 0).all()


@pytest.mark.parametrize("unit", sorted(MIDDLE_UNITS))
def test_chin_and_jaw_have_no_sides(unit):
    curve = expression(move_faces(CLIPS, kind="whole"))[:, :, AU_INDEX[unit]]
    assert curve.max() > 0.3
    np.testing.assert_array_equal(curve[..., 0], curve[..., 1])


# blinks


def test_blinks_take_as_long_as_they_should():
    shut = blinks(move_faces(CLIPS, kind="whole", frames=500, fps=FAST))
    lengths = []
    for curve in shut:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (curve > 0.002).astype(int), [0]])))
        for start, end in edges.reshape(-1, 2):
            top = start + curve[start:end].argmax()
            lengths.append(((top - start) / FAST, (end - start) / FAST))
            assert 0.84 < curve[top] <= 1
    closing, whole = np.asarray(lengths).T
    assert len(lengths) > 100
    assert closing.min() > 0.07
    assert closing.max() < 0.2
    assert whole.min() > 0.2
    assert whole.max() < 0.45


@pytest.mark.parametrize(("fps", "frames", "most"), [(25, 32, 2), (25, 20, 1), (25, 8, 0), (60, 300, 2)])
def test_as_many_whole_blinks_as_fit_happen(fps, frames, most):
    shut = blinks(move_faces(CLIPS, frames=frames, fps=fps))
    assert np.abs(shut[:, [0, -1]]).max() < 1e-6
    count = (np.diff((shut > 0.35).astype(int), axis=1) > 0).sum(1)
    assert set(count) == set(range(most + 1))


def test_blinks_happen_at_rest_and_during_the_expression():
    motion = move_faces(CLIPS, kind="whole")
    closed = blinks(motion) > 0.5
    assert {0, -1} <= set(motion.shown[closed])
    assert (motion.shown[closed] > 0).any()


# names and heads


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_frames_are_named_at_rest_and_near_the_apex(kind):
    motion = move_faces(CLIPS, kind=kind)
    whole, top = expression(motion).max((2, 3)), expression(motion).mean(3).max((1, 2))
    for clip, emotion in enumerate(motion.emotion):
        shown = motion.shown[clip]
        assert set(shown) == {0, -1, emotion}
        assert shown[0] == 0
        assert expression(motion)[clip, shown == 0].mean(2).max() <= 0.02
        assert whole[clip, shown == emotion].min() > 0.7 * top[clip]


def test_heads_keep_still_unless_they_may_sway():
    assert (move_faces(CLIPS).turn == 0).all()
    turn = move_faces(CLIPS, sway=2, frames=250).turn
    assert (turn[:, 0] == 0).all()
    assert np.abs(turn).max() <= 2
    assert np.abs(turn).max() > 1
    assert np.abs(np.diff(turn, axis=1)).max() < 0.3


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"kind": "whol"}, UnknownNameError, "did you mean 'whole'"),
        ({"frames": 7}, ValueError, "at least 8 frames, not 7"),
    ],
)
def test_wrong_wishes_are_named(how, error, words):
    with pytest.raises(error, match=words):
        move_faces(CLIPS, **how)
