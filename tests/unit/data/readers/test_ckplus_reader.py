"""CK+: clips from neutral to apex, labels in other folders and for some frames only."""

from collections import Counter

import numpy as np
import pytest

from layouts import make_ckplus, write_pictures, write_texts
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import ConfigError, DataError
from mienkit.data.reader import open_reader
from mienkit.data.readers.ckplus import CODERS, PROTOCOL

APEX = "cohn-kanade-images/S005/001/S005_001_00000011.png"
SURPRISE = "cohn-kanade-images/S010/001/S010_001_00000014.png"


def read(folder, **settings):
    return {one.source_id: one for one in open_reader("ckplus", folder, settings).samples()}


def units(sample):
    return dict(zip(ACTION_UNITS, sample.aus.astype(float).round(4).tolist(), strict=True))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The made data set, which tests leave as it is."""
    folder = tmp_path_factory.mktemp("ckplus")
    make_ckplus(folder)
    return folder


@pytest.fixture(scope="module")
def samples(place):
    return read(place)


def test_every_frame_of_every_clip_is_a_sample(samples):
    assert Counter(one.sequence for one in samples.values()) == {
        "ckplus-S005-001": 11,
        "ckplus-S010-001": 14,
        "ckplus-S010-002": 5,
        "ckplus-S052-001": 4,
    }
    assert {one.subject for one in samples.values()} == {"ckplus-S005", "ckplus-S010", "ckplus-S052"}
    assert [one.frame for one in samples.values()][:11] == list(range(1, 12))
    assert {one.split for one in samples.values()} == {None}


def test_only_first_and_last_frames_have_an_emotion(samples):
    told = {one.source_id.rpartition("/")[2][:-4]: one.emotion for one in samples.values() if one.emotion}
    assert told == {
        "S005_001_00000001": "neutral",
        "S005_001_00000011": "disgust",
        "S010_001_00000001": "neutral",
        "S010_002_00000001": "neutral",
        "S052_001_00000001": "neutral",
        "S052_001_00000004": "contempt",
    }


def test_an_apex_has_the_coders_units_and_zero_elsewhere(samples):
    known = units(samples[APEX])
    assert {name: value for name, value in known.items() if value} == {"AU9": 0.8, "AU17": 1.0, "AU45": 0.4}
    assert known["AU23"] == 0  # AU24 is another unit
    assert samples[APEX].au_measurer == CODERS


def test_a_unit_coded_without_intensity_is_unknown_unless_one_is_given(samples, place):
    known = units(samples[SURPRISE])
    assert np.isnan(known["AU1"])
    assert (known["AU2"], known["AU25"], known["AU4"]) == (0.2, 1.0, 0.0)
    assert units(read(place, present="0.6")[SURPRISE])["AU1"] == 0.6


def test_a_stretched_mouth_leaves_the_jaw_drop_unknown(samples):
    assert np.isnan(units(samples[SURPRISE])["AU26"])
    assert units(samples[APEX])["AU26"] == 0


def test_first_frames_are_neutral_by_the_protocol_and_frames_between_unknown(samples):
    first = samples["cohn-kanade-images/S010/002/S010_002_00000001.png"]
    assert (first.aus == 0).all()
    assert first.au_measurer == PROTOCOL
    between = samples["cohn-kanade-images/S010/002/S010_002_00000002.png"]
    assert np.isnan(between.aus).all()
    assert between.au_measurer is None


def test_landmarks_are_in_pixels_of_the_photo(samples):
    np.testing.assert_allclose(samples[APEX].landmarks, [[100 + index, 200 + index] for index in range(68)])
    assert samples[APEX].size is None


def test_both_spellings_of_the_folders_give_the_same_labels(samples, tmp_path):
    make_ckplus(tmp_path, long_names=True)
    other = read(tmp_path)
    assert len(other) == len(samples) == 34
    assert [one.emotion for one in other.values()] == [one.emotion for one in samples.values()]
    np.testing.assert_array_equal([one.aus for one in other.values()], [one.aus for one in samples.values()])


def test_a_copy_that_begins_late_has_no_neutral_frame(tmp_path):
    write_pictures(tmp_path, [f"S005/001/S005_001_{number:08d}.png" for number in (9, 10, 11)])
    assert [one.emotion for one in read(tmp_path).values()] == [None, None, None]


def test_labels_without_pictures_and_second_copies_are_told(tmp_path):
    make_ckplus(tmp_path)
    (tmp_path / APEX).unlink()
    write_pictures(tmp_path, ["spare/S010_002_00000001.png", "spare/contact.png"])
    reader = open_reader("ckplus", tmp_path)
    assert len(list(reader.samples())) == len(reader) == 33
    assert reader.left_out.counts == {
        "second copy of a picture": 1,
        "name is not CK+'s": 1,
        "label without its picture": 1,
    }
    assert reader.left_out.examples["label without its picture"] == ["S005_001_00000011"]


def test_empty_label_files_are_no_labels(tmp_path):
    make_ckplus(tmp_path)
    for kind, folder in (("emotion", "Emotion"), ("facs", "FACS")):
        (tmp_path / f"{folder}/S005/001/S005_001_00000011_{kind}.txt").write_text("\n")
    apex = read(tmp_path)[APEX]
    assert (apex.emotion, apex.au_measurer) == (None, None)


def test_broken_labels_are_named_all_at_once(tmp_path):
    make_ckplus(tmp_path)
    write_texts(
        tmp_path,
        {
            "Emotion/S005/001/S005_001_00000011_emotion.txt": "   9.0000000e+00\n",
            "FACS/S010/001/S010_001_00000014_facs.txt": "   1.0000000e+00   7.0000000e+00\n",
            "Landmarks/S052/001/S052_001_00000002_landmarks.txt": "1 2\n3 4\n",
        },
    )
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    for part in (
        "3 broken labels",
        "S005_001_00000011_emotion.txt: should hold one number from 0 to 7",
        "S010_001_00000014_facs.txt: should hold lines `unit intensity`",
        "S052_001_00000002_landmarks.txt: should hold 68 lines",
    ):
        assert part in str(caught.value)


def test_no_more_than_twenty_broken_labels_are_named(tmp_path):
    make_ckplus(tmp_path)
    for path in (tmp_path / "Landmarks").rglob("*.txt"):
        path.write_text("1 2\n")
    with pytest.raises(DataError, match=r"34 broken labels.*and 14 more") as caught:
        read(tmp_path)
    assert str(caught.value).count("should hold") == 20


@pytest.mark.parametrize("value", ["0", "1.5"])
def test_the_intensity_of_present_units_is_checked(value, tmp_path):
    with pytest.raises(ConfigError, match="present"):
        open_reader("ckplus", tmp_path, {"present": value})


@pytest.mark.parametrize("text", ["nine four\n", "9\n", "9.5 1\n", "0 1\n", "9 -1\n", "9 nan\n"])
def test_a_line_that_is_no_unit_and_intensity_is_broken(text, tmp_path):
    write_pictures(tmp_path, ["S005_001_00000011.png"])
    write_texts(tmp_path, {"S005_001_00000011_facs.txt": text})
    with pytest.raises(DataError, match=r"1 broken label, correct or remove: S005_001_00000011_facs\.txt: should hold"):
        read(tmp_path)
