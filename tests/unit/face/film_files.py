"""Small films of many kinds, whole or not, made by code."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mienkit.face.film import FilmFacts, Frame, open_film, writing_film
from mienkit.face.mark import Mark

av = pytest.importorskip("av", reason="PyAV is not installed")

MARK = Mark("fake", "0.1.0", {"aus": {"AU12": 0.8}})
RATE = 48_000
CLICK = 0.2
"""Seconds at which the sound begins to be loud."""


def facts(width: int = 64, height: int = 48, path: Path = Path("source.mp4"), **known: object) -> FilmFacts:
    return FilmFacts(path=path, width=width, height=height, fps=25, **known)  # type: ignore[arg-type]


def make_frames(times: Sequence[float], width: int = 64, height: int = 48) -> Iterator[Frame]:
    """Show a square that goes to the right, on a soft ground."""
    across = np.linspace(60, 140, width)
    for number, time in enumerate(times):
        pixels = np.repeat(np.tile(across, (height, 1))[..., None], 3, 2).astype(np.uint8)
        pixels[height // 4 : height // 2, 4 * number : 4 * number + 12] = (220, 40, 40)
        yield Frame(pixels, time)


def write(path: Path, times: Sequence[float], like: FilmFacts | None = None, force: bool = False) -> Path:
    """Write a film as the toolkit does."""
    like = like or facts()
    with writing_film(path, like, MARK, force) as film:
        for frame in make_frames(times, like.width, like.height):
            film.write(frame)
    return path


def copy(source: Path, out: Path) -> list[str]:
    """Read a film and write it again; returns what both have to say."""
    film = open_film(source)
    with writing_film(out, film.facts, MARK) as writer:
        for frame in film.frames():
            writer.write(frame)
    return [*film.notes, *writer.notes]


def write_source(
    path: Path,
    sound: str | None = None,
    times: Sequence[float] = tuple(n / 25 for n in range(12)),
    codec: str = "mpeg4",
    rate: int = RATE,
    layout: str = "stereo",
    seconds: float = 0.48,
) -> Path:
    """Film a square by PyAV alone, as other programs do, with a tone that becomes loud after CLICK seconds.

    Args:
        path: of the new film.
        sound: its codec; by default there is none.
        times: of the frames, in seconds.
        codec: of the pictures.
        rate: samples a second.
        layout: of the sound.
        seconds: of sound; 0 leaves its track empty.
    """
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(codec, rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        if codec in ("mpeg4", "libx264", "libvpx"):  # those that can do more than so many frames a second
            pictures.codec_context.time_base = Fraction(1, 1000)
        track = container.add_stream(sound, rate=rate, layout=layout) if sound else None
        for frame in make_frames(times):
            picture = av.VideoFrame.from_ndarray(frame.pixels, format="rgb24")
            picture.pts, picture.time_base = round(1000 * frame.time), Fraction(1, 1000)
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode())
        if track is not None and seconds:
            container.mux([*track.encode(tone(seconds, rate, layout)), *track.encode()])
    return path


def tone(seconds: float, rate: int, layout: str) -> Any:
    time = np.arange(round(rate * seconds)) / rate
    wave = (np.sin(2 * np.pi * 440 * time) * 0.5 * (time >= CLICK)).astype(np.float32)[None]
    channels = np.ascontiguousarray(np.repeat(wave, 1 if layout == "mono" else 2, 0))
    heard = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
    heard.sample_rate, heard.pts = rate, 0
    return heard


def join(out: Path, *parts: Path) -> Path:
    """Put recordings behind one another, byte by byte."""
    out.write_bytes(b"".join(part.read_bytes() for part in parts))
    return out


def hear(path: Path) -> tuple[str, float]:
    """Return the codec of a film's sound, and when it becomes loud, in seconds after the first picture."""
    start = open_film(path).facts.start
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        for frame in container.decode(track):
            loud = np.abs(frame.to_ndarray().astype(float)).max(0) > 0.2
            if loud.any():
                return track.codec_context.name, frame.time - start + float(loud.argmax()) / frame.sample_rate
    raise AssertionError("nothing is to be heard")


def has_sound(path: Path) -> bool:
    with av.open(str(path)) as container:
        return bool(container.streams.audio)
