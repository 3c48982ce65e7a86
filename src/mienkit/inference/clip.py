"""Frames as an animated picture that plays for ever."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from mienkit.core.errors import OutputError
from mienkit.core.image import Picture
from mienkit.face.mark import Mark, mark_options
from mienkit.face.output import check_output, write_atomically

KINDS = {".gif": "GIF", ".webp": "WEBP"}
TICK = {"GIF": 10, "WEBP": 1}
"""Milliseconds of which all times in a file are multiples."""
PALETTE_FRAMES = 16
"""Frames from which a GIF's one palette is made; a palette for each frame flickers."""


def ease(count: int) -> list[float]:
    """Return steps from 0 to 1, both included, that start and stop gently."""
    return [float(value) for value in 0.5 - 0.5 * np.cos(np.pi * np.linspace(0, 1, count))]


def there_and_back(frames: Sequence[Picture], hold: int = 0) -> list[Picture]:
    """Play frames forwards and backwards, resting at both ends for some frames more."""
    first, last = list(frames[:1]), list(frames[-1:])
    return first * hold + list(frames) + last * hold + list(frames[-2:0:-1])


def write_clip(path: Path, frames: Sequence[Picture], mark: Mark, *, fps: float = 12, force: bool = False) -> None:
    """Write frames, (H, W, 3) each, as GIF or WebP.

    Raises:
        OutputError: the suffix is another, the file exists, or the folder cannot be written.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"{path} is not a clip that can be written; use {' or '.join(KINDS)}")
    check_output(path, [], force)
    unique = {id(frame): frame for frame in frames}  # a clip that goes there and back shows most frames twice
    drawn = {key: Image.fromarray(frame) for key, frame in unique.items()}
    if kind == "GIF":
        palette = shared_palette(list(unique.values()))
        drawn = {key: picture.quantize(palette=palette) for key, picture in drawn.items()}
    pictures = [drawn[id(frame)] for frame in frames]
    options = mark_options(mark, kind) | ({"quality": 90} if kind == "WEBP" else {})

    def save(file: IO[bytes]) -> None:
        duration = durations(len(pictures), fps, TICK[kind])
        pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], duration=duration, loop=0, **options)

    write_atomically(path, save)


def durations(count: int, fps: float, tick: int) -> list[int]:
    """Say for how many milliseconds each frame is shown: multiples of a tick, which keep the pace over many frames."""
    changes = np.round(1000 / (fps * tick) * np.arange(count + 1)).astype(int)
    return [int(shown) for shown in tick * np.diff(changes)]


def shared_palette(frames: Sequence[Picture]) -> Image.Image:
    """Choose 256 colours that serve all frames."""
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), PALETTE_FRAMES)).round().astype(int)
    return Image.fromarray(np.vstack([frames[index] for index in chosen])).quantize(256, Image.Quantize.MEDIANCUT)
