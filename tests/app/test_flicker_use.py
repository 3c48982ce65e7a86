"""Editors judged on clips, by fakes that agree on one made-up sign."""

import numpy as np
import pytest

from fakes import FakeDetector, FakeEditor, FakeMeter, make_pixels
from mienkit.app import flicker
from mienkit.app.editors import LoadedEditor
from mienkit.app.flicker import film_people, judge_clips, requests_of
from mienkit.app.held_out import Sitter
from mienkit.core.errors import FaceError
from mienkit.core.image import to_float
from mienkit.core.task import Edited
from mienkit.evaluation.photo_edit import Look
from mienkit.face.align import Alignment
from mienkit.face.detector import Box
from mienkit.face.find import Face
from mienkit.face.photo import Photo

ASKED = (("AU9", 1.0), ("AU12", 0.4), ("AU12", 1.0), ("happiness", 1.0), ("fear", 1.0))


class Jittery(FakeDetector):
    """Never finds the box where it was in the frame before."""

    def __init__(self) -> None:
        self.dice = np.random.default_rng(0)

    def detect(self, picture):
        left, top = self.dice.normal(64, 1, 2)
        return [Box(left, top, left + 128, top + 128, 1.0)]


class Copying(FakeEditor):
    """Does nothing."""

    def edit(self, image, source, target):
        return Edited(image=image, change=image.new_zeros(len(image), 1, *image.shape[2:]))


class Nervous(FakeEditor):
    """Makes faces brighter and darker in turn."""

    sign = 1

    def edit(self, image, source, target):
        self.sign = -self.sign
        return Edited(image=image + self.sign * 4 / 127.5, change=image.new_ones(len(image), 1, *image.shape[2:]))


class Refusing(FakeEditor):
    """Takes nobody."""

    def edit(self, image, source, target):
        raise FaceError("no")


def sitter(number: int, asked: tuple[tuple[str, float], ...] = ASKED) -> Sitter:
    pixels, meter = make_pixels(260, 260, number)[:256, :256], FakeMeter()
    reading = meter.measure(to_float(pixels[::2, ::2].copy()))
    landmarks = np.random.default_rng(0).uniform(60, 200, (68, 2))
    face = Face(Alignment(np.eye(2, 3), 256), landmarks, reading, Box(0, 0, 256, 256, 1.0))
    look = Look(landmarks=np.zeros((68, 2)), channels={}, embedding=np.zeros(256, np.float32))
    return Sitter(subject=number, photo=Photo(pixels=pixels), face=face, look=look, asked=asked)


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> list[flicker.Clip]:
    """Short clips of two people."""
    monkeypatch.setattr(flicker, "load_detector", lambda name: Jittery())
    monkeypatch.setattr(flicker, "BEFORE", 2)
    monkeypatch.setattr(flicker, "FRAMES", 4)
    return film_people([sitter(number) for number in range(3)], FakeMeter(), 2, say=lambda line: None)


def judged(editor: FakeEditor, clips):
    return judge_clips("fake", LoadedEditor(name="fake", editor=editor), clips, lambda line: None)


def test_copy_does_not_flicker(clips):
    result = judged(Copying(), clips)
    assert result.alone.value == result.steady.value == result.step_alone.value == 0
    assert result.alone.count == 4


def test_an_editor_that_turns_its_sign_flickers(clips):
    result = judged(Nervous(), clips)
    assert result.alone.value == pytest.approx(8, rel=0.25)
    assert result.steady.value == pytest.approx(8, rel=0.25)


def test_people_whom_an_editor_refuses_do_not_count(clips):
    assert judged(Refusing(), clips).alone.count == 0


def test_only_so_many_people_are_filmed_and_their_last_frames_edited(clips):
    assert [clip.subject for clip in clips] == [0, 1]
    assert {len(part) for clip in clips for part in (clip.frames, clip.shots, clip.alone, clip.steady)} == {4}


def test_a_steadied_face_is_not_what_was_found(clips):
    assert not np.array_equal(clips[0].alone[-1].alignment.matrix, clips[0].steady[-1].alignment.matrix)


def test_people_who_are_not_found_give_way(monkeypatch):
    class Blind(FakeDetector):
        def detect(self, picture):
            return []

    monkeypatch.setattr(flicker, "load_detector", lambda name: Blind())
    assert film_people([sitter(0)], FakeMeter(), say=lambda line: None) == []


def test_everybody_is_asked_for_a_unit_and_an_emotion_that_they_do_not_show():
    asked = [requests_of(sitter(0), number) for number in range(12)]
    assert {unit for (unit, _), _ in asked} == {"AU9", "AU12"}
    assert {emotion for _, (emotion, _) in asked} == {"happiness", "fear"}
    assert requests_of(sitter(0, (("AU12", 1.0),)), 0) == [("AU12", 1.0)]


def test_nobody_is_filmed_where_nobody_is_asked_for():
    assert film_people([sitter(0)], FakeMeter(), 0, say=lambda line: pytest.fail(line)) == []
