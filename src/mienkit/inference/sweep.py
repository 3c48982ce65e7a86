"""An expression that grows in steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mienkit.core.action_unit import canonical_unit, unit_title
from mienkit.core.emotion import EMOTIONS, SYNONYMS, canonical_emotion
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression, Mode

MAX_STEPS = 64
FORM = "e.g. AU12=0:1:5 or AU1+AU2=0:1:5 or happiness=0:1:5 (from : to : steps)"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Action units that grow together, or an emotion that grows, through some values."""

    values: tuple[float, ...]
    aus: tuple[str, ...] = ()
    emotion: str | None = None

    @property
    def title(self) -> str:
        """What is swept: ``AU1+AU2``."""
        return self.emotion or "+".join(self.aus)

    @property
    def detail(self) -> str:
        """What that is called."""
        return "" if self.emotion else " + ".join(map(unit_title, self.aus))

    def expressions(self, fixed: Mapping[str, float] | None = None, mode: Mode = "absolute") -> list[Expression]:
        """Return one expression for each value.

        Args:
            fixed: action units that have the same value all the way.
            mode: how named units relate to what is measured.

        Raises:
            ConfigError: a value is out of range, or units are to be fixed while an emotion is swept.
        """
        if self.emotion is not None:
            if fixed:
                raise ConfigError(f"a sweep of {self.emotion} is a whole expression; leave out {', '.join(fixed)}")
            return [Expression(emotion=self.emotion, intensity=value) for value in self.values]
        return [Expression(aus={**(fixed or {}), **dict.fromkeys(self.aus, value)}, mode=mode) for value in self.values]


def parse_sweep(text: str) -> Sweep:
    """Read ``AU12=0:1:5``, ``AU1+AU2=0:1:5`` or ``happiness=0:1:5``.

    Raises:
        ConfigError: it has another form.
        UnknownNameError: an action unit or emotion does not exist.
    """
    names, _, numbers = text.partition("=")
    match = re.fullmatch(r"\s*(-?[\d.]+)\s*:\s*(-?[\d.]+)\s*:\s*(\d+)\s*", numbers)
    if match is None or not names.strip():
        raise ConfigError(f"'{text}' is not a sweep; {FORM}")
    steps = int(match[3])
    if not 2 <= steps <= MAX_STEPS:
        raise ConfigError(f"a sweep has 2 to {MAX_STEPS} steps, not {steps}; {FORM}")
    try:
        values = np.linspace(float(match[1]), float(match[2]), steps)
    except ValueError:
        raise ConfigError(f"'{text}' is not a sweep; {FORM}") from None
    return sweep_of(names, tuple(round(float(value), 4) for value in values))


def sweep_of(names: str, values: tuple[float, ...]) -> Sweep:
    """Sweep ``AU1+AU2`` or ``happiness`` through values."""
    if names.strip().lower() in (*EMOTIONS, *SYNONYMS):
        return Sweep(emotion=canonical_emotion(names), values=values)
    return Sweep(aus=tuple(canonical_unit(name) for name in names.split("+")), values=values)
