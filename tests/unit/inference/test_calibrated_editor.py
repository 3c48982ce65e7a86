"""Wanted intensities become requested ones, whatever way leads to the editor."""

import numpy as np
import pytest
import torch

from fakes import FakeEditor, FakeEmotionEditor, FakeMeter, FakeSidedEditor, FakeStagedEditor, make_pixels
from mienkit.app.evaluate import aligned_face
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, SIDED_UNITS, both_sides
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression
from mienkit.core.task import Staged
from mienkit.inference.animate import Ask, follow_expressions
from mienkit.inference.calibrated import CalibratedEditor, calibrated, request_intensities
from mienkit.inference.course import Course
from mienkit.inference.edit import device_of, edit_expressions
from mienkit.inference.film import FaceJob, Frame, edit_together
from mienkit.weights.calibration import Calibration

SMILE = AU_INDEX["AU12"]
GRID = torch.linspace(0, 1, 21)
BENT = GRID.sqrt()
CALIBRATION = Calibration(
    model="fake",
    weights_sha256=None,
    judge="fake judge",
    tables={},
    people=8,
    levels=(0.0, 1.0),
    seed=0,
    grid=tuple(GRID.tolist()),
    curves={"AU12": tuple(BENT.tolist())},
    left={},
)


class Listening(FakeEditor):
    """Keeps what it was asked for."""

    def edit(self, image, source, target):
        self.source, self.target = source, target
        return super().edit(image, source, target)


def ask(source: float, target: float) -> float:
    curves = GRID.expand(17, -1).clone()
    curves[SMILE] = BENT
    aus = torch.full((1, 17), 0.3)
    told = request_intensities(
        aus.index_fill(1, torch.tensor([SMILE]), source), aus.index_fill(1, torch.tensor([SMILE]), target), GRID, curves
    )
    others = [unit for unit in range(17) if unit != SMILE]
    assert torch.equal(told[0, others], aus[0, others])
    return float(told[0, SMILE])


def test_a_face_at_rest_is_given_the_curve():
    assert ask(0, 0.25) == pytest.approx(0.5, abs=1e-6)
    assert ask(0, 0.36) == pytest.approx(0.6, abs=2e-3)  # between two points of the grid


