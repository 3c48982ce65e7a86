"""Videos out: H.264 in MP4, VP9 or VP8 in WebM, with the sound of the video that they come from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mienkit.core.errors import OutputError
from mienkit.core.image import Picture
from mienkit.face.film.film_mark import append_packet, film_tags
from mienkit.face.film.frame import FilmFacts, Frame
from mienkit.face.film.sound import Sound
from mienkit.face.film.video import UNSAID, import_av, matrix_of
from mienkit.face.mark import Mark

STUDIO = 1
"""FFmpeg's number for brightness from 16 to 235, which every player expects."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A kind of video file."""

    suffix: str
    format: str
    """FFmpeg's name."""
    options: Mapping[str, str]
    encoders: Mapping[str, Mapping[str, str]]
    """Encoder -> its options, which lose nothing that one sees; the first that is there is taken."""
    copied: frozenset[str]
    """Sound that it can hold as it is; other sound is encoded anew."""
    sound: str
    """The encoder for that."""
    instead: str
    """What else can be written."""


MP4 = Container(
    suffix=".mp4",
    format="mp4",
    options={"movflags": "faststart"},  # the index comes first, so that a browser plays while it loads
    encoders={"libx264": {"crf": "18", "preset": "veryfast"}},
    copied=frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus"}),
    sound="aac",
    instead=".webm, .gif, or no suffix for a folder of frames",
)
REALTIME = {"deadline": "realtime", "cpu-used": "7", "b": "0"}
WEBM = Container(
    suffix=".webm",
    format="webm",
    options={},
    encoders={"libvpx-vp9": {"crf": "24", "row-mt": "1", **REALTIME}, "libvpx": {**REALTIME, "crf": "8", "b": "20M"}},
    copied=frozenset({"opus", "vorbis"}),
    sound="libopus",
    instead=".mp4, .gif, or no suffix for a folder of frames",
)


class VideoEncoder:
    """Encodes frames at their own times, and brings the sound along."""

    def __init__(self, place: Path, kind: Container, like: FilmFacts, mark: Mark) -> None:
        """Open the file.

        Raises:
            OutputError: the encoder is missing or refuses.
            MissingExtraError: PyAV is not installed.
        """
        self.notes: list[str] = []
        self._place, self._kind, self._mark = place, kind, mark
        self._tick, self._last = like.tick, -1
        self._matrix = matrix_of(like.colours.matrix, like.height)
        name = encoder_of(kind)
        with encoding(kind):
            self._file = import_av().open(str(place), "w", format=kind.format, options=dict(kind.options))
            self._file.metadata.update(film_tags(mark, kind.format))
            self._stream = add_video(self._file, name, kind.encoders[name], like)
            self._sound = Sound(self._file, like, kind.copied, kind.sound) if like.sound else None
        if (like.width % 2, like.height % 2) != (0, 0):
            self.notes.append(f"{like.width} x {like.height} became {even(like.width)} x {even(like.height)} pixels")

    def write(self, frame: Frame) -> None:
        """See ``FilmWriter``."""
        pts = max(round(Fraction(frame.time) / self._tick), self._last + 1)
        self._last = pts
        with encoding(self._kind):
            picture = import_av().VideoFrame.from_ndarray(padded(frame.pixels), format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace=self._matrix)
            picture.pts, picture.time_base = pts, self._tick
            for packet in self._stream.encode(picture):
                self._file.mux(packet)
            if self._sound is not None:
                self._sound.until(frame.time)

    def finish(self) -> None:
        """See ``FilmWriter``."""
        with encoding(self._kind):
            for packet in self._stream.encode():
                self._file.mux(packet)
            if self._sound is not None:
                self._sound.until(None)
                self.notes += self._sound.notes
            self._file.close()
        if self._kind is MP4:
            append_packet(self._place, self._mark)

    def close(self) -> None:
        """See ``FilmWriter``."""
        if self._sound is not None:
            self._sound.close()
        with suppress(import_av().FFmpegError, OSError):  # after an error there is nothing to be saved
            self._file.close()


def encoder_of(kind: Container) -> str:
    """Choose the first encoder that PyAV has for a kind of file.

    Raises:
        OutputError: it has none of them.
        MissingExtraError: PyAV is not installed.
    """
    av = import_av()
    for name in kind.encoders:
        with suppress(av.codec.codec.UnknownCodecError):
            av.Codec(name, "w")
            return name
    raise OutputError(
        f"{kind.suffix} needs the encoder {' or '.join(kind.encoders)}, which this build of PyAV has not; "
        f"install PyAV from PyPI, or write {kind.instead}"
    )


@contextmanager
def encoding(kind: Container) -> Iterator[None]:
    """Say in one line what FFmpeg refuses; what the disk refuses passes as it is.

    Raises:
        OutputError: an encoder or the container cannot do it.
    """
    av = import_av()
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise OutputError(f"the encoder of {kind.suffix} refuses this film ({error}); write {kind.instead}") from error


def add_video(file: Any, encoder: str, options: Mapping[str, str], like: FilmFacts) -> Any:
    """Add the stream of pictures, with the clock, colours and pixel shape of the film that it comes from."""
    stream = file.add_stream(encoder, rate=Fraction(like.fps).limit_denominator(100_000), options=dict(options))
    codec = stream.codec_context
    codec.width, codec.height, codec.pix_fmt = even(like.width), even(like.height), "yuv420p"
    codec.time_base, codec.sample_aspect_ratio = like.tick, like.pixel_aspect
    codec.color_range = STUDIO
    if like.colours.matrix != UNSAID:
        codec.colorspace = like.colours.matrix
    codec.color_primaries, codec.color_trc = like.colours.primaries, like.colours.transfer
    return stream


def even(side: int) -> int:
    """Round a side up: half of it is one of the colours' own."""
    return side + side % 2


def padded(pixels: Picture) -> Picture:
    """Repeat the last row and column of a picture with odd sides."""
    down, right = pixels.shape[0] % 2, pixels.shape[1] % 2
    if not down and not right:
        return np.ascontiguousarray(pixels)
    return np.asarray(cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)
