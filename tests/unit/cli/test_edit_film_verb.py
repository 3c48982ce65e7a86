"""``mien edit`` of a film."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.cli.entry import main
from mienkit.face.film import FilmFacts, Frame, open_film, writing_film
from mienkit.face.mark import Mark

pytest.importorskip("av", reason="PyAV is not installed")
pytestmark = pytest.mark.usefixtures("fake_editor")

SMILE = ["--au", "AU12=0.8"]


def make_film(path: Path, blank: int = 0, shown: int = 5) -> Path:
    """Film a grey wall, then a face."""
    pictures = [np.full((200, 240, 3), 128, np.uint8)] * blank + [make_pixels()] * shown
    like = FilmFacts(path=path.with_name("nothing"), width=240, height=200, fps=10)
    with writing_film(path, like, Mark("none", "0")) as film:
        for number, pixels in enumerate(pictures):
            film.write(Frame(pixels, number / 10))
    return path


def test_a_film_prints_what_was_requested_beside_what_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = make_film(tmp_path / "in.mp4", blank=4), tmp_path / "out.mp4"
    assert main(["edit", str(source), *SMILE, "--au", "AU9=0.5", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith("AU12")).split()
    assert line[1] == "0.80"
    assert float(line[3]) == pytest.approx(0.8, abs=0.03)
    assert next(line for line in printed.splitlines() if line.startswith("AU9")).split()[1:] == ["unknown"] * 3
    assert "of 9 frames are edited" in printed
    assert "unchanged: 0.0 to 0.3 s: no face was found" in printed
    assert f"wrote {out} and out.mp4.json" in printed


def test_json_is_the_record_that_lies_beside_the_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = make_film(tmp_path / "in.mp4"), tmp_path / "out.webm"
    assert main(["edit", str(source), "--emotion", "happy", "-o", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("out") == str(out)
    assert printed == json.loads((tmp_path / "out.webm.json").read_text())


def test_a_folder_is_a_film_only_with_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_film(tmp_path / "frames", shown=2)
    assert main(["edit", str(folder), *SMILE, "-o", str(tmp_path / "photos")]) == 0
    assert "2 photos written" in capsys.readouterr().out
    out = tmp_path / "film"
    assert main(["edit", str(folder), "--frames", "--fps", "4", *SMILE, "-o", str(out)]) == 0
    assert [frame.time for frame in open_film(out).frames()] == pytest.approx([0, 0.25])


def test_a_moving_gif_is_a_film_if_the_result_moves(tmp_path: Path) -> None:
    source = make_film(tmp_path / "in.gif", shown=3)
    assert main(["edit", str(source), *SMILE, "-o", str(tmp_path / "out.gif")]) == 0
    assert len(list(open_film(tmp_path / "out.gif").frames())) == 3
    assert main(["edit", str(source), *SMILE, "-o", str(tmp_path / "out.png")]) == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (240, 200)


def test_a_video_is_known_whatever_its_name(tmp_path: Path) -> None:
    shutil.move(make_film(tmp_path / "in.mp4"), tmp_path / "in.dat")
    assert main(["edit", str(tmp_path / "in.dat"), *SMILE, "-o", str(tmp_path / "out.mp4")]) == 0


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (["--sweep", "AU12=0:1:5"], "--sweep takes a photo, not a film"),
        (["--sweep", "AU12=0:1:5", "--gif"], "--sweep takes a photo, not a film"),
        (["--emotion", "happiness", "--show-stages"], "--show-stages takes a photo, not a film"),
        (["--au", "AU12=0.8", "--fps", "10"], "--fps is for a folder of frames; add --frames"),
        (["--au", "AU12=0.8", "--fps", "10", "--frames"], "has times of its own"),
        (["--au", "AU12=0.8", "--fps", "2000", "--frames"], "less than or equal to 1000"),
    ],
)
def test_what_makes_no_sense_for_a_film_is_refused(
    added: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = make_film(tmp_path / "in.mp4")
    assert main(["edit", str(source), *added, "-o", str(tmp_path / "out.mp4")]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no video is at"), (b"", "is empty"), (b"rubbish", "is damaged or no video")]
)
def test_a_bad_film_is_one_clear_line(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.mp4"
    if content is not None:
        source.write_bytes(content)
    assert main(["edit", str(source), *SMILE, "-o", str(tmp_path / "out.mp4")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "out.mp4").exists()
