"""Which edits a photo gets: natural combinations of action units, and what becomes of the photo's own expression."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, MIDDLE_UNITS, NUM_AUS, canonical_unit, whole_unit
from mienkit.core.emotion import canonical_emotion, emotion_aus
from mienkit.core.opposed import give_way
from mienkit.morphable.action_units import (
    action_units_of,
    join_halves,
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
LEANING = 0.15
"""Share of edits in which the halves of the face differ."""
LIKEST = 0.8
"""The weaker half then does up to this share of the stronger one, and nothing in half of the edits."""
FULL = 0.4
"""Share of edits that go to the end: their strongest unit is at 1. A slider's end is what people look at first, and
networks that hardly ever saw it stop short of it."""
GAZE = tuple(name.startswith(("eyeLook", "PupilDilate")) for name in EXPRESSION_NAMES)
"""Where somebody looks is no expression, so that it is never faded."""


@dataclass(frozen=True, eq=False)
class Plan:
    """One edit, before it is known what the photo shows."""

    left: Floats
    """(17,): by how much each unit of the left half of the face is to rise."""
    right: Floats
    """The same of the right half; the person's own, as everywhere."""
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
    sides: Mapping[str, float] = field(default_factory=dict)
    """``AU12_L`` -> what that half of the face shows of it, of units that have sides; empty where both do the same.

    What the photo itself shows is the same on both sides as far as these numbers go: exact is by how much they change.
    """
    emotion: str | None = None
    """Which one it was made to show, if it was."""


def sample_plans(count: int, rng: np.random.Generator) -> list[Plan]:
    """Draw edits at random: one action of the mouth, one of the brows, one of the eyes, any of which may be none.

    In some of them the halves of the face differ.
    """
    plans: list[Plan] = []
    while len(plans) < count:
        raised = np.zeros(NUM_AUS, np.float32)
        for choices in (MOUTHS, BROWS, EYES):
            strength = rng.uniform(WEAKEST, 1.0)
            for name, share in choices[rng.integers(len(choices))].items():
                raised[AU_INDEX[name]] = share * strength * rng.uniform(SPREAD, 1.0)
        kept = (1.0, float(rng.uniform()), 0.0)[rng.integers(3)]
        if raised.any():
            plans.append(Plan(raised, raised, kept))
    # Drawn last, so that all other edits are those of a seed before there were sides, and before some went to the end.
    plans = [lean(plan, rng) if rng.uniform() < LEANING else plan for plan in plans]
    return [in_full(plan) if rng.uniform() < FULL else plan for plan in plans]


def lean(plan: Plan, rng: np.random.Generator) -> Plan:
    """Let one half of the mouth, the brows and the eyes do less than the other, or nothing; each its own."""
    shares = np.ones((2, NUM_AUS), np.float32)
    for choices in (MOUTHS, BROWS, EYES):
        units = sorted({AU_INDEX[name] for choice in choices for name in choice} - _MIDDLE)
        shares[rng.integers(2), units] = rng.uniform(0, LIKEST) * rng.integers(2)
    return Plan(plan.left * shares[0], plan.right * shares[1], plan.kept)


def in_full(plan: Plan) -> Plan:
    """Let an edit go to the end, all of its units by the same factor."""
    strongest = np.float32(max(plan.left.max(), plan.right.max()))
    return Plan(plan.left / strongest, plan.right / strongest, plan.kept) if strongest else plan


def planned(plan: Plan, expression: npt.NDArray[np.floating]) -> Target:
    """Say what a plan makes of a photo that shows an expression, (57,)."""

    def make(raised: Floats) -> Target:
        own = action_units_of(expression) * np.float32(plan.kept)
        wanted = opposed_relaxed(own, raised)
        return aimed(expression, np.clip(wanted + raised, 0, 1), plan.kept)

    return of_halves(make, plan.left, plan.right)


def fixed(units: Mapping[str, float], expression: npt.NDArray[np.floating]) -> Target:
    """Set some units of a photo, or sides of them, to an intensity; the others stay, as far as they can beside them.

    Raises:
        ConfigError: a unit has no sides.
        UnknownNameError: there is no such unit.
    """
    own = action_units_of(expression)
    named = {canonical_unit(name): intensity for name, intensity in units.items()}
    left, right = own.copy(), own.copy()
    for name in sorted(named, key=lambda one: one != whole_unit(one)):  # whole units first
        for ending, half in (("_L", left), ("_R", right)):
            if name in (whole_unit(name), whole_unit(name) + ending):
                half[AU_INDEX[whole_unit(name)]] = named[name]

    def make(asked: Floats) -> Target:
        wanted = opposed_relaxed(own, np.clip(asked - own, 0, 1))
        return aimed(expression, np.where(asked != own, asked, wanted), 1.0)

    return of_halves(make, left, right)


def neutral(expression: npt.NDArray[np.floating]) -> Target:
    """Take every expression off a photo; only where it looks stays."""
    return posed("neutral", 0.0, expression)


def posed(emotion: str, intensity: float, expression: npt.NDArray[np.floating]) -> Target:
    """Make a photo, whatever it shows, show an emotion with both halves of the face; only where it looks stays.

    Raises:
        UnknownNameError: there is no such emotion.
    """
    target = aimed(expression, emotion_aus(emotion, intensity).numpy(), 0.0)
    return replace(target, emotion=canonical_emotion(emotion))


def aimed(expression: npt.NDArray[np.floating], wanted: Floats, kept: float) -> Target:
    """Turn an expression, (57,), into one that shows units, (17,), and a share of whatever else it shows.

    Lips that were apart come together where no unit opens them any more.
    """
    shown = action_units_of(expression)
    faded = np.where(GAZE, expression, np.float32(kept) * expression).astype(np.float32)
    relaxed = without_antagonists(faded, np.clip(wanted - shown, 0, 1))
    seal = float(np.clip(lip_seal(wanted) - lip_seal(shown), 0, 1))
    return Target(with_units(relaxed, wanted), seal, wanted.astype(np.float32))


def of_halves(make: Callable[[Floats], Target], left: Floats, right: Floats) -> Target:
    """Make an edit for each half of the face, of what its units, (17,), are to do, and join them."""
    if np.array_equal(left, right):
        return make(left)
    one, other = make(left), make(right)
    sides = {
        f"{unit}_{side}": float(half.aus[AU_INDEX[unit]])
        for unit in ACTION_UNITS
        for side, half in (("L", one), ("R", other))
        if unit not in MIDDLE_UNITS
    }
    both = np.asarray((one.aus + other.aus) / 2, np.float32)
    return Target(join_halves(one.expression, other.expression), min(one.seal, other.seal), both, sides)


def opposed_relaxed(own: Floats, raised: Floats) -> Floats:
    """Lower units, (17,), that others which rise, (17,), cannot stand beside."""
    return give_way(torch.from_numpy(np.asarray(own)), torch.from_numpy(np.asarray(raised))).numpy()


_MIDDLE = {AU_INDEX[name] for name in MIDDLE_UNITS}
