"""Files are found in a fixed order, whatever a tree holds."""

import os

import pytest

from layouts import leave_rubbish, write_pictures
from mienkit.data.listing import PICTURES, VIDEOS, FileIndex, LeftOut, walk_files, walk_folders


def test_files_are_sorted_by_their_folders_and_hidden_ones_are_passed_over(tmp_path):
    write_pictures(tmp_path, ["b/2.jpg", "b/10.JPG", "b/c/1.png", "a.bmp", ".hidden/1.jpg", "z.jpeg"])
    leave_rubbish(tmp_path / "b")
    (tmp_path / "clip.mov").touch()
    names = ["a.bmp", "b/10.JPG", "b/2.jpg", "b/c/1.png", "z.jpeg"]
    assert list(walk_files(tmp_path, PICTURES, LeftOut())) == names
    assert list(walk_files(tmp_path, VIDEOS, LeftOut())) == ["clip.mov"]
    assert list(walk_folders(tmp_path, PICTURES, LeftOut())) == [
        ("", ["a.bmp", "z.jpeg"]),
        ("b", ["10.JPG", "2.jpg"]),
        ("b/c", ["1.png"]),
    ]


def test_links_are_followed_but_never_in_a_circle(tmp_path):
    write_pictures(tmp_path / "data", ["a/1.jpg"])
    write_pictures(tmp_path / "elsewhere", ["2.jpg"])
    for link, target in (("a/again", "data"), ("more", "elsewhere"), ("gone", "nowhere")):
        (tmp_path / "data" / link).symlink_to(tmp_path / target)
    assert list(walk_files(tmp_path / "data", PICTURES, LeftOut())) == ["a/1.jpg", "more/2.jpg"]


def test_a_folder_that_may_not_be_listed_is_noted_and_the_rest_goes_on(tmp_path, monkeypatch):
    write_pictures(tmp_path, ["a/1.jpg", "locked/2.jpg", "z/3.jpg"])
    scan = os.scandir

    def refuse(place):
        if str(place).rstrip("/").endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    left_out = LeftOut()
    assert list(walk_files(tmp_path, PICTURES, left_out)) == ["a/1.jpg", "z/3.jpg"]
    assert left_out.examples == {"folder cannot be listed (Permission denied)": ["locked/"]}


def test_an_index_finds_names_whatever_their_case_with_twelve_bytes_a_file(tmp_path):
    write_pictures(tmp_path, [f"{folder}/{number}.jpg" for folder in "ab" for number in range(3)] + ["b/Four.JPG"])
    index = FileIndex(tmp_path, PICTURES, LeftOut())
    assert len(index) == 7
    assert index._hashes.itemsize + index._places.itemsize == 12
    assert [index.find(name)[1] for name in ("2.JPG", "Four.jpg", "four.jpg", "7.jpg")] == [
        "a/2.jpg",
        "b/Four.JPG",
        None,
        None,
    ]
    assert index.find("0.jpg")[0] != index.find("1.jpg")[0]


def test_an_index_of_nothing_finds_nothing(tmp_path):
    assert FileIndex(tmp_path, PICTURES, LeftOut()).find("1.jpg") == (0, None)


@pytest.mark.parametrize("count", [1, 20, 30])
def test_reasons_are_counted_and_twenty_names_kept(count):
    left_out = LeftOut()
    for number in range(count):
        left_out.add("why", str(number))
    assert left_out.counts["why"] == count
    assert len(left_out.examples["why"]) == min(count, 20)
    left_out.clear()
    assert (left_out.counts, left_out.examples) == ({}, {})
