import json

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mienkit.data.check import check_table, inspect_table
from mienkit.data.table import MANIFEST


def problems(folder):
    return {problem.name: problem.message for problem in check_table(folder)}


def change_column(folder, name, values, shard="faces-00000.parquet"):
    read = pq.read_table(folder / shard)
    place = read.schema.get_field_index(name)
    pq.write_table(read.set_column(place, name, pa.array(values, read.schema.field(name).type)), folder / shard)


def blob_png(seed, light=0):
    """Large shapes of 16 x 16 px that only copies share."""
    small = np.random.default_rng(seed).integers(20, 230, (4, 4, 3), np.uint8)
    picture = cv2.resize(small, (16, 16), interpolation=cv2.INTER_LINEAR) + np.uint8(light)
    return cv2.imencode(".png", picture)[1].tobytes()


def test_a_sound_table_has_no_problem(make_row, write_table):
    rows = [make_row(0, emotion="fear"), make_row(1, landmarks=None, pose=None, aus=np.full(17, np.nan, np.float32))]
    assert check_table(write_table(rows)) == []


def test_an_unfinished_table_and_none_at_all_are_told_apart(make_row, write_table, tmp_path):
    folder = write_table([make_row()])
    (folder / MANIFEST).unlink()
    assert list(problems(folder)) == ["unfinished"]
    assert list(problems(tmp_path / "nothing")) == ["no-table"]


def test_every_wrong_column_of_every_file_is_named(make_row, write_table):
    folder = write_table([make_row(number) for number in range(2)], rows_per_shard=1)
    for shard in sorted(folder.glob("*.parquet")):
        pq.write_table(pq.read_table(shard).drop_columns(["AU12", "yaw"]), shard)
    messages = [problem.message for problem in check_table(folder)]
    assert messages == [f"faces-0000{n}.parquet: there is no column {c}" for n in (0, 1) for c in ("AU12", "yaw")]


def test_a_wrong_type_is_named(make_row, write_table):
    folder = write_table([make_row()])
    read = pq.read_table(folder / "faces-00000.parquet")
    place = read.schema.get_field_index("frame")
    pq.write_table(read.set_column(place, "frame", read["frame"].cast(pa.string())), folder / "faces-00000.parquet")
    assert "frame is string, not int32" in problems(folder)["wrong-type"]


@pytest.mark.parametrize("value", [-0.01, 1.01, 5.0, float("nan")])
def test_an_intensity_out_of_range_is_named_with_its_face(make_row, write_table, value):
    folder = write_table([make_row(number) for number in range(3)])
    change_column(folder, "AU12", [0.5, value, None])
    assert problems(folder) == {"au-out-of-range": "AU12 is outside [0, 1] in 1 rows: made/face-1"}


@pytest.mark.parametrize(("column", "value"), [("emotion", "bored"), ("kind", "painted"), ("split", "dev")])
def test_unknown_names_are_listed(make_row, write_table, column, value):
    folder = write_table([make_row()])
    change_column(folder, column, [value])
    assert f"holds '{value}'" in problems(folder)[f"unknown-{column}"]


def test_a_subject_in_two_splits_is_named(make_row, write_table):
    rows = [make_row(0, subject="anna"), make_row(1, subject="anna", split="val"), make_row(2, image=blob_png(2))]
    assert problems(write_table(rows)) == {"split-leak": "1 subjects are in two splits: anna"}


def test_a_subject_in_two_folds_is_named_and_one_that_is_in_none_is_not(make_row, write_table):
    folds = {"anna": (0, 1), "ben": (2, 2), "cleo": (None, 1)}
    rows = [
        make_row(10 * number + place, subject=subject, fold=fold, image=blob_png(10 * number + place))
        for number, (subject, parts) in enumerate(folds.items())
        for place, fold in enumerate(parts)
    ]
    assert problems(write_table(rows, optional=["fold"])) == {"fold-leak": "1 subjects are in two folds: anna"}


def test_unreadable_pictures_are_named_up_to_twenty(make_row, write_table):
    rows = [make_row(number, image=b"no picture" if number < 25 else b"") for number in range(30)]
    message = problems(write_table(rows))["unreadable-image"]
    assert message.startswith("30 pictures cannot be read: made/face-0, ")
    assert message.count("made/") == 20


