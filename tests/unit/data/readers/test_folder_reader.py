"""Photos and videos in folders whose names say something, or with ``labels.csv``."""

from collections import Counter

import numpy as np
import pytest

from layouts import make_folder, write_pictures, write_texts
from mienkit.core.action_unit import AU_INDEX
from mienkit.core.errors import DataError
from mienkit.data.reader import Video, open_reader


def read(folder, **settings):
    return {one.source_id: one for one in open_reader("folder", folder, settings).samples()}


def told(folder, **settings):
    return {name: (one.subject, one.emotion, one.split) for name, one in read(folder, **settings).items()}


def test_the_first_level_names_the_person(tmp_path):
    make_folder(tmp_path)
    assert told(tmp_path) == {
        "anna/Walk.MP4": ("anna", None, None),
        "anna/deep/two.PNG": ("anna", None, None),
        "anna/one.jpg": ("anna", None, None),
        "ben.jpeg": ("ben", None, None),
    }


def test_a_video_is_one_sample_and_a_sequence(tmp_path):
    make_folder(tmp_path)
    samples = read(tmp_path)
    video = samples["anna/Walk.MP4"]
    assert video.picture == Video(tmp_path / "anna" / "Walk.MP4")
    assert (video.sequence, video.frame) == ("anna/Walk.MP4", None)
    assert samples["anna/one.jpg"].sequence is None


@pytest.mark.parametrize("suffix", [".mp4", ".MOV", ".avi", ".mkv", ".webm", ".GIF"])
def test_every_kind_of_video_is_taken(suffix, tmp_path):
    (tmp_path / f"clip{suffix}").touch()
    assert isinstance(read(tmp_path)[f"clip{suffix}"].picture, Video)


def test_folders_that_are_all_emotions_name_the_emotion(tmp_path):
    write_pictures(tmp_path, ["Happy/anna/1.jpg", "Happy/ben/1.jpg", "sad/anna/2.jpg", "neutral/carl.jpg"])
    assert told(tmp_path) == {
        "Happy/anna/1.jpg": ("anna", "happiness", None),
        "Happy/ben/1.jpg": ("ben", "happiness", None),
        "neutral/carl.jpg": ("carl", "neutral", None),
        "sad/anna/2.jpg": ("anna", "sadness", None),
    }


def test_one_folder_of_another_name_makes_them_all_persons(tmp_path):
    write_pictures(tmp_path, ["Joy/1.jpg", "Anna/1.jpg"])
    assert told(tmp_path) == {"Anna/1.jpg": ("Anna", None, None), "Joy/1.jpg": ("Joy", None, None)}


def test_persons_may_be_called_like_emotions(tmp_path):
    write_pictures(tmp_path, ["Joy/1.jpg"])
    assert told(tmp_path) == {"Joy/1.jpg": ("1", "happiness", None)}
    assert told(tmp_path, folders="people") == {"Joy/1.jpg": ("Joy", None, None)}


def test_emotions_may_stand_below_persons(tmp_path):
    write_pictures(tmp_path, ["anna/happy/1.jpg", "anna/angry/1.jpg", "ben/sad/1.jpg"])
    assert told(tmp_path)["anna/angry/1.jpg"] == ("anna", "anger", None)
    assert told(tmp_path)["ben/sad/1.jpg"] == ("ben", "sadness", None)


def test_folders_of_splits_name_the_split(tmp_path):
    write_pictures(tmp_path, ["train/happy/1.jpg", "test/happy/1.jpg", "test/sad/ann/1.jpg", "validation/sad/2.jpg"])
    assert told(tmp_path) == {
        "test/happy/1.jpg": ("test-1", "happiness", "test"),
        "test/sad/ann/1.jpg": ("ann", "sadness", "test"),
        "train/happy/1.jpg": ("train-1", "happiness", "train"),
        "validation/sad/2.jpg": ("val-2", "sadness", "val"),
    }


