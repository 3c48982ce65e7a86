"""A short film of a portrait, edited by the shipped weights as ``mien edit`` does it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from mienkit.app.edit import load_workshop
from mienkit.cli.entry import main
from mienkit.core.expression import Expression
from mienkit.core.image import Picture
from mienkit.evaluation.flicker_edit import FPS, bent, face_mask, film, plan_shots, register
from mienkit.face.film import FilmFacts, Frame, open_film, writing_film
from mienkit.face.find import find_faces
from mienkit.face.mark import Mark
from mienkit.face.photo import Photo
from mienkit.inference.film import Stopwatch, edit_frames
from mienkit.inference.track import FaceTracker

pytest.importorskip("av", reason="PyAV is not installed")

SIZE = 200
FACE = (slice(0, SIZE), slice(120, 120 + SIZE))


@pytest.fixture(scope="module")
def person() -> Picture:
    """The head of the portrait, (200, 200, 3)."""
    return np.ascontiguousarray(skimage.data.astronaut()[FACE])


def write(path: Path, pictures: Sequence[Picture]) -> Path:
    like = FilmFacts(path=path.with_name("nothing"), width=SIZE, height=SIZE, fps=FPS)
    with writing_film(path, like, Mark("none", "0")) as made:
        for number, picture in enumerate(pictures):
            made.write(Frame(picture, number / FPS))
    return path


def test_a_film_of_a_person_is_edited_from_the_command_line(
    person: Picture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "in.mp4", film(person, plan_shots(SIZE, 8, 0), 0))
    out = tmp_path / "out.mp4"
    assert main(["edit", str(source), "--au", "AU12=0", "--au", "AU1=0.8", "-o", str(out)]) == 0
    printed = capsys.readouterr()
    assert "8 of 8 frames are edited" in printed.out
    record = json.loads((tmp_path / "out.mp4.json").read_text())
    assert record["detector"]["asked"] == 1
    assert record["aus"]["AU12"]["after"] < record["aus"]["AU12"]["before"] - 0.3
    assert record["aus"]["AU1"]["after"] > record["aus"]["AU1"]["before"] + 0.3
    pairs = list(zip(open_film(source).frames(), open_film(out).frames(), strict=True))
    assert all(np.abs(before.pixels.astype(int) - after.pixels).mean() > 1 for before, after in pairs)


def test_an_edited_film_flickers_hardly_more_than_the_film(person: Picture) -> None:
    count, shop = 16, load_workshop(device="cpu")
    shots = plan_shots(SIZE, count, 1)
    pictures = film(person, shots, 1)
    tools = shop.instruments
    tracker, frames = FaceTracker(tools.detector, tools.meter), (Frame(p, n / FPS) for n, p in enumerate(pictures))
    surprise = Expression(emotion="surprise")
    edited = [
        one.frame.pixels
        for one in edit_frames(frames, tracker, shop.editor.editor, lambda _: surprise, tools.meter, Stopwatch())
    ]
    mask = face_mask(find_faces(Photo(person), tools.detector, tools.meter)[0].landmarks, SIZE)
    before, after = (
        np.stack([register(frame, shot, mask) for frame, shot in zip(clip, shots, strict=True)])
        for clip in (pictures, edited)
    )
    assert np.abs(after - before).mean() > 3
    assert np.sqrt(np.square(bent(after)).mean()) < 1.4 * np.sqrt(np.square(bent(before)).mean())
