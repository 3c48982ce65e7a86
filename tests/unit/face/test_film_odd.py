"""Films as other programs leave them: late, joined, cut, damaged, and with names of all sorts."""

import struct
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from film_files import copy, facts, join, make_frames, write, write_source
from PIL import Image

from mienkit.core.errors import ImageError
from mienkit.face.film import Frame, open_film
from mienkit.face.film.video import Clock

av = pytest.importorskip("av", reason="PyAV is not installed")

EVERY_40_MS = [n / 25 for n in range(25)]


def read(path: Path) -> list[Frame]:
    return list(open_film(path).frames())


@pytest.mark.parametrize(("name", "codec"), [("clip.mkv", "libx264"), ("clip.webm", "libvpx")])
def test_a_matroska_file_that_starts_late_is_whole(name: str, codec: str, tmp_path: Path) -> None:
    film = open_film(write_source(tmp_path / name, times=[3 + time for time in EVERY_40_MS], codec=codec))
    assert film.facts.seconds == pytest.approx(1, abs=0.002)
    assert [frame.time for frame in film.frames()] == pytest.approx(EVERY_40_MS, abs=0.001)


def test_a_matroska_file_that_starts_late_and_is_cut_off_is_damaged(tmp_path: Path) -> None:
    path = write_source(tmp_path / "clip.mkv", times=[3 + n / 25 for n in range(75)], codec="mpeg4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageError, match=r"is damaged after frame \d+ "):
        read(path)


def test_pictures_of_a_kind_that_nobody_knows_are_one_clear_line(tmp_path: Path) -> None:
    path = write_source(tmp_path / "clip.mp4", codec="libx264")
    before, _, after = path.read_bytes().rpartition(b"avc1")
    path.write_bytes(before + b"xyzv" + after)
    with pytest.raises(ImageError, match=r"clip\.mp4 is of a kind that cannot be decoded; convert it to H\.264"):
        open_film(path)


def test_recordings_that_were_joined_byte_by_byte_follow_each_other(tmp_path: Path) -> None:
    one = write_source(tmp_path / "one.ts", times=EVERY_40_MS, codec="libx264")
    film = open_film(join(tmp_path / "both.ts", one, one))
    assert [frame.time for frame in film.frames()] == pytest.approx([n / 25 for n in range(50)], abs=0.001)
    assert film.notes == ["its times begin anew after 0.96 s; what follows is put behind that"]


def test_times_that_are_missing_doubled_or_a_little_late_are_put_right() -> None:
    clock = Clock(facts(start=1.0))
    times = [clock.time_of(SimpleNamespace(time=time)) for time in (1.0, 1.04, 1.04, 1.02, 1.12, None, 1.2)]
    assert times == pytest.approx([0, 0.04, 0.04, 0.04, 0.12, 0.16, 0.2], abs=0.0001)
    assert all(before < after for before, after in pairwise(times))
    assert clock.notes == []


def test_a_file_that_counts_more_frames_than_come_out_says_so(tmp_path: Path) -> None:
    path = write_source(tmp_path / "clip.mp4", times=EVERY_40_MS)
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number in (7, 11):
        data[places[number] + 5] &= 0xFE  # what MPEG-4 calls a picture that is not coded
    path.write_bytes(data)
    film = open_film(path)
    assert len(list(film.frames())) == 23
    assert film.notes == ["23 of 25 frames could be read"]


def test_pauses_that_avi_counts_as_frames_are_not_missed(tmp_path: Path) -> None:
    film = open_film(write_source(tmp_path / "clip.avi", times=EVERY_40_MS))
    assert film.facts.frames == 1000
    assert len(list(film.frames())) == 25
    assert film.notes == []


def test_a_film_that_shows_only_a_part_of_itself_is_whole(tmp_path: Path) -> None:
    path = write_source(tmp_path / "clip.mp4", times=EVERY_40_MS, codec="libx264")
    data = bytearray(path.read_bytes())
    duration = data.index(b"elst") + 12  # of the only entry, in milliseconds
    assert struct.unpack_from(">I", data, duration) == (1000,)
    struct.pack_into(">I", data, duration, 400)
    path.write_bytes(data)
    film = open_film(path)
    assert len(list(film.frames())) == pytest.approx(10, abs=1)
    assert film.facts.frames == 25
    assert film.notes == []


def test_a_gif_that_is_cut_off_says_how_much_is_good(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.gif", EVERY_40_MS)
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 3])
    good: list[Frame] = []
    with pytest.raises(ImageError) as caught:
        good.extend(open_film(path).frames())
    assert 5 < len(good) < 25
    assert f"clip.gif is damaged after frame {len(good) - 1} (" in str(caught.value)
    assert f"the first {good[-1].time:.2f} s are good" in str(caught.value)


@pytest.mark.parametrize("name", ["take:1.mp4", "12:30.webm", "file:a.gif"])
def test_a_colon_in_a_name_is_nothing_special(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path(name), [0, 0.04])
    assert len(read(Path(name))) == 2
    write_source(Path("with sound.mkv"), "aac").rename("12:30.mkv")
    assert "left out" not in str(copy(Path("12:30.mkv"), Path("copy.mp4")))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm", "clip.gif"])
def test_a_film_that_rests_on_its_last_frame_goes_on_resting(name: str, tmp_path: Path) -> None:
    first, *others = (Image.fromarray(frame.pixels) for frame in make_frames(EVERY_40_MS[:4]))
    first.save(tmp_path / "source.gif", save_all=True, append_images=others, duration=[100, 100, 100, 3000])
    assert copy(tmp_path / "source.gif", tmp_path / name) == []
    frames = read(tmp_path / name)
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.001)
    assert frames[-1].seconds == pytest.approx(3, abs=0.001)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_a_last_frame_that_is_shorter_than_the_others_stays_short(name: str, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source.mp4", times=[0, 3, 6, 9], codec="libx264")
    assert open_film(source).facts.seconds == pytest.approx(9.04)
    copy(source, tmp_path / name)
    assert open_film(tmp_path / name).facts.seconds == pytest.approx(9.04, abs=0.001)
