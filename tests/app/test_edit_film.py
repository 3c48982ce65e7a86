"""Use case: a film in, a film out."""

import json
from pathlib import Path

import numpy as np
import pytest

from fakes import FakeEditor
from mienkit.app.edit import Workshop
from mienkit.app.edit_film import FilmRequest, edit_film
from mienkit.app.editors import LoadedEditor
from mienkit.app.instruments import Instruments
from mienkit.core.errors import FaceError, ImageError, OutputError
from mienkit.core.expression import Expression
from mienkit.face.film import FilmFacts, Frame, open_film, writing_film
from mienkit.face.film.film_mark import read_film_mark
from mienkit.face.mark import Mark
from mienkit.inference.track import GONE, NOT_FOUND
from red_face import RedDetector, RedMeter, stage

pytest.importorskip("av", reason="PyAV is not installed")

SMILE = Expression(aus={"AU12": 0.9})
HERE = [(120.0, 80.0)]


@pytest.fixture
def red_workshop() -> Workshop:
    """A detector and a meter for whom red squares are faces, and an editor that paints mouths."""
    return Workshop(
        instruments=Instruments(detector=RedDetector(), meter=RedMeter()),
        editor=LoadedEditor(name="fake", editor=FakeEditor(), weights="0" * 64),
    )


def make_film(path: Path, shown: list[list[tuple[float, float]]], fps: float = 25) -> Path:
    """Film red squares."""
    like = FilmFacts(path=path.with_name("nothing"), width=240, height=160, fps=fps)
    with writing_film(path, like, Mark("none", "0")) as film:
        for number, squares in enumerate(shown):
            film.write(Frame(stage(squares), number / fps))
    return path


def smile(source: Path, out: Path, shop: Workshop, **options: object) -> dict[str, object]:
    wanted = FilmRequest(asked={"aus": {"AU12": 0.9}})
    edit_film(source, out, lambda _: SMILE, shop, wanted, **options)  # type: ignore[arg-type]
    return json.loads((out.parent / f"{out.name}.json").read_text())


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.gif", "out"])
def test_a_film_comes_out_with_its_record_and_its_mark(name: str, tmp_path: Path, red_workshop: Workshop) -> None:
    source, out = make_film(tmp_path / "in.mp4", [HERE] * 6), tmp_path / name
    record = smile(source, out, red_workshop)
    assert len(list(open_film(out).frames())) == 6
    assert record["synthetic"] is True
    assert record["model"] == {"name": "fake", "version": "0.1.0", "weights_sha256": "0" * 64}
    assert record["request"] == {"aus": {"AU12": 0.9}}
    assert record["frames"] == {"read": 6, "edited": 6, "unchanged": 0, "measured_again": 2}
    assert record["detector"] == {"name": "dlib", "asked": 1}
    assert record["aus"]["AU12"]["target"] == 0.9  # type: ignore[index]
    mark = read_film_mark(out)
    assert mark is not None
    assert (mark.model, mark.request) == ("fake", {"aus": {"AU12": 0.9}})


def test_the_mouth_of_every_frame_is_painted_and_the_rest_stays(tmp_path: Path, red_workshop: Workshop) -> None:
    source = make_film(tmp_path / "in", [HERE] * 5)
    smile(source, tmp_path / "out", red_workshop)
    for before, after in zip(open_film(source).frames(), open_film(tmp_path / "out").frames(), strict=True):
        changed = (before.pixels != after.pixels).any(2)
        rows, columns = np.nonzero(changed)
        assert 0 < changed.mean() < 0.2
        assert abs(columns.mean() - HERE[0][0]) < 3
        assert rows.mean() > HERE[0][1]


def test_frames_without_a_face_pass_and_are_reported_with_their_reason(tmp_path: Path, red_workshop: Workshop) -> None:
    source = make_film(tmp_path / "in.mp4", [[]] * 3 + [HERE] * 8 + [[]] * 4)
    record = smile(source, tmp_path / "out", red_workshop)
    first, last = record["unchanged"]  # type: ignore[misc]
    assert (first["first"], first["reason"]) == (0, NOT_FOUND)
    assert first["last"] >= 2
    assert (last["first"], last["last"], last["reason"]) == (11, 14, GONE)
    assert last["end"] == pytest.approx(14 / 25, abs=0.001)
    frames = list(open_film(tmp_path / "out").frames())
    assert len(frames) == 15
    (blank,) = {frame.pixels.tobytes() for frame in frames[:1]}
    assert np.frombuffer(blank, np.uint8).std() < 3


def test_a_film_without_any_face_is_an_error_and_writes_nothing(tmp_path: Path, red_workshop: Workshop) -> None:
    source = make_film(tmp_path / "in.mp4", [[]] * 4)
    with pytest.raises(
        FaceError, match=r"none of the 4 frame\(s\) of .*in\.mp4 could be edited: no face was found; use"
    ):
        smile(source, tmp_path / "out.mp4", red_workshop)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_a_film_of_one_frame_is_edited(tmp_path: Path, red_workshop: Workshop) -> None:
    record = smile(make_film(tmp_path / "in.mp4", [HERE]), tmp_path / "out.mp4", red_workshop)
    assert record["frames"] == {"read": 1, "edited": 1, "unchanged": 0, "measured_again": 1}


def test_a_film_that_breaks_off_writes_nothing_and_keeps_what_was_there(tmp_path: Path, red_workshop: Workshop) -> None:
    source = make_film(tmp_path / "in", [HERE] * 4)
    (source / "000002.png").write_bytes(b"no picture")
    smile(make_film(tmp_path / "good", [HERE]), tmp_path / "out.mp4", red_workshop)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("out*")}
    with pytest.raises(ImageError, match=r"000002\.png"):
        smile(source, tmp_path / "out.mp4", red_workshop, force=True)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*out*")} == before


def test_results_that_exist_stop_an_edit_before_it_begins(tmp_path: Path, red_workshop: Workshop) -> None:
    source = make_film(tmp_path / "in.mp4", [HERE] * 2)
    (tmp_path / "out.mp4.json").write_text("mine")
    with pytest.raises(OutputError, match=r"out\.mp4\.json exists already"):
        smile(source, tmp_path / "out.mp4", red_workshop)
    assert red_workshop.instruments.detector.looks == []  # type: ignore[attr-defined]


def test_what_is_odd_about_a_film_is_reported(tmp_path: Path, red_workshop: Workshop) -> None:
    film = open_film(make_film(tmp_path / "in", [HERE]))
    film.notes.append("it is odd")
    report = edit_film(film, tmp_path / "out.mp4", lambda _: SMILE, red_workshop)
    assert report.notes == ("it is odd",)
    assert report.record["notes"] == ["it is odd"]


def test_the_same_edit_gives_the_same_film(tmp_path: Path, red_workshop: Workshop) -> None:
    source = make_film(tmp_path / "in.mp4", [[(100 + 3 * n, 80)] for n in range(9)])
    for name in ("a", "b"):
        smile(source, tmp_path / name, red_workshop)
    pairs = zip(open_film(tmp_path / "a").frames(), open_film(tmp_path / "b").frames(), strict=True)
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in pairs)


def test_frames_are_counted_while_they_are_made(tmp_path: Path, red_workshop: Workshop) -> None:
    told: list[tuple[int, int]] = []

    def track(things, count):
        for number, thing in enumerate(things):
            told.append((number, count))
            yield thing

    smile(make_film(tmp_path / "in.mp4", [HERE] * 3), tmp_path / "out.mp4", red_workshop, track=track)
    assert told == [(0, 3), (1, 3), (2, 3)]
