"""What is drawn and ranked of edits at several doses: curves, the map of leaks, gain against identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.app.held_out import Material
from mienkit.app.tried import Tried
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.evaluation.corrected import UNKNOWN
from mienkit.evaluation.dose_edit import LEVELS, response_table
from mienkit.evaluation.interval import DRAWS, Estimate, Floats, bootstrap_mean, bootstrap_median, middle_95
from mienkit.evaluation.leak_edit import bystanders
from mienkit.evaluation.photo_edit import ROOM, Trial
from mienkit.metrics.dose_response import dose_response, fit_line, spearman
from mienkit.metrics.gain_identity import gain, gain_identity

STRANGER = 0.03
"""Mean MobileFace cosine between different people; see ``metrics.identity``."""
SEEN = 0.1
"""An exact full unit moves the judge's channels by so much together, at least, or nothing can be gained in it."""
Effects = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Response:
    """How a unit's channel answers to doses."""

    unit: str
    doses: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    """Lower quartile over people."""
    high: Sequence[float]
    exact: float
    """What a full dose moves in exact changes."""
    people: int


@dataclass(frozen=True, kw_only=True)
class GainCurve:
    """Points of one editor, a dose each, and the area that they span."""

    doses: Sequence[float]
    gains: Sequence[float]
    identities: Sequence[float]
    area: Estimate


@dataclass(frozen=True, kw_only=True)
class DoseFit:
    """How well answers follow doses."""

    r2: Estimate
    """Of the line through the mean over people, median over units."""
    spearman: Estimate
    """The same of the order."""
    slope: Estimate
    """Mean over units."""
    single: Estimate
    """R² of single people's lines, median over people and units."""


def responses_of(tried: Tried, material: Material) -> list[Response]:
    """Return the curve of every unit that the judge reads and that people were asked for."""
    found = []
    for unit in material.units:
        doses, table = response_table(unit, tried.doses(unit))
        if len(table):
            low, high = np.percentile(table, [25, 75], axis=0)
            found.append(
                Response(
                    unit=unit,
                    doses=doses.tolist(),
                    mean=table.mean(0).tolist(),
                    low=low.tolist(),
                    high=high.tolist(),
                    exact=material.effects[unit][unit],
                    people=len(table),
                )
            )
    return found


def fit_doses(tried: Tried, units: Sequence[str], seed: int = 0) -> DoseFit:
    """Fit lines to the mean answers of all units; people are drawn together for the intervals."""
    tables = [table for unit in units if (table := answers_of_people(tried, unit))]
    everybody = sorted({person for table in tables for person in table})
    if not everybody:
        return DoseFit(r2=UNKNOWN, spearman=UNKNOWN, slope=UNKNOWN, single=UNKNOWN)
    doses = np.asarray(LEVELS, np.float64)
    picks = np.random.default_rng(seed).integers(len(everybody), size=(DRAWS, len(everybody)))
    drawn = np.stack([np.bincount(pick, minlength=len(everybody)) for pick in picks]).astype(np.float64)
    means, resampled = [], []
    for table in tables:
        places = [place for place, person in enumerate(everybody) if person in table]
        rows = np.asarray([table[everybody[place]] for place in places], np.float64)
        count = drawn[:, places].sum(1, keepdims=True)
        means.append(rows.mean(0))
        # A draw without anybody who was asked for the unit says nothing of it.
        resampled.append(drawn[:, places] @ rows / np.where(count > 0, count, np.nan))
    (slope, r2), (slopes, squares) = (fit_line(doses, np.stack(some)) for some in (means, resampled))
    order, orders = (spearman(doses, np.stack(some)) for some in (means, resampled))
    people, single = single_lines(tables)
    return DoseFit(
        r2=with_ends(np.median(r2), np.nanmedian(squares, axis=0), len(everybody)),
        spearman=with_ends(np.median(order), np.nanmedian(orders, axis=0), len(everybody)),
        slope=with_ends(slope.mean(), np.nanmean(slopes, axis=0), len(everybody)),
        single=bootstrap_median(single, people),
    )


def answers_of_people(tried: Tried, unit: str) -> dict[int, list[float]]:
    """Return how a unit's channel changed at every dose, of each person of whom the judge could read it at all."""
    rises = [
        {one.subject: one.after.channels[unit] - one.before.channels[unit] for one in trials}
        for _, trials in sorted(tried.doses(unit).items())
    ]
    people = set.intersection(*(set(rise) for rise in rises))
    answers = {person: [rise[person] for rise in rises] for person in sorted(people)}
    return {person: answer for person, answer in answers.items() if np.isfinite(answer).all()}


