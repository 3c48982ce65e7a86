"""Frames of a video, and what is said of files that are none."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mienkit.core.errors import ImageError, MissingExtraError
from mienkit.face.film import read_frames

av = pytest.importorskip("av", reason="PyAV is not installed")


def write_video(path: Path, frames: int = 3, width: int = 64, height: int = 48) -> Path:
    """Film a grey that becomes lighter."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            pixels = np.full((height, width, 3), 60 + 60 * (number % 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_video_gives_its_frames_in_order(tmp_path: Path) -> None:
    photos = list(read_frames(write_video(tmp_path / "clip.mp4")))
    assert [photo.pixels.shape for photo in photos] == [(48, 64, 3)] * 3
    assert [float(photo.pixels.mean()) for photo in photos] == pytest.approx([60, 120, 180], abs=4)


def test_frames_come_one_at_a_time(tmp_path: Path) -> None:
    frames = read_frames(write_video(tmp_path / "clip.mp4", 30))
    assert next(frames).path == tmp_path / "clip.mp4"
    frames.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_a_damaged_video_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(ImageError, match=r"clip\.mp4 is damaged or no video"):
        list(read_frames(tmp_path / "clip.mp4"))


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"mienkit\[video\]"):
        list(read_frames(tmp_path / "clip.mp4"))
