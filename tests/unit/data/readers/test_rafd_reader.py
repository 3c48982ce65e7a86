"""RaFD: everything is in the names of the files."""

from collections import Counter

import numpy as np
import pytest

from layouts import make_rafd, write_pictures
from mienkit.core.errors import DataError
from mienkit.data.reader import open_reader


@pytest.fixture
def reader(tmp_path):
    make_rafd(tmp_path)
    return open_reader("rafd", tmp_path)


def test_every_picture_of_the_set_is_a_labelled_sample(reader):
    samples = list(reader.samples())
    assert len(samples) == len(reader) == 44
    assert Counter(one.subject for one in samples) == {"rafd-01": 8, "rafd-10": 20, "rafd-64": 8, "rafd-73": 8}
    assert Counter(one.emotion for one in samples) == {
        **dict.fromkeys(("neutral", "anger", "contempt", "disgust", "fear", "sadness", "surprise"), 4),
        "happiness": 16,
    }
    assert all(np.isnan(one.aus).all() for one in samples)


def test_the_published_test_persons_are_test_and_the_others_train(reader):
    splits = {one.subject: one.split for one in reader.samples()}
    assert splits == {"rafd-01": "test", "rafd-10": "train", "rafd-64": "test", "rafd-73": "train"}


def test_splits_may_be_made_instead(tmp_path):
    make_rafd(tmp_path)
    assert {one.split for one in open_reader("rafd", tmp_path, {"splits": "made"}).samples()} == {None}


def test_the_camera_gives_the_yaw_and_nothing_else(reader):
    yaws = {one.source_id[4:7]: one.pose for one in reader.samples()}
    assert {angle: pose[0] for angle, pose in yaws.items()} == {"000": -90, "045": -45, "090": 0, "135": 45, "180": 90}
    assert all(np.isnan(pose[1:]).all() for pose in yaws.values())


def test_a_sequence_is_one_person_before_one_camera_with_one_gaze(reader):
    sizes = Counter(one.sequence for one in reader.samples())
    assert sizes["rafd-10-090-frontal"] == 8
    assert sizes["rafd-10-045-left"] == 1
    assert len(sizes) == 16


def test_mirrored_copies_and_strangers_are_left_out_and_told(reader):
    list(reader.samples())
    assert reader.left_out.counts == {
        "mirrored copy (_lr): training mirrors by itself": 1,
        "unknown emotion 'bored'": 1,
        "name is not RaFD's": 1,
    }
    assert reader.left_out.examples["name is not RaFD's"] == ["cover.jpg"]


def test_crops_sorted_into_folders_are_read_as_well(tmp_path):
    write_pictures(tmp_path, ["train/sad/Rafd045_12_Caucasian_male_sad_left.jpg"])
    (sample,) = open_reader("rafd", tmp_path).samples()
    assert (sample.subject, sample.split, sample.emotion) == ("rafd-12", "train", "sadness")
    assert sample.source_id == "train/sad/Rafd045_12_Caucasian_male_sad_left.jpg"


def test_another_folder_is_refused(tmp_path):
    write_pictures(tmp_path, ["holiday.jpg"])
    with pytest.raises(DataError, match="holds no pictures of RaFD"):
        list(open_reader("rafd", tmp_path).samples())
