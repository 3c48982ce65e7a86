import pytest

from mienkit.core.errors import DataError
from mienkit.data.sequence import reversed_sequence, rising_emotion, rising_part


@pytest.mark.parametrize(("length", "kept"), [(0, 0), (1, 1), (2, 1), (7, 4), (8, 4)])
def test_a_rise_is_the_first_half_with_the_middle_frame(length, kept):
    assert rising_part(list(range(length))) == list(range(kept))


def test_a_rise_is_neutral_then_unknown_then_the_emotion():
    assert [rising_emotion(number, 5 - number, "fear") for number in range(6)] == [
        "neutral",
        None,
        None,
        "fear",
        "fear",
        "fear",
    ]


def clip(make_row, numbers):
    return [make_row(number, sequence="s", frame=number, emotion=f"e{number}") for number in numbers]


def test_a_reversed_clip_runs_from_apex_to_neutral_under_another_name(make_row):
    turned = reversed_sequence(clip(make_row, [2, 3, 5, 9]))
    assert [one.frame for one in turned] == [2, 6, 8, 9]
    assert [one.emotion for one in turned] == ["e9", "e5", "e3", "e2"]
    assert {one.sequence for one in turned} == {"s reversed"}
    assert [one.source_id for one in turned] == [f"face-{number} reversed" for number in (9, 5, 3, 2)]
    assert [one.image for one in turned] == [one.image for one in clip(make_row, [9, 5, 3, 2])]


def test_reversing_twice_gives_the_order_back(make_row):
    frames = clip(make_row, [0, 1, 4])
    again = reversed_sequence(reversed_sequence(frames))
    assert [(one.frame, one.emotion) for one in again] == [(one.frame, one.emotion) for one in frames]


def test_nothing_reversed_is_nothing():
    assert reversed_sequence([]) == []


@pytest.mark.parametrize("changes", [{"sequence": "other"}, {"sequence": None}, {"frame": None}])
def test_only_one_numbered_sequence_can_be_reversed(changes, make_row):
    frames = [*clip(make_row, [0, 1]), make_row(2, **{"sequence": "s", "frame": 2, **changes})]
    with pytest.raises(DataError, match="frames of one sequence"):
        reversed_sequence(frames)