def test_labels_come_before_folders_and_empty_cells_say_nothing(tmp_path):
    make_folder(tmp_path)
    write_texts(
        tmp_path,
        {
            "labels.csv": "path,subject,emotion,sequence,frame,split,licence,AU12,AU45\r\n"
            "anna\\one.jpg,,Happy,walk,7,val,CC0-1.0,0.8,\r\n"
            "\r\n"
            "ben.jpeg,benjamin,,,,,,,\r\n"
        },
    )
    samples = read(tmp_path, licence="mine")
    assert list(samples) == ["anna/one.jpg", "ben.jpeg"]
    anna, ben = samples.values()
    assert (anna.subject, anna.emotion, anna.sequence, anna.frame, anna.split) == (
        "anna",
        "happiness",
        "walk",
        7,
        "val",
    )
    assert (anna.licence, anna.au_measurer) == ("CC0-1.0", "labels.csv")
    assert anna.aus[AU_INDEX["AU12"]] == pytest.approx(0.8)
    assert np.isnan(anna.aus).sum() == 16
    assert (ben.subject, ben.emotion, ben.licence, ben.au_measurer) == ("benjamin", None, "mine", None)


def test_files_that_the_labels_do_not_name_are_counted(tmp_path):
    make_folder(tmp_path)
    write_texts(tmp_path, {"labels.csv": "path\nben.jpeg\n"})
    reader = open_reader("folder", tmp_path)
    assert len(list(reader.samples())) == len(reader) == 1
    assert reader.left_out.examples == {"not in labels.csv": ["anna/Walk.MP4", "anna/deep/two.PNG", "anna/one.jpg"]}


def test_semicolons_a_mark_of_utf8_and_a_measurer_are_read(tmp_path):
    write_pictures(tmp_path, ["Zoë.jpg"])
    text = "\ufeffpath;AU1;au_measurer\nZoë.jpg;0.25;coder A\n"
    write_texts(tmp_path, {"labels.csv": text})
    (sample,) = read(tmp_path).values()
    assert (float(sample.aus[0]), sample.au_measurer) == (0.25, "coder A")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,age,au12\na.jpg,7,1\n", r"unknown columns 'age', 'au12'; these are known: path, subject, .*AU45"),
        ("file\na.jpg\n", "unknown columns 'file'"),
        ("subject\nanna\n", "has no column 'path'"),
        ("", "unknown columns|has no column 'path'"),
        ("path\n", "names no file"),
        ("path\ngone.jpg\n", r"line 2: 'gone\.jpg' is not there"),
        ("path\n../a.jpg\n", "is not a path inside the folder"),
        ("path\nlabels.csv\n", "neither photo nor video"),
        ("path\na.jpg\na.jpg\n", r"line 3: 'a\.jpg' is named twice"),
        ("path,emotion\na.jpg,fearr\n", "no emotion is called 'fearr'; did you mean"),
        ("path,split\na.jpg,dev\n", "no split is called 'dev'; choose one of train, val, test"),
        ("path,frame\na.jpg,-1\n", "frame is '-1'"),
        ("path,AU12\na.jpg,3\n", r"AU12 is '3'; intensities are in \[0, 1\]"),
        ("path,AU12\na.jpg,nan\n", "AU12 is 'nan'"),
        ("path,subject,split\na.jpg,ann,train\nb.jpg,ann,test\n", "'ann' is test here and train above"),
    ],
)
def test_broken_labels_say_what_is_wrong_and_where(text, message, tmp_path):
    write_pictures(tmp_path, ["a.jpg", "b.jpg"])
    write_texts(tmp_path, {"labels.csv": text})
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_broken_lines_are_named_all_at_once(tmp_path):
    write_pictures(tmp_path, ["a.jpg"])
    write_texts(tmp_path, {"labels.csv": "path\n" + "".join(f"{number}.jpg\n" for number in range(25))})
    with pytest.raises(DataError, match=r"25 broken labels.*line 2: '0\.jpg'.*line 21.*and 5 more"):
        read(tmp_path)


def test_labels_that_are_no_text_are_an_error(tmp_path):
    write_pictures(tmp_path, ["a.jpg"])
    (tmp_path / "labels.csv").write_bytes(b"path,subject\na.jpg,\xe9\n")
    with pytest.raises(DataError, match="not a CSV file in UTF-8"):
        read(tmp_path)


def test_a_folder_without_photos_lists_what_is_taken(tmp_path):
    write_texts(tmp_path, {"notes.txt": "nothing"})
    with pytest.raises(DataError, match=r"holds no photo and no video; these are taken: \.avi .*\.webp"):
        read(tmp_path)


def test_broken_pictures_do_not_stop_the_listing(tmp_path):
    write_pictures(tmp_path, ["a.jpg", "c.jpg"])
    (tmp_path / "b.jpg").write_bytes(b"")
    assert Counter(one.subject for one in read(tmp_path).values()) == {"a": 1, "b": 1, "c": 1}
