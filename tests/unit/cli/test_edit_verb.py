"""``mien edit``."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import FakeSidedEditor, FakeStagedEditor, make_pixels
from mienkit.app.editors import LoadedEditor
from mienkit.cli.edit import parse_intensities
from mienkit.cli.entry import main
from mienkit.core.errors import ConfigError

pytestmark = pytest.mark.usefixtures("fake_editor")


def test_an_edit_prints_what_was_requested_beside_what_was_measured(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "smile.png"
    assert main(["edit", str(photo), "--au", "AU12=0.8", "--au", "AU9=0.5", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith("AU12"))
    assert line.split()[1] == "0.80"
    assert float(line.split()[3]) == pytest.approx(0.8, abs=0.02)
    assert next(line for line in printed.splitlines() if line.startswith("AU9")).split()[2:] == ["unknown", "unknown"]
    assert out.exists()


def test_json_is_the_record_that_lies_beside_the_photo(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "smile.png"
    assert main(["edit", str(photo), "--emotion", "happy", "--intensity", "0.5", "-o", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("out") == str(out)
    assert printed == json.loads((tmp_path / "new" / "smile.png.json").read_text())
    assert printed["request"] == {"emotion": "happiness", "intensity": 0.5, "faces": "largest"}


def test_a_sweep_writes_a_sheet_and_a_clip(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.png"
    arguments = ["edit", str(photo), "--sweep", "AU12=0:1:3", "--sweep", "AU1+AU2=0:1:3", "--gif", "-o", str(out)]
    assert main(arguments) == 0
    assert "AU1=0.10 AU2=0.10" in capsys.readouterr().out
    assert {path.name for path in tmp_path.glob("sheet*")} == {"sheet.png", "sheet.gif", "sheet.png.json"}


def test_a_sweep_as_json_has_its_pictures(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", str(photo), "--sweep", "happiness=0:1:3", "-o", str(tmp_path / "s.png"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["pictures"]) == 3


def test_existing_results_are_replaced_with_force(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "smile.png"
    edit = ["edit", str(photo), "--au", "AU12=0.8", "-o", str(out)]
    assert [main(edit), main(edit), main([*edit, "--force"])] == [0, 2, 0]


def test_a_folder_with_some_bad_files_finishes_the_rest_and_lists_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(make_pixels()).save(photos / name)
    (photos / "bad.png").write_bytes(b"\x89PNG\r\n")
    assert main(["edit", str(photos), "--au", "AU12=0.8", "-o", str(out)]) == 1
    printed = capsys.readouterr()
    assert "2 photos written" in printed.out
    assert f"failed: {photos / 'bad.png'}" in printed.err
    assert "Traceback" not in printed.err
    assert {path.name for path in out.iterdir()} == {"a.png", "a.png.json", "b.png", "b.png.json"}


def test_a_folder_as_json_lists_what_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "bad.png").write_bytes(b"")
    assert main(["edit", str(photos), "--au", "AU12=0.8", "-o", str(tmp_path / "out"), "--json"]) == 1
    assert list(json.loads(capsys.readouterr().out)["failed"]) == [str(photos / "bad.png")]


def test_several_intensities_fit_into_one_argument() -> None:
    assert parse_intensities(["AU12=0.8,AU6=0.5", "AU4=1"]) == {"AU12": 0.8, "AU6": 0.5, "AU4": 1}


@pytest.mark.parametrize("text", ["AU12", "AU12=", "AU12=much", ""])
def test_an_intensity_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"AU12=0\.8"):
        parse_intensities([text])


def test_a_side_is_asked_for_and_stands_beside_what_the_whole_face_measures(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.edit.load_editor", lambda *_: LoadedEditor(name="fake", editor=FakeSidedEditor()))
    out = tmp_path / "smirk.png"
    assert main(["edit", str(photo), "--au", "AU12_L=0.8", "--au", "AU12=0.1", "-o", str(out)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("AU12_L"))
    assert line.split()[1] == "0.80"
    assert float(line.split()[3]) == pytest.approx(0.8, abs=0.02)
    target = json.loads(Path(f"{out}.json").read_text())["faces"][0]["target"]
    assert (target["AU12"], target["AU12_L"], target["AU12_R"]) == (0.45, 0.8, 0.1)
    sheet = tmp_path / "sheet.png"
    assert main(["edit", str(photo), "--sweep", "AU12_L=0:1:2", "-o", str(sheet)]) == 0
    assert "AU12=1.00" in capsys.readouterr().out


def test_an_editor_without_sides_says_which_have_them(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "smirk.png"
    assert main(["edit", str(photo), "--au", "AU12_L=0.8", "-o", str(out)]) == 2
    assert "for AU12_L choose one that does not: duchenne, morphable" in capsys.readouterr().err
    assert not out.exists()


def test_the_stages_of_an_editor_are_shown_on_a_sheet_beside_the_photo(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.edit.load_editor", lambda *_: LoadedEditor(name="fake", editor=FakeStagedEditor()))
    edit = ["edit", str(photo), "--emotion", "happiness", "--show-stages", "-o", str(tmp_path / "smile.png")]
    assert main(edit) == 0
    assert "smile.stages.png" in capsys.readouterr().out
    assert {path.name for path in tmp_path.glob("smile*")} == {"smile.png", "smile.png.json", "smile.stages.png"}
    assert main([*edit, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stages"] == str(tmp_path / "smile.stages.png")


def test_a_sheet_of_stages_that_exists_stops_the_edit_before_it_begins(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "smile.stages.png").write_bytes(b"mine")
    edit = ["edit", str(photo), "--emotion", "happiness", "--show-stages", "-o", str(tmp_path / "smile.png")]
    assert main(edit) == 2
    assert not (tmp_path / "smile.png").exists()


def test_an_editor_without_stages_says_so_in_one_line_and_writes_nothing(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit = ["edit", str(photo), "--emotion", "happiness", "--show-stages", "-o", str(tmp_path / "smile.png")]
    assert main(edit) == 2
    assert "works in one stage" in capsys.readouterr().err
    assert main([*edit, "--sweep", "happiness=0:1:3"]) == 2
    assert "--show-stages takes one photo and one expression" in capsys.readouterr().err
    assert not list(tmp_path.glob("smile*"))
