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

SIDED = re.compile(r"^(AU\d+)_([LR])$")
"""Optional one-sided columns of a face table; L and R are the person's own."""


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
