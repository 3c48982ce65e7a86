"""An editor's answers measured on some people, made linear, and measured again on others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from mienkit.app.editors import LoadedEditor
from mienkit.app.evaluate import aligned_face
from mienkit.app.held_out import SPLIT, Asked, edit_face, load_photographs
from mienkit.app.stranger import subjects_of
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, SIDED_UNITS
from mienkit.core.config import require
from mienkit.core.errors import FaceError, TableError
from mienkit.data.faces import FaceArrays
from mienkit.data.split import subject_fold
from mienkit.data.table import FaceTable, open_table
from mienkit.evaluation.agreement import JudgeAgreement, agree, change_of
from mienkit.evaluation.calibration import FEWEST, GRID, Curve, fit_curve
from mienkit.evaluation.dose_edit import LEVELS, DoseResult, judge_dose, response_table
from mienkit.evaluation.interval import Floats
from mienkit.evaluation.looker import Looker, learned_from, look_at_all
from mienkit.evaluation.photo_edit import ROOM, Look, Trial, shuffle_people
from mienkit.face.find import Face, PhotoMeter
from mienkit.face.photo import Photo
from mienkit.inference.calibrated import calibrated
from mienkit.weights.calibration import Calibration

FIT, CHECK = 0, 1
"""The halves of the people."""
OTHER_HALVES = 1_000
"""Added to the seed of the hash that parts them."""
NOTHING_ASKED = np.zeros(len(ACTION_UNITS), np.float32)
Trials = dict[Asked, list[Trial]]


@dataclass(frozen=True, kw_only=True)
class CalibrationChoice:
    """How it is measured.

    Raises:
        ConfigError: a number is out of range.
    """

    people: int = 40
    """Most people a unit, in each half."""
    levels: tuple[float, ...] = LEVELS
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.people >= FEWEST, f"--people {self.people} should be at least {FEWEST}")
        rising = all(a < b for a, b in pairwise(self.levels))
        good = len(self.levels) >= 4 and rising and (self.levels[0], self.levels[-1]) == (0, 1)
        require(good, "--levels should be at least four numbers that rise from 0 to 1, e.g. 0,0.2,0.4,0.6,0.8,1")


@dataclass(frozen=True, kw_only=True, eq=False)
class Guest:
    """A photograph of somebody held out, and which units may be asked for."""

    subject: int
    half: int
    photo: Photo
    face: Face
    look: Look
    beside: Look | None
    """Of the judge that only looks on; None where it finds no face, too."""
    resting: tuple[str, ...]
    """Units that the face does not show."""


@dataclass(frozen=True, kw_only=True)
class UnitCalibration:
    """One unit, on the people of the second half."""

    unit: str
    left: str
    """Why it keeps its own scale; empty where it has a curve."""
    before: DoseResult
    after: DoseResult
    """The same as before where it keeps its own scale."""


@dataclass(frozen=True, kw_only=True)
class CalibrationReport:
    """What ``mien calibrate`` prints."""

    model: str
    weights: str | None
    judge: str
    teacher: bool
    """Whether trainings know the judge's opinion."""
    fitted_on: int
    checked_on: int
    """People in each half."""
    units: Sequence[UnitCalibration]
    median_before: float
    """R² over units."""
    median_after: float
    agreement: JudgeAgreement | None
    """With the judge that only looked on, on the uncalibrated edits of both halves."""
    edits: int
    seconds: float
    calibration: Calibration


@dataclass(kw_only=True)
class Bench:
    """Who works and who looks, and what they saw."""

    judge: Looker
    beside: Looker | None
    say: Callable[[str], None]
    edits: int = 0
    seen: list[tuple[Floats, Floats]] = field(default_factory=list)
    """(17,) twice: what changed in a picture in the eyes of both judges."""


