"""``mien measure``, ``mien demo`` and ``mien fetch`` where all goes well."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.app.unit_curve import read_unit_curve
from mienkit.cli.entry import main
from mienkit.cli.output import bar, number

Capture = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("fake_instruments")
def test_every_unit_has_a_line_and_unknown_ones_say_so(photo: Path, capsys: Capture) -> None:
    assert main(["measure", str(photo)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "unknown" in lines["AU9"]
    assert "0.10" in lines["AU1"]
    assert "█" in lines["AU1"]
    assert "█" not in lines["AU9"]
    assert "0.65" in lines["happiness"]
    assert "yaw" in lines["pose:"]
    assert "fake meter 1" in lines["measured"]


@pytest.mark.usefixtures("fake_instruments")
def test_json_has_landmarks_and_null_for_what_is_unknown(photo: Path, capsys: Capture) -> None:
    assert main(["measure", str(photo), "--json"]) == 0
    face = json.loads(capsys.readouterr().out)["faces"][0]
    assert face["aus"]["AU9"] is None
    assert len(face["landmarks"]) == 68
    assert face["emotion"] == "happiness"


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A folder of four frames, each with a face."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for place in range(4):
        Image.fromarray(make_pixels()).save(folder / f"{place:03}.png")
    return folder


@pytest.mark.usefixtures("fake_instruments")
def test_what_a_film_shows_goes_into_a_file_that_a_clip_can_follow(frames: Path, capsys: Capture) -> None:
    curve = frames.with_name("curve.csv")
    assert main(["measure", str(frames), "-o", str(curve), "--fps", "10"]) == 0
    printed = capsys.readouterr().out
    assert "4 frames, 0 of them without a face" in printed
    assert f"wrote {curve}, measured by fake meter 1" in printed
    assert read_unit_curve(curve).seconds == pytest.approx(0.3)
    assert main(["measure", str(frames), "-o", str(curve), "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 4


@pytest.mark.usefixtures("fake_instruments")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["FRAMES"], "add e.g. -o curve.csv"),
        (["FRAMES", "-o", "curve.txt"], "curve.txt should end in .csv"),
        (["PHOTO", "-o", "curve.csv"], "-o and --fps are for films"),
        (["PHOTO", "--fps", "5"], "-o and --fps are for films"),
        (["FRAMES", "-o", "curve.csv", "--face", "7"], "no frame of"),
    ],
)
def test_a_film_and_a_photo_are_told_apart(
    arguments: list[str], said: str, frames: Path, photo: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(frames.parent)
    named = [one.replace("PHOTO", str(photo)).replace("FRAMES", str(frames)) for one in arguments]
    assert main(["measure", *named]) == 2
    assert said in capsys.readouterr().err
    assert not list(frames.parent.glob("curve*"))


@pytest.mark.usefixtures("fake_editor")
def test_a_demo_names_what_it_wrote(
    photo: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.demo.FRAMES", 2)
    monkeypatch.setattr("mienkit.app.demo.MOVED", ())
    out = tmp_path / "demo"
    assert main(["demo", "--photo", str(photo), "-o", str(out)]) == 0
    named = [line.removeprefix("wrote ") for line in capsys.readouterr().out.splitlines()]
    assert [Path(name).name for name in named] == ["sheet.png", "clip.gif", "report.json"]
    assert all(Path(name).is_file() for name in named)
    assert main(["demo", "--photo", str(photo), "-o", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["photo"] == "me.png"


def test_a_fetched_file_is_named(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.app.fetch.fetch_asset", lambda name, source, progress: tmp_path / name)
    assert main(["fetch", "mediapipe"]) == 0
    assert str(tmp_path / "mediapipe") in capsys.readouterr().out
    assert main(["fetch", "mediapipe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mediapipe"


def test_bars_have_eighths_of_a_character() -> None:
    assert bar(1) == "█" * 20
    assert bar(0) == bar(None) == ""
    assert bar(0.025) == "▌"
    assert bar(7) == bar(1)


def test_numbers_that_nobody_measured_are_unknown() -> None:
    assert (number(0.5), number(0), number(None)) == ("0.50", "0.00", "unknown")
