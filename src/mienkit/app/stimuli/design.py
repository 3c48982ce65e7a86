"""What a study wants to show: who, which expressions, how strong, still or moving."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from mienkit.core.config import require
from mienkit.core.expression import Expression, Mode
from mienkit.inference.course import Course

STILL: Literal["still"] = "still"
CLIP: Literal["clip"] = "clip"
Kind = Literal["still", "clip"]
FOLDERS: Mapping[Kind, tuple[str, str]] = {STILL: ("images", ".png"), CLIP: ("clips", ".mp4")}
"""Kind of stimulus -> its folder and suffix."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person, shown by one photograph."""

    id: str
    photo: Path
    face: str = "largest"
    """Which face of the photograph: ``largest`` or an index."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """An expression at full strength: action units by name, or an emotion."""

    name: str
    aus: Mapping[str, float] = field(default_factory=dict)
    emotion: str | None = None

    def at(self, level: float, mode: Mode) -> Expression:
        """Return the expression at a level in (0, 1]."""
        if self.emotion is not None:
            return Expression(emotion=self.emotion, intensity=level)
        return Expression(aus={name: round(level * value, 6) for name, value in self.aus.items()}, mode=mode)


@dataclass(frozen=True, kw_only=True)
class Dynamics:
    """How an expression comes and goes in a clip, in seconds."""

    onset: float = 0.4
    apex: float = 0.6
    offset: float = 0.0
    fps: float = 25.0

    def __post_init__(self) -> None:
        require(1 <= self.fps <= 120, f"dynamic.fps: should be 1 to 120, not {self.fps:g}")
        seconds = self.course.seconds
        require(seconds <= 60, f"dynamic: a clip of {seconds:g} s is too long; onset + apex + offset are at most 60 s")
        require(
            any(self.course.share(time) == 1 for time in self.times),
            f"dynamic.apex: {self.apex:g} s is so short that no frame would show the whole expression; "
            f"take {max(1.5 / self.fps, self.apex + 1 / self.fps):.3f} or more",
        )

    @property
    def course(self) -> Course:
        """How far the expression is at each time."""
        return Course(onset=self.onset, apex=self.apex, offset=self.offset)

    @property
    def times(self) -> list[float]:
        """When each frame is shown, in seconds."""
        return [number / self.fps for number in range(max(2, round(self.course.seconds * self.fps)))]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What stimuli look like beside their expression."""

    size: int = 512
    """Side of the square picture in pixels."""
    margin: float = 0.0
    """What is shown around the face, on each side, in sides of the aligned face crop."""
    greyscale: bool = False
    oval: bool = False
    """Hide everything outside of an oval around the face."""
    background: int = 128
    """Grey level outside of the oval."""
    luminance: float | None = None
    """Mean inside of the oval, in grey levels; None leaves it."""
    contrast: float | None = None
    """Standard deviation of luminance inside of the oval, in grey levels; None leaves it."""
    equal_luminance: bool = False
    """Give all the mean over the photographs."""
    equal_contrast: bool = False

    @property
    def equalises(self) -> bool:
        """Whether luminance or contrast is set."""
        return any((self.equal_luminance, self.equal_contrast, self.luminance, self.contrast))


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """When a stimulus passes its manipulation check."""

    dose: float = 0.2
    """Mean distance of measured from wanted intensity over the units that are asked for, at most."""
    off_target: float = 0.1
    """Mean distance of measured from wanted intensity over all other units, at most."""
    identity: float = 0.5
    """Similarity to the photograph, at least; MobileFace's cosine."""
    retries: int = 2


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One expression at one level: what is made of each person."""

    condition: Condition
    level: float

    def name_of(self, identity: Identity) -> str:
        """Name a stimulus: ``anna_smile_060``."""
        return f"{identity.id}_{self.condition.name}_{round(100 * self.level):03d}"

    def file_of(self, identity: Identity, kind: Kind) -> str:
        """Say where a stimulus lies in its study: ``images/anna_smile_060.png``."""
        folder, suffix = FOLDERS[kind]
        return f"{folder}/{self.name_of(identity)}{suffix}"


@dataclass(frozen=True, kw_only=True)
class Design:
    """A whole study."""

    study: str = "study"
    identities: tuple[Identity, ...]
    conditions: tuple[Condition, ...]
    levels: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0)
    static: bool = True
    dynamic: Dynamics | None = None
    model: str | None = None
    mode: Mode = "absolute"
    seed: int = 0
    look: Look = field(default_factory=Look)
    check: Tolerance = field(default_factory=Tolerance)
    path: Path | None = None
    """The file that says so."""
    text: str | None = None
    """What that file said when it was read."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Which kinds of stimuli are made of each cell."""
        return (*((STILL,) if self.static else ()), *((CLIP,) if self.dynamic else ()))

    @property
    def cells(self) -> list[Cell]:
        """List conditions by levels; a neutral face has one level."""
        return [
            Cell(condition=condition, level=level)
            for condition in self.conditions
            for level in ((1.0,) if condition.emotion == "neutral" else self.levels)
        ]

    def stimuli(self) -> Iterator[tuple[Identity, Cell, Kind]]:
        """List all stimuli in the order of the codebook."""
        for identity in self.identities:
            for kind in self.kinds:
                for cell in self.cells:
                    yield identity, cell, kind

    def describe(self) -> dict[str, object]:
        """Return it as plain values, without where the photographs lie."""
        return {
            "study": self.study,
            "identities": [{"id": one.id, "face": one.face} for one in self.identities],
            "conditions": [asdict(one) | {"aus": dict(one.aus)} for one in self.conditions],
            "levels": list(self.levels),
            "static": self.static,
            "dynamic": asdict(self.dynamic) if self.dynamic else None,
            "model": self.model,
            "mode": self.mode,
            "seed": self.seed,
            "options": asdict(self.look),
            "check": asdict(self.check),
        }
