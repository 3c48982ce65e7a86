"""What `mien prepare` tells at its end."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.engine import Here
from mienkit.app.prepare import PrepareJob, prepare
from mienkit.app.prepare_report import PrepareReport
from mienkit.app.table import check_table
from mienkit.cli.entry import main
from mienkit.data.look import look_at_pictures
from mienkit.data.lots import Lots
from mienkit.data.table import open_table, read_table
from mienkit.face.photo import read_photo

pytestmark = pytest.mark.usefixtures("fake_instruments")


def blob(seed: int) -> np.ndarray:
    """Large shapes of 64 x 64 px that only copies share."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(small, (64, 64), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Forty photos, three lots: one of another person again in grey, one doubled, one compressed again."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(37):
        cv2.imwrite(str(folder / f"{number:02d}.png"), blob(number))
    grey = cv2.cvtColor(cv2.cvtColor(blob(3), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    cv2.imwrite(str(folder / "grey.png"), grey)
    cv2.imwrite(str(folder / "small.jpg"), blob(20), [cv2.IMWRITE_JPEG_QUALITY, 80])
    (folder / "00b.png").write_bytes((folder / "00.png").read_bytes())
    return folder


def run(photos: Path, out: Path) -> PrepareReport:
    return prepare(PrepareJob(reader="folder", place=photos, out=out), Here())


def test_pictures_of_different_lots_that_are_almost_the_same_are_told(photos: Path, tmp_path: Path) -> None:
    report = run(photos, tmp_path / "t")
    assert report.twins is not None
    assert (report.doubles, report.twins.couples, report.twins.strangers) == (1, 2, 2)
    assert sorted(report.twins.examples) == [("03.png", "grey.png"), ("20.png", "small.jpg")]
    split = dict(zip(*(read_table(tmp_path / "t")[name].to_pylist() for name in ("source_id", "split")), strict=True))
    assert report.twins.leaks == sum(split[one] != split[other] for one, other in report.twins.examples)


def test_the_hashes_of_a_run_are_those_of_the_rows_that_stay(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    monkeypatch.setattr(PrepareReport, "look_at", lambda self, table, hashes: kept.append(hashes))
    run(photos, tmp_path / "t")
    looked = look_at_pictures(open_table(tmp_path / "t")).hashes
    assert kept[0].shape == looked.shape == (39, 2)
    assert np.bitwise_count(kept[0] ^ looked).max() <= 6  # taken before JPEG, which flips some; strangers differ by 30


def test_crops_that_are_aligned_already_are_hashed_too(tmp_path: Path) -> None:
    draw_table(tmp_path / "drawn", DrawRequest(count=20, size=32, per_scene=1))
    report = prepare(PrepareJob(reader="table", place=tmp_path / "drawn", out=tmp_path / "t"), Here())
    assert report.twins is not None
    assert report.twins.couples == 0
    assert report.coverage is not None
    assert (report.coverage.faces, report.coverage.subjects) == (20, 20)


def test_the_picture_lies_in_the_table_which_stays_sound_and_can_be_written_again(photos: Path, tmp_path: Path) -> None:
    report = run(photos, tmp_path / "t")
    assert report.picture == tmp_path / "t" / "coverage.png"
    assert read_photo(report.picture).pixels.shape[1] > 1000
    names = {problem.name for problem in check_table(tmp_path / "t")}
    assert names <= {"picture-leak"}
    first = report.picture.read_bytes()
    for photo in photos.glob("0*.png"):
        photo.unlink()
    job = PrepareJob(reader="folder", place=photos, out=tmp_path / "t")
    assert prepare(job, Here(), force=True).rows == 29
    assert report.picture.read_bytes() != first


def test_the_report_is_there_before_the_run_forgets_what_it_did(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = Lots.tidy
    monkeypatch.setattr(Lots, "tidy", lambda self: (seen.append((self.folder / "coverage.png").exists()), real(self)))
    run(photos, tmp_path / "t")
    assert seen == [True]


def test_the_verb_tells_parts_units_and_couples(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.engine.choose_engine", lambda *_: Here())
    out = tmp_path / "t"
    line = ["prepare", "folder", str(photos), "-o", str(out), "--folds", "3"]
    assert main(line) == 0
    printed = capsys.readouterr().out
    assert f"39 faces of 39 people from 40 pictures, written to {out}" in printed
    assert re.search("  folds      3, of 1[23] to 1[34] people\n", printed)  # forty people dealt out, less one double
    assert "emotions   unknown 39" in printed
    assert "AU1 0, AU2 0" in printed
    assert f"picture    {out / 'coverage.png'}" in printed
    assert "2 couples of pictures are almost the same, 2 of them of two people" in printed
    assert "  20.png = small.jpg\n" in printed
    assert "note: unknown-unit: nobody measured AU9\n" in printed


def test_json_has_the_same(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.engine.choose_engine", lambda *_: Here())
    assert main(["prepare", "folder", str(photos), "-o", str(tmp_path / "t"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["picture"] == str(tmp_path / "t" / "coverage.png")
    assert told["twins"]["couples"] == 2
    coverage = told["coverage"]
    assert sum(part["faces"] for part in coverage["splits"].values()) == coverage["faces"] == 39
    assert coverage["units"]["AU9"] == {"levels": [0] * 6, "unknown": 39, "shown": 0}
    assert {"rare-unit", "unknown-unit"} <= {warning["name"] for warning in coverage["warnings"]}
