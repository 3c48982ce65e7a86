"""Videos in: decoded upright, each frame at its own time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mienkit.core.errors import ImageError
from mienkit.core.image import Picture
from mienkit.face.decoding import MAX_PIXELS
from mienkit.face.film.ffmpeg import address, import_av
from mienkit.face.film.frame import FPS, MOST_FPS, Colours, FilmFacts, Frame, damage
from mienkit.face.photo import Photo

UNSAID = 2
"""FFmpeg's number for colours of which a file says nothing."""
BT709, BT601 = 1, 5
"""FFmpeg's numbers for the matrices of high and of standard definition."""
MATRICES = {BT709: BT709, 4: 4, BT601: BT601, 6: BT601, 7: 7, 9: 9}
"""FFmpeg's number for a matrix -> that of its scaler."""
HIGH_DEFINITION = 720
"""Height from which players take a video that does not say its matrix for one of high definition."""
LEAST_MISSING, MISSING = 0.5, 0.05
"""A file that ends by so many seconds, and by this share, before it says is damaged."""
BACK = 0.5
"""Seconds by which times go back if they begin anew: another recording was put behind the first, byte by byte."""


class Video:
    """A video file that PyAV decodes."""

    def __init__(self, path: Path) -> None:
        """Open it and look at its first frame.

        Raises:
            MissingExtraError: PyAV is not installed.
            ImageError: the file is missing, damaged, or shows nothing.
        """
        with opened(path) as container:
            stream = shown_stream(container, path)
            first = next(container.decode(stream), None)
            if first is None:
                raise ImageError(f"{path} holds no frame; copy it again from where it came")
            self.facts = facts_of(path, container, stream, first)
            self.notes: list[str] = []
            self._is_mp4 = "mp4" in container.format.name

    def frames(self) -> Iterator[Frame]:
        """See ``Film``."""
        self.notes, clock = [], Clock(self.facts)
        done, last, end = 0, 0.0, 0.0
        try:
            with opened(self.facts.path) as container:
                stream = shown_stream(container, self.facts.path)
                stream.thread_type = "AUTO"
                for frame in container.decode(stream):
                    last = clock.time_of(frame)
                    end = last + float((frame.duration or 0) * self.facts.tick)
                    yield Frame(self.picture_of(frame, done), last, self._rest(last) or end - last or None)
                    done += 1
        except ImageError as error:
            raise damage(self.facts.path, done, last, reason_of(error)) if done and error.__cause__ else error from None
        self.notes += clock.notes
        self._check_end(done, last, end)

    def _rest(self, time: float) -> float:
        """Say how long an MP4 goes on from a frame on; 0 where nobody knows.

        What a decoded frame says of its own duration is the time to the one that is stored next, not shown next.
        """
        return max(0.0, (self.facts.seconds or 0.0) - time) if self._is_mp4 else 0.0

    def _check_end(self, done: int, last: float, end: float) -> None:
        """Compare what came with what the file says of itself.

        Raises:
            ImageError: it was cut off.
        """
        path, promised = self.facts.path, self.facts.seconds or 0.0
        counted = self.facts.frames if self._is_mp4 else None  # AVI counts pauses as frames
        if counted and done >= counted:
            return
        if promised - end > max(LEAST_MISSING, MISSING * promised):
            raise damage(path, done, last, f"{promised:.2f} s should be there")
        shown = promised * self.facts.fps  # fewer than are counted, if the file itself leaves some out
        if counted and abs(shown - counted) < 0.5:
            self.notes.append(f"{done} of {counted} frames could be read")

    def picture_of(self, frame: Any, number: int) -> Picture:
        """Turn a frame into upright pixels.

        Raises:
            ImageError: it is larger or smaller than the first.
        """
        pixels, facts = upright(frame), self.facts
        if pixels.shape[:2] != (facts.height, facts.width):
            raise ImageError(
                f"{facts.path} changes its size at frame {number}, from {facts.width} x {facts.height} to "
                f"{pixels.shape[1]} x {pixels.shape[0]}; cut it there, or convert it to one size"
            )
        return pixels


