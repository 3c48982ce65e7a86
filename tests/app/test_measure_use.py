"""Use case: what faces show."""

from pathlib import Path

import numpy as np
import pytest

import mienkit
from fakes import FakeDetector, FakeMeter, make_pixels
from mienkit.app.instruments import Instruments
from mienkit.app.measure import measure, measure_report
from mienkit.core.errors import FaceError
from mienkit.face.detector import Box
from mienkit.face.photo import Photo

TOOLS = Instruments(detector=FakeDetector(), meter=FakeMeter())


def test_every_number_has_its_name(photo: Path) -> None:
    face = measure(photo, instruments=TOOLS)[0]
    assert next(iter(face.aus)) == "AU1"
    assert face.emotion == "happiness"
    assert set(face.pose) == {"yaw", "pitch", "roll"}
    assert face.landmarks.shape == (68, 2)


def test_what_the_meter_cannot_see_is_none(photo: Path) -> None:
    face = measure(photo, instruments=TOOLS)[0]
    assert [name for name, value in face.aus.items() if value is None] == ["AU9"]


def test_landmarks_are_in_pixels_of_the_photo(photo: Path) -> None:
    face = measure(photo, instruments=TOOLS)[0]
    left, top, right, bottom = face.box
    corners = face.landmarks[[36, 45, 48, 54]]
    assert (corners > (left, top)).all()
    assert (corners < (right, bottom)).all()


def test_every_face_is_measured(photo: Path) -> None:
    detector = FakeDetector([Box(0, 0, 60, 60, 1.0), Box(100, 50, 200, 150, 0.5)])
    faces = measure(photo, instruments=Instruments(detector=detector, meter=FakeMeter()))
    assert len(faces) == 2


def test_the_report_says_who_measured() -> None:
    photo = Photo(make_pixels(), Path("me.png"))
    report = measure_report(photo, measure(photo, instruments=TOOLS), TOOLS)
    assert report["meter"] == "fake meter 1"
    assert report["unknown"] == ["AU9"]
    assert report["photo"] == {"file": "me.png", "width": 240, "height": 200}


def test_two_lines_of_python_measure_a_photo(photo: Path, fake_instruments: None) -> None:
    assert len(mienkit.measure(photo)) == 1


def test_a_picture_without_a_face_is_an_error() -> None:
    with pytest.raises(FaceError):
        measure(np.full((64, 64, 3), 128, np.uint8), instruments=TOOLS)
