"""The sound of a video, brought into another beside its pictures: as it is where the container can hold it."""

from collections.abc import Iterator, Mapping
from typing import Any

from mienkit.face.film.ffmpeg import address, has_encoder, import_av
from mienkit.face.film.frame import FilmFacts

LEAD = 0.2
"""Seconds of sound that are kept before the first picture: decoders need some to begin with."""

RATE = 48_000
"""Samples a second of sound that is encoded anew: what every encoder takes."""


class Sound:
    """The first sound track of a video, on its way into another file; nothing is ever held but one packet."""

    def __init__(self, file: Any, like: FilmFacts, copied: Mapping[str, int], encoder: str) -> None:
        """Open the video once more, and add a track to the file; a note says why if there is none to be heard.

        Args:
            file: PyAV's, being written.
            like: the video.
            copied: codecs that the file can hold -> from how many samples a second on.
            encoder: for all others.
        """
        self.notes: list[str] = []
        self._file, self._start = file, like.start
        self._source = import_av().open(address(like.path))
        self._from = self._source.streams.audio[0]
        self._packets = self._as_far_as_good(self._brought(copied, encoder))
        self._next: Any = None

    def _brought(self, copied: Mapping[str, int], encoder: str) -> Iterator[Any]:
        """Choose how the sound comes along, and add its track."""
        codec = self._from.codec_context
        if codec is None or not codec.sample_rate or not codec.layout.nb_channels:
            why = "FFmpeg does not know its kind" if codec is None else "its track is empty"
            self.notes.append(f"the sound is left out: {why}")
            return iter(())
        name = codec.codec.canonical_name
        if name in copied and codec.sample_rate >= copied[name]:
            self._to = self._file.add_stream_from_template(self._from)
            return self._copied()
        if not has_encoder(encoder):
            self.notes.append(f"the sound is left out: it is {name}, and this build of PyAV has no {encoder}")
            return iter(())
        channels = "mono" if codec.layout.nb_channels == 1 else "stereo"
        self._to = self._file.add_stream(encoder, rate=RATE, layout=channels)
        self.notes.append(f"the sound was {name} and is {encoder} in {channels} now")
        return self._encoded()

    def until(self, seconds: float | None) -> None:
        """Bring along what sounds up to then, in seconds after the first picture; None brings the rest."""
        while True:
            self._next = next(self._packets, None) if self._next is None else self._next
            if self._next is None:
                return
            if seconds is not None and float(self._next.dts * self._next.time_base) > seconds:
                return
            self._file.mux(self._next)
            self._next = None

    def close(self) -> None:
        """Close the video."""
        self._source.close()

    def _copied(self) -> Iterator[Any]:
        """Take packets as they are, on the new clock."""
        for packet in self._source.demux(self._from):
            if packet.dts is None or packet.pts is None:
                continue
            shift = round(self._start / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            if packet.pts * packet.time_base >= -LEAD:
                packet.stream = self._to
                yield packet

    def _encoded(self) -> Iterator[Any]:
        """Decode and encode again."""
        for frame in self._source.decode(self._from):
            if frame.pts is not None:
                frame.pts -= round(self._start / frame.time_base)
            if frame.pts is None or frame.pts * frame.time_base >= 0:
                yield from self._to.encode(frame)
        yield from self._to.encode(None)

    def _as_far_as_good(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Hand on packets up to the first that is damaged: pictures without the rest of their sound are worth more."""
        last, seconds, how = None, 0.0, None
        try:
            for packet in packets:
                if last is not None and packet.dts <= last:  # such as in two recordings joined byte by byte
                    how = "its times go back"
                    break
                last, seconds = packet.dts, max(0.0, float(packet.dts * packet.time_base))
                yield packet
        except import_av().FFmpegError as error:
            how = error.strerror
        except ValueError:  # PyAV's, where the number of channels or samples a second changes
            how = "it changes its kind"
        if how is not None:
            self.notes.append(f"the sound is damaged after {seconds:.1f} s ({how}) and ends there")