@pytest.mark.parametrize("source", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_what_a_face_shows_and_the_ends_stay(source):
    assert ask(source, source) == float(torch.tensor(source))
    assert ask(source, 1) == pytest.approx(1, abs=1e-6)
    assert ask(source, 0) == 0


def test_requests_rise_with_what_is_wanted_and_never_leave_the_range():
    for source in (0.0, 0.2, 0.7):
        asked = [ask(source, float(target)) for target in np.linspace(0, 1, 101)]
        assert (np.diff(asked) > 0).all()
        assert min(asked) >= 0
        assert max(asked) <= 1


def test_what_is_left_of_the_scale_is_a_scale_of_its_own():
    assert ask(0.2, 0.2 + 0.8 * 0.25) == pytest.approx(0.2 + 0.8 * 0.5, abs=1e-5)


def test_a_unit_that_falls_falls_as_before():
    assert ask(0.8, 0.3) == pytest.approx(0.3, abs=1e-7)


def heard(editor: Listening, expression: Expression, mouth: int = 0) -> float:
    """Edit a face and return what the editor was asked of AU12; the mouth is as bright as it smiles."""
    picture = make_pixels(256, 256)
    picture[100:200, 60:200] = mouth
    photo, face = aligned_face(picture, np.full((68, 2), 128, np.float32), FakeMeter())
    edit_expressions(photo, face, calibrated(editor, CALIBRATION), [expression], FakeMeter())
    return float(editor.target[0, SMILE])


def test_absolute_relative_from_neutral_and_emotions_all_pass_through():
    editor = Listening()
    assert heard(editor, Expression(aus={"AU12": 0.25})) == pytest.approx(0.5, abs=1e-5)
    assert heard(editor, Expression(aus={"AU12": 0.25}, mode="from-neutral")) == pytest.approx(0.5, abs=1e-5)
    assert heard(editor, Expression(aus={"AU12": 0.2}, mode="relative"), 51) == pytest.approx(0.6, abs=1e-3)
    assert heard(editor, Expression(emotion="happiness", intensity=0.25)) == pytest.approx(0.5, abs=1e-5)
    assert float(editor.target[0, AU_INDEX["AU6"]]) == pytest.approx(0.2)


def test_what_was_wanted_stands_in_the_result():
    picture = make_pixels(256, 256)
    photo, face = aligned_face(picture, np.full((68, 2), 128, np.float32), FakeMeter())
    editor = calibrated(Listening(), CALIBRATION)
    (result,) = edit_expressions(photo, face, editor, [Expression(aus={"AU12": 0.25})], FakeMeter())
    assert float(result.target[SMILE]) == 0.25


def test_frames_of_clips_and_films_pass_through():
    picture = make_pixels(256, 256)
    picture[100:200, 60:200] = 0
    photo, face = aligned_face(picture, np.full((68, 2), 128, np.float32), FakeMeter())
    editor, wanted = Listening(), Expression(aus={"AU12": 1.0})
    course = Course.rising(1.0, 0.25)
    list(follow_expressions(photo, face, calibrated(editor, CALIBRATION), Ask(expression=wanted, course=course), [1.0]))
    assert float(editor.target[0, SMILE]) == pytest.approx(0.5, abs=1e-5)
    job = FaceJob(frame=Frame(pixels=picture, time=0.0), face=face, expression=Expression(aus={"AU12": 0.25}))
    edit_together([job], calibrated(editor, CALIBRATION))
    assert float(editor.target[0, SMILE]) == pytest.approx(0.5, abs=1e-5)


def test_both_sides_have_the_curve_of_their_unit():
    class Sides(FakeSidedEditor):
        def edit(self, image, source, target):
            self.target = target
            return super().edit(image, source, target)

    editor = Sides()
    target = torch.zeros(1, 34)
    target[0, SIDED_UNITS.index("AU12_L")] = 0.25
    tuned = calibrated(editor, CALIBRATION)
    tuned.edit(torch.zeros(1, 3, 64, 64), both_sides(torch.zeros(1, 17)), target)
    asked = dict(zip(SIDED_UNITS, editor.target[0].tolist(), strict=True))
    assert asked["AU12_L"] == pytest.approx(0.5, abs=1e-5)
    assert sum(asked.values()) == pytest.approx(0.5, abs=1e-5)


def test_it_is_an_editor_like_the_one_inside():
    editor = FakeEditor()
    tuned = calibrated(editor, CALIBRATION)
    assert (tuned.image_size, tuned.vocabulary) == (editor.image_size, ACTION_UNITS)
    assert device_of(tuned) == torch.device("cpu")
    assert not isinstance(tuned, Staged)


def test_stages_are_shown_as_before():
    class Stages(FakeStagedEditor):
        vocabulary = ACTION_UNITS

    tuned = calibrated(Stages(), CALIBRATION)
    assert isinstance(tuned, Staged)
    assert isinstance(tuned, CalibratedEditor)


def test_stages_are_of_what_is_requested():
    class Stages(FakeStagedEditor):
        vocabulary = ACTION_UNITS

        def stages_of(self, image, source, target):
            self.source, self.target = source, target
            return {}

    editor = Stages()
    source, target = torch.full((1, 17), 0.1), torch.full((1, 17), 0.325)
    tuned = calibrated(editor, CALIBRATION)
    tuned.stages_of(torch.zeros(1, 3, 64, 64), source, target)
    assert torch.equal(editor.source, source)
    assert torch.equal(editor.target, tuned.requested(source, target))
    assert float(editor.target[0, SMILE]) == pytest.approx(0.1 + 0.9 * 0.5, abs=1e-5)


def test_the_editor_is_told_what_the_face_shows_and_units_without_a_curve_stay_bit_for_bit():
    editor = Listening()
    dice = torch.Generator().manual_seed(0)
    source, target = torch.rand(64, 17, generator=dice), torch.rand(64, 17, generator=dice)
    calibrated(editor, CALIBRATION).edit(torch.zeros(64, 3, 64, 64), source, target)
    others = [unit for unit in range(17) if unit != SMILE]
    assert torch.equal(editor.source, source)
    assert torch.equal(editor.target[:, others], target[:, others])
    assert not torch.equal(editor.target[:, SMILE], target[:, SMILE])


def test_an_editor_of_emotions_has_no_calibration():
    with pytest.raises(ConfigError, match="takes emotions"):
        calibrated(FakeEmotionEditor(), CALIBRATION)