def calibrate(
    loaded: LoadedEditor,
    meter: PhotoMeter,
    judge: Looker,
    tables: Sequence[Path],
    *,
    choice: CalibrationChoice | None = None,
    beside: Looker | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> CalibrationReport:
    """Fit a calibration on half of the held-out people and try it on the other half.

    Args:
        loaded: an editor of action units, without a calibration.
        meter: measures the photographs first, as in use.
        judge: reads the answers.
        tables: with photographs of the split ``val``.
        choice: how it is measured.
        beside: another judge, whose agreement with the first is reported; it decides nothing.
        say: hears about progress.

    Raises:
        ConfigError: the editor takes emotions.
        TableError: a table cannot be used, or shows too few people.
    """
    start, chosen = perf_counter(), choice or CalibrationChoice()
    units_known = loaded.editor.vocabulary in (ACTION_UNITS, SIDED_UNITS)
    require(units_known, f"{loaded.name} takes emotions, not action units; there is nothing to calibrate")
    opened = [open_table(path) for path in tables]
    bench = Bench(judge=judge, beside=beside, say=say)
    guests = invite(opened, meter, bench, chosen)
    asks = dict.fromkeys(judge.units, chosen.levels)
    fitting, checking = (try_guests(loaded, guests, half, asks, bench) for half in (FIT, CHECK))
    curves = {unit: fit_unit(unit, fitting, chosen.levels) for unit in judge.units}
    found = keep(loaded, curves, opened, judge, chosen)
    bent = dict.fromkeys(found.curves, chosen.levels)
    agreement = agreement_of(bench)
    tuned = replace(loaded, editor=calibrated(loaded.editor, found), calibration=found)
    after = checking | (try_guests(tuned, guests, CHECK, bent, replace(bench, beside=None, seen=[])) if bent else {})
    units = [compare_unit(unit, curve, checking, after, chosen.levels) for unit, curve in curves.items()]
    return CalibrationReport(
        model=loaded.name,
        weights=loaded.weights,
        judge=judge.name,
        teacher=judge.teacher,
        fitted_on=sum(guest.half == FIT for guest in guests),
        checked_on=sum(guest.half == CHECK for guest in guests),
        units=units,
        median_before=median_r2([one.before for one in units]),
        median_after=median_r2([one.after for one in units]),
        agreement=agreement,
        edits=sum(map(len, fitting.values())) + sum(map(len, checking.values())) + tally(after, bent),
        seconds=perf_counter() - start,
        calibration=found,
    )


def tally(trials: Trials, units: Mapping[str, object]) -> int:
    """Count the edits of some units."""
    return sum(len(some) for (unit, _), some in trials.items() if unit in units)


def invite(tables: Sequence[FaceTable], meter: PhotoMeter, bench: Bench, choice: CalibrationChoice) -> list[Guest]:
    """Seat people in both halves until each unit has enough who do not show it.

    Raises:
        TableError: there are no photographs, or one half has too few people.
    """
    faces, names = load_photographs(tables, learned_from(bench.judge)), subjects_of(tables, SPLIT)
    guests: list[Guest] = []
    missing = {(half, unit): choice.people for half in (FIT, CHECK) for unit in bench.judge.units}
    for row in shuffle_people(faces, choice.seed):
        half = half_of(names[str(faces.name[row])], choice.seed)
        wanted = [unit for unit in bench.judge.units if missing[half, unit] > 0]
        guest = seat(faces, int(row), half, wanted, meter, bench) if wanted else None
        if guest is not None:
            guests.append(guest)
            for unit in guest.resting:
                missing[half, unit] -= 1
            bench.say(f"looked at {len(guests)} people")
    fewest = min(sum(guest.half == half for guest in guests) for half in (FIT, CHECK))
    if fewest < FEWEST:
        raise TableError(
            f"the tables show {fewest} people of the split '{SPLIT}' in one of two halves; a calibration takes "
            f"{FEWEST} in each"
        )
    return guests


def half_of(subject: str, seed: int = 0) -> int:
    """Tell which half a person is in, by the name alone.

    Halves are not those of ``mien data take --fold 1/2``: who taught a judge would else be one of them.
    """
    return subject_fold(subject, 2, OTHER_HALVES + seed)


def seat(faces: FaceArrays, row: int, half: int, units: Sequence[str], meter: PhotoMeter, bench: Bench) -> Guest | None:
    """Look at one photograph; None where the judge finds no face in it, or it shows all these units."""
    photo, face = aligned_face(faces.images[row], faces.landmarks[row], meter)
    look = bench.judge.look(photo.pixels, recognise=False)
    beside = bench.beside.look(photo.pixels, recognise=False) if bench.beside else None
    if look is None:
        return None
    shown = face.reading.aus[0]
    resting = tuple(unit for unit in units if float(shown[AU_INDEX[unit]]) < ROOM > look.channels[unit])
    guest = Guest(
        subject=int(faces.subject[row]), half=half, photo=photo, face=face, look=look, beside=beside, resting=resting
    )
    return guest if resting else None


def try_guests(
    loaded: LoadedEditor, guests: Sequence[Guest], half: int, asks: Mapping[str, Sequence[float]], bench: Bench
) -> Trials:
    """Ask people of one half for units at levels; edits in which the judge finds no face are left out."""
    trials: Trials = {(unit, level): [] for unit, levels in asks.items() for level in levels}
    invited = [guest for guest in guests if guest.half == half]
    for number, guest in enumerate(invited, 1):
        title = f"{'fitting' if half == FIT else 'checking, calibrated' if loaded.calibration else 'checking'}"
        bench.say(f"{title}: person {number} of {len(invited)}")
        asked = [(unit, level) for unit in guest.resting if unit in asks for level in asks[unit]]
        for one, look in try_guest(loaded, guest, asked, bench):
            trial = Trial(subject=guest.subject, before=guest.look, after=look, change=NOTHING_ASKED)
            trials[one].append(trial)
    return trials


@torch.inference_mode()
def try_guest(loaded: LoadedEditor, guest: Guest, asked: Sequence[Asked], bench: Bench) -> Iterator[tuple[Asked, Look]]:
    """Edit one photograph in all ways and look at it; nothing of a face that the editor does not take."""
    if not asked:
        return
    try:
        pictures = edit_face(loaded, guest.photo.pixels, guest.face, asked)
    except FaceError:
        return
    looks = look_at_all(bench.judge, pictures, recognise=False)
    others: Sequence[Look | None] = [None] * len(looks)
    if bench.beside is not None:
        others = look_at_all(bench.beside, pictures, recognise=False)
    for one, look, other in zip(asked, looks, others, strict=True):
        if look is None:
            continue
        if other is not None and guest.beside is not None:
            bench.seen.append((change_of(guest.look, look), change_of(guest.beside, other)))
        yield one, look


def fit_unit(unit: str, trials: Trials, levels: Sequence[float]) -> Curve:
    """Fit the curve of one unit."""
    doses, responses = response_table(unit, {level: trials[unit, level] for level in levels})
    return fit_curve(doses, responses)


def compare_unit(unit: str, curve: Curve, before: Trials, after: Trials, levels: Sequence[float]) -> UnitCalibration:
    """Put the answers of one unit before and after side by side."""
    return UnitCalibration(
        unit=unit, left=curve.left, before=dose_of(unit, before, levels), after=dose_of(unit, after, levels)
    )


def dose_of(unit: str, trials: Trials, levels: Sequence[float]) -> DoseResult:
    """Judge how one unit answers."""
    return judge_dose(unit, {level: trials[unit, level] for level in levels})


def keep(
    loaded: LoadedEditor,
    curves: Mapping[str, Curve],
    tables: Sequence[FaceTable],
    judge: Looker,
    choice: CalibrationChoice,
) -> Calibration:
    """Put together what is stored."""
    blind = {unit: "the judge cannot read it" for unit in ACTION_UNITS if unit not in curves}
    return Calibration(
        model=loaded.name,
        weights_sha256=loaded.weights,
        judge=judge.name,
        tables={table.folder.name: table.fingerprint for table in tables},
        people=choice.people,
        levels=choice.levels,
        seed=choice.seed,
        grid=GRID,
        curves={unit: curve.points for unit, curve in curves.items() if not curve.left},
        left=blind | {unit: curve.left for unit, curve in curves.items() if curve.left},
    )


def agreement_of(bench: Bench) -> JudgeAgreement | None:
    """Compare the judge with the one that looked on, if there was one."""
    if bench.beside is None:
        return None
    first, second = ([pair[side] for pair in bench.seen] for side in (0, 1))
    return agree(bench.judge.name, bench.beside.name, first, second)


def median_r2(doses: Sequence[DoseResult]) -> float:
    """Return the median R² over units that somebody could be asked for."""
    known = [one.r2.value for one in doses if one.r2.count]
    return float(np.median(known)) if known else float("nan")
