"""Tables of rendered heads."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from mienkit.app.render import RenderRequest, intensities, render_face, render_table
from mienkit.app.table import check_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import ConfigError
from mienkit.data.loader import load_faces
from mienkit.data.table import read_table
from mienkit.data.writer import TableWriter

pytest.importorskip("numba")


def test_a_rendered_table_is_sound_exact_and_aligned(tmp_path: Path, head_model: None) -> None:
    assert render_table(tmp_path / "t", RenderRequest(count=6, size=48, per_scene=3)) == 6
    assert check_table(tmp_path / "t") == []
    faces = load_faces(tmp_path / "t", 48)
    assert len(faces) == 6
    table = read_table(tmp_path / "t").to_pydict()
    assert set(table["kind"]) == {"rendered"}
    assert set(table["au_measurer"]) == {"exact"}
    assert len(set(table["subject"])) == 2
    for row in (0, 3):
        landmarks = np.reshape(table["landmarks"][row], (68, 2)) / 48 * 256
        assert landmarks[[36, 39, 42, 45]].mean(0) == pytest.approx([128, 86], abs=0.05)
        assert landmarks[[48, 54]].mean(0) == pytest.approx([128, 156], abs=0.05)
        assert max(abs(table[angle][row]) for angle in ("yaw", "pitch", "roll")) <= 30


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes_however_many_cores_there_are(
    tmp_path: Path, head_model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        render_table(tmp_path / f"{cores}", RenderRequest(count=4, size=32, per_scene=2, seed=4))
    assert contents(tmp_path / "1") == contents(tmp_path / "3")
    render_table(tmp_path / "other", RenderRequest(count=4, size=32, per_scene=2, seed=5))
    assert contents(tmp_path / "1") != contents(tmp_path / "other")


@pytest.mark.parametrize("rows_per_shard", [2, 3])
def test_an_interrupted_call_and_another_one_write_what_a_single_one_does(
    rows_per_shard: int, tmp_path: Path, head_model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(things: Iterable[int], count: int) -> Iterator[int]:
        yield from islice(things, 2)
        raise KeyboardInterrupt

    # With 3 rows a file, half of the second scene is kept.
    monkeypatch.setattr("mienkit.app.render.TableWriter", partial(TableWriter, rows_per_shard=rows_per_shard))
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    request = RenderRequest(count=6, size=32, per_scene=2)
    with pytest.raises(KeyboardInterrupt):
        render_table(tmp_path / "torn", request, track=interrupted)
    assert 0 < len(contents(tmp_path / "torn")) < 6 // rows_per_shard
    assert render_table(tmp_path / "torn", request) == 6
    render_table(tmp_path / "whole", request)
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")


def test_a_clip_rises_to_its_apex_and_falls(
    tmp_path: Path, head_model: None, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--count", "1", "--frames", "5", "--size", "32", "--kind", "single", "--json"]
    assert main(["render", "-o", str(tmp_path / "clip"), *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 5
    table = read_table(tmp_path / "clip").to_pydict()
    shown = np.array([table[name] for name in ACTION_UNITS]).sum(0)
    assert table["frame"] == list(range(5))
    assert shown.argmax() == 2
    assert shown[0] == shown[-1] == 0
    assert len(set(table["sequence"])) == 1


def test_a_clip_moves_without_a_jump() -> None:
    curve = intensities(25)
    assert curve.max() == 1
    assert np.abs(np.diff(curve)).max() < 0.25
    assert curve == pytest.approx(curve[::-1])
    assert intensities(1) == [1]


@pytest.mark.parametrize("wrong", [{"count": 0}, {"size": 16}, {"per_scene": 0}, {"frames": 2}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong)).replace("_", "-")):
        RenderRequest(**wrong)


@pytest.mark.parametrize("lack", ["ict-facekit", "numba"])
def test_what_is_missing_is_named_before_anything_is_written(
    lack: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    words = request.getfixturevalue("without_" + lack.replace("-", "_"))
    assert main(["render", "-o", str(tmp_path / "t"), "--count", "1"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert words in lines[0]
    assert not (tmp_path / "t").exists()


def test_a_single_face_can_be_asked_for(head_model: None) -> None:
    aus = np.zeros(len(ACTION_UNITS), np.float32)
    shown = render_face(3, aus, size=40)
    assert shown.picture.shape == (40, 40, 3)
    assert shown.landmarks[[36, 39, 42, 45]].mean(0) == pytest.approx([20, 86 / 256 * 40], abs=0.01)
