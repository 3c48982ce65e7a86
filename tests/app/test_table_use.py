"""Use cases around face tables: draw, prepare, check, show."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.engine import Here
from mienkit.app.prepare import PrepareJob, prepare
from mienkit.app.table import check_table, summarise_table
from mienkit.cli.entry import main
from mienkit.data.loader import load_faces
from mienkit.data.table import read_table


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


@pytest.fixture
def measured(tmp_path: Path, fake_instruments: None) -> Path:
    """A table of three photographs of two people."""
    for number, name in enumerate(("ann/one.png", "ann/two.png", "ben.png")):
        place = tmp_path / "photos" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(make_pixels(seed=number)).save(place)
    prepare(PrepareJob(reader="folder", place=tmp_path / "photos", out=tmp_path / "t"), Here())
    return tmp_path / "t"


@pytest.mark.usefixtures("measured")
def test_a_summary_counts_and_does_not_take_unknown_for_zero(tmp_path: Path) -> None:
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
    printed = capsys.readouterr().out
    assert "is sound" in printed
    assert "above 0.3" in printed
    next(table.glob("*.parquet")).write_bytes(b"PAR1")
    assert main(["data", "check", str(table)]) == 1
    assert "broken-file" in capsys.readouterr().out
    assert main(["data", "check", str(table), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [problem["name"] for problem in told["problems"]] == ["broken-file"]
    assert (told["warnings"], told["units"]) == ([], {})


def test_the_check_says_how_units_occur_and_which_never_change(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check", str(tmp_path / "t"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["units"]["AU9"]["known"] == 0
    assert told["units"]["AU1"] == {"known": 1.0, "least": 0.1, "most": 0.1, "mean": 0.1, "shown": 0.0}
    assert {warning["name"] for warning in told["warnings"]} == {"constant-unit"}
    assert main(["data", "check", str(tmp_path / "t")]) == 0
    assert "note: constant-unit: AU1 is 0.1 in all 3 rows" in capsys.readouterr().out


def test_tables_are_joined_and_handed_on_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / name) for name in "ab"]
    for seed, name in enumerate(names):
        assert main(["draw", "-o", name, "--count", "8", "--size", "16", "--seed", str(seed)]) == 0
    assert main(["data", "merge", *names, names[0], "-o", str(tmp_path / "c"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert (told["rows"], told["duplicates"]) == (16, 8)
    assert main(["data", "merge", *names, "-o", str(tmp_path / "d")]) == 0
    assert "wrote 16 faces of 4 people" in capsys.readouterr().out
    assert main(["data", "merge", names[0], "-o", str(tmp_path / "e")]) == 2
    assert main(["data", "to-hf", str(tmp_path / "c"), str(tmp_path / "hub")]) == 0
    assert f"files to {tmp_path / 'hub'}" in capsys.readouterr().out.replace("\n", "")
    assert main(["data", "to-hf", str(tmp_path / "c"), str(tmp_path / "hub"), "--json", "--force"]) == 0
    assert sum(json.loads(capsys.readouterr().out)["rows"].values()) == 16
