"""Frames of films of every kind, and what is said of files that are none."""

import json
import struct
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.core.errors import DataError, ImageError, MissingExtraError
from mienkit.face.film import Frame, is_film, open_film, read_frames

av = pytest.importorskip("av", reason="PyAV is not installed")

MILLISECONDS = Fraction(1, 1000)


def write_video(
    path: Path, times: list[int] | None = None, width: int = 64, height: int = 48, codec: str = "mpeg4"
) -> Path:
    """Film a grey that becomes lighter, with a white patch at the top left; times are in milliseconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = MILLISECONDS
        for number, time in enumerate(times or [0, 40, 80]):
            pixels = np.full((height, width, 3), 60 + 60 * (number % 3), np.uint8)
            pixels[:8, :16] = 255
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = time, MILLISECONDS
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_noise(path: Path, frames: int = 50) -> Path:
    """Film something that takes many bytes."""
    dice = np.random.default_rng(0)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(frames):
            pixels = dice.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def turn(path: Path) -> None:
    """Say in an MP4 that it is to be shown turned by 90 degrees, as phones do."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def times_of(path: Path) -> list[float]:
    return [frame.time for frame in open_film(path).frames()]


def brightness(frame: Frame) -> float:
    return float(frame.pixels[20:].mean())


def test_a_video_gives_its_frames_in_order(tmp_path: Path) -> None:
    photos = list(read_frames(write_video(tmp_path / "clip.mp4")))
    assert [photo.pixels.shape for photo in photos] == [(48, 64, 3)] * 3
    assert [float(photo.pixels[20:].mean()) for photo in photos] == pytest.approx([60, 120, 180], abs=4)


def test_frames_come_one_at_a_time(tmp_path: Path) -> None:
    frames = read_frames(write_video(tmp_path / "clip.mp4", [40 * n for n in range(30)]))
    assert next(frames).path == tmp_path / "clip.mp4"
    frames.close()  # type: ignore[attr-defined]


def test_a_video_tells_what_is_known_before_it_is_read(tmp_path: Path) -> None:
    facts = open_film(write_video(tmp_path / "clip.mp4")).facts
    assert (facts.width, facts.height, facts.frames, facts.sound) == (64, 48, 3, False)
    assert facts.fps == pytest.approx(25, rel=0.01)
    assert facts.seconds == pytest.approx(0.12, abs=0.001)


def test_a_variable_rate_is_kept(tmp_path: Path) -> None:
    uneven = [0, 40, 90, 95, 300]
    assert times_of(write_video(tmp_path / "clip.mp4", uneven)) == pytest.approx([time / 1000 for time in uneven])


def test_times_begin_with_the_first_frame(tmp_path: Path) -> None:
    late = write_video(tmp_path / "clip.mkv", [500, 540, 600])
    assert times_of(late) == pytest.approx([0, 0.04, 0.1])
    assert open_film(late).facts.start == pytest.approx(0.5)


def test_a_video_that_was_filmed_upright_is_upright(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4")
    turn(path)
    film = open_film(path)
    (first, *_) = film.frames()
    assert (film.facts.width, film.facts.height) == (48, 64)
    assert first.pixels.shape == (64, 48, 3)
    corners = {"left": first.pixels[:8, :8].mean(), "right": first.pixels[:16, -8:].mean()}
    assert corners["right"] > 230 > corners["left"]  # turned to the right
    assert next(iter(read_frames(path))).pixels.shape == (64, 48, 3)


def test_a_video_of_one_frame_is_a_film(tmp_path: Path) -> None:
    assert times_of(write_video(tmp_path / "clip.mp4", [0])) == [0]


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_a_damaged_video_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(ImageError, match=r"clip\.mp4 is damaged or no video"):
        list(read_frames(tmp_path / "clip.mp4"))
    with pytest.raises(ImageError, match=r"clip\.mp4 is (damaged or no video|empty)"):
        open_film(tmp_path / "clip.mp4")


def test_a_video_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no video is at .*clip\.mp4"):
        open_film(tmp_path / "clip.mp4")


def test_a_video_that_is_cut_off_says_how_much_is_good(tmp_path: Path) -> None:
    path = write_noise(tmp_path / "clip.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    good: list[float] = []
    with pytest.raises(ImageError) as caught:
        good.extend(frame.time for frame in open_film(path).frames())
    assert 5 < len(good) < 45
    assert f"clip.mp4 is damaged after frame {len(good) - 1} (" in str(caught.value)
    assert f"the first {good[-1]:.2f} s are good" in str(caught.value)


def test_a_video_that_changes_its_size_says_where(tmp_path: Path) -> None:
    small, large = (write_video(tmp_path / f"{width}.ts", width=width, codec="libx264") for width in (64, 96))
    both = tmp_path / "clip.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    with pytest.raises(
        ImageError, match=r"clip\.ts changes its size at frame 3, from 64 x 48 to 96 x 48; cut it there"
    ):
        list(open_film(both).frames())


def test_sound_alone_is_no_film(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(ImageError, match="holds no video"):
        open_film(path)


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "clip.mp4")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"mienkit\[video\]"):
        list(read_frames(path))
    with pytest.raises(MissingExtraError, match=r"mienkit\[video\]"):
        open_film(path)


