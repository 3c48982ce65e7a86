"""Use cases around face tables: draw, prepare, check, show."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fakes import FakeDetector, FakeMeter, make_pixels
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.instruments import Instruments
from mienkit.app.prepare import open_reader, prepare
from mienkit.app.table import check_table, summarise_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import OutputError, UnknownNameError
from mienkit.data.loader import load_faces
from mienkit.data.table import read_table
from mienkit.face.detector import Box

TOOLS = Instruments(detector=FakeDetector(), meter=FakeMeter())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "ann").mkdir(parents=True)
    for number, name in enumerate(("ann/one.png", "ann/two.png", "ben.png")):
        Image.fromarray(make_pixels(seed=number)).save(folder / name)
    (folder / "broken.png").write_bytes(b"\x89PNG")
    Image.new("RGB", (64, 64), "grey").save(folder / "wall.png")
    return folder


def test_a_drawn_table_is_sound_and_exact(tmp_path: Path) -> None:
    assert draw_table(tmp_path / "t", DrawRequest(count=40, size=32)) == 40
    assert check_table(tmp_path / "t") == []
    faces = load_faces(tmp_path / "t", 32)
    assert not np.isnan(faces.aus).any()
    assert not np.isnan(faces.landmarks).any()


def test_pictures_of_one_scene_show_one_person_with_several_expressions(tmp_path: Path) -> None:
    draw_table(tmp_path / "t", DrawRequest(count=12, size=16, per_scene=3))
    faces = load_faces(tmp_path / "t", 16)
    assert len(set(faces.subject.tolist())) == 4
    assert (np.bincount(faces.sequence) == 3).all()


def test_the_same_request_draws_the_same_table_and_another_seed_other_people(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        draw_table(tmp_path / name, DrawRequest(count=6, size=16, seed=seed))
    images = {name: load_faces(tmp_path / name, 16).images for name in "abc"}
    np.testing.assert_array_equal(images["a"], images["b"])
    assert (images["a"] != images["c"]).any()
    assert not set(read_table(tmp_path / "a")["subject"].to_pylist()) & set(
        read_table(tmp_path / "c")["subject"].to_pylist()
    )


def test_photos_become_rows_and_bad_ones_are_listed(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces.table"
    report = prepare(open_reader("folder", photos), out, TOOLS)
    assert report.done == ["ann/one.png", "ann/two.png", "ben.png"]
    assert set(report.failed) == {"broken.png", "wall.png"}
    assert check_table(out) == []
    rows = read_table(out)
    assert rows["subject"].to_pylist() == ["ann", "ann", "ben"]
    assert set(rows["au_measurer"].to_pylist()) == {"fake meter 1"}


def test_units_that_the_meter_cannot_see_are_unknown_in_the_table(photos: Path, tmp_path: Path) -> None:
    prepare(open_reader("folder", photos), tmp_path / "t", TOOLS)
    rows = read_table(tmp_path / "t")
    assert rows["AU9"].null_count == rows.num_rows
    assert all(rows[name].null_count == 0 for name in ACTION_UNITS if name != "AU9")


def test_a_row_is_the_aligned_crop_with_its_landmarks(photos: Path, tmp_path: Path) -> None:
    prepare(open_reader("folder", photos), tmp_path / "t", TOOLS)
    row = read_table(tmp_path / "t").slice(0, 1).to_pylist()[0]
    crop = cv2.imdecode(np.frombuffer(row["image"], np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape == (256, 256, 3)
    points = np.asarray(row["landmarks"]).reshape(68, 2)
    assert points[[48, 54]].mean(0) == pytest.approx([128, 156], abs=0.5)


def test_an_interrupted_preparation_goes_on_and_a_finished_one_is_kept(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "t"
    prepare(open_reader("folder", photos), out, TOOLS)
    with pytest.raises(OutputError, match="--force"):
        prepare(open_reader("folder", photos), out, TOOLS)
    (out / "table.json").unlink()
    report = prepare(open_reader("folder", photos), out, TOOLS)
    assert len(report.skipped) == 3
    assert check_table(out) == []


def test_all_faces_of_a_photo_are_people_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(make_pixels(160, 300)).save(tmp_path / "photos" / "group.png")
    detector = FakeDetector([Box(20, 20, 120, 120, 1.0), Box(200, 30, 280, 110, 0.9)])
    tools = Instruments(detector=detector, meter=FakeMeter())
    prepare(open_reader("folder", tmp_path / "photos"), tmp_path / "t", tools, faces="all")
    rows = read_table(tmp_path / "t")
    assert rows["source_id"].to_pylist() == ["group.png", "group.png#1"]
    assert rows["subject"].to_pylist() == ["group", "group#1"]


def test_the_folder_verb_exits_with_one_where_files_were_bad(
    photos: Path, tmp_path: Path, fake_instruments: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", "folder", str(photos), "-o", str(tmp_path / "t")]) == 1
    printed = capsys.readouterr()
    assert "3 pictures written" in printed.out
    assert "broken.png" in printed.err
    assert main(["prepare", "folder", str(photos), "-o", str(tmp_path / "t"), "--force", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["failed"]) == 2


def test_an_unknown_data_set_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="folder"):
        open_reader("fodler", tmp_path)


def test_a_summary_counts_and_does_not_take_unknown_for_zero(photos: Path, tmp_path: Path) -> None:
    prepare(open_reader("folder", photos), tmp_path / "t", TOOLS)
    summary = summarise_table(tmp_path / "t")
    assert (summary.rows, summary.subjects, summary.size) == (3, 2, 256)
    assert summary.units["AU9"].known == 0
    assert summary.units["AU9"].mean is None
    assert summary.units["AU1"].mean == pytest.approx(0.1)


def test_the_table_verbs_print_and_tell_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t"
    assert main(["draw", "-o", str(table), "--count", "8", "--size", "16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 8
    assert main(["data", "show", str(table)]) == 0
    assert "8 faces of 2 people, 16 px" in capsys.readouterr().out
    assert main(["data", "show", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 8
    assert main(["data", "check", str(table)]) == 0
    assert "is sound" in capsys.readouterr().out
    next(table.glob("*.parquet")).write_bytes(b"PAR1")
    assert main(["data", "check", str(table)]) == 1
    assert "broken-file" in capsys.readouterr().out
    assert main(["data", "check", str(table), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["name"] == "broken-file"