def single_lines(tables: Sequence[Mapping[int, Sequence[float]]]) -> tuple[list[int], list[float]]:
    """Return the R² of each person's line of each unit, and whose it is."""
    pairs = [(person, answer) for table in tables for person, answer in table.items()]
    _, r2 = fit_line(np.asarray(LEVELS, np.float64), np.asarray([answer for _, answer in pairs], np.float64))
    return [person for person, _ in pairs], r2.tolist()


def with_ends(value: float, draws: Floats, count: int) -> Estimate:
    """Make an estimate of a figure and its draws."""
    return Estimate(float(value), *middle_95(draws, count), count)


def dose_table(tried: Tried, units: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return what each unit's line is like: R², order, slope, quartiles of single people's R², and how many people."""
    found: dict[str, dict[str, object]] = {}
    for unit in units:
        doses, table = response_table(unit, tried.doses(unit))
        if len(table):
            told = dose_response(doses, table, fewest_people=1, fewest_levels=2)
            found[unit] = {
                "r2": told.r2,
                "spearman": told.spearman,
                "slope": told.slope,
                "single": told.quartiles,
                "people": told.people,
            }
    return found


def off_target(tried: Tried, effects: Effects) -> Estimate:
    """Estimate the mean |change| of channels that exact changes of the unit leave alone, over units and people."""
    values, people = [], []
    for unit in effects:
        channels = bystanders(unit, effects)
        for one in tried.of(unit):
            still = [name for name in channels if one.before.channels[name] < ROOM]
            if still:
                values.append(np.mean([abs(one.after.channels[name] - one.before.channels[name]) for name in still]))
                people.append(one.subject)
    return bootstrap_mean(values, people)


def leak_matrix(tried: Tried, units: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return unit asked for at 1 -> unit -> mean change of its channel."""
    return {
        asked: {
            unit: mean_of_known([one.after.channels[unit] - one.before.channels[unit] for one in trials])
            for unit in units
        }
        for asked in ACTION_UNITS
        if (trials := tried.of(asked))
    }


def mean_of_known(values: Sequence[float]) -> float:
    """Average what the judge could read; NaN if that is nothing."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def gain_curve(tried: Tried, effects: Effects, seed: int = 0) -> GainCurve | None:
    """Return how much of exact changes is seen at every dose, and how much of the person is left; None if nobody can
    tell who it is."""
    seen = [unit for unit, moved in effects.items() if sum(value**2 for value in moved.values()) >= SEEN**2]
    points = [point_of([(unit, one) for unit in seen for one in tried.trials.get((unit, level), [])], effects)
              for level in LEVELS[1:]]  # fmt: skip
    everybody = sorted({person for *_, people in points for person in people})
    if not everybody or any(not len(gains) or np.isnan(identities).any() for gains, identities, _ in points):
        return None
    sums = np.stack([person_sums(point, everybody) for point in points])
    picks = np.random.default_rng(seed).integers(len(everybody), size=(DRAWS, len(everybody)))
    drawn = sums[:, :, picks].sum(3)
    areas = [gain_identity(*some, STRANGER).area for some in zip(*means_of(np.moveaxis(drawn, 2, 0)), strict=True)]
    gains, identities = means_of(sums.sum(2))
    area = with_ends(gain_identity(gains, identities, STRANGER).area, np.asarray(areas), len(everybody))
    return GainCurve(doses=LEVELS[1:], gains=gains.tolist(), identities=identities.tolist(), area=area)


Point = tuple[Floats, Floats, list[int]]
"""Gains, cosines and subjects of some edits, (N,) each."""


def point_of(edits: Sequence[tuple[str, Trial]], effects: Effects) -> Point:
    """Read the edits of one dose."""
    wanted = [list(effects[unit].values()) for unit, _ in edits]
    shown = [[one.after.channels[name] - one.before.channels[name] for name in effects[unit]] for unit, one in edits]
    gains = gain(wanted, shown) if edits else np.zeros(0)
    known = np.flatnonzero(~np.isnan(gains)).tolist()  # an edit of which the judge could read no unit says nothing
    same = np.asarray([edits[place][1].identity for place in known], np.float64)
    return gains[known], same, [edits[place][1].subject for place in known]


def person_sums(point: Point, everybody: Sequence[int]) -> Floats:
    """Return edits, gains and cosines of each person added up, (3, P)."""
    gains, identities, people = point
    places = np.searchsorted(everybody, people)
    return np.stack([np.bincount(places, some, len(everybody)) for some in (np.ones_like(gains), gains, identities)])


def means_of(sums: Floats) -> tuple[Floats, Floats]:
    """Turn sums, (..., L, 3), into mean gains and cosines, (..., L) each; doses that nobody was drawn for count 0."""
    count = np.maximum(sums[..., 0], 1)
    return sums[..., 1] / count, sums[..., 2] / count
