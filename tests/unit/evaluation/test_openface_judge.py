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
        ("frame,confidence,AU12_r", "0,0.9,1", "frames 1 to 2"),
        ("frame,confidence,AU12_r", "-1,0.9,1", "frames 1 to 2"),
        ("file,confidence,AU12_r", "a,0.9,much", "line 2 is no row"),
        ("file,confidence,AU12_r", "a,0.9", "line 2 is no row"),
        ("frame,confidence,AU12_r", "1,0.9", "line 2 is no row"),
        ("", "", "has no column AU01_r"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(folder: Path, heading: str, row: str, said: str):
    with pytest.raises(DataError, match=said):
        OpenFaceJudge(write(folder / "of.csv", heading, row))


def test_a_file_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(DataError, match="there is no file"):
        OpenFaceJudge(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("named", ["/elsewhere/one, two/a.png", r"C:\faces\a.PNG", "a"])
def test_names_may_have_folders_and_quotation_marks(folder: Path, named: str):
    csv = write(folder / "of.csv", "AU12_r, file, confidence", f'1, "{named}", 0.9', "2, b.png, 0.9")
    judge = OpenFaceJudge(csv)
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.2)
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.4)


def test_a_name_may_have_dots(folder: Path):
    for name in ("a", "b"):
        (folder / f"{name}.png").rename(folder / f"face.{name}.png")
    judge = OpenFaceJudge(write(folder / "of.csv", "file,AU12_r", "face.a,1", "face.b.png,2"))
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.2)
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.4)


def test_two_pictures_of_one_name_are_refused(folder: Path):
    with pytest.raises(DataError, match=r"two pictures called a, first/a.png and second/a.png"):
        OpenFaceJudge(write(folder / "of.csv", "file,AU12_r", "first/a.png,1", "second/a.png,2"))
    judge = OpenFaceJudge(write(folder / "of.csv", "file,AU12_r", "a,1"))
    Image.fromarray(PICTURES["b"]).save(folder / "a.bmp")
    with pytest.raises(DataError, match="more than one picture called a"):
        judge.look(PICTURES["a"])


@pytest.mark.parametrize("heading", ["frame, AU12_r", "frame, face_id, AU12_r"])
def test_frames_without_confidence_are_believed(folder: Path, heading: str):
    ids = ", 0" * heading.count("face_id")
    judge = OpenFaceJudge(write(folder / "of.csv", heading, f"1{ids}, 1", f"2{ids}, 2"))
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.4)


def test_other_files_in_the_folder_are_passed_over(folder: Path):
    write(folder / "a.csv", "face, confidence, AU12_r", "0, 0.9, 1")
    write(folder / "codebook.csv", "file,requested", "a.png,0.4")
    (folder / "empty.csv").write_text("")
    judge = OpenFaceJudge(folder)
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.2)
    (folder / "a.csv").unlink()
    with pytest.raises(DataError, match="holds no face of OpenFace's"):
        OpenFaceJudge(folder)


def test_the_largest_face_of_a_picture_counts(folder: Path):
    def row(name: str, value: float, side: float) -> str:
        return f"{name}, 0.9, {value}, " + ",".join(f"{side * (n % 2)},{side * (n % 3)}" for n in range(68))

    places = ",".join(f"x_{n},y_{n}" for n in range(68))
    rows = row("a", 1, 10), row("a", 4, 40), row("a", 2, 20), row("b", 3, 90)
    judge = OpenFaceJudge(write(folder / "of.csv", f"file, confidence, AU12_r, {places}", *rows))
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.8)
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.6)


def test_units_are_those_of_any_row_and_an_unknown_one_stays_unknown(folder: Path):
    judge = OpenFaceJudge(write(folder / "of.csv", "file,confidence,AU01_r,AU12_r", "a,0.9,-nan(ind),nan", "b,0.9,1,2"))
    assert judge.units == ("AU1", "AU12")
    assert np.isnan(list(judge.look(PICTURES["a"]).channels.values())).all()


def test_failure_and_unknown_confidence_are_no_face(folder: Path):
    heading = "frame,face_id,confidence,success,AU12_r"
    judge = OpenFaceJudge(write(folder / "of.csv", heading, "1,0,0.9,0,1", "2,0,nan,1,1"))
    assert judge.look(PICTURES["a"]) is None
    assert judge.look(PICTURES["b"]) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_lines_of_windows_and_a_mark_at_the_beginning_do_no_harm(folder: Path, encoding: str):
    (folder / "a.png").rename(folder / "ä ö.png")
    text = "file, confidence, AU12_r\r\nä ö.png, 0.9, 1\r\nb.png, 0.9, 2\r\n\r\n"
    (folder / "of.csv").write_bytes(text.encode(encoding))
    judge = OpenFaceJudge(folder / "of.csv")
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.2)
    assert judge.look(PICTURES["b"]).channels["AU12"] == pytest.approx(0.4)


def test_thousands_of_rows_are_no_matter(folder: Path):
    rows = [f"nowhere-{number}.png,0.9,{number % 5}" for number in range(5000)]
    judge = OpenFaceJudge(write(folder / "of.csv", "file,confidence,AU12_r", *rows, "a.png,0.9,2"))
    assert len(judge.measured) == 5001
    assert judge.look(PICTURES["a"]).channels["AU12"] == pytest.approx(0.4)
