"""Films are written whole or not at all, with their times, their sound and their mark."""

import errno
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.core.errors import OutputError
from mienkit.face.film import FilmFacts, Frame, check_film_output, open_film, writing_film
from mienkit.face.film import video_encoder as encoders
from mienkit.face.film.film_mark import read_film_mark
from mienkit.face.mark import Mark, read_mark

av = pytest.importorskip("av", reason="PyAV is not installed")

MARK = Mark("fake", "0.1.0", {"aus": {"AU12": 0.8}})
KINDS = ["clip.mp4", "clip.webm", "clip.gif", "frames"]
RATE = 48_000
CLICK = 0.2
"""Seconds at which the sound begins to be loud."""


def facts(width: int = 64, height: int = 48, path: Path = Path("source.mp4"), **known: object) -> FilmFacts:
    return FilmFacts(path=path, width=width, height=height, fps=25, **known)  # type: ignore[arg-type]


def make_frames(times: list[float], width: int = 64, height: int = 48) -> Iterator[Frame]:
    """Show a square that goes to the right, on a soft ground."""
    across = np.linspace(60, 140, width)
    for number, time in enumerate(times):
        pixels = np.repeat(np.tile(across, (height, 1))[..., None], 3, 2).astype(np.uint8)
        pixels[height // 4 : height // 2, 4 * number : 4 * number + 12] = (220, 40, 40)
        yield Frame(pixels, time)


def write(path: Path, times: list[float], like: FilmFacts | None = None, force: bool = False) -> Path:
    like = like or facts()
    with writing_film(path, like, MARK, force) as film:
        for frame in make_frames(times, like.width, like.height):
            film.write(frame)
    return path


def write_source(path: Path, sound: str, late: float = 0.0, seconds: float = 0.48) -> Path:
    """Film grey with a tone that becomes loud after CLICK seconds; the pictures begin late."""
    with av.open(str(path), "w") as container:
        pictures, track = container.add_stream("mpeg4", rate=25), container.add_stream(sound, rate=RATE)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1000)
        for number in range(round(25 * (seconds - late))):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(1000 * late) + 40 * number, Fraction(1, 1000)
            container.mux(pictures.encode(frame))
        time = np.arange(round(RATE * seconds)) / RATE
        tone = (np.sin(2 * np.pi * 440 * time) * 0.5 * (time >= CLICK)).astype(np.float32)[None]
        heard = av.AudioFrame.from_ndarray(np.ascontiguousarray(np.repeat(tone, 2, 0)), format="fltp", layout="stereo")
        heard.sample_rate, heard.pts = RATE, 0
        container.mux([*track.encode(heard), *track.encode(), *pictures.encode()])
    return path


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


@pytest.mark.parametrize("name", KINDS)
def test_frames_come_back_with_their_times(name: str, tmp_path: Path) -> None:
    times = [0, 0.04, 0.1, 0.12, 0.3, 0.34, 0.4, 0.44, 0.5]
    film = open_film(write(tmp_path / name, times))
    frames = list(film.frames())
    assert [frame.time for frame in frames] == pytest.approx(times, abs=0.0006)
    for frame, source in zip(frames, make_frames(times), strict=True):
        assert np.abs(frame.pixels.astype(float) - source.pixels).mean() < 4
    assert (film.facts.width, film.facts.height) == (64, 48)


@pytest.mark.parametrize("name", KINDS)
def test_a_film_of_one_frame_is_written(name: str, tmp_path: Path) -> None:
    assert len(list(open_film(write(tmp_path / name, [0])).frames())) == 1


def test_frames_in_a_folder_keep_every_pixel(tmp_path: Path) -> None:
    frames = list(open_film(write(tmp_path / "frames", [0, 0.04])).frames())
    for frame, source in zip(frames, make_frames([0, 0.04]), strict=True):
        assert np.array_equal(frame.pixels, source.pixels)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_odd_sizes_grow_by_a_pixel_that_repeats_the_edge(name: str, tmp_path: Path) -> None:
    like = facts(63, 47)
    with writing_film(tmp_path / name, like, MARK) as film:
        film.write(next(make_frames([0], 63, 47)))
    (frame,) = open_film(tmp_path / name).frames()
    assert frame.pixels.shape == (48, 64, 3)
    assert np.abs(frame.pixels[:, -1].astype(int) - frame.pixels[:, -2]).max() < 12
    assert film.notes == ["63 x 47 became 64 x 48 pixels"]


@pytest.mark.parametrize("name", KINDS)
def test_a_film_says_that_it_is_synthetic(name: str, tmp_path: Path) -> None:
    assert read_film_mark(write(tmp_path / name, [0, 0.04])) == MARK


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_players_show_that_a_film_is_synthetic(name: str, tmp_path: Path) -> None:
    with av.open(str(write(tmp_path / name, [0]))) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["comment"].startswith("Synthetic: the expression was made by mienkit 0.1.0, model fake")
    assert "AU12" in tags["description"]


def test_every_frame_of_a_folder_says_that_it_is_synthetic(tmp_path: Path) -> None:
    folder = write(tmp_path / "frames", [0, 0.04])
    assert [read_mark(path) for path in sorted(folder.glob("*.png"))] == [MARK, MARK]


def test_a_film_that_nobody_marked_has_no_mark(tmp_path: Path) -> None:
    assert read_film_mark(write_source(tmp_path / "source.mp4", "aac")) is None


