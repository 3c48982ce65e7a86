"""The pictures of a video, on their way into its file."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from mienkit.core.image import Picture
from mienkit.face.film.ffmpeg import import_av
from mienkit.face.film.frame import FilmFacts, Frame
from mienkit.face.film.video import UNSAID, matrix_of

STUDIO = 1
"""FFmpeg's number for brightness from 16 to 235, which every player expects."""


class PictureTrack:
    """Encodes frames at their own times; one waits, because only the next says how long it is shown."""

    def __init__(self, file: Any, encoder: str, options: Mapping[str, str], like: FilmFacts) -> None:
        """Add a track to the file.

        Args:
            file: PyAV's, being written.
            encoder: FFmpeg's name.
            options: of the encoder.
            like: the film that the pictures come from.
        """
        self._file, self._stream = file, add_video(file, encoder, options, like)
        self._matrix, self._tick = matrix_of(like.colours.matrix, like.height), like.tick
        self._usual_seconds = self._seconds = 1 / like.fps
        self._held: Any = None
        self._packet: Any = None
        self._first_dts: int | None = None

    def add(self, frame: Frame) -> None:
        """Take a frame, and encode the one before."""
        picture = import_av().VideoFrame.from_ndarray(padded(frame.pixels), format="rgb24")
        picture = picture.reformat(format="yuv420p", dst_colorspace=self._matrix)
        picture.pts, picture.time_base = self._ticks(frame.time), self._tick
        if self._held is not None:
            picture.pts = max(picture.pts, self._held.pts + 1)
            self._encode_held(until=picture.pts)
        self._held, self._seconds = picture, frame.seconds or self._usual_seconds

    def finish(self, in_steps: bool) -> None:
        """Encode what is left.

        Args:
            in_steps: the container stores the time from each packet to the next, as MP4 does; the last step is then
                what is missing to the end of the film, because packets are not in the order in which they are shown.
        """
        if self._held is None:
            return
        end = self._held.pts + max(1, self._ticks(self._seconds))
        self._encode_held(until=end)
        self._encode(None)
        if self._packet is not None:
            if in_steps:
                self._packet.duration = max(1, end - (self._packet.dts - self._first_dts))
            self._file.mux(self._packet)

    def _ticks(self, seconds: float) -> int:
        return round(Fraction(seconds) / self._tick)

    def _encode_held(self, until: int) -> None:
        self._held.duration = until - self._held.pts
        self._encode(self._held)

    def _encode(self, picture: Any) -> None:
        """Encode a picture, or with None what the encoder kept back; the last packet waits."""
        for packet in self._stream.encode(picture):
            if self._packet is not None:
                self._file.mux(self._packet)
            self._first_dts = packet.dts if self._first_dts is None else self._first_dts
            self._packet = packet


def add_video(file: Any, encoder: str, options: Mapping[str, str], like: FilmFacts) -> Any:
    """Add the stream of pictures, with the clock, colours and pixel shape of the film that it comes from."""
    stream = file.add_stream(encoder, rate=Fraction(like.fps).limit_denominator(100_000), options=dict(options))
    codec = stream.codec_context
    codec.width, codec.height, codec.pix_fmt = even(like.width), even(like.height), "yuv420p"
    codec.time_base, codec.sample_aspect_ratio = like.tick, like.pixel_aspect
    codec.flags |= import_av().codec.context.Flags.frame_duration  # else FFmpeg makes up the last one's by the rate
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
