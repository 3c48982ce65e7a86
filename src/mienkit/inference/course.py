"""How far an expression is on its way, over time: ``onset:0.5,apex:1,offset:0.7``."""

from dataclasses import dataclass
from typing import Self

from mienkit.core.config import require
from mienkit.core.errors import ConfigError

PARTS = ("onset", "apex", "offset")
RISING = 0.6
"""Share of a clip in which it rises, if nobody says otherwise; then the apex stays."""
LONGEST = 3600.0


@dataclass(frozen=True, kw_only=True)
class Course:
    """Seconds of rising, of staying and of falling, without a jerk; what comes after stays where it ended."""

    onset: float
    apex: float
    offset: float = 0.0
    height: float = 1.0
    """How far it goes at the apex, in [0, 1]."""

    def __post_init__(self) -> None:
        for part in PARTS:
            value = getattr(self, part)
            require(0 <= value <= LONGEST, f"{part}:{value:g} should be 0 to {LONGEST:g} seconds")
        require(self.seconds > 0, "a course should take some time; e.g. onset:0.5,apex:1,offset:0.7")
        require(0 < self.height <= 1, f"an intensity of {self.height:g} should be above 0 and at most 1")

    @classmethod
    def rising(cls, seconds: float, height: float = 1.0) -> Self:
        """Rise, and stay at the apex to the end."""
        return cls(onset=RISING * seconds, apex=(1 - RISING) * seconds, height=height)

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.onset + self.apex + self.offset

    def share(self, time: float) -> float:
        """Return how far the expression is at a time in seconds, in [0, ``height``]."""
        if time < self.onset:
            return self.height * ease(time / self.onset)
        falling = time - self.onset - self.apex
        if falling <= 0:
            return self.height
        return self.height * (1 - ease(min(falling / self.offset, 1))) if self.offset else self.height


def ease(share: float) -> float:
    """Go from 0 to 1 without a jerk while a share of the time passes.

    Source: Flash & Hogan 1985, the movement of least jerk between two points of rest.
    """
    return share**3 * (share * (6 * share - 15) + 10)


def parse_course(text: str, height: float = 1.0) -> Course:
    """Read ``onset:0.5,apex:1,offset:0.7``: seconds of each part; a part that is left out takes none.

    Raises:
        ConfigError: it has another form, or gives a part twice.
    """
    parts: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition(":")
        require(name.strip() not in parts, f"'{text}' gives {name.strip()} twice; say once how long it takes")
        try:
            parts[name.strip()] = float(value)
        except ValueError:
            parts = {}
            break
    if not parts or set(parts) - set(PARTS):
        raise ConfigError(f"'{text}' is no course; write e.g. onset:0.5,apex:1,offset:0.7, in seconds")
    return Course(**({"onset": 0.0, "apex": 0.0} | parts), height=height)
