"""Figures of one editor's edits of photographs besides those of each dose: agreement, emotions, leaks, undoing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.app.confusion import named_confusion
from mienkit.app.dose_figure import DoseFit, Effects, fit_doses, gain_curve
from mienkit.app.tried import Tried
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, NUM_AUS
from mienkit.evaluation.corrected import UNKNOWN
from mienkit.evaluation.dose_edit import LEVELS
from mienkit.evaluation.interval import DRAWS, Estimate, Floats, bootstrap_mean, middle_95
from mienkit.evaluation.undo_edit import UndoResult, judge_undo
from mienkit.evaluation.unit_agreement import UnitAgreement, judge_units
from mienkit.metrics.leakage import sum_up_leakage


@dataclass(frozen=True, kw_only=True)
class LeakFigures:
    """What the whole matrix of units says, exact results taken off."""

    on_target: Estimate
    """Right changes as a share of all."""
    worst: Estimate
    """Largest wrong change as a share of the unit's own."""
    asked: str
    """The unit that was asked for where it is worst."""
    moved: str
    """The unit that moved instead."""


@dataclass(frozen=True, kw_only=True)
class EditFigures:
    """Figures that need no other editor."""

    area: Estimate
    """Under the curve of gain against identity."""
    dose: DoseFit
    agreement: UnitAgreement
    """Of doses that were asked for and the judge's reading of the same unit."""
    emotion: Estimate
    """Share of the emotions asked for at 1 that the reader of units finds most likely."""
    confusion: Mapping[str, Mapping[str, int]]
    leak: LeakFigures
    undo: UndoResult
    background: Estimate
    """Change around the face, in levels of 255."""


def figures_of_edits(tried: Tried, units: Sequence[str], effects: Effects) -> EditFigures:
    """Sum up what became of an editor's edits.

    Args:
        tried: the edits.
        units: that the judge can read.
        effects: unit -> unit -> what a full dose moves in exact changes.
    """
    people, asked, seen = np.asarray(tried.emotions, np.int64).reshape(-1, 3).T
    curve = gain_curve(tried, effects)
    return EditFigures(
        area=curve.area if curve else UNKNOWN,
        dose=fit_doses(tried, units),
        agreement=dose_agreement(tried, units),
        emotion=bootstrap_mean(asked == seen, people),
        confusion=named_confusion(asked, seen),
        leak=leak_figures(tried, units, effects),
        undo=judge_undo(tried.undone),
        background=bootstrap_mean([change for _, change in tried.background], [one for one, _ in tried.background]),
    )


def dose_agreement(tried: Tried, units: Sequence[str]) -> UnitAgreement:
    """Compare the doses of units with what the judge reads of the same units afterwards."""
    rows = [
        (one.subject, AU_INDEX[unit], one.after.channels[unit], level)
        for unit in units
        for level in LEVELS
        for one in tried.trials.get((unit, level), [])
    ]
    shown, wanted = np.full((2, len(rows), NUM_AUS), np.nan)
    for place, (_, unit, seen, level) in enumerate(rows):
        shown[place, unit], wanted[place, unit] = seen, level
    return judge_units(shown, wanted, [person for person, *_ in rows])


def leak_figures(tried: Tried, units: Sequence[str], effects: Effects, seed: int = 0) -> LeakFigures:
    """Sum the matrix of units that were asked for at 1 and units that moved up, people drawn for the intervals."""
    everybody, sums, counts = person_matrices(tried, units)
    matrix = mean_matrix(sums.sum(0), counts.sum(0))
    if np.isnan(matrix.diagonal()).all():
        return LeakFigures(on_target=UNKNOWN, worst=UNKNOWN, asked="", moved="")
    expected = np.full((NUM_AUS, NUM_AUS), np.nan)
    for asked, moved in effects.items():
        for unit, change in moved.items():
            expected[AU_INDEX[asked], AU_INDEX[unit]] = change
    whole, draws = sum_up_leakage(matrix, expected), []
    picks = np.random.default_rng(seed).integers(len(everybody), size=(DRAWS, len(everybody)))
    weights = np.stack([np.bincount(pick, minlength=len(everybody)) for pick in picks]).astype(np.float64)
    drawn = (np.tensordot(weights, some, 1) for some in (sums, counts))
    for one in mean_matrix(*drawn):
        if not np.isnan(one.diagonal()).all():
            found = sum_up_leakage(one, expected)
            draws.append((found.on_target, found.worst))
    right, wrong = np.asarray(draws).T
    return LeakFigures(
        on_target=Estimate(whole.on_target, *middle_95(right, len(everybody)), len(everybody)),
        worst=Estimate(whole.worst, *ends_of_worst(wrong, len(everybody)), len(everybody)),
        asked=whole.asked,
        moved=whole.moved,
    )


def ends_of_worst(draws: Floats, people: int) -> tuple[float, float]:
    """Return the middle 95 % of draws that may be infinite, where a unit does not answer at all."""
    if people < 2:
        return float("nan"), float("nan")
    low, high = np.percentile(draws, [2.5, 97.5], method="nearest")
    return float(low), float(high)


def person_matrices(tried: Tried, units: Sequence[str]) -> tuple[list[int], Floats, Floats]:
    """Return people, the sums of their changes, and how many edits those are of which the unit is known.

    Both (P, 17, 17): unit that was asked for, unit that moved.
    """
    edits = [(unit, one) for unit in ACTION_UNITS for one in tried.of(unit)]
    everybody = sorted({one.subject for _, one in edits})
    sums, counts = np.zeros((2, len(everybody), NUM_AUS, NUM_AUS))
    columns = [AU_INDEX[unit] for unit in units]
    places = {person: place for place, person in enumerate(everybody)}
    for unit, one in edits:
        change = np.asarray([one.after.channels[name] - one.before.channels[name] for name in units])
        sums[places[one.subject], AU_INDEX[unit], columns] += np.nan_to_num(change)
        counts[places[one.subject], AU_INDEX[unit], columns] += ~np.isnan(change)
    return everybody, sums, counts


def mean_matrix(sums: Floats, counts: Floats) -> Floats:
    """Turn sums of changes, (..., 17, 17), and their numbers into mean changes; NaN of what nobody knows."""
    return np.asarray(sums / np.where(counts > 0, counts, np.nan), np.float64)
