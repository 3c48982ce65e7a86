"""Films are written whole or not at all, with their times, their sound and their mark."""

import errno
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from film_files import MARK, facts, make_frames, write, write_source
from PIL import Image

from mienkit.core.errors import ImageError, OutputError
from mienkit.face.film import check_film_output, open_film, writing_film
from mienkit.face.film import video_encoder as encoders
from mienkit.face.film.film_mark import read_film_mark
from mienkit.face.mark import read_mark

av = pytest.importorskip("av", reason="PyAV is not installed")

KINDS = ["clip.mp4", "clip.webm", "clip.gif", "frames"]


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


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\1ftyp",
        b"\0\0\0\1ftyp" + b"\xff" * 8 + bytes(10),
        b"\0\0\0\x08ftyp" + b"\0\0\0\1uuid" + b"\x70" + b"\xff" * 7 + bytes(1),
    ],
    ids=["cut off", "beyond any file", "of 2^62 bytes"],
)
def test_sizes_that_a_file_lies_about_are_not_believed(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(ImageError, match="is damaged or no video"):
        read_film_mark(tmp_path / "clip.mp4")


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


@pytest.mark.parametrize(("name", "kind"), [("clip.gif", "a GIF"), ("frames", "a folder of frames")])
def test_what_holds_nothing_but_pictures_says_what_is_lost(name: str, kind: str, tmp_path: Path) -> None:
    like = facts(sound=True, pixel_aspect=Fraction(4, 3))
    with writing_film(tmp_path / name, like, MARK) as writer:
        writer.write(next(make_frames([0])))
    assert writer.notes == [
        f"{kind} has no sound",
        f"the film's pixels are 4:3, and square in {kind}: it looks narrower there",
    ]


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
    monkeypatch.setattr("mienkit.face.film.writer.CONTAINERS", {".mp4": lacking})
    with pytest.raises(OutputError, match=r"\.mp4 needs the encoder libnothing.*write \.webm, \.gif"):
        check_film_output(tmp_path / "clip.mp4", [], force=False)


def test_the_second_encoder_serves_where_the_first_is_missing() -> None:
    kind = encoders.Container(**{**vars(encoders.WEBM), "encoders": {"libnothing": {}, "libvpx": {}}})
    assert encoders.encoder_of(kind) == "libvpx"


def test_an_encoder_that_refuses_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the encoder of \.mp4 refuses this film"):
        write(tmp_path / "clip.mp4", [0], facts(70_000, 2))
    assert list(tmp_path.iterdir()) == []


def test_what_refuses_a_film_does_not_name_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"refuses this film \([^'()]*\); write \.webm"):
        write(tmp_path / "clip.mp4", [0, 40_000, 80_000])


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


@pytest.mark.parametrize("name", [".", "..", "/"])
def test_a_folder_without_a_name_of_its_own_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match=f"'{name}' is no name for a new folder"):
        check_film_output(Path(name), [], force=True)


def test_a_folder_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "frames", [0])
    real, moves = os.replace, []

    def fail_once(source: Path, target: Path) -> None:
        moves.append(target)
        if len(moves) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_once)
    with pytest.raises(OutputError, match="input/output error"):
        write(tmp_path / "frames", [0, 0.04], force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]
    assert len(list(open_film(tmp_path / "frames").frames())) == 1


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "holiday.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match="holds other files"):
        check_film_output(tmp_path / "frames", [], force=True)
