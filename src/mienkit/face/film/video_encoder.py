"""Videos out: H.264 in MP4, VP9 or VP8 in WebM, with the sound of the video that they come from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mienkit.core.errors import OutputError
from mienkit.face.film.ffmpeg import address, has_encoder, import_av
from mienkit.face.film.film_mark import append_packet, film_tags
from mienkit.face.film.frame import FilmFacts, Frame
from mienkit.face.film.picture_track import PictureTrack, even
from mienkit.face.film.sound import Sound
from mienkit.face.mark import Mark


@dataclass(frozen=True, kw_only=True)
class Container:
    """A kind of video file."""

    suffix: str
    format: str
    """FFmpeg's name."""
    options: Mapping[str, str]
    encoders: Mapping[str, Mapping[str, str]]
    """Encoder -> its options, which lose nothing that one sees; the first that is there is taken."""
    copied: Mapping[str, int]
    """Sound that it can hold as it is -> from how many samples a second on; other sound is encoded anew."""
    sound: str
    """The encoder for that."""
    instead: str
    """What else can be written."""


MP4 = Container(
    suffix=".mp4",
    format="mp4",
    options={"movflags": "faststart"},  # the index comes first, so that a browser plays while it loads
    encoders={"libx264": {"crf": "18", "preset": "veryfast"}},
    copied={"aac": 0, "mp3": 16_000, "ac3": 0, "eac3": 0, "alac": 0, "opus": 0},
    sound="aac",
    instead=".webm, .gif, or no suffix for a folder of frames",
)
REALTIME = {"deadline": "realtime", "cpu-used": "7", "b": "0"}
WEBM = Container(
    suffix=".webm",
    format="webm",
    options={},
    encoders={"libvpx-vp9": {"crf": "24", "row-mt": "1", **REALTIME}, "libvpx": {**REALTIME, "crf": "8", "b": "20M"}},
    copied={"opus": 0, "vorbis": 0},
    sound="libopus",
    instead=".mp4, .gif, or no suffix for a folder of frames",
)
CONTAINERS: Mapping[str, Container] = {kind.suffix: kind for kind in (MP4, WEBM)}


class VideoEncoder:
    """Encodes frames at their own times, and brings the sound along."""

    def __init__(self, kind: Container, place: Path, like: FilmFacts, mark: Mark) -> None:
        """Open the file.

        Raises:
            OutputError: the encoder is missing or refuses.
            MissingExtraError: PyAV is not installed.
        """
        self.notes: list[str] = []
        self._place, self._kind, self._mark = place, kind, mark
        name = encoder_of(kind)
        with encoding(kind):
            self._file = import_av().open(address(place), "w", format=kind.format, options=dict(kind.options))
            self._file.metadata.update(film_tags(mark, kind.format))
            self._pictures = PictureTrack(self._file, name, kind.encoders[name], like)
            self._sound = Sound(self._file, like, kind.copied, kind.sound) if like.sound else None
        if (like.width % 2, like.height % 2) != (0, 0):
            self.notes.append(f"{like.width} x {like.height} became {even(like.width)} x {even(like.height)} pixels")

    def write(self, frame: Frame) -> None:
        """See ``FilmWriter``."""
        with encoding(self._kind):
            self._pictures.add(frame)
            if self._sound is not None:
                self._sound.until(frame.time)

    def finish(self) -> None:
        """See ``FilmWriter``."""
        with encoding(self._kind):
            self._pictures.finish(in_steps=self._kind is MP4)
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
    for name in kind.encoders:
        if has_encoder(name):
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
        raise OutputError(
            f"the encoder of {kind.suffix} refuses this film ({error.strerror}); write {kind.instead}"
        ) from error
