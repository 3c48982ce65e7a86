"""Editing one face of a photo."""

import numpy as np
import pytest
import torch

from fakes import SMILE, FakeEditor, FakeEmotionEditor, FakeMeter, make_pixels, make_workshop
from mienkit.app.edit import Workshop
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
    with pytest.raises(ConfigError, match="takes emotions, not action units"):
        edit_photo(photo, face_of(photo, workshop), FakeEmotionEditor(), Expression(aus={"AU12": 1}), FakeMeter())


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
