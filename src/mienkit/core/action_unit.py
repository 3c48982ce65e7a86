"""The 17 facial action units, in the order in which every vector of intensities lists them.

An intensity is a float in [0, 1]; FACS A to E (0 to 5) is that times five.

Source: Ekman & Friesen 1978 (FACS); order of OpenFace 2.0, as in GANimation (Pumarola et al. 2018).
"""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mienkit.core.errors import ConfigError
from mienkit.core.naming import unknown_name

AU_NAMES: Mapping[str, str] = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU17": "chin raiser",
    "AU20": "lip stretcher",
    "AU23": "lip tightener",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU45": "blink",
}
"""Action unit -> its name in FACS."""

ACTION_UNITS: tuple[str, ...] = tuple(AU_NAMES)
NUM_AUS = len(ACTION_UNITS)
AU_INDEX: Mapping[str, int] = {name: index for index, name in enumerate(ACTION_UNITS)}

SIDED_UNITS: tuple[str, ...] = tuple(f"{name}_{side}" for name in ACTION_UNITS for side in "LR")
"""Each unit of the left and of the right half of the face, which are the person's own: ``AU1_L``, ``AU1_R``, ..."""
MIDDLE_UNITS: frozenset[str] = frozenset({"AU17", "AU26"})
"""Units that have no sides: there is one chin and one jaw."""
_SIDED = re.compile(r"\s*((?i:au)?0*\d+)_([LR])\s*")


def canonical_au(name: str) -> str:
    """Spell an action unit as everywhere in this package: ``au04`` -> ``AU4``.

    Raises:
        UnknownNameError: there is no such unit; the message lists those that exist.
    """
    match = re.fullmatch(r"(?i)\s*(?:au)?0*(\d+)(?:_r)?\s*", name)
    spelled = f"AU{match[1]}" if match else name.strip()
    if spelled not in AU_INDEX:
        raise unknown_name("action unit", name.strip(), ACTION_UNITS)
    return spelled


def canonical_unit(name: str) -> str:
    """Spell an action unit, or one side of it, as everywhere in this package: ``au4_L`` -> ``AU4_L``.

    A side is a capital letter, because ``AU12_r`` is how OpenFace calls the whole of AU12.

    Raises:
        ConfigError: the unit has no sides.
        UnknownNameError: there is no such unit; the message lists those that exist.
    """
    match = _SIDED.fullmatch(name)
    if match is None:
        return canonical_au(name)
    unit = canonical_au(match[1])
    if unit in MIDDLE_UNITS:
        raise ConfigError(f"{unit} ({AU_NAMES[unit]}) has no sides; ask for {unit}")
    return f"{unit}_{match[2]}"


def whole_unit(name: str) -> str:
    """Return the unit that a side belongs to: ``AU12_L`` -> ``AU12``; a unit is its own."""
    return name.partition("_")[0]


def unit_title(name: str) -> str:
    """Say what a unit, or one side of it, is: ``left lip corner puller``."""
    unit, _, side = name.partition("_")
    return f"{'left ' if side == 'L' else 'right ' if side else ''}{AU_NAMES[unit]}"


def both_sides(aus: Tensor) -> Tensor:
    """Give both halves of a face its units: (..., 17) -> (..., 34) in the order of SIDED_UNITS."""
    return aus.repeat_interleave(2, -1)


def halves(sides: Tensor) -> tuple[Tensor, Tensor]:
    """Take the left and the right half of a face, (..., 17) each, out of both, (..., 34)."""
    left, right = sides.unflatten(-1, (NUM_AUS, 2)).unbind(-1)
    return left, right


def mean_of_sides(sides: Tensor) -> Tensor:
    """Return what a face shows as a whole, (..., 17): the mean of its halves, (..., 34)."""
    return sides.unflatten(-1, (NUM_AUS, 2)).mean(-1)


def tilt_of_sides(sides: Tensor) -> Tensor:
    """Return by how much the left half shows more than the mean of both, (..., 17), of halves, (..., 34)."""
    left, right = halves(sides)
    return (left - right) / 2


def check_intensity(name: str, value: float, lowest: float = 0.0) -> float:
    """Return the intensity, or say what is wrong with it.

    Raises:
        ConfigError: the value is outside [lowest, 1]; FACS A to E is that times five.
    """
    if not lowest <= value <= 1:
        raise ConfigError(f"{name}={value:g} is outside [{lowest:g}, 1]; FACS letters A to E are 0.2 to 1.0")
    return value


def au_vector(intensities: Mapping[str, float]) -> Tensor:
    """Turn named intensities into a vector, (17,); units that are not named are 0."""
    vector = torch.zeros(NUM_AUS)
    for name, value in intensities.items():
        vector[AU_INDEX[canonical_au(name)]] = value
    return vector


def au_dict(vector: Tensor | Sequence[float], digits: int = 3) -> dict[str, float]:
    """Turn a vector, (17,), into named intensities."""
    return {name: round(float(value), digits) for name, value in zip(ACTION_UNITS, vector, strict=True)}


def side_dict(sides: Tensor, digits: int = 3) -> dict[str, float]:
    """Turn halves of a face, (34,), into named intensities: all units, and both sides of those whose sides differ."""
    named = {name: round(float(value), digits) for name, value in zip(SIDED_UNITS, sides, strict=True)}
    unlike = {name: value for name, value in named.items() if len({named[one] for one in _both(name)}) > 1}
    return au_dict(mean_of_sides(sides), digits) | unlike


def _both(name: str) -> tuple[str, str]:
    unit = whole_unit(name)
    return f"{unit}_L", f"{unit}_R"
