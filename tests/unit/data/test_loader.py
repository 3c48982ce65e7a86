import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import TableError
from mienkit.data.loader import cache_folder, load_faces, stream_faces
from mienkit.data.row import KINDS, SPLITS


def test_rows_arrive_with_everything_that_is_known(make_row, write_table):
    rows = [
        make_row(0, emotion="fear", sequence="a"),
        make_row(1, landmarks=None, pose=None),
        make_row(2, sequence="a"),
    ]
    faces = load_faces(write_table(rows, rows_per_shard=2), 16)
    np.testing.assert_array_equal(faces.images[:, 0, 0, 0], [0, 1, 2])
    np.testing.assert_array_equal(faces.aus, np.stack([row.aus for row in rows]))
    assert faces.emotion.tolist() == [EMOTIONS.index("fear"), -1, -1]
    assert faces.sequence.tolist() == [0, -1, 0]
    assert np.isnan(faces.landmarks[1]).all()
    assert not np.isnan(faces.landmarks[0]).any()
    assert faces.pose[0].tolist() == [1, 2, 3]
    assert np.isnan(faces.before).all()
    assert faces.name.tolist() == ["made/face-0", "made/face-1", "made/face-2"]
    assert set(faces.kind) == {KINDS.index("photograph")}


def test_landmarks_are_scaled_with_the_picture(make_row, write_table):
    faces = load_faces(write_table([make_row(4, landmarks=np.full((68, 2), 10.0, np.float32))]), 8)
    assert faces.images.shape == (1, 8, 8, 3)
    assert set(np.unique(faces.landmarks)) == {5.0}


def test_maps_arrive_where_a_table_has_them_and_flows_are_scaled_with_the_picture(make_row, write_table):
    maps = {"flow": np.full((32, 32, 2), (3.0, -1.5), np.float32), "fresh": np.full((32, 32), 0.6, np.float32)}
    edits = write_table([make_row(0), make_row(1, **maps)], "edits", optional=["flow", "fresh"])
    faces = load_faces([edits, write_table([make_row(2)], "plain")], 8)
    assert faces.flow.dtype == np.float16
    assert faces.fresh.dtype == np.uint8
    np.testing.assert_array_equal(faces.flow[1], np.full((32, 32, 2), (1.5, -0.75)))
    np.testing.assert_array_equal(faces.fresh[1], np.full((32, 32), 153))
    assert np.isnan(faces.flow[[0, 2]]).all()
    assert not faces.fresh[[0, 2]].any()


def test_tables_without_maps_take_no_memory_for_them(make_row, write_table):
    faces = load_faces(write_table([make_row(number) for number in range(3)]), 8)
    assert faces.flow.shape == (3, 32, 32, 2)
    assert faces.flow.strides[0] == faces.fresh.strides[0] == 0
    assert faces.take(np.asarray([2, 0])).flow.shape == (2, 32, 32, 2)


def test_only_the_wanted_split_is_loaded(make_row, write_table):
    rows = [make_row(number, split=SPLITS[number % 3]) for number in range(7)]
    faces = load_faces(write_table(rows), 16, "val")
    np.testing.assert_array_equal(faces.images[:, 0, 0, 0], [1, 4])
    assert set(faces.split) == {SPLITS.index("val")}


def test_edits_find_their_photographs_in_another_table(photo_and_edit_faces):
    faces = photo_and_edit_faces
    edited = faces.of_kind("re-expressed")
    assert edited.sum() == 8
    np.testing.assert_array_equal(faces.subject[faces.pair[edited]], faces.subject[edited])
    assert (faces.pair[~edited] == -1).all()


def test_an_edit_without_its_photograph_stays_unpaired(make_row, write_table):
    assert load_faces(write_table([make_row(kind="re-expressed", pair="elsewhere")]), 16).pair.tolist() == [-1]


def test_photos_of_the_same_name_in_two_sources_are_not_confused(make_row, write_table):
    rows = [make_row(0, source="a"), make_row(0, source="b"), make_row(1, source="b", pair="face-0")]
    assert load_faces(write_table(rows), 16).pair.tolist() == [-1, -1, 1]


def test_the_cache_gives_the_same_faces(make_row, write_table, tmp_path):
    folder = write_table([make_row(number) for number in range(5)])
    fresh = load_faces(folder, 8, cache=tmp_path / "cache")
    kept = sorted((tmp_path / "cache").iterdir())
    assert len(kept) == 1
    again = load_faces(folder, 8, cache=tmp_path / "cache")
    np.testing.assert_array_equal(again.images, fresh.images)
    assert kept[0].stat().st_size < 8 * 8 * 3 * 5 + 200


def test_the_cache_is_really_used_and_belongs_to_one_table(make_row, write_table, tmp_path):
    cache = tmp_path / "cache"
    folder = write_table([make_row(1)])
    load_faces(folder, 16, cache=cache)
    kept = next(cache.iterdir())
    np.save(kept, np.full((1, 16, 16, 3), 77, np.uint8))
    assert load_faces(folder, 16, cache=cache).images.max() == 77
    other = write_table([make_row(2)], "other")
    assert load_faces(other, 16, cache=cache).images[0, 0, 0, 0] == 2


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "mienkit" / "decoded"


def test_a_table_too_large_for_memory_is_streamed(make_row, write_table):
    folder = write_table([make_row(number) for number in range(5)], rows_per_shard=2)
    parts = list(stream_faces(folder, 8))
    assert sum(len(part) for part in parts) == 5
    whole = load_faces(folder, 8)
    np.testing.assert_array_equal(np.concatenate([part.images for part in parts]), whole.images)
    np.testing.assert_array_equal(np.concatenate([part.aus for part in parts]), whole.aus)


def test_bad_pictures_are_named(make_row, write_table):
    folder = write_table([make_row(0), make_row(1, image=b"broken")])
    with pytest.raises(TableError, match="1 pictures cannot be read: face-1"):
        load_faces(folder, 16)


def test_an_empty_split_is_an_error(make_row, write_table):
    with pytest.raises(TableError, match=r"no face in .* of the split 'test'"):
        load_faces(write_table([make_row()]), 16, "test")


def test_a_table_given_twice_is_an_error(make_row, write_table):
    folder = write_table([make_row(3)])
    with pytest.raises(TableError, match="face made/face-3 occurs twice"):
        load_faces([folder, folder], 16)


def test_an_unknown_emotion_is_an_error(make_row, write_table):
    with pytest.raises(TableError, match="column emotion holds 'bored'"):
        load_faces(write_table([make_row(emotion="bored")]), 16)


def test_a_tilt_is_told_of_edits_with_sides_and_of_nothing_else(make_row, write_table):
    sides = {"AU12_L": 0.75, "AU12_R": 0.25, "AU4_L": 0.5}
    edit, photo = make_row(1, kind="re-expressed", sided=sides), make_row(2, sided=sides)
    faces = load_faces(write_table([make_row(0), edit, photo], optional=list(sides)), 16)
    assert faces.tilt.dtype == np.float32
    expected = np.zeros((3, 17), np.float32)
    expected[1, ACTION_UNITS.index("AU12")] = 0.25  # of AU4 only one side is known
    np.testing.assert_array_equal(faces.tilt, expected)
    assert not load_faces(write_table([make_row(0)], "plain"), 16).tilt.any()
