"""A calibration on disk."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mienkit.core.errors import WeightsError
from mienkit.weights.calibration import CALIBRATION, Calibration, find_calibration, read_calibration, write_calibration

OURS = Calibration(
    model="duchenne",
    weights_sha256="ab" * 32,
    judge="judge 12345678",
    tables={"photos.table": "0123"},
    people=40,
    levels=(0.0, 0.5, 1.0),
    seed=0,
    grid=(0.0, 0.5, 1.0),
    curves={"AU12": (0.0, 0.7, 1.0)},
    left={"AU14": "too small"},
)


def test_what_is_written_is_read_again(tmp_path: Path):
    path = write_calibration(tmp_path / "new", OURS)
    assert read_calibration(path) == OURS
    assert read_calibration(path).sha256 == OURS.sha256
    assert find_calibration(tmp_path / "new", "duchenne", "ab" * 32) == OURS


def test_the_same_calibration_is_the_same_bytes(tmp_path: Path):
    first, second = (write_calibration(tmp_path / name, OURS).read_bytes() for name in "ab")
    assert first == second


def test_a_folder_without_one_has_none(tmp_path: Path):
    assert find_calibration(tmp_path, "duchenne", None) is None
    assert find_calibration(None, "warp", None) is None


@pytest.mark.parametrize(("model", "sha256"), [("duchenne", "cd" * 32), ("ganimation", "ab" * 32), ("duchenne", None)])
def test_other_weights_are_refused(tmp_path: Path, model: str, sha256: str | None):
    write_calibration(tmp_path, OURS)
    with pytest.raises(WeightsError, match=r"other weights .* `mien calibrate` again, or take --raw"):
        find_calibration(tmp_path, model, sha256)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "update mienkit"),
        ({"format": 0}, "has format 0, this mienkit reads 1"),
        ({"grid": [0, 1]}, "curve of AU12"),
        ({"curves": {"AU12": [0, 0.7, 0.9]}}, "curve of AU12"),
        ({"curves": {"AU12": [0, 1.7, 1]}}, "curve of AU12"),
        ({"curves": {"AU99": [0, 0.5, 1]}}, "curve of AU99"),
        ({"curves": 3}, "is broken"),
        ({"strange": 3}, "is broken"),
    ],
)
def test_a_broken_one_says_what_to_do(tmp_path: Path, changes: dict[str, object], said: str):
    path = write_calibration(tmp_path, OURS)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(WeightsError, match=said):
        read_calibration(path)


def test_what_is_no_json_says_so(tmp_path: Path):
    for text in ("[", "", "[1]", "3", "[" * 100_000):
        (tmp_path / CALIBRATION).write_text(text)
        with pytest.raises(WeightsError, match="is broken"):
            read_calibration(tmp_path / CALIBRATION)
    (tmp_path / CALIBRATION).write_bytes(b"\xff\xfe")
    with pytest.raises(WeightsError, match="is broken"):
        read_calibration(tmp_path / CALIBRATION)
    with pytest.raises(WeightsError, match="there is no calibration"):
        read_calibration(tmp_path / "nowhere.json")


def test_a_record_tells_which_one_was_applied():
    assert OURS.describe() == {"judge": "judge 12345678", "units": ["AU12"], "sha256": OURS.sha256}
    assert OURS.sha256 != replace(OURS, judge="another").sha256
