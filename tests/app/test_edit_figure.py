"""Figures of an editor's edits on made trials whose answers are known, each spoilt in one way."""

import numpy as np
import pytest

from fakes import FakeEditor, FakeMeter
from mienkit.app.compare import answers_of, note_undo
from mienkit.app.dose_figure import dose_table, fit_doses
from mienkit.app.edit_figure import figures_of_edits
from mienkit.app.editors import LoadedEditor
from mienkit.app.held_out import Sitter
from mienkit.app.tried import Tried
from mienkit.core.action_unit import AU_INDEX
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import to_float
from mienkit.core.task import Edited
from mienkit.evaluation.dose_edit import LEVELS
from mienkit.evaluation.photo_edit import Look, Trial
from mienkit.face.align import Alignment
from mienkit.face.find import Face
from mienkit.face.photo import Photo
from photographs import Copying, FakeJudge, person

UNITS = ("AU1", "AU12")
EFFECTS = {"AU1": {"AU1": 0.5, "AU12": 0.1}, "AU12": {"AU1": 0.0, "AU12": 0.8}}
PEOPLE = 6


def look(shown: dict[str, float]) -> Look:
    return Look(
        landmarks=np.zeros((68, 2)), channels={"AU1": 0.0, "AU12": 0.0, **shown}, embedding=np.ones(1, np.float32)
    )


def tried(answer=lambda unit, level: {unit: level * EFFECTS[unit][unit]}) -> Tried:
    """An editor that answers so; everybody alike."""
    trials = {
        (unit, level): [
            Trial(subject=one, before=look({}), after=look(answer(unit, level)), change=np.zeros(17, np.float32))
            for one in range(PEOPLE)
        ]
        for unit in UNITS
        for level in LEVELS
    }
    return Tried(trials=trials)


def exactly(unit: str, level: float) -> dict[str, float]:
    """What exact changes do, beside the diagonal too."""
    return {name: level * effect for name, effect in EFFECTS[unit].items()}


def test_what_exact_changes_move_beside_is_no_leak():
    right = figures_of_edits(tried(exactly), UNITS, EFFECTS).leak
    assert right.on_target.value == pytest.approx(1)
    assert right.worst.value == pytest.approx(0)


def test_a_leak_is_a_share_and_is_named():
    leaking = figures_of_edits(tried(lambda unit, level: exactly(unit, level) | {"AU1": level * 0.5}), UNITS, EFFECTS)
    assert leaking.leak.on_target.value == pytest.approx(1.3 / 1.8)
    assert leaking.leak.worst.value == pytest.approx(0.5 / 0.8)
    assert (leaking.leak.asked, leaking.leak.moved) == ("AU12", "AU1")


def test_the_wrong_unit_is_never_on_target():
    other = {"AU1": "AU12", "AU12": "AU1"}
    wrong = figures_of_edits(tried(lambda unit, level: {other[unit]: level}), UNITS, EFFECTS)
    assert wrong.leak.on_target.value == 0
    assert np.isinf(wrong.leak.worst.value)
    assert wrong.area.value < 0.2  # a raised brow rightly moves the smile's channel a little
    assert wrong.dose.r2.value == 0


def test_copy_has_none_of_what_ranks():
    copy = figures_of_edits(tried(lambda unit, level: {}), UNITS, EFFECTS)
    assert (copy.area.value, copy.leak.on_target.value, copy.dose.r2.value, copy.dose.spearman.value) == (0, 0, 0, 0)
    assert (copy.dose.single.value, copy.dose.slope.value) == (0, 0)
    assert np.isnan(copy.agreement.pcc.value)
    assert copy.agreement.icc.value == pytest.approx(0, abs=1e-9)


def test_a_bent_answer_keeps_its_order_and_loses_the_line():
    bent = fit_doses(tried(lambda unit, level: {unit: level**6}), UNITS)
    falling = fit_doses(tried(lambda unit, level: {unit: -level}), UNITS)
    assert bent.spearman.value == pytest.approx(1)
    assert bent.r2.value < 0.7
    assert (falling.r2.value, falling.spearman.value, falling.slope.value) == pytest.approx((1, -1, -1))


