"""Drawn clips as a table: exact curves, names, order, and going on where it stopped."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from mienkit.app.draw import DrawRequest, draw_table, name_of
from mienkit.app.draw_clip import ClipRequest, draw_clips
from mienkit.app.table import check_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS
from mienkit.core.errors import ConfigError
from mienkit.data.clip import list_rises
from mienkit.data.drawn import move_faces
from mienkit.data.loader import load_faces
from mienkit.data.table import read_table
from mienkit.data.writer import TableWriter

Item = TypeVar("Item")
REQUEST = ClipRequest(count=14, size=16, per_scene=7, frames=12, clip_kind="whole")


def read(folder: Path) -> dict[str, list[Any]]:
    return dict(read_table(folder).to_pydict())


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with seven clips each, which tests leave as they are."""
    folder = tmp_path_factory.mktemp("drawn") / "clips.table"
    assert draw_clips(folder, REQUEST) == 14 * 12
    return folder


def test_a_table_of_clips_is_sound(table: Path) -> None:
    assert check_table(table) == []


def test_rows_are_the_frames_of_clips_in_order(table: Path) -> None:
    rows = read(table)
    assert rows["frame"] == list(range(12)) * 14
    sequences = [rows["sequence"][start : start + 12] for start in range(0, 168, 12)]
    assert all(len(set(clip)) == 1 for clip in sequences)
    assert len(set(rows["sequence"])) == 14
    assert set(rows["subject"][:84]) == {"drawn-0"}
    assert set(rows["subject"][84:]) == {"drawn-1"}
    assert set(rows["kind"]) == {"drawn"}


def test_a_person_shows_every_emotion_in_clips_of_its_own(table: Path) -> None:
    faces = load_faces(table, 16)
    rises = list_rises(faces)
    assert sorted(rises.emotion.tolist()) == sorted([*range(1, 8)] * 2)
    assert {len(set(faces.subject[rows].tolist())) for rows in rises.rows} == {1}


def test_units_are_exact_of_both_sides_and_of_the_whole(table: Path) -> None:
    rows, motion = read(table), move_faces(np.arange(14), kind="whole", frames=12)
    sides = np.stack([rows[name] for name in SIDED_UNITS], 1).astype(np.float32)
    np.testing.assert_array_equal(sides, motion.sides.reshape(-1, 34))
    np.testing.assert_array_equal(np.stack([rows[name] for name in ACTION_UNITS], 1), sides.reshape(-1, 17, 2).mean(2))
    assert set(rows["au_measurer"]) == {"exact"}


def test_frames_are_named_at_rest_and_near_the_apex(table: Path) -> None:
    rows = read(table)
    for start in range(0, 168, 12):
        shown = rows["emotion"][start : start + 12]
        assert shown[0] == shown[-1] == "neutral"
        assert len(set(shown)) == 3
        assert None in shown


def test_depth_and_landmarks_are_of_the_same_scale(table: Path) -> None:
    faces = load_faces(table, 16)
    assert not np.isnan(faces.depth).any()
    np.testing.assert_allclose(load_faces(table, 32).depth, 2 * faces.depth, rtol=1e-6)
    assert (faces.depth[:, 30] > faces.depth[:, 0]).all()


def test_people_keep_still_unless_they_may_sway(tmp_path: Path, table: Path) -> None:
    draw_clips(tmp_path / "t", ClipRequest(count=2, size=16, frames=32, sway=3.0))
    still, moved = load_faces(table, 16), load_faces(tmp_path / "t", 16)
    assert all(np.ptp(still.pose[still.sequence == one], axis=0).max() == 0 for one in range(14))
    assert 0.2 < np.ptp(moved.pose[:32, 0]) <= 6


def test_the_same_request_draws_the_same_table_and_a_longer_one_begins_alike(tmp_path: Path) -> None:
    for name, count in (("a", 2), ("b", 2), ("c", 3)):
        draw_clips(tmp_path / name, ClipRequest(count=count, size=16, frames=8))
    rows = {name: read(tmp_path / name) for name in "abc"}
    assert rows["a"] == rows["b"]
    assert rows["c"]["image"][:16] == rows["a"]["image"]
    assert rows["c"]["source_id"][:16] == rows["a"]["source_id"]


def test_an_interrupted_call_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.app.draw_clip.CHUNK", 16)
    monkeypatch.setattr("mienkit.app.draw_clip.TableWriter", partial(TableWriter, rows_per_shard=24))
    request = ClipRequest(count=6, size=16, frames=8)
    draw_clips(tmp_path / "whole", request)
    seen: list[int] = []

    def stop(items: Iterable[Item], total: int) -> Iterator[Item]:
        for number, item in enumerate(items):
            if number == 29:
                raise KeyboardInterrupt
            yield item

    def count(items: Iterable[Item], total: int) -> Iterator[Item]:
        seen.append(total)
        yield from items

    with pytest.raises(KeyboardInterrupt):
        draw_clips(tmp_path / "t", request, track=stop)
    assert draw_clips(tmp_path / "t", request, track=count) == 48
    assert seen == [32]  # of 48; 24 were written, and 16 of them are whole chunks
    assert read(tmp_path / "t") == read(tmp_path / "whole")


def test_single_faces_keep_their_names_and_columns(tmp_path: Path) -> None:
    request = DrawRequest(count=4, size=16, seed=5)
    assert name_of(request, 3) == "mixed-5-4-0-16-3"
    draw_table(tmp_path / "t", request)
    rows = read(tmp_path / "t")
    assert rows["source_id"] == [f"mixed-5-4-0-16-{row}" for row in range(4)]
    assert not {"depth", "AU12_L"} & set(rows)
    assert rows["frame"] == [None] * 4


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"clip_kind": "fall"}, "--clip-kind fall should be rise or whole"),
        ({"frames": 7}, "--frames 7 should be 8 to 1000"),
        ({"fps": 0.0}, "--fps 0"),
        ({"sway": 11.0}, "--sway 11"),
        ({"kind": "posed"}, "--kind is for single faces"),
        ({"size": 8}, "--size 8"),
    ],
)
def test_wishes_that_cannot_be_met_are_named(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ClipRequest(**wish)


def test_the_verb_draws_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["draw", "-o", str(tmp_path / "t"), "--clips", "--count", "2", "--size", "16", "--frames", "8"]
    assert main([*asked, "--fps", "12", "--clip-kind", "whole", "--sway", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 16
    assert read(tmp_path / "t")["source_id"][15] == "whole-8-12-1-0-4-0-16-1-007"
    assert main([*asked, "--force"]) == 0
    assert "wrote 16 faces in 2 clips" in capsys.readouterr().out


def test_options_of_clips_are_refused_without_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "-o", str(tmp_path / "t"), "--clip-kind", "rise"]) == 2
    assert "--clip-kind is for clips; add --clips" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()
