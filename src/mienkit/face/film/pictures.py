"""Films that are pictures already: animated GIF and WebP, and folders of numbered frames."""

import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from mienkit.core.errors import DataError, ImageError
from mienkit.core.image import Picture
from mienkit.face.decoding import open_picture
from mienkit.face.film.frame import FPS, MOST_FPS, FilmFacts, Frame, damage
from mienkit.face.photo import read_photo

FRAME_SUFFIXES = (".png", ".jpg", ".jpeg")
TIMES = "times.json"
"""Beside numbered frames: when each is shown, in seconds. Without it they come at a constant rate."""
MILLISECOND = Fraction(1, 1000)
LONGEST = 86_400.0
"""Seconds of a folder of frames, at most: clocks of video files overflow not much later."""
SHORTEST, INSTEAD = 0.02, 0.1
"""What browsers do with frames that are said to be shown shorter than the first: they show them for the second."""


class Animation:
    """An animated GIF or WebP; transparent parts lie on white."""

    def __init__(self, path: Path) -> None:
        """Open it and look at its first frame.

        Raises:
            ImageError: it is missing or damaged.
        """
        self.notes: list[str] = []
        with open_picture(path) as image:
            fps, (width, height) = 1 / shown_for(image), image.size
            self.facts = FilmFacts(
                path=path, width=width, height=height, fps=fps, frames=count_frames(image), tick=MILLISECOND
            )

    def frames(self) -> Iterator[Frame]:
        """See ``Film``."""
        done, last, time = 0, 0.0, 0.0
        try:
            with open_picture(self.facts.path) as image:
                for shown in ImageSequence.Iterator(image):
                    shown.load()
                    last, seconds = time, shown_for(shown)
                    yield Frame(on_white(shown), time, seconds)
                    done, time = done + 1, time + seconds
        except ImageError as error:
            raise damage(self.facts.path, done, last, "cut off, or bytes are wrong") if done else error from None


class FrameFolder:
    """A folder of numbered frames, PNG or JPEG, in the order of their numbers."""

    def __init__(self, folder: Path, fps: float | None = None) -> None:
        """List it and look at its first frame.

        Args:
            folder: holds the frames; other files in it do not count.
            fps: frames a second; by default what ``times.json`` in the folder says, or 25.

        Raises:
            DataError: it holds no frames, or its times do not fit.
            ImageError: the first frame cannot be used.
        """
        self.paths = sorted(
            (path for path in folder.iterdir() if path.suffix.lower() in FRAME_SUFFIXES and path.name[0] != "."),
            key=lambda path: natural_order(path.name),
        )
        if not self.paths:
            raise DataError(f"no frames are in {folder}; it should hold numbered {' or '.join(FRAME_SUFFIXES)} files")
        self.notes: list[str] = []
        self.times = None if fps else read_times(folder, len(self.paths))
        rate = fps or mean_rate(self.times or [])
        height, width = read_photo(self.paths[0]).pixels.shape[:2]
        self.facts = FilmFacts(
            path=folder, width=width, height=height, fps=rate, frames=len(self.paths), seconds=len(self.paths) / rate
        )

    def frames(self) -> Iterator[Frame]:
        """See ``Film``."""
        for number, path in enumerate(self.paths):
            time = self.times[number] if self.times else number / self.facts.fps
            yield Frame(self.picture_of(path), time)

    def picture_of(self, path: Path) -> Picture:
        """Read a frame.

        Raises:
            ImageError: it cannot be used, or has another size than the first.
        """
        pixels, facts = read_photo(path).pixels, self.facts
        if pixels.shape[:2] != (facts.height, facts.width):
            raise ImageError(
                f"{path} has {pixels.shape[1]} x {pixels.shape[0]} pixels and the first frame {facts.width} x "
                f"{facts.height}; all frames of a film have one size"
            )
        return pixels


def count_frames(image: Image.Image) -> int | None:
    """Count the frames of an animated picture; None where it is damaged, which is said when it is read as far as that.

    Pillow counts by looking through the whole file, and raises almost anything for damaged bytes.
    """
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # whatever it is, it comes again at its frame
        return None


def shown_for(image: Image.Image) -> float:
    """Return the seconds for which a frame of an animated picture is shown."""
    seconds = float(image.info.get("duration", 0)) / 1000
    return seconds if seconds >= SHORTEST else INSTEAD


def on_white(image: Image.Image) -> Picture:
    """Return what a frame shows, (H, W, 3)."""
    solid = image.convert("RGBA")
    return np.array(Image.alpha_composite(Image.new("RGBA", image.size, "white"), solid).convert("RGB"))


def natural_order(name: str) -> list[tuple[int, str]]:
    """Make a key that sorts ``f2.png`` before ``f10.png``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def mean_rate(times: Sequence[float]) -> float:
    """Return the frames a second of frames that are shown then; the usual rate where there are too few."""
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else FPS


def read_times(folder: Path, count: int) -> list[float] | None:
    """Read when each frame of a folder is shown; None where nobody wrote it down.

    Raises:
        DataError: the times are not as many as the frames, do not rise, or are not of this world.
    """
    path = folder / TIMES
    if not path.exists():
        return None
    try:
        times = [float(time) for time in json.loads(path.read_text(encoding="utf-8"))["seconds"]]
    except (OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise DataError(f"{path} is damaged ({error}); delete it, and say --fps instead") from None
    if len(times) != count or not all(after > before for before, after in pairwise(times)):
        raise DataError(f"{path} does not fit the {count} frames beside it; delete it, and say --fps instead")
    times = [time - times[0] for time in times]
    if not (times[-1] <= LONGEST and mean_rate(times) <= MOST_FPS):  # what is not a number is neither
        raise DataError(f"{path} says that {count} frames last {times[-1]:g} s; delete it, and say --fps instead")
    return times
