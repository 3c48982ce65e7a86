"""The frames of a film are edited in order, a few in memory at a time."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes import FakeEditor, FakeMeter, FakeMover, make_workshop, mouth_of
from mienkit.core.errors import FaceError
from mienkit.core.expression import Expression
from mienkit.core.image import to_float
from mienkit.core.task import Edited
from mienkit.face.align import crop_face
from mienkit.face.film import Frame
from mienkit.inference.film import (
    MEASURE_EVERY,
    TOGETHER,
    EditedFrame,
    ExpressionAt,
    Stopwatch,
    edit_frames,
    few_threads,
)
from mienkit.inference.track import FaceTracker
from red_face import RedDetector, RedMeter, stage

FPS = 25
SMILE = Expression(aus={"AU12": 0.9})


def edit(
    pictures: list[np.ndarray], editor: FakeEditor, expression_at: ExpressionAt = lambda _: SMILE
) -> list[EditedFrame]:
    """Edit frames that show red squares."""
    tracker, frames = FaceTracker(RedDetector(), RedMeter()), (Frame(one, n / FPS) for n, one in enumerate(pictures))
    return list(edit_frames(frames, tracker, editor, expression_at, FakeMeter(), Stopwatch()))


def moving(count: int) -> list[np.ndarray]:
    return [stage([(100 + n, 80)]) for n in range(count)]


def brightness(edited: EditedFrame) -> float:
    """Say how bright the mouth is in the middle of its face, in [0, 1]."""
    place = edited.faces[0].face.alignment.resized(64)
    crop = to_float(crop_face(edited.frame.pixels, place))
    return float((crop[mouth_of(crop)].mean() + 1) / 2)


def test_every_frame_comes_out_in_order_with_its_time() -> None:
    edited = edit(moving(11), FakeEditor())
    assert [one.frame.time for one in edited] == pytest.approx([n / FPS for n in range(11)])
    assert all(one.missing is None and len(one.faces) == 1 for one in edited)


def test_a_few_frames_are_given_to_the_editor_together() -> None:
    editor = FakeEditor()
    edit(moving(TOGETHER + 2), editor)
    assert editor.batches == [TOGETHER, 2]


def test_each_frame_shows_what_is_asked_at_its_time() -> None:
    edited = edit(moving(9), FakeEditor(), lambda time: Expression(aus={"AU12": min(1.0, 2 * time)}))
    shown = [brightness(one) for one in edited]
    assert shown == pytest.approx([2 * n / FPS for n in range(9)], abs=0.05)


def test_frames_without_a_face_pass_as_they_are() -> None:
    pictures = [stage([(100, 80)])] * 3 + [stage([])] * 3
    edited = edit(pictures, FakeEditor())
    for one, picture in zip(edited[3:], pictures[3:], strict=True):
        assert np.array_equal(one.frame.pixels, picture)
        assert one.missing
        assert one.faces == ()


def test_an_editor_that_tells_how_it_moves_moves_the_frames_own_pixels() -> None:
    grain = np.random.default_rng(0).integers(0, 40, (160, 240, 1), np.uint8)
    pictures = [picture - np.minimum(picture, grain) for picture in moving(3)]
    edited = edit(pictures, FakeMover())
    assert all(one.frame.pixels.shape == picture.shape for one, picture in zip(edited, pictures, strict=True))
    assert all(not np.array_equal(one.frame.pixels, two) for one, two in zip(edited, pictures, strict=True))


def test_only_some_frames_are_measured_again() -> None:
    edited = edit(moving(26), FakeEditor())
    measured = [one.frame.time for one in edited if one.faces[0].after is not None]
    assert measured[0] == 0
    assert len(measured) == pytest.approx(26 / FPS / MEASURE_EVERY, abs=1)


def test_a_face_that_the_editor_refuses_passes_with_its_reason() -> None:
    class Picky(FakeEditor):
        def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
            if float(target.max()) > 0.5:
                raise FaceError("this face is too much for me")
            return super().edit(image, source, target)

    edited = edit(moving(4), Picky(), lambda time: Expression(aus={"AU12": 0.9 if time > 0.1 else 0.1}))
    assert [one.missing for one in edited] == [None, None, None, "this face is too much for me"]


def test_no_more_than_a_few_frames_are_ever_in_memory() -> None:
    begun = 0

    def frames() -> Iterator[Frame]:
        nonlocal begun
        for n in range(60):
            begun += 1
            yield Frame(stage([(100, 80)]), n / FPS)

    shop = make_workshop(editor=FakeEditor())
    tracker = FaceTracker(RedDetector(), RedMeter())
    edited = edit_frames(frames(), tracker, shop.editor.editor, lambda _: SMILE, FakeMeter(), Stopwatch())
    for done, _ in enumerate(edited):
        assert begun - done <= 3 * TOGETHER


def test_an_error_of_the_film_comes_out_of_the_edit() -> None:
    def frames() -> Iterator[Frame]:
        yield Frame(stage([(100, 80)]), 0.0)
        raise FaceError("the film is broken")

    tracker = FaceTracker(RedDetector(), RedMeter())
    with pytest.raises(FaceError, match="the film is broken"):
        list(edit_frames(frames(), tracker, FakeEditor(), lambda _: SMILE, FakeMeter(), Stopwatch()))


def test_no_thread_stays_after_an_error_that_somebody_holds() -> None:
    class Broken(FakeEditor):
        def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
            raise LookupError("a bug")

    before = threading.active_count()
    with pytest.raises(LookupError, match="a bug") as held:
        edit(moving(40), Broken())
    assert threading.active_count() == before
    assert held.value.__traceback__ is not None


def test_every_stage_is_timed() -> None:
    watch, tracker = Stopwatch(), FaceTracker(RedDetector(), RedMeter())
    frames = (Frame(one, n / FPS) for n, one in enumerate(moving(3)))
    list(edit_frames(frames, tracker, FakeEditor(), lambda _: SMILE, FakeMeter(), watch))
    assert set(watch.seconds) == {"decode", "track", "edit", "paste", "measure again"}
    assert all(seconds > 0 for seconds in watch.seconds.values())


def test_the_number_of_threads_comes_back() -> None:
    before = torch.get_num_threads()
    with few_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