class Clock:
    """The times of a video's frames, put right where they are missing or do not rise."""

    def __init__(self, facts: FilmFacts) -> None:
        """Begin with the first frame."""
        self.notes: list[str] = []
        self._facts, self._zero, self._last = facts, facts.start, -np.inf

    def time_of(self, frame: Any) -> float:
        """Say when the next decoded frame is shown."""
        usual = max(0.0, self._last + 1 / self._facts.fps)
        time = usual if frame.time is None else frame.time - self._zero
        if time < self._last - BACK:
            self.notes.append(f"its times begin anew after {self._last:.2f} s; what follows is put behind that")
            self._zero, time = frame.time - usual, usual
        self._last = float(max(time, self._last + float(self._facts.tick)))
        return self._last


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a video for the body of a ``with``; whatever FFmpeg says of it there becomes one clear error.

    Raises:
        MissingExtraError: PyAV is not installed.
        ImageError: it is missing or damaged; what FFmpeg said is its cause.
    """
    av = import_av()
    if not path.exists():
        raise ImageError(f"no video is at {path}; check the name")
    try:
        with av.open(address(path)) as container:
            yield container
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or error
        raise ImageError(f"{path} is damaged or no video ({reason}); copy it again from where it came") from error


def reason_of(error: ImageError) -> object:
    """Return what FFmpeg said."""
    return getattr(error.__cause__, "strerror", None) or error.__cause__


def shown_stream(container: Any, path: Path) -> Any:
    """Choose what is shown: the first stream of moving pictures.

    Raises:
        ImageError: there is none, it is too large, or of a kind that nobody knows.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise ImageError(f"{path} holds no video; give a file that shows something")
    if streams[0].codec_context is None:
        raise ImageError(f"{path} is of a kind that cannot be decoded; convert it to H.264")
    width, height = streams[0].width, streams[0].height
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{path} has frames of {width} x {height} pixels, and the limit is {MAX_PIXELS // 1_000_000} million; "
            "make them smaller"
        )
    return streams[0]


def is_cover(stream: Any) -> bool:
    """Tell whether a stream is the picture on the cover of a song."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def facts_of(path: Path, container: Any, stream: Any, first: Any) -> FilmFacts:
    """Collect what is known of a video whose first frame was decoded."""
    height, width = upright(first).shape[:2]
    lying = (height, width) != (first.height, first.width)
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    codec = stream.codec_context
    start = float(first.time or 0.0)
    return FilmFacts(
        path=path,
        width=width,
        height=height,
        fps=rate_of(stream),
        frames=stream.frames or None,
        seconds=seconds_of(stream, start),
        sound=bool(container.streams.audio),
        tick=stream.time_base,
        start=start,
        pixel_aspect=1 / aspect if lying else aspect,
        colours=Colours(
            matrix=codec.colorspace if codec.colorspace in MATRICES else UNSAID,
            primaries=codec.color_primaries,
            transfer=codec.color_trc,
        ),
    )


def rate_of(stream: Any) -> float:
    """Return the nominal frames a second: the mean, or the one that FFmpeg guesses."""
    rates = (stream.average_rate, stream.guessed_rate)
    return next((float(rate) for rate in rates if rate and 0 < rate <= MOST_FPS), FPS)


def seconds_of(stream: Any, start: float) -> float | None:
    """Return how long the pictures last, as Matroska says in a tag and MP4 of each stream; None if nothing does."""
    said = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if said:  # FFmpeg writes when they end there, which is not how long they last
        end = float(sum(60**power * float(part) for power, part in enumerate(reversed(said.groups()))))
        return max(0.0, end - start)
    return None if stream.duration is None else float(stream.duration * stream.time_base)


def upright(frame: Any) -> Picture:
    """Turn a decoded frame into pixels, (H, W, 3) RGB, as a player shows it."""
    flat = frame.reformat(format="rgb24", src_colorspace=matrix_of(frame.colorspace, frame.height))
    turns = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
    turn = turns.get(round(frame.rotation / 90) * 90 % 360)
    pixels = flat.to_ndarray()
    return np.asarray(cv2.rotate(pixels, turn) if turn is not None else pixels, np.uint8)


def matrix_of(said: int, height: int) -> int:
    """Choose the matrix between RGB and a video's own colours, as FFmpeg's scaler numbers them."""
    if said == UNSAID:
        return BT709 if height >= HIGH_DEFINITION else BT601
    return MATRICES.get(said, BT601)


def read_frames(path: Path) -> Iterator[Photo]:
    """Decode a video, a frame at a time, upright, on one core: the others have other files to read.

    Raises:
        MissingExtraError: PyAV is not installed.
        ImageError: the file is missing, damaged, or shows nothing.
    """
    with opened(path) as container:
        stream = shown_stream(container, path)
        stream.thread_type = "SLICE"
        for frame in container.decode(stream):
            yield Photo(upright(frame), path)
