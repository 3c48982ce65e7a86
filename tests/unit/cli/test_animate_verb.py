"""``mien animate``."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import make_pixels
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
    ],
)
def test_a_mistake_is_told_in_one_line(
    me: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [one.replace("PHOTO", str(me)).replace("OUT", str(me.with_name("clip"))) for one in arguments]
    assert main(["animate", *named]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in me.parent.iterdir()] == ["me.png"]
