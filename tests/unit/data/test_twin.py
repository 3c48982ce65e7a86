import cv2
import numpy as np
import pytest

from mienkit.data import twin
from mienkit.data.decode import decode_picture
from mienkit.data.near import hash_picture
from mienkit.data.table import open_table
from mienkit.data.twin import find_twins, moving


def blob_png(seed, light=0):
    """Large shapes of 32 x 32 px that only copies share."""
    small = np.random.default_rng(seed).integers(20, 230, (6, 6, 3), np.uint8)
    picture = cv2.resize(small, (32, 32), interpolation=cv2.INTER_LINEAR) + np.uint8(light)
    return cv2.imencode(".png", picture)[1].tobytes()


@pytest.fixture
def find(write_table):
    """Write rows, in files of two, and look for pictures that are almost the same."""

    def look(rows):
        hashes = np.stack([hash_picture(decode_picture(row.image)) for row in rows])
        return find_twins(open_table(write_table(rows, rows_per_shard=2)), hashes)

    return look


def test_couples_are_told_by_who_is_on_them(make_row, find):
    rows = [make_row(number, image=blob_png(number)) for number in range(5)]
    rows += [
        make_row(5, image=blob_png(0, light=5), subject="person-0"),
        make_row(6, image=blob_png(1, light=5)),
        make_row(7, image=blob_png(2, light=5), split="test"),
    ]
    found = find(rows)
    assert (found.couples, found.strangers, found.leaks, found.more) == (3, 2, 1, False)
    assert found.examples == [("face-2", "face-7"), ("face-1", "face-6"), ("face-0", "face-5")]


def test_frames_of_a_persons_clips_are_told_with_other_people_alone(make_row, find):
    clips = [
        make_row(number, image=blob_png(0, light=number), subject="ann", sequence=f"{number // 3}", frame=number % 3)
        for number in range(6)
    ]
    assert find(clips).couples == 0


def test_a_frame_that_another_person_has_too_is_told(make_row, find):
    clip = [make_row(number, image=blob_png(number), subject="ann", sequence="clip") for number in range(4)]
    found = find([*clip, make_row(4, image=blob_png(2, light=6), subject="ben", sequence="clip")])
    assert (found.strangers, found.examples) == (1, [("face-2", "face-4")])


def test_strangers_whose_hashes_agree_are_looked_at_again(make_row, write_table):
    rows = [make_row(number, image=blob_png(number % 3, light=number)) for number in range(4)]
    found = find_twins(open_table(write_table(rows)), np.full((4, 2), 7, np.uint64))
    assert found.examples == [("face-0", "face-3")]


def test_a_picture_that_cannot_be_read_is_like_no_other(make_row, write_table):
    rows = [make_row(number, image=b"no picture") for number in range(3)]
    assert find_twins(open_table(write_table(rows)), np.zeros((3, 2), np.uint64)).couples == 0


def test_twenty_couples_are_named_and_all_are_counted(make_row, find):
    rows = [make_row(number, image=blob_png(number // 2, light=number % 2)) for number in range(50)]
    found = find(rows)
    assert (found.couples, len(found.examples)) == (25, 20)


def test_the_search_ends_where_there_are_too_many(make_row, find, monkeypatch):
    monkeypatch.setattr(twin, "MOST", 10)
    found = find([make_row(number, image=blob_png(0, light=number)) for number in range(20)])
    assert (found.couples, found.more) == (10, True)


def test_frames_that_stand_still_are_counted_once_and_a_slow_drift_is_not():
    hashes = np.zeros((40, 2), np.uint64)
    hashes[20:, 0] = [(1 << frame) - 1 for frame in range(20)]  # one bit more a frame
    still = moving(hashes + np.uint64(1 << 40), np.ones(40, np.int64))
    assert np.flatnonzero(still).tolist() == [0, 25, 30, 35]
    assert moving(hashes, np.arange(40)).all()
