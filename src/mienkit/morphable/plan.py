"""Which edits a photo gets: natural combinations of action units, and what becomes of the photo's own expression."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import AU_INDEX, NUM_AUS, canonical_au
from mienkit.morphable.action_units import (
    ANTAGONISTS,
    AU_SHAPES,
    action_units_of,
    lip_seal,
    with_units,
    without_antagonists,
)
from mienkit.morphable.head import EXPRESSION_NAMES

Floats = npt.NDArray[np.float32]
Choices: TypeAlias = tuple[Mapping[str, float], ...]

MOUTHS: Choices = (
    {"AU12": 1}, {"AU12": 1, "AU25": 1}, {"AU12": 1, "AU25": 1, "AU26": 0.5}, {"AU15": 1}, {"AU15": 1, "AU17": 1},
    {"AU17": 1}, {"AU20": 1}, {"AU20": 1, "AU25": 1}, {"AU23": 1}, {"AU23": 1, "AU17": 0.5}, {"AU25": 1},
    {"AU26": 1}, {"AU26": 1, "AU25": 1}, {"AU10": 1}, {"AU10": 1, "AU25": 1}, {"AU9": 1}, {"AU9": 1, "AU10": 1},
    {"AU14": 1}, {},
)  # fmt: skip
BROWS: Choices = (
    {"AU1": 1}, {"AU1": 1, "AU2": 1}, {"AU2": 1}, {"AU4": 1}, {"AU1": 1, "AU4": 1}, {"AU1": 1, "AU2": 1, "AU4": 0.6},
    {}, {},
)  # fmt: skip
EYES: Choices = (
    {"AU5": 1}, {"AU6": 1}, {"AU7": 1}, {"AU6": 1, "AU7": 0.5}, {"AU45": 1}, {}, {},
)  # fmt: skip
WEAKEST = 0.25
"""An edit's least intensity: less can hardly be seen."""
SPREAD = 0.8
"""Units of one action are not all as strong: the weakest is this share of the strongest."""
GAZE = tuple(name.startswith(("eyeLook", "PupilDilate")) for name in EXPRESSION_NAMES)
"""Where somebody looks is no expression, so that it is never faded."""


@dataclass(frozen=True, eq=False)
class Plan:
    """One edit, before it is known what the photo shows."""

    raised: Floats
    """(17,): by how much each unit is to rise."""
    kept: float
    """Share of the photo's own expression that stays: 1 keeps it, 0 drops it."""


@dataclass(frozen=True, eq=False)
class Target:
    """One edit of one photo."""

    expression: Floats
    """(57,) weights of the expression shapes."""
    seal: float
    """How far the lips are brought together, in [0, 1]."""
    aus: Floats
    """(17,) in [0, 1]: what the head then shows."""


def sample_plans(count: int, rng: np.random.Generator) -> list[Plan]:
    """Draw edits at random: one action of the mouth, one of the brows, one of the eyes, any of which may be none."""
    plans: list[Plan] = []
    while len(plans) < count:
        raised = np.zeros(NUM_AUS, np.float32)
        for choices in (MOUTHS, BROWS, EYES):
            strength = rng.uniform(WEAKEST, 1.0)
            for name, share in choices[rng.integers(len(choices))].items():
                raised[AU_INDEX[name]] = share * strength * rng.uniform(SPREAD, 1.0)
        kept = (1.0, float(rng.uniform()), 0.0)[rng.integers(3)]
        if raised.any():
            plans.append(Plan(raised, kept))
    return plans


def planned(plan: Plan, expression: npt.NDArray[np.floating]) -> Target:
    """Say what a plan makes of a photo that shows an expression, (57,)."""
    own = action_units_of(expression) * np.float32(plan.kept)
    wanted = opposed_relaxed(own, plan.raised)
    return aimed(expression, np.clip(wanted + plan.raised, 0, 1), plan.kept)


def fixed(units: Mapping[str, float], expression: npt.NDArray[np.floating]) -> Target:
    """Set some units of a photo to an intensity; the others stay, as far as they can stand beside them.

    Raises:
        UnknownNameError: there is no such unit.
    """
    own = action_units_of(expression)
    asked = own.copy()
    for name, intensity in units.items():
        asked[AU_INDEX[canonical_au(name)]] = intensity
    named = asked != own
    wanted = opposed_relaxed(own, np.clip(asked - own, 0, 1))
    return aimed(expression, np.where(named, asked, wanted), 1.0)


def neutral(expression: npt.NDArray[np.floating]) -> Target:
    """Take every expression off a photo; only where it looks stays."""
    return aimed(expression, np.zeros(NUM_AUS, np.float32), 0.0)


def aimed(expression: npt.NDArray[np.floating], wanted: Floats, kept: float) -> Target:
    """Turn an expression, (57,), into one that shows units, (17,), and a share of whatever else it shows.

    Lips that were apart come together where no unit opens them any more.
    """
    shown = action_units_of(expression)
    faded = np.where(GAZE, expression, np.float32(kept) * expression).astype(np.float32)
    relaxed = without_antagonists(faded, np.clip(wanted - shown, 0, 1))
    seal = float(np.clip(lip_seal(wanted) - lip_seal(shown), 0, 1))
    return Target(with_units(relaxed, wanted), seal, wanted.astype(np.float32))


def opposed_relaxed(own: Floats, raised: Floats) -> Floats:
    """Lower units, (17,), that others which rise, (17,), cannot stand beside."""
    return np.asarray(own * (1 - (_OPPOSED * np.clip(raised, 0, 1)[:, None]).max(0)), np.float32)


def _build_opposed() -> Floats:
    """Return which unit, by row, relaxes which other, by column, (17, 17): whose leading shape it cannot stand."""
    opposed = np.zeros((NUM_AUS, NUM_AUS), np.float32)
    for name, stems in ANTAGONISTS.items():
        for other, shapes in AU_SHAPES.items():
            if next(iter(shapes)) in stems:
                opposed[AU_INDEX[name], AU_INDEX[other]] = 1
    return opposed


_OPPOSED = _build_opposed()
