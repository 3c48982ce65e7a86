"""``mien transfer``."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import FakeTransferer, make_pixels
from mienkit.app.editors import LoadedTransferer
from mienkit.cli.entry import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def arguments(photo: Path, tmp_path: Path, fake_instruments: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the command line work with the fakes; returns a call of it."""
    loaded = LoadedTransferer(name="fake", transferer=FakeTransferer())
    monkeypatch.setattr("mienkit.app.transfer.load_transferer", lambda *_: loaded)
    source = tmp_path / "smiling.png"
    Image.fromarray(make_pixels(seed=1) // 3).save(source)  # a dark mouth: no smile
    return ["transfer", "--source", str(source), "--target", str(photo), "-o", str(tmp_path / "out.png")]


def test_it_prints_what_the_source_shows_beside_the_target_before_and_after(
    arguments: list[str], tmp_path: Path, capsys: Capture
) -> None:
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith("AU12"))
    source, before, after = map(float, line.split()[1:])
    assert after == pytest.approx(source, abs=0.03)
    assert before != pytest.approx(source, abs=0.02)
    assert "of the photo's pixels are untouched" in printed
    assert f"wrote {tmp_path / 'out.png'} and out.png.json" in printed
    assert "AU9" not in printed  # the meter is blind to it


def test_json_is_the_record_with_what_was_written(arguments: list[str], tmp_path: Path, capsys: Capture) -> None:
    sheet = tmp_path / "sheet.png"
    assert main([*arguments, "--show-landmarks", str(sheet), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed.pop("out"), printed.pop("landmarks")) == (str(tmp_path / "out.png"), str(sheet))
    assert printed == json.loads((tmp_path / "out.png.json").read_text())
    assert sheet.is_file()


def test_existing_results_are_replaced_with_force(arguments: list[str]) -> None:
    assert [main(arguments), main(arguments), main([*arguments, "--force"])] == [0, 2, 0]


def test_a_sheet_that_exists_stops_the_transfer_before_it_begins(
    arguments: list[str], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "sheet.png").write_text("mine")
    assert main([*arguments, "--show-landmarks", str(tmp_path / "sheet.png")]) == 2
    assert "sheet.png exists already" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_bad_input_is_one_line(
    photo: Path, no_face: Path, tmp_path: Path, fake_instruments: None, capsys: Capture
) -> None:
    call = ["transfer", "-o", str(tmp_path / "out.png"), "--target", str(photo)]
    missing = str(tmp_path / "nobody.png")
    for extra, word in (
        (["--source", missing], "nobody.png"),
        (["--source", str(no_face), "--model", "copy"], "wall.png"),
        (["--source", str(photo), "--model", "duchenne"], "duchenne does not transfer expressions"),
        (["--source", str(photo), "--model", "landmark_transfr"], "did you mean 'landmark_transfer'"),
        (["--source", str(photo), "--model", "copy", "--source-face", "all"], "one face"),
        (["--source", str(photo), "--weights", str(tmp_path / "none")], "there is no weights folder"),
    ):
        assert main([*call, *extra]) == 2
        errors = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("hint: ")]
        assert len(errors) == 1
        assert word in errors[0]
    assert not list(tmp_path.glob("out*"))


def test_copy_gives_the_target_back(photo: Path, tmp_path: Path, fake_instruments: None, capsys: Capture) -> None:
    out = tmp_path / "out.png"
    call = ["transfer", "--source", str(photo), "--target", str(photo), "-o", str(out), "--model", "copy"]
    assert main(call) == 0
    assert "100.0% of the photo's pixels are untouched" in capsys.readouterr().out
