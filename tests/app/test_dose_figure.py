"""Figures and curves of edits at several doses, on made trials whose answers are known."""

import numpy as np
import pytest

from mienkit.app.dose_figure import fit_doses, gain_curve, leak_matrix, off_target
from mienkit.app.tried import Tried
from mienkit.evaluation.dose_edit import LEVELS
from mienkit.evaluation.photo_edit import Look, Trial

UNITS = ("AU1", "AU12")
EFFECTS = {"AU1": {"AU1": 0.5, "AU12": 0.0}, "AU12": {"AU1": 0.0, "AU12": 0.8}}
PEOPLE = 5


def look(shown: dict[str, float], kept: float = 1.0) -> Look:
    """What a judge sees of somebody of whom a share is left."""
    embedding = np.zeros(256, np.float32)
    embedding[:2] = kept, np.sqrt(1 - kept**2)
    return Look(landmarks=np.zeros((68, 2)), channels={"AU1": 0.1, "AU12": 0.1, **shown}, embedding=embedding)


def tried(answer: float, kept: float, leak: float = 0.0) -> Tried:
    """An editor that gives this share of the exact change, keeps this share of the person at 1, and moves the other."""
    trials = {}
    for unit, other in (UNITS, UNITS[::-1]):
        for level in LEVELS:
            after = {unit: 0.1 + answer * level * EFFECTS[unit][unit], other: 0.1 + leak * level}
            trials[unit, level] = [
                Trial(subject=person, before=look({}), after=look(after, 1 - (1 - kept) * level),
                      change=np.zeros(17, np.float32))
                for person in range(PEOPLE)
            ]  # fmt: skip
    return Tried(trials=trials)


def test_an_editor_that_does_it_all_and_keeps_the_person_has_the_whole_area():
    curve = gain_curve(tried(answer=1, kept=1), EFFECTS)
    assert curve is not None
    assert curve.gains == pytest.approx(LEVELS[1:])
    assert curve.area.value == pytest.approx(1)
    assert curve.area.low == pytest.approx(1)


def test_half_the_change_is_half_the_area_and_doing_nothing_none():
    half, nothing = (gain_curve(tried(answer=share, kept=1), EFFECTS) for share in (0.5, 0))
    assert half is not None
    assert nothing is not None
    assert half.area.value == pytest.approx(0.5)
    assert nothing.area.value == 0


def test_whoever_loses_the_person_loses_area():
    kept, lost = (gain_curve(tried(answer=1, kept=share), EFFECTS) for share in (0.9, 0.3))
    assert kept is not None
    assert lost is not None
    assert lost.area.value < kept.area.value - 0.2


def test_nobody_who_can_tell_people_apart_is_no_curve():
    blind = tried(answer=1, kept=1)
    for trials in blind.trials.values():
        for trial in trials:
            trial.after.embedding[:] = np.nan
    assert gain_curve(blind, EFFECTS) is None
    assert gain_curve(Tried(), EFFECTS) is None


def test_answers_on_a_line_fit_and_none_do_not():
    assert fit_doses(tried(answer=0.3, kept=1), UNITS).r2.value == pytest.approx(1)
    assert fit_doses(tried(answer=0, kept=1), UNITS).r2.value == 0
    assert np.isnan(fit_doses(Tried(), UNITS).r2.value)


def test_what_moves_beside_is_measured_and_mapped():
    leaking = tried(answer=1, kept=1, leak=-0.25)
    assert off_target(leaking, EFFECTS).value == pytest.approx(0.25)
    matrix = leak_matrix(leaking, UNITS)
    assert matrix["AU12"] == pytest.approx({"AU1": -0.25, "AU12": 0.8})
    assert matrix["AU1"] == pytest.approx({"AU1": 0.5, "AU12": -0.25})
