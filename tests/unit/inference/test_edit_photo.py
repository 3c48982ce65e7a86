"""Editing one face of a photo."""

import numpy as np
import pytest
import torch

from fakes import (
    SMILE,
    FakeEditor,
    FakeEmotionEditor,
    FakeMeter,
    FakeMover,
    FakeSidedEditor,
    make_pixels,
    make_workshop,
)
from mienkit import systems as systems
from mienkit.app.edit import Workshop
from mienkit.core.action_unit import SIDED_UNITS
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression
from mienkit.face.find import Face, find_faces
from mienkit.face.photo import Photo
from mienkit.inference.edit import BATCH, device_of, edit_expressions, edit_photo
from mienkit.inference.window import cut_window


def face_of(photo: Photo, workshop: Workshop) -> Face:
    return find_faces(photo, workshop.instruments.detector, FakeMeter(), "largest")[0]


def test_what_is_asked_for_is_what_is_measured_afterwards(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    result = edit_photo(photo, face_of(photo, workshop), FakeEditor(), Expression(aus={"AU12": 0.9}), FakeMeter())
    assert result.target[SMILE] == pytest.approx(0.9)
    assert result.measured[SMILE] == pytest.approx(0.9, abs=0.01)


def test_pixels_that_the_model_did_not_change_stay_bit_identical(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    result = edit_photo(photo, face_of(photo, workshop), FakeEditor(), Expression(aus={"AU12": 1}), FakeMeter())
    changed = (result.pixels != photo.pixels).any(axis=-1)
    assert 0.001 < changed.mean() < 0.15
    assert result.unchanged == pytest.approx(1 - changed.mean())


def test_units_that_were_not_named_are_asked_to_stay_as_measured(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    result = edit_photo(photo, face_of(photo, workshop), FakeEditor(), Expression(aus={"AU4": 0.5}), FakeMeter())
    assert result.target[SMILE] == result.source[SMILE]


def test_all_expressions_go_through_the_model_together(workshop: Workshop) -> None:
    photo, editor = Photo(make_pixels()), FakeEditor()
    wanted = [Expression(aus={"AU12": value}) for value in np.linspace(0, 1, BATCH + 3)]
    results = edit_expressions(photo, face_of(photo, workshop), editor, wanted, FakeMeter())
    assert editor.batches == [BATCH, 3]
    smiles = [float(result.measured[SMILE]) for result in results]
    assert smiles == sorted(smiles)


def test_one_of_many_equals_the_same_alone(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    face = face_of(photo, workshop)
    wanted = [Expression(aus={"AU12": 0.2}), Expression(aus={"AU12": 0.7})]
    many = edit_expressions(photo, face, FakeEditor(), wanted, FakeMeter())
    alone = edit_photo(photo, face, FakeEditor(), wanted[1], FakeMeter())
    np.testing.assert_array_equal(many[1].pixels, alone.pixels)


def test_an_editor_of_emotions_gets_an_emotion(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    wanted = Expression(emotion="happiness", intensity=0.8)
    result = edit_photo(photo, face_of(photo, workshop), FakeEmotionEditor(), wanted, FakeMeter())
    assert result.measured[SMILE] == pytest.approx(0.8, abs=0.01)


def test_an_editor_of_emotions_refuses_action_units(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    with pytest.raises(
        ConfigError, match=r"this editor takes emotions, not action units; ask for one of neutral, anger, .*surprise$"
    ):
        edit_photo(photo, face_of(photo, workshop), FakeEmotionEditor(), Expression(aus={"AU12": 1}), FakeMeter())


def test_an_editor_of_two_emotions_refuses_a_third(workshop: Workshop) -> None:
    photo, editor = Photo(make_pixels()), FakeEmotionEditor()
    editor.emotions = ("neutral", "happiness")
    face = face_of(photo, workshop)
    edit_photo(photo, face, editor, Expression(emotion="happiness"), FakeMeter())
    with pytest.raises(ConfigError, match="does not know fear; it knows neutral and happiness"):
        edit_photo(photo, face, editor, Expression(emotion="fear"), FakeMeter())


def test_an_editor_that_moves_faces_moves_the_photos_own_pixels(workshop: Workshop) -> None:
    photo = Photo(make_pixels(600, 600))
    grain = np.random.default_rng(0).integers(-30, 30, photo.pixels.shape)
    photo = Photo(np.clip(photo.pixels + grain, 0, 255).astype(np.uint8))
    face, editor = face_of(photo, workshop), FakeMover()
    wanted = [Expression(aus={"AU12": value}, mode="relative") for value in (0.0, *[0.3] * BATCH)]
    still, *moved = edit_expressions(photo, face, editor, wanted, FakeMeter())
    assert editor.batches == [BATCH, 1]
    assert still.unchanged == 1
    np.testing.assert_array_equal(still.pixels, photo.pixels)
    assert 0.5 < moved[0].unchanged < 0.99
    changed = (moved[0].pixels != photo.pixels).any(axis=-1)
    assert moved[0].pixels[changed].std() > 0.85 * photo.pixels[changed].std()
    np.testing.assert_array_equal(moved[0].pixels, moved[-1].pixels)


def test_a_face_looks_the_same_in_its_window() -> None:
    photo, workshop = Photo(make_pixels(400, 900)), make_workshop()
    face = face_of(photo, workshop)
    near, moved = cut_window(photo, face)
    assert near.pixels.size < photo.pixels.size / 2
    whole = edit_photo(photo, face, FakeEditor(), Expression(aus={"AU12": 1}), FakeMeter())
    part = edit_photo(near, moved, FakeEditor(), Expression(aus={"AU12": 1}), FakeMeter())
    torch.testing.assert_close(part.measured, whole.measured, atol=2e-3, rtol=0)
    offset = np.round(face.landmarks - moved.landmarks).astype(int)[0]
    area = np.s_[offset[1] : offset[1] + near.pixels.shape[0], offset[0] : offset[0] + near.pixels.shape[1]]
    assert np.abs(whole.pixels[area].astype(int) - part.pixels).max() <= 2


def test_a_model_without_weights_computes_on_the_cpu() -> None:
    assert device_of(FakeEditor()) == torch.device("cpu")


def test_an_editor_that_knows_sides_is_asked_for_them(workshop: Workshop) -> None:
    photo, editor = Photo(make_pixels()), FakeSidedEditor()
    wanted = [Expression(aus={"AU12_L": 0.8}), Expression(aus={"AU12": 0.8}), Expression(emotion="contempt")]
    one, both, contempt = edit_expressions(photo, face_of(photo, workshop), editor, wanted, FakeMeter())
    assert one.sides.shape == (34,)
    assert one.target[SMILE] == pytest.approx((0.8 + float(one.source[SMILE])) / 2)
    assert torch.equal(both.sides[::2], both.sides[1::2])
    assert contempt.sides[SIDED_UNITS.index("AU14_R")] == 0
    assert one.measured[SMILE] == pytest.approx(0.8, abs=0.01)  # this one paints what the left side is asked for


def test_an_editor_of_whole_faces_refuses_a_side_and_names_those_that_can(workshop: Workshop) -> None:
    photo = Photo(make_pixels())
    with pytest.raises(ConfigError, match=r"for AU12_L choose one that does not: .*morphable"):
        edit_photo(photo, face_of(photo, workshop), FakeEditor(), Expression(aus={"AU12_L": 1}), FakeMeter())
    contempt = edit_photo(photo, face_of(photo, workshop), FakeEditor(), Expression(emotion="contempt"), FakeMeter())
    assert torch.equal(contempt.sides[::2], contempt.sides[1::2])
