"""What is drawn and ranked of edits at several doses: curves, the map of leaks, gain against identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.app.compare import Tried
from mienkit.app.held_out import Material
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.evaluation.dose_edit import LEVELS, fit_line, response_table
from mienkit.evaluation.interval import DRAWS, Estimate, Floats, bootstrap_mean
from mienkit.evaluation.leak_edit import bystanders
from mienkit.evaluation.photo_edit import ROOM, Trial
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


def median_fit(tried: Tried, units: Sequence[str], seed: int = 0) -> Estimate:
    """Estimate the median over units of the R² of their mean responses; people are drawn together for the interval."""
    tables = []
    for unit in units:
        rises = {
            level: {one.subject: one.after.channels[unit] - one.before.channels[unit] for one in trials}
            for level, trials in tried.doses(unit).items()
        }
        people = set.intersection(*(set(rise) for rise in rises.values()))
        tables += [{one: [rises[level][one] for level in LEVELS] for one in people}] if people else []
    everybody = sorted({person for table in tables for person in table})
    if not everybody:
        return Estimate(np.nan, np.nan, np.nan, 0)
    doses = np.asarray(LEVELS, np.float64)
    picks = np.random.default_rng(seed).integers(len(everybody), size=(DRAWS, len(everybody)))
    drawn = np.stack([np.bincount(pick, minlength=len(everybody)) for pick in picks]).astype(np.float64)
    fits, squares = [], []
    for table in tables:
        rows = np.asarray([table.get(person, [np.nan] * len(LEVELS)) for person in everybody], np.float64)
        known = ~np.isnan(rows[:, 0])
        count = drawn[:, known].sum(1, keepdims=True)
        means = np.where(count > 0, drawn[:, known] @ rows[known] / np.maximum(count, 1), 0.0)
        fits.append(float(fit_line(doses, rows[known].mean(0))[1]))
        squares.append(fit_line(doses, means)[1])
    low, high = np.percentile(np.median(squares, axis=0), [2.5, 97.5])
    return Estimate(float(np.median(fits)), float(low), float(high), len(everybody))


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
            unit: float(np.mean([one.after.channels[unit] - one.before.channels[unit] for one in trials]))
            for unit in units
        }
        for asked in ACTION_UNITS
        if (trials := tried.of(asked))
    }


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
    low, high = np.percentile(areas, [2.5, 97.5])
    area = Estimate(gain_identity(gains, identities, STRANGER).area, float(low), float(high), len(everybody))
    return GainCurve(doses=LEVELS[1:], gains=gains.tolist(), identities=identities.tolist(), area=area)


Point = tuple[Floats, Floats, list[int]]
"""Gains, cosines and subjects of some edits, (N,) each."""


def point_of(edits: Sequence[tuple[str, Trial]], effects: Effects) -> Point:
    """Read the edits of one dose."""
    wanted = [list(effects[unit].values()) for unit, _ in edits]
    shown = [[one.after.channels[name] - one.before.channels[name] for name in effects[unit]] for unit, one in edits]
    gains = gain(wanted, shown) if edits else np.zeros(0)
    return gains, np.asarray([one.identity for _, one in edits], np.float64), [one.subject for _, one in edits]


def person_sums(point: Point, everybody: Sequence[int]) -> Floats:
    """Return edits, gains and cosines of each person added up, (3, P)."""
    gains, identities, people = point
    places = np.searchsorted(everybody, people)
    return np.stack([np.bincount(places, some, len(everybody)) for some in (np.ones_like(gains), gains, identities)])


def means_of(sums: Floats) -> tuple[Floats, Floats]:
    """Turn sums, (..., L, 3), into mean gains and cosines, (..., L) each; doses that nobody was drawn for count 0."""
    count = np.maximum(sums[..., 0], 1)
    return sums[..., 1] / count, sums[..., 2] / count
