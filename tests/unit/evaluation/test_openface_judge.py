"""OpenFace's CSV files as a judge, in the layouts that its programs write."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.core.errors import DataError
from mienkit.evaluation.openface_judge import OpenFaceJudge

PICTURES = {name: np.random.default_rng(seed).integers(0, 255, (64, 64, 3), np.uint8) for seed, name in enumerate("ab")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, picture in PICTURES.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    return tmp_path


def write(path: Path, heading: str, *rows: str) -> Path:
    path.write_text("\n".join([heading, *rows]) + "\n")
    return path


def test_a_column_names_the_pictures(folder: Path):
    csv = write(folder / "of.csv", "file,confidence,AU01_r,AU12_r", "b.png,0.98,0.5,2.5", "a.png,0.9,0,1")
    judge = OpenFaceJudge(csv)
    assert judge.units == ("AU1", "AU12")
    assert not judge.teacher
    assert judge.look(PICTURES["b"]).channels == pytest.approx({"AU1": 0.1, "AU12": 0.5})
    assert judge.look(PICTURES["a"]).channels == pytest.approx({"AU1": 0, "AU12": 0.2})
    assert judge.look_at_file("b.png", 64).channels == judge.look(PICTURES["b"]).channels


def test_a_file_without_confidence_is_believed(folder: Path):
    judge = OpenFaceJudge(write(folder / "of.csv", "filename, AU12_r", "a, 5", "b, 0"))
    assert judge.look(PICTURES["a"]).channels["AU12"] == 1


def test_frames_count_the_pictures_of_the_folder(folder: Path):
    heading = "frame, face_id, timestamp, confidence, success, AU12_r"
    judge = OpenFaceJudge(write(folder / "of.csv", heading, "1,0,0,0.9,1,1", "2,0,0.1,0.9,1,2"))
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.2)
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.4)


def test_a_folder_may_have_a_file_for_each_picture(folder: Path):
    for name, value in {"a": 1, "b": 3}.items():
        write(folder / f"{name}.csv", "face, confidence, AU12_r", f"0, 0.9, {value}")
    judge = OpenFaceJudge(folder)
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.6)


def test_landmarks_are_shares_of_the_side(folder: Path):
    places = ",".join(f"x_{n},y_{n}" for n in range(68))
    row = ",".join("32,16" for _ in range(68))
    judge = OpenFaceJudge(write(folder / "of.csv", f"file,confidence,AU12_r,{places}", f"a,0.9,1,{row}"))
    assert judge.look(PICTURES["a"]).landmarks[67] == pytest.approx((0.5, 0.25))


def test_an_unsure_row_is_no_face(folder: Path):
    judge = OpenFaceJudge(write(folder / "of.csv", "file,confidence,AU12_r", "a.png,0.9,1", "b.png,0.1,1"))
    assert judge.look(PICTURES["b"]) is None


def test_a_picture_that_was_not_measured_says_what_to_do(folder: Path):
    judge = OpenFaceJudge(write(folder / "of.csv", "file,confidence,AU12_r", "a.png,0.9,1"))
    with pytest.raises(DataError, match="let OpenFace measure that folder"):
        judge.look(255 - PICTURES["a"])
    with pytest.raises(DataError, match="is not of this picture"):
        judge.look(PICTURES["b"])


@pytest.mark.parametrize(
    ("heading", "row", "said"),
    [
        ("file,confidence,AU12_c", "a,0.9,1", "has no column AU01_r"),
        ("confidence,AU12_r", "0.9,1", "needs a column 'file'"),
        ("frame,confidence,AU12_r", "3,0.9,1", "frames 1 to 2"),
        ("file,confidence,AU12_r", "a,0.9,much", "line 2 is no row"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(folder: Path, heading: str, row: str, said: str):
    with pytest.raises(DataError, match=said):
        OpenFaceJudge(write(folder / "of.csv", heading, row))


def test_a_file_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(DataError, match="there is no file"):
        OpenFaceJudge(tmp_path / "nowhere.csv")
