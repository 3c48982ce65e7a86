"""Videos in: decoded upright, each frame at its own time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mienkit.core.errors import ImageError, MissingExtraError
from mienkit.core.image import Picture
from mienkit.face.decoding import MAX_PIXELS
from mienkit.face.film.frame import FPS, Colours, FilmFacts, Frame
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
STRANGEST_FPS = 1000.0
"""More frames a second than this are a file's mistake."""


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

    def frames(self) -> Iterator[Frame]:
        """See ``Film``."""
        done, last, end = 0, 0.0, 0.0
        try:
            with opened(self.facts.path) as container:
                stream = shown_stream(container, self.facts.path)
                stream.thread_type = "AUTO"
                for frame in container.decode(stream):
                    last = self.time_of(frame, last) if done else 0.0
                    end = last + float((frame.duration or 0) * self.facts.tick)
                    yield Frame(self.picture_of(frame, done), last)
                    done += 1
        except ImageError as error:
            raise self._damaged(done, last, reason_of(error)) if done and error.__cause__ else error from None
        promised = self.facts.seconds or 0.0
        if promised - end > max(LEAST_MISSING, MISSING * promised):
            raise self._damaged(done, last, f"{promised:.2f} s should be there")

    def time_of(self, frame: Any, last: float) -> float:
        """Say when a frame is shown; times that are missing or do not rise are put right."""
        if frame.time is None:
            return last + 1 / self.facts.fps
        return max(frame.time - self.facts.start, last + float(self.facts.tick))

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

    def _damaged(self, done: int, last: float, how: object) -> ImageError:
        return ImageError(
            f"{self.facts.path} is damaged after frame {done - 1} ({how}); the first {last:.2f} s are good: "
            "cut it there, or copy it again from where it came"
        )


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
        with av.open(str(path)) as container:
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
        ImageError: there is none, or it is too large.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise ImageError(f"{path} holds no video; give a file that shows something")
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
    return FilmFacts(
        path=path,
        width=width,
        height=height,
        fps=rate_of(stream),
        frames=stream.frames or None,
        seconds=seconds_of(stream),
        sound=bool(container.streams.audio),
        tick=stream.time_base,
        start=float(first.time or 0.0),
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
    return next((float(rate) for rate in rates if rate and 0 < rate <= STRANGEST_FPS), FPS)


def seconds_of(stream: Any) -> float | None:
    """Return how long the pictures last, as MP4 says of each stream and Matroska in a tag; None if nothing does."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    said = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    return float(sum(60**power * float(part) for power, part in enumerate(reversed(said.groups())))) if said else None


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


def import_av() -> Any:
    """Import PyAV.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import av
    except ImportError:
        raise MissingExtraError("videos need PyAV; install it with `pip install 'mienkit[video]'`") from None
    return av
