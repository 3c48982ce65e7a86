"""Use case: what the face of a film shows over time."""

from pathlib import Path

import numpy as np
import pytest

from fakes import FakeDetector, FakeMeter, make_pixels
from mienkit.app.instruments import Instruments
from mienkit.app.measure import open_photo
from mienkit.app.measure_film import FilmRequest, measure_film
from mienkit.app.unit_curve import read_unit_curve
from mienkit.core.action_unit import AU_INDEX
from mienkit.core.errors import ConfigError, FaceError, OutputError
from mienkit.face.film import FilmFacts, Frame, writing_film
from mienkit.face.find import find_faces
from mienkit.face.mark import Mark

WALL = np.full((200, 240, 3), 128, np.uint8)


def tools() -> Instruments:
    return Instruments(detector=FakeDetector(), meter=FakeMeter())


def film_of(path: Path, pictures: list[np.ndarray]) -> Path:
    like = FilmFacts(path=path.with_name("nothing"), width=240, height=200, fps=10)
    with writing_film(path, like, Mark("none", "0")) as film:
        for number, pixels in enumerate(pictures):
            film.write(Frame(pixels, number / 10))
    return path


def test_a_curve_holds_what_the_meter_reads_and_no_unit_that_it_cannot_see(tmp_path):
    film, out = film_of(tmp_path / "film", [make_pixels()] * 4), tmp_path / "curve.csv"
    report = measure_film(film, out, tools())
    curve = read_unit_curve(out)
    face = find_faces(open_photo(make_pixels()), FakeDetector(), FakeMeter())[0]
    assert curve.seconds == pytest.approx(0.3)
    assert "AU9" not in curve.units
    assert curve.at(0.1)["AU1"] == pytest.approx(0.1)
    assert curve.at(0.1)["AU12"] == pytest.approx(float(face.reading.aus[0, AU_INDEX["AU12"]]), abs=0.02)
    assert (report["frames"], report["without_a_face"], report["unknown"]) == (4, 0, ["AU9"])


def test_frames_without_a_face_take_what_is_known_around_them(tmp_path):
    film, out = film_of(tmp_path / "film", [WALL, make_pixels(), make_pixels(), WALL]), tmp_path / "curve.csv"
    measure_film(film, out, tools())
    found = [line.split(",")[1] for line in out.read_text().splitlines()[1:]]
    assert len(found) == 4
    assert found[0] == "0"
    assert read_unit_curve(out).at(0)["AU1"] == pytest.approx(0.1)


def test_a_film_without_a_face_writes_nothing(tmp_path):
    film = film_of(tmp_path / "film", [WALL] * 3)
    with pytest.raises(FaceError, match=r"no frame of .* shows a face"):
        measure_film(film, tmp_path / "curve.csv", tools())
    assert not (tmp_path / "curve.csv").exists()


def test_a_file_that_is_there_stays_unless_force_is_asked_for(tmp_path):
    film, out = film_of(tmp_path / "film", [make_pixels()] * 3), tmp_path / "curve.csv"
    out.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        measure_film(film, out, tools())
    assert out.read_text() == "mine"
    measure_film(film, out, tools(), force=True)
    assert out.read_text().startswith("time,success,AU1,")


def test_one_face_of_a_film_is_measured():
    with pytest.raises(ConfigError, match="one face of a film is measured"):
        FilmRequest(face="all")
