"""What a user wants done with the faces of a photo."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mienkit.core.action_unit import canonical_unit
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression, Mode
from mienkit.inference.sweep import Sweep, parse_sweep


@dataclass(frozen=True, kw_only=True)
class EditRequest:
    """One expression, or sweeps of expressions, for one or all faces.

    Raises:
        ConfigError: what is asked for contradicts itself, or an intensity is out of range.
        UnknownNameError: an action unit, emotion or mode does not exist.
    """

    aus: Mapping[str, float] = field(default_factory=dict)
    emotion: str | None = None
    intensity: float = 1.0
    """Of the emotion, in [0, 1]."""
    mode: Mode = "absolute"
    sweeps: tuple[str, ...] = ()
    """``AU12=0:1:5``: the result is a contact sheet, one row a sweep; ``aus`` then hold all the way."""
    faces: str = "largest"
    """``largest``, ``all`` or an index, 0 being the largest."""
    seed: int = 0
    """For models that draw random numbers."""

    def __post_init__(self) -> None:
        if not self.sweeps:
            object.__setattr__(self, "aus", self.expression.aus)
            object.__setattr__(self, "emotion", self.expression.emotion)
            return
        if self.faces == "all":
            raise ConfigError("a sweep shows one face; choose it with --face largest or --face 0")
        if self.emotion is not None:
            raise ConfigError(f"a sweep of an emotion is written --sweep {self.emotion}=0:1:5, without --emotion")
        object.__setattr__(self, "aus", {canonical_unit(name): value for name, value in self.aus.items()})
        self.sweep_expressions()  # raises what is wrong with them

    @property
    def expression(self) -> Expression:
        """The one expression that is asked for."""
        return Expression(aus=self.aus, emotion=self.emotion, intensity=self.intensity, mode=self.mode)

    def sweep_expressions(self) -> list[tuple[Sweep, list[Expression]]]:
        """Return each sweep with its expressions."""
        sweeps = [parse_sweep(text) for text in self.sweeps]
        return [(sweep, sweep.expressions(self.aus, self.mode)) for sweep in sweeps]

    def describe(self) -> dict[str, object]:
        """Return it as plain JSON-able values, without what was not asked for."""
        asked: dict[str, object] = {"aus": dict(self.aus)} if self.aus else {}
        if self.emotion is not None:
            asked |= {"emotion": self.emotion, "intensity": self.intensity}
        else:
            asked |= {"mode": self.mode}
        return asked | ({"sweeps": list(self.sweeps)} if self.sweeps else {}) | {"faces": self.faces}
