"""The protocol photo-edit-40 on made judgements."""

from types import SimpleNamespace

import numpy as np
import pytest

from mienkit.core.action_unit import AU_INDEX
from mienkit.core.errors import TableError
from mienkit.evaluation.photo_edit import (
    CHANNELS,
    Look,
    Trial,
    asked_edits,
    channel_score,
    effect_of_units,
    judge_likeness,
    judge_unit,
    movement,
    yardstick,
)

YARDSTICK = np.zeros((17, 68, 2))
YARDSTICK[AU_INDEX["AU12"], 48] = [-0.03, -0.03]
YARDSTICK[AU_INDEX["AU12"], 54] = [0.03, -0.03]
YARDSTICK[AU_INDEX["AU12"], 8] = [0.0, 0.002]


def look(shift: float = 0.0, smile: float = 0.1, angle: float = 0.0) -> Look:
    landmarks = np.full((68, 2), 0.5) + shift * YARDSTICK[AU_INDEX["AU12"]]
    embedding = np.zeros(256, np.float32)
    embedding[:2] = np.cos(angle), np.sin(angle)
    return Look(landmarks=landmarks, channels=dict.fromkeys(CHANNELS, smile), embedding=embedding)


def trial(after: Look, asked: float = 1.0, before: Look | None = None, subject: int = 0) -> Trial:
    change = np.zeros(17, np.float32)
    change[AU_INDEX["AU12"]] = asked
    return Trial(subject=subject, before=before or look(), after=after, change=change)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_movement_is_the_share_of_the_yardstick(share):
    assert movement("AU12", trial(look(share)), YARDSTICK) == pytest.approx(share)


def test_half_of_the_change_asks_for_half_of_the_movement():
    assert movement("AU12", trial(look(0.5), asked=0.5), YARDSTICK) == pytest.approx(1)


def test_a_change_that_was_hardly_asked_for_is_not_judged():
    assert np.isnan(movement("AU12", trial(look(), asked=0.1), YARDSTICK))


def test_faces_that_smiled_already_do_not_count_for_the_rise():
    trials = [
        trial(look(1, 0.9), subject=0),
        trial(look(1, 0.95), before=look(smile=0.9), subject=1),
    ]
    result = judge_unit("AU12", trials, YARDSTICK)
    assert result.rise.value == pytest.approx(0.8)
    assert result.rise.count == 1
    assert result.movement.count == 2


def test_identity_is_the_cosine():
    result = judge_unit("AU12", [trial(look(angle=np.pi / 3))], YARDSTICK)
    assert result.identity.value == pytest.approx(0.5, abs=1e-6)


def test_left_and_right_channels_are_averaged():
    assert channel_score({"mouthSmileLeft": 0.2, "mouthSmileRight": 0.4}, "mouthSmile") == pytest.approx(0.3)
    assert channel_score({"jawOpen": 0.7}, "jawOpen") == 0.7


def test_likeness_is_the_median_cosine_at_both_intensities():
    half = [trial(look(angle=angle), subject=k) for k, angle in enumerate((0, np.pi / 3, np.pi / 2))]
    result = judge_likeness("AU12", half, half[:1])
    assert result.half.value == pytest.approx(0.5, abs=1e-6)
    assert (result.half.low, result.half.high) == pytest.approx((0, 1), abs=1e-6)
    assert (result.full.value, result.full.count) == (1, 1)


def test_every_unit_and_emotion_is_asked_for_at_half_and_full_intensity():
    edits = asked_edits()
    assert len(edits) == 2 * (17 + 7)
    assert edits["AU9", 0.5].aus == {"AU9": 0.5}
    assert edits["fear", 1.0].emotion == "fear"


def test_without_exact_changes_there_is_no_yardstick():
    faces = SimpleNamespace(pair=np.full(3, -1), landmarks=np.zeros((3, 68, 2)), aus=np.zeros((3, 17)), size=64)
    with pytest.raises(TableError, match=r"no exact changes; make some with `mien reexpress`"):
        yardstick(faces)


def test_a_unit_that_never_occurs_moves_nothing_and_one_that_seldom_does_is_held_back():
    """Of changes a = (1, -1, 1, -1) and effects 2 a the ridge of 1 gives a a * 2 / (a a + 1) = 8 / 5."""
    changes = np.zeros((4, 3))
    changes[:, 1] = 1, -1, 1, -1
    assert effect_of_units(changes, 2 * changes[:, [1]]) == pytest.approx(np.array([[0], [8 / 5], [0]]))


def test_landmarks_that_the_unit_hardly_moves_do_not_count():
    after = look(0.5)
    after.landmarks[8] += 0.5
    assert movement("AU12", trial(after), YARDSTICK) == pytest.approx(0.5)
