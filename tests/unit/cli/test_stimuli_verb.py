"""``mien stimuli``, with the real model and meter, on a real photograph."""

import json
from pathlib import Path

import pytest
from PIL import Image

from mienkit.app.demo import example_photo
from mienkit.app.stimuli import read_design
from mienkit.cli.entry import main

Capture = pytest.CaptureFixture[str]
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "stimuli.md"
DESIGN = "identities: [photos/me.png]\naus: {brows: {AU1: 1, AU2: 1}}\nlevels: [0.5, 1]\noptions: {size: 192}\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a design and a photograph, and no optional files."""
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "assets"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    Image.fromarray(example_photo().pixels).save(tmp_path / "photos" / "me.png")
    (tmp_path / "design.yaml").write_text(DESIGN)
    return tmp_path


def test_a_set_is_made_verified_and_a_changed_pixel_is_named(desk: Path, capsys: Capture) -> None:
    assert main(["stimuli", "design.yaml", "-o", "study"]) == 0
    assert "2 stimuli in study, 2 made now" in capsys.readouterr().out
    assert main(["stimuli", "make", "design.yaml", "-o", "study", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    measured = [row["after"]["AU1"] for row in told["stimuli"]]
    assert told["made"] == 0
    assert measured[1] > measured[0] + 0.2
    assert [row["identity_score"] for row in told["stimuli"]] == [None, None]
    assert main(["stimuli", "verify", "study"]) == 0
    assert "made again: all are the same" in capsys.readouterr().out
    image = Image.open("study/images/me_brows_100.png")
    image.putpixel((90, 90), tuple(255 - level for level in image.getpixel((90, 90))))
    image.save("study/images/me_brows_100.png")
    assert main(["stimuli", "verify", "study", "--quick"]) == 1
    assert "images/me_brows_100.png: its pixels changed" in capsys.readouterr().out
    assert main(["stimuli", "verify", "study", "--quick", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["passes"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.yaml", "-o", "study"], "cannot read nothing.yaml"),
        (["verify", "photos"], "holds no finished study"),
        (["design.yaml", "-o", "photos"], "lies in photos"),
    ],
)
def test_what_cannot_be_done_is_one_line(desk: Path, arguments: list[str], message: str, capsys: Capture) -> None:
    assert main(["stimuli", *arguments]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert len(told.strip().splitlines()) == 1


def test_the_guides_design_can_be_read(desk: Path) -> None:
    (desk / "more").mkdir()
    for place in ("photos/me.jpg", "more/IMG_0042.jpg"):
        Image.fromarray(example_photo().pixels).save(desk / place)
    text = GUIDE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    (desk / "design.yaml").write_text(text)
    design = read_design(desk / "design.yaml")
    assert [one.id for one in design.identities] == ["me", "p01"]
    assert len(list(design.stimuli())) == 2 * 2 * (3 * 5 + 1)
