"""A portrait that moves with the weights of the package."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mienkit.app.animate import AnimateReport, AnimateRequest, AnimateWorkshop, animate_photo
from mienkit.app.animate_plan import go_to_emotion
from mienkit.app.animators import load_animator
from mienkit.app.demo import example_photo
from mienkit.app.instruments import load_instruments
from mienkit.face.film import open_film
from mienkit.inference.course import Course

FRAMES = 8


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> AnimateReport:
    """The portrait of an astronaut who smiles, and becomes surprised."""
    workshop = AnimateWorkshop(instruments=load_instruments(), animator=load_animator())
    request = AnimateRequest(seconds=1.0, fps=FRAMES, side=256, seed=1, at_rest=True)
    plan = go_to_emotion(workshop.animator, "surprise", Course.rising(1.0), request)
    return animate_photo(example_photo(), tmp_path_factory.mktemp("moved") / "clip", request, workshop, plan)


def frames_of(report: AnimateReport) -> list[np.ndarray]:
    return [frame.pixels.astype(float) for frame in open_film(Path(report.out)).frames()]


def test_the_last_frame_shows_what_was_asked_for(moved: AnimateReport) -> None:
    emotions = moved.record["last_frame"]["emotions"]  # type: ignore[index]
    assert max(emotions, key=emotions.get) == "surprise"


def test_the_smile_was_taken_off_first(moved: AnimateReport) -> None:
    assert any("the photo shows happiness" in note for note in moved.notes)


def test_it_goes_on_smoothly_and_ends_at_its_apex(moved: AnimateReport) -> None:
    frames = frames_of(moved)
    away = [np.abs(frame - frames[0]).mean() for frame in frames]
    steps = [np.abs(one - other).mean() for one, other in pairwise(frames)]
    assert away[-1] == pytest.approx(max(away), rel=0.02)
    assert all(one <= other * 1.02 for one, other in pairwise(away))
    assert max(steps) < 0.6 * away[-1]  # no jump


def test_what_is_not_the_face_stays(moved: AnimateReport) -> None:
    frames = frames_of(moved)
    assert (frames[0][-40:] == frames[-1][-40:]).all()