@pytest.mark.parametrize(
    ("source", "sound", "name", "becomes"),
    [
        ("source.mp4", "aac", "clip.mp4", "aac"),
        ("source.mkv", "flac", "clip.mp4", "aac"),
        ("source.mkv", "libopus", "clip.webm", "opus"),
        ("source.mp4", "aac", "clip.webm", "opus"),
    ],
)
def test_sound_stays_and_stays_in_time(source: str, sound: str, name: str, becomes: str, tmp_path: Path) -> None:
    film = open_film(write_source(tmp_path / source, sound))
    out = write(tmp_path / name, [frame.time for frame in film.frames()], film.facts)
    codec, when = hear(out)
    assert becomes in codec
    assert when == pytest.approx(CLICK, abs=0.03)


def test_sound_that_begins_before_the_pictures_stays_in_time(tmp_path: Path) -> None:
    film = open_film(write_source(tmp_path / "source.mkv", "aac", late=0.12))
    assert film.facts.start == pytest.approx(0.12, abs=0.03)
    out = write(tmp_path / "clip.mp4", [frame.time for frame in film.frames()], film.facts)
    assert hear(out)[1] == pytest.approx(CLICK - film.facts.start, abs=0.03)


def test_sound_is_copied_bit_by_bit_where_the_container_allows(tmp_path: Path) -> None:
    film = open_film(write_source(tmp_path / "source.mp4", "aac"))
    out = write(tmp_path / "clip.mp4", [frame.time for frame in film.frames()], film.facts)
    packets = []
    for path in (film.facts.path, out):
        with av.open(str(path)) as container:
            packets.append([bytes(packet) for packet in container.demux(container.streams.audio[0])])
    assert packets[0] == packets[1]


def test_what_cannot_sound_says_so(tmp_path: Path) -> None:
    film = open_film(write_source(tmp_path / "source.mp4", "aac"))
    for name in ("clip.gif", "frames"):
        with writing_film(tmp_path / name, film.facts, MARK) as writer:
            writer.write(next(film.frames()))
        assert "sound" in writer.notes[0]


@pytest.mark.parametrize("name", KINDS)
def test_a_film_that_breaks_off_leaves_nothing(name: str, tmp_path: Path) -> None:
    def break_off() -> None:
        with writing_film(tmp_path / name, facts(), MARK) as film:
            film.write(next(make_frames([0])))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert list(tmp_path.iterdir()) == []


class FullDisk:
    """Behaves like PyAV's file until there is no more room."""

    def __init__(self, file: object, when: str) -> None:
        self._file, self._when = file, when

    def __getattr__(self, name: str) -> object:
        if name == self._when:
            self._when = "never again"
            return self._refuse
        return getattr(self._file, name)

    def _refuse(self, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("when", ["mux", "close"])
def test_a_full_disk_is_one_line_and_leaves_nothing(when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = av.open
    monkeypatch.setattr(av, "open", lambda *arguments, **options: FullDisk(real(*arguments, **options), when))
    with pytest.raises(OutputError, match=r"cannot write .*clip\.mp4: no space left on device; make room there"):
        write(tmp_path / "clip.mp4", [0, 0.04])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["clip.gif", "frames"])
def test_a_full_disk_is_one_line_for_pictures_too(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, "save", refuse)
    monkeypatch.setattr("mienkit.face.film.gif.header", refuse)
    with pytest.raises(OutputError, match="no space left on device; make room there"):
        write(tmp_path / name, [0, 0.04])
    assert list(tmp_path.iterdir()) == []


def test_a_missing_encoder_is_named_with_what_else_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = encoders.Container(**{**vars(encoders.MP4), "encoders": {"libnothing": {}}})
    monkeypatch.setattr("mienkit.face.film.writer.NEEDED", {".mp4": lacking})
    with pytest.raises(OutputError, match=r"\.mp4 needs the encoder libnothing.*write \.webm, \.gif"):
        check_film_output(tmp_path / "clip.mp4", [], force=False)


def test_the_second_encoder_serves_where_the_first_is_missing() -> None:
    kind = encoders.Container(**{**vars(encoders.WEBM), "encoders": {"libnothing": {}, "libvpx": {}}})
    assert encoders.encoder_of(kind) == "libvpx"


def test_an_encoder_that_refuses_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the encoder of \.mp4 refuses this film"):
        write(tmp_path / "clip.mp4", [0], facts(70_000, 2))
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_is_not_known_lists_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"'\.avi' films .*use \.mp4, \.webm, \.gif, or none for a folder"):
        check_film_output(tmp_path / "clip.avi", [], force=False)


@pytest.mark.parametrize("name", KINDS)
def test_a_film_that_exists_is_replaced_only_with_force(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, [0])
    with pytest.raises(OutputError, match="--force"):
        write(tmp_path / name, [0, 0.04])
    assert len(list(open_film(write(tmp_path / name, [0, 0.04], force=True)).frames())) == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    source = write(tmp_path / "clip.mp4", [0])
    folder = write(tmp_path / "frames", [0])
    for path in (source, folder):
        with pytest.raises(OutputError, match="is an input"):
            check_film_output(path, [path], force=True)


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "holiday.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match="holds other files"):
        check_film_output(tmp_path / "frames", [], force=True)
