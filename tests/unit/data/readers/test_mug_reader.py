"""MUG: clips from neutral to an apex and back, in folders of two depths."""

from collections import Counter

import pytest

from layouts import make_mug, write_pictures
from mienkit.core.errors import DataError
from mienkit.data.reader import open_reader


@pytest.fixture
def place(tmp_path):
    make_mug(tmp_path)
    return tmp_path


def read(folder, **settings):
    return list(open_reader("mug", folder, settings).samples())


def test_clips_are_cut_at_their_middle(place):
    assert Counter(one.sequence for one in read(place)) == {
        "mug-subjects3/001/anger/take000": 4,
        "mug-subjects3/001/anger/take001nsg": 4,
        "mug-subjects3/001/neutral/take000": 4,
        "mug-subjects3/002/002/happiness/take000end": 4,
        "mug-subjects3/052/session0/surprise/take005": 4,
    }


def test_doubled_and_session_folders_give_the_person(place):
    samples = read(place)
    assert len(samples) == len(open_reader("mug", place)) == 20
    assert Counter(one.subject for one in samples) == {"mug-001": 12, "mug-002": 4, "mug-052": 4}
    assert {one.split for one in samples} == {None}


def test_frames_rise_from_neutral_to_the_emotion(place):
    clip = [one for one in read(place) if "surprise" in one.source_id]
    assert [(one.frame, one.emotion) for one in clip] == [
        (0, "neutral"),
        (1, "surprise"),
        (2, "surprise"),
        (3, "surprise"),
    ]


def test_every_frame_of_a_neutral_clip_is_neutral(place):
    assert [one.emotion for one in read(place) if "neutral" in one.source_id] == ["neutral"] * 4


def test_whole_clips_are_unlabelled_after_the_apex(place):
    clip = [one for one in read(place, frames="all") if "take001nsg" in one.source_id]
    assert [one.emotion for one in clip] == ["neutral", *["anger"] * 3, None, None, None, None]


def test_takes_with_an_ending_may_be_left_out(place):
    reader = open_reader("mug", place, {"takes": "plain"})
    assert len(list(reader.samples())) == 12
    assert reader.left_out.counts["take ends in 'nsg'"] == 1
    assert reader.left_out.counts["take ends in 'end'"] == 1


def test_strange_folders_and_names_are_told(place):
    reader = open_reader("mug", place)
    list(reader.samples())
    assert reader.left_out.examples == {
        "name is not a frame's": ["subjects3/001/anger/take000/contact.jpg"],
        "folder is not MUG's": ["subjects3/001/still/take000"],
    }


@pytest.mark.parametrize(("inside", "people"), [("subjects3", 3), ("subjects3/001", 1), ("subjects3/002/002", 1)])
def test_a_folder_inside_the_set_may_be_given(inside, people, place):
    subjects = {one.subject for one in read(place / inside)}
    assert len(subjects) == people
    assert subjects <= {"mug-001", "mug-002", "mug-052"}


def test_a_folder_that_does_not_tell_the_person_is_refused(place):
    with pytest.raises(DataError, match="holds no clips of MUG"):
        read(place / "subjects3" / "001" / "anger")


def test_a_folder_named_by_three_digits_is_no_person(tmp_path):
    write_pictures(tmp_path, ["123/001/fear/take000/img_0000.jpg"])
    assert [one.subject for one in read(tmp_path / "123")] == ["mug-001"]