def test_the_slope_is_the_mean_over_units_and_single_people_have_their_own_lines():
    half = tried(lambda unit, level: {unit: level * (0.2 if unit == "AU1" else 0.6)})
    assert fit_doses(half, UNITS).slope.value == pytest.approx(0.4)
    noisy = tried()
    for (unit, level), trials in noisy.trials.items():
        for number, one in enumerate(trials):
            one.after.channels[unit] += 0.3 * (-1) ** (number + round(5 * level))
    fit = fit_doses(noisy, UNITS)
    assert fit.r2.value == pytest.approx(1, abs=1e-6)  # what people differ by cancels out in the mean
    assert fit.single.value < 0.8
    assert dose_table(noisy, UNITS)["AU1"]["people"] == PEOPLE


def test_the_doses_that_were_asked_for_are_compared_with_what_is_read():
    exact = figures_of_edits(tried(lambda unit, level: {unit: level}), UNITS, EFFECTS).agreement
    half = figures_of_edits(tried(lambda unit, level: {unit: level / 2}), UNITS, EFFECTS).agreement
    assert (exact.mae.value, exact.icc.value) == pytest.approx((0, 1))
    assert half.mae.value == pytest.approx(0.25)
    assert half.pcc.value == pytest.approx(1)
    assert half.icc.value == pytest.approx(0.8)
    assert np.isnan(half.units["AU4"]["mae"])


def test_emotions_are_counted_as_they_are_seen():
    some, happy, angry = tried(), EMOTIONS.index("happiness"), EMOTIONS.index("anger")
    some.emotions = [(0, happy, happy), (1, happy, angry), (2, angry, angry), (3, angry, angry)]
    found = figures_of_edits(some, UNITS, EFFECTS)
    assert found.emotion.value == 0.75
    assert found.confusion["happiness"]["anger"] == 1
    assert set(found.confusion) == {"happiness", "anger"}


def test_what_a_judge_cannot_read_of_one_person_is_left_out():
    some = tried(exactly)
    for trials in some.trials.values():
        trials[0].after.channels["AU12"] = float("nan")
    found = figures_of_edits(some, UNITS, EFFECTS)
    assert found.leak.on_target.value == pytest.approx(1)
    assert found.dose.r2.value == pytest.approx(1)
    assert found.area.value > 0.9
    assert dose_table(some, UNITS)["AU12"]["people"] == PEOPLE - 1


def test_nothing_tried_is_nothing_known():
    found = figures_of_edits(Tried(), UNITS, EFFECTS)
    assert np.isnan([found.area.value, found.leak.worst.value, found.emotion.value, found.undo.pixels.value]).all()
    assert found.confusion == {}
    assert dose_table(Tried(), UNITS) == {}


class Sticky(FakeEditor):
    """Never takes a smile away."""

    def edit(self, image, source, target):
        target = target.clone()
        target[:, AU_INDEX["AU12"]] = target[:, AU_INDEX["AU12"]].clamp(min=0.5)
        return super().edit(image, source, target)


class Blind(Copying):
    """Leaves everything alone."""

    def edit(self, image, source, target):
        return Edited(image=image, change=image.new_zeros(len(image), 1, *image.shape[2:]))


def undone(editor: FakeEditor) -> tuple[float, float]:
    """What is left of a smile that an editor takes back, in pixels and units."""
    photo, meter, judge = Photo(pixels=person(1, 0.1)), FakeMeter(), FakeJudge()
    alignment = Alignment(np.eye(2, 3), 256)
    seen = meter.measure(to_float(photo.pixels[None]))
    sitter = Sitter(
        subject=0, photo=photo, look=judge.look(photo.pixels), asked=(("AU12", 0.2), ("AU12", 1.0)),
        face=Face(box=None, alignment=alignment, landmarks=seen.landmarks[0].numpy(), reading=seen),  # type: ignore[arg-type]
    )  # fmt: skip
    answers, some = answers_of(LoadedEditor(name="fake", editor=editor), meter), Tried()
    pictures = answers.sitter(sitter)
    some.trials["AU12", 1.0] = [
        Trial(subject=0, before=sitter.look, after=judge.look(pictures[1]), change=np.zeros(17, np.float32))
    ]
    assert answers.undo is not None
    note_undo(some, sitter, pictures, answers.undo, judge)
    (trial,) = some.undone
    return trial.pixels, trial.units


def test_an_editor_that_can_take_its_edit_back_leaves_little_and_one_that_cannot_leaves_much():
    assert undone(FakeEditor())[1] < 0.1
    assert undone(Sticky())[1] > 0.35
    assert np.isnan(undone(Blind())).all()
