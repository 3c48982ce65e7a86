"""A wanted expression, in words, and the vector of action units that it means for one face."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from torch import Tensor

from mienkit.core.action_unit import AU_INDEX, canonical_au, check_intensity
from mienkit.core.emotion import canonical_emotion, emotion_aus
from mienkit.core.errors import ConfigError
from mienkit.core.naming import unknown_name

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
    """Action unit -> intensity in [0, 1]; in [-1, 1] where the mode is ``relative``."""
    emotion: str | None = None
    """A whole expression (always from neutral) instead of single units."""
    intensity: float = 1.0
    """Of the emotion, in [0, 1]."""
    mode: Mode = "absolute"
    """``absolute``: named units take the value, the others stay; ``relative``: named units are added to what is
    measured; ``from-neutral``: the others become 0."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise unknown_name("mode", self.mode, MODES)
        if bool(self.aus) == (self.emotion is not None):
            raise ConfigError("ask for action units or for an emotion, one of the two; e.g. AU12=0.8 or happiness")
        lowest = -1.0 if self.mode == "relative" else 0.0
        named = {canonical_au(name): check_intensity(name, value, lowest) for name, value in self.aus.items()}
        object.__setattr__(self, "aus", named)
        if self.emotion is not None:
            object.__setattr__(self, "emotion", canonical_emotion(self.emotion))
            check_intensity("intensity", self.intensity)

    def target(self, measured: Tensor) -> Tensor:
        """Return the AU intensities to synthesise, (17,) in [0, 1], for a face measured as (17,)."""
        if self.emotion is not None:
            return emotion_aus(self.emotion, self.intensity).to(measured)
        result = measured.clone() if self.mode != "from-neutral" else measured.new_zeros(measured.shape)
        for name, value in self.aus.items():
            index = AU_INDEX[name]
            result[index] = result[index] + value if self.mode == "relative" else value
        return result.clamp(0, 1)

    def describe(self) -> str:
        """Say it in a few characters, for titles and file names: ``AU12=0.8 AU6=0.5``."""
        if self.emotion is not None:
            return self.emotion if self.intensity == 1 else f"{self.emotion} {self.intensity:g}"
        sign = "+" if self.mode == "relative" else ""
        return " ".join(f"{name}={value:{sign}g}" for name, value in self.aus.items())
