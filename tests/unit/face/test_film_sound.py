"""The sound of a film comes along as far as it can; whatever it is, the pictures do."""

from pathlib import Path

import pytest
from film_files import CLICK, MARK, copy, has_sound, hear, join, make_frames, write, write_source

from mienkit.face.film import open_film
from mienkit.face.film.ffmpeg import has_encoder
from mienkit.face.film.video_encoder import MP4, WEBM, Container, VideoEncoder

av = pytest.importorskip("av", reason="PyAV is not installed")


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
    film = open_film(write_source(tmp_path / "source.mkv", "aac", times=[0.12 + n / 25 for n in range(9)]))
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


def frames_in(path: Path) -> int:
    return len(list(open_film(path).frames()))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_sound_of_a_kind_that_nobody_knows_is_left_out(name: str, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source.mkv", "aac")
    source.write_bytes(source.read_bytes().replace(b"A_AAC", b"A_XYZ"))
    assert copy(source, tmp_path / name) == ["the sound is left out: FFmpeg does not know its kind"]
    assert not has_sound(tmp_path / name)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_a_track_without_any_sound_is_left_out(name: str, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source.ts", "aac", codec="libx264", seconds=0)
    assert copy(source, tmp_path / name) == ["the sound is left out: its track is empty"]
    assert frames_in(tmp_path / name) == 12


def test_sound_that_changes_its_channels_ends_there(tmp_path: Path) -> None:
    one, two = (
        write_source(tmp_path / f"{kind}.ts", "mp2", codec="libx264", layout=kind) for kind in ("mono", "stereo")
    )
    notes = copy(join(tmp_path / "both.ts", one, two), tmp_path / "clip.mp4")
    assert notes[-1].startswith("the sound is damaged after 0.")
    assert notes[-1].endswith("s (it changes its kind) and ends there")
    assert frames_in(tmp_path / "clip.mp4") == 24
    assert hear(tmp_path / "clip.mp4")[1] == pytest.approx(CLICK, abs=0.03)


def test_sound_whose_times_go_back_ends_there(tmp_path: Path) -> None:
    one = write_source(tmp_path / "one.ts", "aac", codec="libx264")
    notes = copy(join(tmp_path / "both.ts", one, one), tmp_path / "clip.mp4")
    assert notes[-1].startswith("the sound is damaged after 0.")
    assert notes[-1].endswith("s (its times go back) and ends there")
    assert frames_in(tmp_path / "clip.mp4") == 24


def test_mp3_of_a_low_rate_is_made_anew_because_mp4_cannot_hold_it(tmp_path: Path) -> None:
    if not has_encoder("libmp3lame"):
        pytest.skip("this build of PyAV cannot write MP3")
    source = write_source(tmp_path / "source.flv", "libmp3lame", codec="flv", rate=11_025, layout="mono")
    assert copy(source, tmp_path / "clip.mp4") == ["the sound was mp3 and is aac in mono now"]
    assert "aac" in hear(tmp_path / "clip.mp4")[0]


@pytest.mark.parametrize("kind", [MP4, WEBM], ids=["mp4", "webm"])
def test_without_an_encoder_for_it_the_sound_is_left_out(kind: Container, tmp_path: Path) -> None:
    source = open_film(write_source(tmp_path / "source.mkv", "flac"))
    lacking = Container(**{**vars(kind), "sound": "libnothing"})
    out = tmp_path / f"clip{kind.suffix}"
    film = VideoEncoder(lacking, out, source.facts, MARK)
    for frame in make_frames([0, 0.04]):
        film.write(frame)
    film.finish()
    film.close()
    assert film.notes == ["the sound is left out: it is flac, and this build of PyAV has no libnothing"]
    assert not has_sound(out)