def test_a_picture_of_another_size_than_told_is_named(make_row, write_table):
    assert problems(write_table([make_row(width=20, height=20)])) == {
        "image-size": "1 pictures have another size: made/face-0"
    }


def test_a_face_that_occurs_twice_is_named(make_row, write_table):
    folder = write_table([make_row(0), make_row(1)])
    change_column(folder, "source_id", ["face-0", "face-0"])
    assert problems(folder) == {"duplicate-id": "1 faces occur twice: made/face-0"}


def test_a_missing_value_is_named(make_row, write_table):
    folder = write_table([make_row(0), make_row(1)])
    read = pq.read_table(folder / "faces-00000.parquet")
    place = read.schema.get_field_index("subject")
    pq.write_table(read.set_column(place, "subject", pa.array(["anna", None])), folder / "faces-00000.parquet")
    assert problems(folder) == {"missing-value": "column subject is empty in 1 rows"}


def test_short_landmarks_are_named(make_row, write_table):
    folder = write_table([make_row(0), make_row(1)])
    change_column(folder, "landmarks", [[1.0] * 136, [1.0] * 10])
    assert "1 rows: made/face-1" in problems(folder)["landmarks"]


def test_rows_that_went_missing_are_noticed(make_row, write_table):
    folder = write_table([make_row(0), make_row(1)])
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["shards"][0]["rows"] = 3
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert problems(folder) == {"row-count": "table.json says 3 rows, not 2"}


def test_files_with_different_optional_columns_are_noticed(make_row, write_table):
    folder = write_table([make_row(0), make_row(1)], rows_per_shard=1)
    shard = folder / "faces-00001.parquet"
    pq.write_table(pq.read_table(shard).append_column("AU12_L", pa.array([0.5], pa.float32())), shard)
    assert list(problems(folder)) == ["mixed-columns"]


def test_one_picture_under_two_names_in_two_splits_is_a_leak(make_row, write_table):
    rows = [make_row(number, image=blob_png(number)) for number in range(4)]
    rows += [make_row(4, image=blob_png(2, light=9), split="val")]
    assert problems(write_table(rows)) == {
        "picture-leak": "1 pictures are almost the same as one in another split: "
        "made/face-2 (train) = made/face-4 (val)"
    }


def test_strangers_whose_hashes_agree_are_looked_at_again(make_row, write_table, monkeypatch):
    monkeypatch.setattr("mienkit.data.look.hash_picture", lambda picture: np.zeros(2, np.uint64))
    rows = [make_row(number, image=blob_png(number), split="val" if number else "train") for number in range(4)]
    rows += [make_row(4, image=blob_png(0, light=9), split="test")]
    message = problems(write_table(rows, rows_per_shard=2))["picture-leak"]
    assert message == "1 pictures are almost the same as one in another split: made/face-0 (train) = made/face-4 (test)"


def test_edits_of_one_photograph_are_no_leak(make_row, write_table):
    rows = [make_row(number, image=blob_png(0, light=number), subject="anna", sequence="smile") for number in (0, 5, 9)]
    found = inspect_table(write_table(rows))
    assert (found.problems, found.warnings) == ([], [])


def test_copies_within_a_split_are_told_and_are_no_problem(make_row, write_table):
    rows = [make_row(number, image=blob_png(number % 2)) for number in range(4)]
    found = inspect_table(write_table(rows))
    assert found.problems == []
    assert [(one.name, one.message) for one in found.warnings] == [
        (
            "duplicate-image",
            "2 pictures occur earlier in their split: made/face-2 = made/face-0, made/face-3 = made/face-1",
        )
    ]


def test_units_that_never_change_are_told_with_their_value(make_row, write_table):
    rows = []
    for number in range(3):
        aus = np.random.default_rng(number).uniform(0, 1, 17).astype(np.float32)
        aus[0], aus[5], aus[7] = 0, 0.25, np.nan
        rows.append(make_row(number, aus=aus, image=blob_png(number)))
    warnings = inspect_table(write_table(rows)).warnings
    assert [one.name for one in warnings] == ["constant-unit"] * 2
    assert warnings[0].message.startswith("AU1 is 0 in all 3 rows")
    assert " is 0.25 in all 3 rows" in warnings[1].message
