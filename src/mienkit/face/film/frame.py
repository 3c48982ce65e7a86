"""What a film is: pictures of one size, one after the other, each with its time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from mienkit.core.errors import ImageError
from mienkit.core.image import Picture

FPS = 25.0
"""Frames a second of a folder of pictures, if nobody says otherwise."""
TICK = Fraction(1, 90_000)
"""Seconds between two times that a film can tell apart, if it does not say so itself."""
LEAST_FPS, MOST_FPS = 0.1, 1000.0
"""Frames a second outside of these are somebody's mistake."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a film."""

    pixels: Picture
    """(H, W, 3) uint8 RGB, upright."""
    time: float
    """Seconds since the first frame; it rises from frame to frame, not always by the same amount."""
    seconds: float | None = None
    """How long it is shown if no other follows, where the film says so."""


@dataclass(frozen=True, kw_only=True)
class Colours:
    """How a video's numbers become colours, by FFmpeg's numbers for each; 2 is not said."""

    matrix: int = 2
    primaries: int = 2
    transfer: int = 2


@dataclass(frozen=True, kw_only=True)
class FilmFacts:
    """What is known of a film before its frames are read."""

    path: Path
    width: int
    """Of the upright pictures, in pixels."""
    height: int
    fps: float
    """Frames a second: the nominal rate, or the mean where it varies."""
    frames: int | None = None
    """How many there are, where the file says so."""
    seconds: float | None = None
    """How long it lasts, where the file says so."""
    sound: bool = False
    start: float = 0.0
    """When the first frame is shown, in seconds as the file counts: its sound counts alike."""
    tick: Fraction = TICK
    """Seconds of which all times are multiples."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel in its heights."""
    colours: Colours = field(default_factory=Colours)

    @property
    def expected(self) -> int:
        """About how many frames there are, for a progress bar; 0 where nothing is known."""
        return self.frames or round((self.seconds or 0) * self.fps)


class Film(Protocol):
    """A film that can be read from its beginning, as often as one likes."""

    facts: FilmFacts
    notes: list[str]
    """What is not as it should be in what was read so far, in words for the user."""

    def frames(self) -> Iterator[Frame]:
        """Read it, one frame in memory at a time.

        Raises:
            ImageError: it is damaged; the message says where, and how much before that is good.
        """
        ...


def damage(path: Path, done: int, last: float, how: object) -> ImageError:
    """Say after which frame a film is damaged.

    Args:
        path: of the film.
        done: so many frames are good.
        last: when the last of them is shown, in seconds.
        how: what is wrong, in words.
    """
    return ImageError(
        f"{path} is damaged after frame {done - 1} ({how}); the first {last:.2f} s are good: "
        "cut it there, or copy it again from where it came"
    )


def lost_without_container(like: FilmFacts, kind: str) -> list[str]:
    """Say what of a film is lost in a kind of file that holds nothing but pictures."""
    notes = [f"{kind} has no sound"] if like.sound else []
    if like.pixel_aspect != 1:
        width, height = like.pixel_aspect.as_integer_ratio()
        looks = "narrower" if width > height else "wider"
        notes.append(f"the film's pixels are {width}:{height}, and square in {kind}: it looks {looks} there")
    return notes
