"""Off-target: what else moves in a face that is asked for one unit.

Muscles share skin, so some channels of other units move rightly: a raised brow unfolds a frown. Which these are the
exact changes say: a channel counts as off-target for a unit unless that unit, at full strength, moves it by more than
``MOVED`` in re-expressed photographs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_mean
from mienkit.evaluation.photo_edit import CHANNELS, ROOM, Look, Trial, effect_of_units

MOVED = 0.1
"""Change of a channel for a full unit, from which the unit is known to move it."""
CHANNELLED: tuple[str, ...] = tuple(CHANNELS)


@dataclass(frozen=True, kw_only=True)
class LeakResult:
    """What else moves when one unit is asked for at 1."""

    unit: str
    channels: tuple[str, ...]
    """Units of whose channels the unit is known to leave alone: those that are judged."""
    mean: Estimate
    """Mean |change| over these channels and people."""
    largest: float
    """Mean |change| over people of the channel that moves most."""
    worst: str
    """Its unit."""


def exact_effects(
    changes: Sequence[Floats], looks: Sequence[tuple[Look, Look]], units: Sequence[str] = CHANNELLED
) -> Mapping[str, Mapping[str, float]]:
    """Say how much each unit moves each channel in exact changes.

    Args:
        changes: (17,) each: units after minus before.
        looks: the judge's, before and after.
        units: whose channels the judge has; MediaPipe's if nobody says so.

    Returns:
        Unit -> unit whose channel it is -> change of that channel for a full unit.
    """
    moved = [[after.channels[unit] - before.channels[unit] for unit in units] for before, after in looks]
    effects = effect_on_known(
        np.asarray(changes).reshape(-1, len(ACTION_UNITS)), np.asarray(moved, np.float64).reshape(-1, len(units))
    )
    return {unit: dict(zip(units, map(float, effects[AU_INDEX[unit]]), strict=True)) for unit in ACTION_UNITS}


def effect_on_known(changes: Floats, moved: Floats) -> Floats:
    """Return ``effect_of_units``; what the judge could not read of a channel (NaN) is left out of that one alone."""
    known = ~np.isnan(moved)
    if known.all():
        return effect_of_units(changes, moved)
    each = [effect_of_units(changes[seen], own[seen, None]) for own, seen in zip(moved.T, known.T, strict=True)]
    return np.concatenate(each, 1)


def bystanders(unit: str, effects: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    """Name the units whose channels one unit leaves alone; never itself."""
    return tuple(other for other, effect in effects[unit].items() if other != unit and abs(effect) <= MOVED)


def judge_leak(unit: str, trials: Sequence[Trial], channels: tuple[str, ...]) -> LeakResult:
    """Measure the channels that should not have moved, on people who did not show them.

    What somebody showed before may rightly give way: a smile goes when lips are tightened.
    """
    before, after = (
        np.asarray([[look.channels[other] for other in channels] for look in looks]).reshape(len(trials), len(channels))
        for looks in ([one.before for one in trials], [one.after for one in trials])
    )
    known = (before < ROOM) & ~np.isnan(after)  # what the judge could not read is no change
    moved = np.ma.masked_array(np.abs(after - before), ~known)
    each = moved.mean(0).filled(0) if moved.count() else np.zeros(0)
    mean = moved.mean(1).filled(np.nan) if moved.count() else np.zeros(0)
    return LeakResult(
        unit=unit,
        channels=channels,
        mean=bootstrap_mean(mean, [one.subject for one in trials][: len(mean)]),
        largest=float(each.max()) if len(each) else float("nan"),
        worst=channels[int(each.argmax())] if len(each) else "",
    )
