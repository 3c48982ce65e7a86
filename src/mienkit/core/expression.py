"""A wanted expression, in words, and the action units that it means for one face, or for each half of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from mienkit.core.action_unit import (
    AU_INDEX,
    MIDDLE_UNITS,
    SIDED_UNITS,
    both_sides,
    canonical_unit,
    check_intensity,
    halves,
    mean_of_sides,
    whole_unit,
)
from mienkit.core.emotion import canonical_emotion, emotion_aus, emotion_sides
from mienkit.core.errors import ConfigError
from mienkit.core.naming import unknown_name
from mienkit.core.opposed import give_way

Mode: TypeAlias = Literal["absolute", "relative", "from-neutral"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, kw_only=True)
class Expression:
    """What a face should show: named action units, or an emotion.

    Raises:
        ConfigError: nothing or both are asked for, or an intensity is out of range.
        UnknownNameError: an action unit, emotion or mode does not exist.
    """

    aus: Mapping[str, float] = field(default_factory=dict)
    """Action unit, or a side of it (``AU12_L``: the person's own left) -> intensity in [0, 1]; in [-1, 1] where the
    mode is ``relative``. What is said of a side comes after what is said of the whole unit."""
    emotion: str | None = None
    """A whole expression (always from neutral) instead of single units."""
    intensity: float = 1.0
    """Of the emotion, in [0, 1]."""
    mode: Mode = "absolute"
    """``absolute``: named units take the value; ``relative``: named units are added to what is measured; in both the
    others stay, as far as they can beside what rises (``core.opposed``). ``from-neutral``: the others become 0."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise unknown_name("mode", self.mode, MODES)
        if bool(self.aus) == (self.emotion is not None):
            raise ConfigError("ask for action units or for an emotion, one of the two; e.g. AU12=0.8 or happiness")
        lowest = -1.0 if self.mode == "relative" else 0.0
        named = {canonical_unit(name): check_intensity(name, value, lowest) for name, value in self.aus.items()}
        object.__setattr__(self, "aus", named)
        if self.emotion is not None:
            object.__setattr__(self, "emotion", canonical_emotion(self.emotion))
            check_intensity("intensity", self.intensity)

    @property
    def sided(self) -> tuple[str, ...]:
        """Which sides are asked for by name."""
        return tuple(name for name in self.aus if name != whole_unit(name))

    def target(self, measured: Tensor) -> Tensor:
        """Return the AU intensities to synthesise, (17,) in [0, 1], for a face measured as (17,).

        Where the sides of a unit differ it is their mean.
        """
        if self.emotion is not None:
            return emotion_aus(self.emotion, self.intensity).to(measured)
        return mean_of_sides(self.sides(measured))

    def sides(self, measured: Tensor) -> Tensor:
        """Return the same for each half of the face, (34,) in [0, 1], for a face measured as (17,)."""
        if self.emotion is not None:
            return emotion_sides(self.emotion, self.intensity).to(measured)
        own = both_sides(measured if self.mode != "from-neutral" else torch.zeros_like(measured))
        result, named = own.clone(), torch.zeros_like(own, dtype=torch.bool)
        for name in sorted(self.aus, key=lambda one: one in self.sided):  # whole units first
            value = self.aus[name]
            here = [index for index, one in enumerate(SIDED_UNITS) if name in (one, whole_unit(one))]
            result[here] = result[here] + value if self.mode == "relative" else value
            named[here] = True
        result = result.clamp(0, 1)
        rising = torch.where(named, result - own, 0)
        left, right = (give_way(half, rise) for half, rise in zip(halves(own), halves(rising), strict=True))
        middle = [AU_INDEX[name] for name in MIDDLE_UNITS]
        left[middle] = right[middle] = (left[middle] + right[middle]) / 2  # there is one chin and one jaw
        return torch.where(named, result, torch.stack([left, right], -1).flatten())

    def describe(self) -> str:
        """Say it in a few characters, for titles and file names: ``AU12=0.8 AU6=0.5``."""
        if self.emotion is not None:
            return self.emotion if self.intensity == 1 else f"{self.emotion} {self.intensity:g}"
        sign = "+" if self.mode == "relative" else ""
        return " ".join(f"{name}={value:{sign}g}" for name, value in self.aus.items())
