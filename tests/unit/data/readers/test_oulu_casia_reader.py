"""Oulu-CASIA: clips from neutral to apex, told apart by their folders."""

from collections import Counter

import pytest

from layouts import make_oulu_casia, write_pictures
from mienkit.core.errors import ConfigError, DataError
from mienkit.data.reader import open_reader


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The made data set, which tests leave as it is."""
    folder = tmp_path_factory.mktemp("oulu")
    make_oulu_casia(folder)
    return folder


def read(folder, **settings):
    return list(open_reader("oulu_casia", folder, settings).samples())


def test_all_original_clips_are_read(place):
    samples = read(place)
    assert len(samples) == len(open_reader("oulu_casia", place)) == (4 * 6 + 4) * 5
    assert {one.subject for one in samples} == {f"oulu-casia-P{number:03d}" for number in (1, 72, 73, 80)}
    assert len({one.sequence for one in samples}) == 28


def test_a_clip_begins_neutral_and_ends_with_its_emotion(place):
    clip = [one for one in read(place) if one.sequence == "oulu-casia-VL-Strong-P072-happiness"]
    assert [(one.frame, one.emotion) for one in clip] == [
        (0, "neutral"),
        (1, None),
        (2, "happiness"),
        (3, "happiness"),
        (4, "happiness"),
    ]


def test_a_copy_without_the_start_has_no_neutral_frame(tmp_path):
    write_pictures(tmp_path, [f"VL/Strong/P001/Fear/{number:03d}.jpeg" for number in (17, 18, 19)])
    assert [one.emotion for one in read(tmp_path)] == ["fear"] * 3


def test_the_split_is_the_published_one(place):
    splits = {one.subject[-4:]: one.split for one in read(place)}
    assert splits == {"P001": "train", "P072": "train", "P073": "test", "P080": "test"}
    assert {one.split for one in read(place, splits="made")} == {None}


def test_settings_choose_light_camera_pictures_and_frames(place):
    assert len(read(place, light="Dark")) == 10
    assert {one.source_id.split("/")[1] for one in read(place, camera="NI")} == {"NI"}
    assert len(read(place, camera="VL", light="Strong", frames="peak")) == 24 * 3
    cropped = read(place, pictures="cropped")
    assert Counter(one.sequence for one in cropped) == {
        "oulu-casia-VL-Strong-P001-anger-cropped": 5,
        "oulu-casia-NI-Weak-P001-fear-cropped": 5,
    }


def test_a_folder_inside_the_set_may_be_given(place):
    samples = read(place / "OriginalImg" / "VL" / "Strong", light="Strong")
    assert len(samples) == 4 * 6 * 5
    assert samples[0].source_id == "P001/Anger/000.jpeg"
    assert samples[0].sequence == "oulu-casia-VL-Strong-P001-anger"


def test_an_unknown_light_lists_those_that_exist(place):
    with pytest.raises(ConfigError, match=r"'oulu_casia': setting 'light' takes .*Strong.*Dark.*, not 'Bright'"):
        read(place, light="Bright")


def test_settings_that_choose_nothing_say_so(place):
    with pytest.raises(DataError, match=r"holds no clips of Oulu-CASIA .* camera NI, light Weak and original pictures"):
        read(place, camera="NI", light="Weak")


def test_strange_folders_and_names_are_told(tmp_path):
    write_pictures(tmp_path, ["extra/P001/Anger/000.jpeg", "OriginalImg/VL/Strong/P001/Anger/cover.jpeg"])
    write_pictures(tmp_path, ["OriginalImg/VL/Strong/P001/Anger/000.jpeg", "OriginalImg/VL/Strong/P001/Bored/000.jpeg"])
    reader = open_reader("oulu_casia", tmp_path)
    assert len(list(reader.samples())) == 1
    assert reader.left_out.examples == {
        "name is not a frame's number": ["OriginalImg/VL/Strong/P001/Anger/cover.jpeg"],
        "folder is not Oulu-CASIA's": ["OriginalImg/VL/Strong/P001/Bored", "extra/P001/Anger"],
    }
