"""The colour of skin from what it is made of: melanin above, blood below.

The dermis reflects as a thick layer of scattering tissue in which blood absorbs; the epidermis is a filter of melanin
that light crosses twice. Three wavelengths stand for red, green and blue.

Source: Kubelka and Munk 1931 (thick layer); Jacques 2013, "Optical properties of biological tissues" (melanin, oxy- and
deoxyhaemoglobin, scattering); Donner and Jensen 2006 for the split into two layers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MELANIN = np.array([385.0, 485.0, 640.0], np.float32) * 0.0135
"""Absorption of melanosomes at 610, 545 and 460 nm over the way through the epidermis and back. Tuned by eye: the red
is higher and the blue a third lower than what is published, because dark skin looked orange with those."""
BLOOD = np.array([19.0, 270.0, 232.0], np.float32)
"""Absorption of blood, three quarters of it oxygenated, per centimetre."""
TISSUE = np.array([0.35, 0.45, 2.2], np.float32)
"""Absorption of the dermis without blood, per centimetre: carotene and bilirubin take the blue."""
SCATTERING = np.array([18.7, 22.5, 31.5], np.float32)
"""Of Kubelka and Munk, per centimetre."""
FAIREST, DARKEST = 0.012, 0.30
"""Volume of the epidermis that is melanin."""


@dataclass(frozen=True)
class Complexion:
    """What a person's skin is made of, on the whole."""

    melanin: float
    """Share of the epidermis's volume, 0.012 to 0.30."""
    blood: float
    """Share of the dermis's volume, 0.003 to 0.02."""

    @property
    def darkness(self) -> float:
        """0 for the fairest, 1 for the darkest."""
        return float(np.log(self.melanin / FAIREST) / np.log(DARKEST / FAIREST))


def roll_complexion(dice: np.random.Generator) -> Complexion:
    """Roll a complexion; all between fair and dark are about as likely."""
    melanin = FAIREST * (DARKEST / FAIREST) ** float(dice.random())
    return Complexion(melanin, float(dice.uniform(0.005, 0.011)))


def skin_colour(melanin: npt.NDArray[np.floating], blood: npt.NDArray[np.floating]) -> Floats:
    """Return how much red, green and blue skin reflects, (..., 3) linear in [0, 1].

    Args:
        melanin: (...) share of the epidermis.
        blood: (...) share of the dermis.
    """
    absorbed = np.asarray(blood, np.float32)[..., None] * BLOOD + TISSUE
    ratio = 2 * absorbed / SCATTERING
    below = 1 + ratio - np.sqrt(ratio * (ratio + 2))
    return np.asarray(below * np.exp(-np.asarray(melanin, np.float32)[..., None] * MELANIN), np.float32)