def write_animation(path: Path) -> Path:
    """Draw two frames, shown for 100 and 300 ms, and a third."""
    red, green, blue = (Image.new("RGB", (20, 10), colour) for colour in ("red", "green", "blue"))
    red.save(path, save_all=True, append_images=[green, blue], duration=[100, 300, 100])
    return path


@pytest.mark.parametrize("name", ["clip.gif", "clip.webp"])
def test_a_moving_picture_is_a_film(tmp_path: Path, name: str) -> None:
    film = open_film(write_animation(tmp_path / name))
    frames = list(film.frames())
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.4])
    assert [int(frame.pixels[5, 5].argmax()) for frame in frames] == [0, 1, 2]
    assert (film.facts.width, film.facts.height, film.facts.frames) == (20, 10, 3)


def fill(folder: Path, names: list[str], size: tuple[int, int] = (20, 10)) -> Path:
    folder.mkdir()
    for shade, name in enumerate(names):
        Image.new("RGB", size, (shade, shade, shade)).save(folder / name)
    return folder


def test_frames_of_a_folder_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = fill(tmp_path / "frames", ["f1.png", "f2.png", "f10.png"])
    (folder / "notes.txt").write_text("no frame")
    frames = list(open_film(folder, fps=10).frames())
    assert [int(frame.pixels[0, 0, 0]) for frame in frames] == [0, 1, 2]
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2])


def test_a_folder_may_say_when_its_frames_are_shown(tmp_path: Path) -> None:
    folder = fill(tmp_path / "frames", ["0.png", "1.png", "2.png"])
    (folder / "times.json").write_text(json.dumps({"seconds": [0, 0.5, 0.6]}))
    assert times_of(folder) == [0, 0.5, 0.6]
    assert [frame.time for frame in open_film(folder, fps=2).frames()] == [0, 0.5, 1]


@pytest.mark.parametrize(
    "times",
    [
        "{}",
        "nothing",
        *(
            f'{{"seconds": {seconds}}}'
            for seconds in (
                "[0, 1]",
                "[0, 2, 1]",
                "[0, NaN, 1]",
                "[NaN, 0, 1]",
                "[0, 1, Infinity]",
                "[-Infinity, 0, 1]",
                "[0, 1e30, 2e30]",
                "[0, 1e-9, 2e-9]",
                f"[{10**400}, 1, 2]",
            )
        ),
    ],
)
def test_times_that_do_not_fit_their_frames_are_refused(tmp_path: Path, times: str) -> None:
    folder = fill(tmp_path / "frames", ["0.png", "1.png", "2.png"])
    (folder / "times.json").write_text(times)
    with pytest.raises(DataError, match=r"times\.json .*--fps"):
        open_film(folder)


@pytest.mark.parametrize("first", [5, -1, 1e9])
def test_times_of_a_folder_begin_with_the_first_frame(tmp_path: Path, first: float) -> None:
    folder = fill(tmp_path / "frames", ["0.png", "1.png"])
    (folder / "times.json").write_text(json.dumps({"seconds": [first, first + 0.5]}))
    assert times_of(folder) == [0, 0.5]


@pytest.mark.parametrize("fps", [0, -1, 1e-9, 1001, 1e12, float("inf"), float("nan")])
def test_a_rate_that_no_film_has_is_refused(tmp_path: Path, fps: float) -> None:
    with pytest.raises(DataError, match=r"--fps .* should be 0\.1 to 1000"):
        open_film(fill(tmp_path / "frames", ["0.png"]), fps)


def test_a_frame_of_another_size_is_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "frames", ["0.png"])
    Image.new("RGB", (30, 10)).save(folder / "1.png")
    with pytest.raises(ImageError, match=r"1\.png has 30 x 10 pixels"):
        list(open_film(folder).frames())


def test_a_folder_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no frames are in"):
        open_film(tmp_path)


def test_a_rate_is_refused_for_films_that_have_their_own(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--fps is for a folder"):
        open_film(write_video(tmp_path / "clip.mp4"), fps=10)


def test_videos_are_known_by_their_name_or_their_first_bytes(tmp_path: Path) -> None:
    video, still = tmp_path / "clip.bin", tmp_path / "still.png"
    write_video(tmp_path / "clip.mp4").rename(video)
    Image.new("RGB", (8, 8)).save(still)
    assert is_film(video)
    assert is_film(tmp_path / "missing.MOV")
    assert not is_film(still)
    assert not is_film(tmp_path / "missing.jpg")
