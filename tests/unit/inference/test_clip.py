"""Clips."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.core.errors import OutputError
from mienkit.face.mark import Mark, read_mark
from mienkit.inference.clip import ease, there_and_back, write_clip

MARK = Mark("fake", "1", {"aus": {"AU12": 1.0}})


def frames(count: int) -> list[np.ndarray]:
    return [np.full((32, 32, 3), 20 * n, np.uint8) for n in range(count)]


def test_there_and_back_joins_without_a_jump_or_a_stop() -> None:
    values = [int(frame[0, 0, 0]) for frame in there_and_back(frames(4))]
    assert values == [0, 20, 40, 60, 40, 20]


def test_a_clip_rests_at_both_ends() -> None:
    values = [int(frame[0, 0, 0]) for frame in there_and_back(frames(3), hold=2)]
    assert values == [0, 0, 0, 20, 40, 40, 40, 20]


def test_easing_starts_and_stops_gently() -> None:
    steps = ease(5)
    assert (steps[0], steps[-1]) == (0, 1)
    assert steps[1] - steps[0] < steps[2] - steps[1]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_clip_has_every_frame_plays_for_ever_and_is_marked(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    write_clip(path, frames(4), MARK)
    with Image.open(path) as clip:
        assert clip.n_frames == 4
        assert clip.info["loop"] == 0
    assert read_mark(path) == MARK


@pytest.mark.parametrize(("suffix", "tick"), [(".gif", 10), (".webp", 1)])
@pytest.mark.parametrize("fps", [12, 15, 30, 45])
def test_frames_keep_the_pace_though_files_count_in_ticks(tmp_path: Path, suffix: str, tick: int, fps: int) -> None:
    path = tmp_path / f"clip{suffix}"
    write_clip(path, frames(12), MARK, fps=fps)
    shown = []
    with Image.open(path) as clip:
        for number in range(clip.n_frames):
            clip.seek(number)
            clip.load()
            shown.append(clip.info["duration"])
    ends = 1000 * np.arange(1, 13) / fps
    assert np.cumsum(shown) == pytest.approx(ends, abs=tick / 2 + 1e-6)


def test_a_clip_is_not_written_over_without_force(tmp_path: Path) -> None:
    path = tmp_path / "clip.gif"
    write_clip(path, frames(2), MARK)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="--force"):
        write_clip(path, frames(3), MARK)
    assert path.read_bytes() == before


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.gif or \.webp"):
        write_clip(tmp_path / "clip.mp4", frames(2), MARK)
