"""What is to be balanced: emotions or action units, up to how many rows, by whose faces."""

from dataclasses import dataclass, field
from functools import cached_property

from mienkit.core.action_unit import ACTION_UNITS, canonical_au
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS, PROTOTYPES, SYNONYMS, canonical_emotion
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression
from mienkit.core.naming import unknown_name

WAYS = ("emotion", "au")
EVEN = "even"
FULL = 1.0
FAINTEST = 0.7
"""Of an emotion that is asked for at first."""
RISE = 0.2
"""By how much a unit is asked for above the intensity from which it counts as shown, at least."""


@dataclass(frozen=True)
class FaceClass:
    """What a row may show: an emotion or an action unit."""

    name: str

    @property
    def is_emotion(self) -> bool:
        """Whether it is an emotion."""
        return self.name in EMOTIONS

    @property
    def units(self) -> frozenset[str]:
        """Units that show it."""
        return frozenset(PROTOTYPES[self.name]) if self.is_emotion else frozenset((self.name,))

    def expression(self, level: float) -> Expression:
        """Return what an editor is asked for."""
        return Expression(emotion=self.name, intensity=level) if self.is_emotion else Expression(aus={self.name: level})

    def level(self, share: float, shown: float) -> float:
        """Return an intensity to ask for at first, from the least (share 0) to the full one (1), in hundredths."""
        least = FAINTEST if self.is_emotion else min(shown + RISE, FULL)
        return round(least + share * (FULL - least), 2)


@dataclass(frozen=True, kw_only=True)
class AugmentRequest:
    """Which rows are wanted.

    Raises:
        ConfigError: a number is out of range, or two settings exclude each other.
        UnknownNameError: there is no such emotion or action unit.
    """

    by: str | None = None
    """``emotion`` or ``au``: what is balanced; emotions, unless ``only`` names units."""
    to: str = EVEN
    """How many rows of each: ``even`` (as many as of the commonest), a share of that such as ``0.5``, or a number."""
    only: tuple[str, ...] = ()
    """Emotions and units to make; without, all that occur."""
    shown: float = 0.3
    """Intensity from which a unit counts as shown."""
    identity: float = 0.5
    """Least cosine to the person before, where a recogniser is at hand."""
    most_per_person: int = 3
    """New rows of one person, for each class."""
    seed: int = 0
    classes: tuple[FaceClass, ...] = field(init=False, default=())
    """``only``, understood."""

    def __post_init__(self) -> None:
        require(self.by in (None, *WAYS), f"--by {self.by} should be emotion or au")
        require(0 < self.shown < 1, f"--shown {self.shown:g} should be above 0 and below 1")
        require(-1 <= self.identity <= 1, f"--identity {self.identity:g} should be in [-1, 1]")
        require(self.most_per_person >= 1, f"--most-per-person {self.most_per_person} should be at least 1")
        require(self.seed >= 0, f"--seed {self.seed} should be at least 0")
        classes = tuple(dict.fromkeys(FaceClass(spelled(word)) for word in self.only))
        for one in classes:
            require(
                self.by is None or one.is_emotion == (self.by == "emotion"),
                f"--by {self.by} and --only {one.name} exclude each other; leave --by out to name both sorts",
            )
        object.__setattr__(self, "classes", classes)
        _ = self.goal

    @cached_property
    def goal(self) -> tuple[float, int | None]:
        """Share of the commonest class, and the number of rows where one is given instead.

        Raises:
            ConfigError: ``to`` is neither.
        """
        if self.to == EVEN:
            return 1.0, None
        if self.to.isdecimal() and int(self.to) >= 1:
            return 1.0, int(self.to)
        try:
            share = float(self.to)
        except ValueError:
            share = -1.0
        if not (0 < share < 1 and "." in self.to):
            raise ConfigError(f"--to {self.to} should be even, a share such as 0.5, or a number of rows such as 300")
        return share, None

    @property
    def sorts(self) -> tuple[bool, ...]:
        """Which sorts of classes are balanced: True for emotions, False for units."""
        if self.by is not None:
            return (self.by == "emotion",)
        return tuple(dict.fromkeys(one.is_emotion for one in self.classes)) or (True,)


def spelled(word: str) -> str:
    """Spell an emotion or a unit as everywhere in this package.

    Raises:
        UnknownNameError: there is neither.
    """
    name = word.strip().lower()
    if name in PROTOTYPES or name in SYNONYMS:
        return canonical_emotion(name)
    if name.startswith("au") or name.isdecimal():
        return canonical_au(word)
    raise unknown_name("emotion or action unit", word.strip(), (*EMOTIONS, *ACTION_UNITS))


def classes_of(sort: bool) -> tuple[FaceClass, ...]:
    """Return all emotions (True) or all units (False)."""
    return tuple(map(FaceClass, EMOTIONS if sort else ACTION_UNITS))
