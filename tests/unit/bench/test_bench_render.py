"""The bench of rendered and re-expressed heads, on tiny sizes, with the real head model."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytest.importorskip("numba")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch, at_the_root: None, head_model: None) -> None:
    """Measure in this process, which has the head model of the tests."""
    from bench import reexpress, render

    for module in (reexpress, render):
        monkeypatch.setattr(module, "on_one_core", lambda measure, *arguments: measure(*arguments))


def test_the_stages_of_a_rendered_picture_add_up_to_all_of_it() -> None:
    from bench.render import bench_render

    (_, rate, *_), *stages = bench_render(count=2, size=32, rounds=1).rows
    assert rate > 0
    assert "PNG" in [stage[0] for stage in stages]
    assert sum(float(str(stage[3]).rstrip("%")) for stage in stages) == pytest.approx(100, abs=6)


def test_fits_are_timed_for_few_and_many_landmarks() -> None:
    from bench.reexpress import bench_fit

    rows = bench_fit(count=1, rounds=1).rows
    assert [row[0] for row in rows] == ["68", "478"]
    assert all(row[1] > 0 for row in rows)


def test_pairs_and_the_stages_of_an_edit_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import reexpress as bench

    from mienkit.app.reexpress import ReexpressRequest
    from mienkit.app.reexpress_photo import Outcome, reexpress_photo
    from mienkit.data.row import FaceRow

    def here(photos: Iterable[FaceRow], request: ReexpressRequest) -> Iterator[Outcome]:
        return (reexpress_photo(photo, request.edits) for photo in photos)

    monkeypatch.setattr(bench.reexpress, "work_through", here)
    table = bench.bench_reexpression(count=2, sizes=(128,), rounds=1)
    rows = {row[0]: row[1] for row in table.rows}
    assert rows["pairs/s"] > 0
    assert {"landmarks and fit", "draw", "make smaller and encode"} <= set(rows)
    assert all(taken > 0 for taken in rows.values())


def test_without_the_head_model_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.__main__ import where_possible
    from bench.render import bench_render

    from mienkit.core.errors import AssetError

    def missing(size: int) -> None:
        raise AssetError(f"no head for {size} px; run `mien fetch ict-facekit`")

    monkeypatch.setattr("bench.render.prepare_studio", missing)
    assert list(where_possible(bench_render)) == []
    assert capsys.readouterr().err == "left out: no head for 128 px; run `mien fetch ict-facekit`\n"
