"""Action units over time out of CSV files."""

from pathlib import Path

import pytest

from mienkit.app.unit_curve import read_unit_curve
from mienkit.core.errors import DataError


def write(folder: Path, text: str) -> Path:
    path = folder / "curve.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_plain_columns_are_read_as_they_are(tmp_path):
    curve = read_unit_curve(write(tmp_path, "time,AU12,AU45_L\n1,0,0\n2,1,0.5\n"))
    assert curve.seconds == 1
    assert curve.at(0.5) == pytest.approx({"AU12": 0.5, "AU45_L": 0.25})
    assert curve.at(9) == pytest.approx({"AU12": 1, "AU45_L": 0.5})


def test_openfaces_intensities_go_up_to_five_and_its_yes_and_no_are_left_out(tmp_path):
    header = "frame, face_id, timestamp, confidence, success, AU01_r, AU12_r, AU12_c\n"
    curve = read_unit_curve(write(tmp_path, f"{header}1,0,0.0,1,1,0,0,1\n2,0,0.04,1,1,2.5,5,1\n"))
    assert curve.at(0.04) == pytest.approx({"AU1": 0.5, "AU12": 1})


def test_rows_in_which_openface_found_no_face_take_what_is_known_around_them(tmp_path):
    header = "frame, face_id, timestamp, confidence, success, AU12_r"
    rows = ["1,0,0.0,0,0,0", "2,0,0.1,1,1,1", "3,0,0.2,0,0,0", "4,0,0.3,1,1,3", "5,0,0.4,0,0,0"]
    curve = read_unit_curve(write(tmp_path, "\n".join([header, *rows])))
    assert [curve.at(time)["AU12"] for time in (0, 0.1, 0.2, 0.3, 0.4)] == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])
    assert curve.seconds == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no curve of action units"),
        ("time,AU12\n0,1\n", "two rows at least"),
        ("AU12\n0\n1\n", "a column time in seconds"),
        ("time,smile\n0,1\n1,1\n", "columns such as AU12"),
        ("time,AU12\n0,1\n1,much\n", "column AU12 of .* holds no number in line 3"),
        ("time,AU12\n0,1\n1,nan\n", "holds no number in line 3"),
        ("time,AU12\n1,1\n0,1\n", "do not rise from row to row"),
        ("frame,face_id,timestamp,success,AU12_r\n1,0,0,1,1\n1,1,0,1,2\n", r"2 faces, by its column face_id \(0, 1\)"),
        ("timestamp,success,AU12_r\n0,0,1\n1,0,1\n", "says of every row that no face was found"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, said):
    with pytest.raises(DataError, match=said) as error:
        read_unit_curve(write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.csv cannot be read"):
        read_unit_curve(tmp_path / "nowhere.csv")
