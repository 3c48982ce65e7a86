"""Who is rendered: everything about a person that an expression does not change, rolled from one number."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.complexion import Complexion, roll_complexion
from mienkit.morphable.head import NUM_IDENTITIES
from mienkit.morphable.iris import Eyes, roll_eyes

Floats = npt.NDArray[np.float32]
Colour = tuple[float, float, float]

PERSON = 0x70657273
"""Keeps these random numbers apart from those of scenes."""
SPREAD = 0.75
"""Of the identity weights: at 1, one head in ten is odd."""
LARGEST = 1.8
CUTS = ("shaved", "short", "side", "fringe", "bob", "long", "cap")


@dataclass(frozen=True, eq=False)
class Looks:
    """A person who does not exist."""

    number: int
    identity: Floats
    """(100,) weights of the head model."""
    complexion: Complexion
    eyes: Eyes
    masculine: float
    """0 to 1: how likely a beard, thick brows and short hair."""
    age: float
    """0 (twenty) to 1 (seventy)."""
    hair: Colour
    """Linear."""
    cut: str
    """One of CUTS."""
    beard: float
    """0 none, 0.3 a shade, 0.6 stubble, 1 full."""
    freckles: float
    make_up: float
    """0 to 1: colour of the lips, line of the lids."""
    lip_colour: Colour
    oil: float
    cloth: Colour
    teeth: Colour

    def dice(self, stream: int) -> np.random.Generator:
        """Return this person's own random numbers for one purpose."""
        return np.random.default_rng([PERSON, stream, self.number])


def roll_looks(number: int) -> Looks:
    """Roll a person; the same number is the same person on every machine.

    Args:
        number: not negative.
    """
    dice = np.random.default_rng([PERSON, 0, number])
    complexion = roll_complexion(dice)
    masculine = float(np.clip(dice.beta(0.5, 0.5), 0, 1))
    age = float(dice.beta(1.3, 1.9))
    return Looks(
        number=number,
        identity=np.clip(dice.normal(0, SPREAD, NUM_IDENTITIES), -LARGEST, LARGEST).astype(np.float32),
        complexion=complexion,
        eyes=roll_eyes(dice, complexion.darkness),
        masculine=masculine,
        age=age,
        hair=_roll_hair(dice, complexion.darkness, age),
        cut=_roll_cut(dice, masculine),
        beard=_roll_beard(dice, masculine),
        freckles=float(dice.random() ** 3 * max(0.0, 1 - 1.6 * complexion.darkness)),
        make_up=float(dice.random() * (masculine < 0.4) * (dice.random() < 0.6)),
        lip_colour=_mix((0.34, 0.045, 0.06), (0.30, 0.09, 0.09), dice.random()),
        oil=float(dice.uniform(0.35, 1.1)),
        cloth=_roll_cloth(dice),
        teeth=_mix((0.62, 0.58, 0.50), (0.60, 0.53, 0.40), dice.random()),
    )


def _roll_hair(dice: np.random.Generator, darkness: float, age: float) -> Colour:
    """Roll the colour of hair: black and brown mostly, blond or red with fair skin, grey with age."""
    palette = ((0.012, 0.010, 0.009), (0.030, 0.018, 0.011), (0.075, 0.040, 0.020), (0.19, 0.115, 0.055),
               (0.36, 0.25, 0.13), (0.17, 0.055, 0.018))  # fmt: skip
    weights = np.array([0.25 + 1.2 * darkness, 0.3, 0.2, 0.12, 0.10, 0.05])
    weights[2:] *= max(0.0, 1 - 1.7 * darkness)
    colour = palette[int(dice.choice(len(palette), p=weights / weights.sum()))]
    grey = float(np.clip((age - 0.45) * 2.2, 0, 0.9) * dice.random())
    return _mix(colour, (0.36, 0.36, 0.37), grey)


def _roll_cut(dice: np.random.Generator, masculine: float) -> str:
    short, long = masculine, 1 - masculine
    weights = np.array([0.30 * short, 1.2 * short + 0.15, 0.5, 0.2 + 0.2 * long, 0.5 * long, 1.3 * long, 0.15])
    return CUTS[int(dice.choice(len(CUTS), p=weights / weights.sum()))]


def _roll_beard(dice: np.random.Generator, masculine: float) -> float:
    if masculine < 0.5:
        return 0.0
    grade = float(dice.choice([0.15, 0.35, 0.6, 1.0], p=[0.35, 0.3, 0.2, 0.15]))
    return grade * float(dice.uniform(0.8, 1.0))


def _roll_cloth(dice: np.random.Generator) -> Colour:
    base = float(dice.uniform(0.02, 0.5) ** 1.3)
    tint = np.clip(1 + dice.normal(0, 0.18, 3), 0.3, 1.8) * base
    return float(tint[0]), float(tint[1]), float(tint[2])


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    mixed = [(1 - share) * a + share * b for a, b in zip(first, second, strict=True)]
    return mixed[0], mixed[1], mixed[2]
