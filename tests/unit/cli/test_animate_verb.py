"""``mien animate``."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fakes import make_pixels
from mienkit.app.editors import LoadedModel
from mienkit.cli.entry import main

pytestmark = pytest.mark.usefixtures("fake_editor")


@pytest.fixture
def me(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    Image.fromarray(make_pixels()).save(path)
    return path


def test_a_clip_prints_what_the_photo_and_its_last_frame_show(me: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = me.with_name("smile.gif")
    course = ["--curve", "onset:0.3,apex:0.2", "--fps", "10"]
    assert main(["animate", str(me), "--emotion", "happiness", *course, "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith("AU12")).split()
    assert float(line[2]) == pytest.approx(1, abs=0.03)
    assert "smile.gif (5 frames)" in printed


def test_json_holds_the_record(me: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = me.with_name("clip")
    asked = ["--au", "AU12=0.5", "--seconds", "0.5", "--fps", "4"]
    assert main(["animate", str(me), *asked, "-o", str(out), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["request"]["aus"] == {"AU12": 0.5}
    assert record["clip"]["frames"] == 2


def test_a_clip_of_a_curve_shows_its_last_row_and_goes_as_far_as_told(me: Path) -> None:
    me.with_name("smile.csv").write_text("time,AU12\n0,0\n0.5,0\n1,1\n")
    whole, half = me.with_name("whole"), me.with_name("half")
    asked = ["animate", str(me), "--curve", str(me.with_name("smile.csv")), "--fps", "4", "-o"]
    assert main([*asked, str(whole)]) == 0
    assert main([*asked, str(half), "--intensity", "0.5"]) == 0
    records = [json.loads(out.with_name(f"{out.name}.json").read_text()) for out in (whole, half)]
    assert [record["clip"]["frames"] for record in records] == [5, 5]
    before = records[0]["before"]["aus"]["AU12"]
    shown = [record["last_frame"]["aus"]["AU12"] for record in records]
    assert shown == pytest.approx([1, (1 + before) / 2], abs=0.03)


class Falls:
    """A model of motion whose landmarks go down."""

    dimensions = 3

    def motion(self, emotion: torch.Tensor, key: torch.Tensor, frames: int) -> torch.Tensor:
        return torch.linspace(0, 1, frames)[None, :, None, None].expand(1, -1, 68, 3)


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let heads be written nowhere; returns which were, and sets how many frames the last one has."""
    written: list[Path] = []

    def write(out: Path, motion: np.ndarray, **told: object) -> dict[str, object]:
        written.append(out)
        return {"frames": len(motion)}

    loaded = LoadedModel(name="motiongan")
    monkeypatch.setattr("mienkit.app.animate_mesh.ready_model", lambda *_: (loaded, Falls()))
    monkeypatch.setattr("mienkit.app.animate_mesh.check_mesh", lambda *_: None)
    monkeypatch.setattr("mienkit.app.animate_mesh.write_mesh", write)
    return written


def test_a_head_moves_as_long_as_its_clip(
    heads: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["animate", "--emotion", "joy", "--mesh", str(tmp_path / "head.glb"), "--json", "--fps", "10"]
    for more, frames in (
        ([], 20),
        (["--seconds", "3"], 30),
        (["--curve", "onset:0.5,apex:0.5"], 10),
        (["--curve", "onset:0.5,apex:0.5", "--seconds", "3"], 30),
    ):
        assert main([*asked, *more]) == 0
        assert json.loads(capsys.readouterr().out)["mesh"]["frames"] == frames
    assert main([*asked, "--curve", "apex:3600,offset:3600", "--fps", "100"]) == 2
    assert "too long" in capsys.readouterr().err
    assert len(heads) == 4


def test_no_head_is_written_without_its_clip(heads: list[Path], me: Path) -> None:
    asked = ["--emotion", "joy", "--curve", "onset:0.5", "--fps", "4", "--mesh", str(me.with_name("head.glb"))]
    Image.new("RGB", (64, 64), (128, 128, 128)).save(me.with_name("wall.png"))
    assert main(["animate", str(me.with_name("wall.png")), *asked, "-o", str(me.with_name("clip"))]) == 2
    assert main(["animate", str(me), *asked, "-o", str(me.with_name("clip.avi"))]) == 2
    assert heads == []
    assert main(["animate", str(me), *asked, "-o", str(me.with_name("clip"))]) == 0
    assert heads == [me.with_name("head.glb")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--emotion", "happiness"], "name a photo and, with -o, the clip; or --mesh head.glb"),
        (["PHOTO", "-o", "OUT"], "say what shall happen"),
        (["PHOTO", "-o", "OUT", "--emotion", "joy", "--au", "AU12=1"], "say what shall happen"),
        (["PHOTO", "-o", "OUT", "--emotion", "joyy", "--curve", "onset:1"], "no emotion is called 'joyy'"),
        (["PHOTO", "-o", "OUT", "--emotion", "joy", "--curve", "soon"], "'soon' is no course"),
        (["PHOTO", "-o", "OUT", "--driving", "none.mp4"], "none.mp4"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--mesh", "head.glb"], "--mesh moves a head to an emotion"),
        (["PHOTO", "-o", "OUT", "--driving", "a.mp4", "--curve", "onset:1"], "leave --curve out"),
        (["PHOTO", "-o", "OUT", "--emotion", "joy", "--model", "meter"], "meter neither edits photos nor paints faces"),
        (["PHOTO", "-o", "OUT.avi", "--emotion", "joy", "--curve", "onset:1"], "cannot write '.avi' films"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--seconds", "0"], "--seconds 0 should be above 0"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--seconds", "-1"], "--seconds -1 should be above 0"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--seconds", "nan"], "--seconds nan should be above 0"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--fps", "0"], "--fps 0 should be 1 to 120"),
        (["PHOTO", "-o", "OUT", "--driving", "a.mp4", "--seconds", "3"], "leave --seconds out"),
        (["PHOTO", "-o", "OUT", "--driving", "a.mp4", "--motion-weights", "w"], "leave --motion-weights out"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--motion-weights", "w"], "fake moves no landmarks"),
        (["PHOTO", "-o", "OUT", "--driving", "PHOTO", "--fps", "5"], "--fps is for a folder of frames"),
        (["PHOTO", "-o", "OUT", "--driving", "PHOTO", "--intensity", "nan"], "at most 3 with --driving"),
        (["PHOTO", "-o", "OUT", "--emotion", "joy", "--curve", "onset:0.5," * 60], "gives onset twice"),
        (["PHOTO", "-o", "OUT", "--au", "AU12=1", "--seed", str(2**64)], "--seed"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    me: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [one.replace("PHOTO", str(me)).replace("OUT", str(me.with_name("clip"))) for one in arguments]
    assert main(["animate", *named]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in me.parent.iterdir()] == ["me.png"]
