"""``mien prepare`` when something goes wrong on the way: runs cut off, workers that outlive them, files that vanish."""

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.app.engine import Engine, Here, Hire
from mienkit.app.instruments import load_instruments
from mienkit.app.prepare import PrepareJob, PrepareReport, prepare
from mienkit.app.prepare_lot import work_lot
from mienkit.app.table import check_table
from mienkit.core.errors import OutputError, TableError
from mienkit.data import lots as module
from mienkit.data.alone import alone
from mienkit.data.lots import Lots
from mienkit.data.table import open_table, read_table

pytestmark = pytest.mark.usefixtures("fake_instruments")


class CutOffError(Exception):
    pass


def cut_off(*_: Any, **__: Any) -> None:
    raise CutOffError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eighteen photos, two lots; the last is the first once more."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(18):
        Image.fromarray(make_pixels(seed=number % 17)).save(folder / f"{number:02d}.png")
    return folder


def run(photos: Path, out: Path, engine: Engine | None = None, force: bool = False, seed: int = 0) -> PrepareReport:
    return prepare(PrepareJob(reader="folder", place=photos, out=out, seed=seed), engine or Here(), force=force)


def rows_of(table: Path) -> list[dict[str, Any]]:
    assert check_table(table) == []
    rows: list[dict[str, Any]] = read_table(table).to_pylist()
    return rows


def straggler(out: Path, number: int) -> tuple[Lots, Callable[[], None]]:
    """A worker of the run that is under way, and what it does when it comes to its end after all."""
    lots = Lots(folder=out, size=256)
    listing = lots.listing()
    assert listing is not None
    lots = lots.of(listing)
    samples = lots.samples(number)
    done = work_lot(samples, load_instruments(), "largest", 0)

    def end() -> None:
        lots.write_rows(number, done.rows)
        lots.write_report(done.report(number, len(samples)))

    return lots, end


def run_up_to(step: str, monkeypatch: pytest.MonkeyPatch, photos: Path, out: Path, **settings: Any) -> None:
    """Prepare a table, and be cut off at a step of ``Lots``."""
    with monkeypatch.context() as patch:
        patch.setattr(Lots, step, cut_off)
        with pytest.raises(CutOffError):
            run(photos, out, **settings)


@pytest.mark.parametrize("place", ["write_json", "write_shard", "describe_shard", "write_manifest"])
def test_cut_off_while_listing_or_finishing_a_run_goes_on_to_the_same_table_and_report(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    whole = run(photos, tmp_path / "whole")
    assert (whole.rows, whole.doubles) == (18, 1)
    with monkeypatch.context() as patch:
        patch.setattr(f"mienkit.data.lots.{place}", cut_off)
        with pytest.raises(CutOffError):
            run(photos, tmp_path / "t")
    report = run(photos, tmp_path / "t")
    assert (report.samples, report.rows, report.doubles) == (18, 18, 1)
    assert rows_of(tmp_path / "t") == rows_of(tmp_path / "whole")


def test_a_table_that_waits_for_its_finish_is_called_unfinished(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lots, "finish", cut_off)
    with pytest.raises(CutOffError):
        run(photos, tmp_path / "t")
    with pytest.raises(TableError, match="unfinished; run the command"):
        open_table(tmp_path / "t")


def test_a_worker_that_outlives_a_finished_run_leaves_no_trace(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_up_to("finish", monkeypatch, photos, tmp_path / "t")
    _, end = straggler(tmp_path / "t", 1)
    run(photos, tmp_path / "t")
    before = rows_of(tmp_path / "t")
    with pytest.raises(OutputError, match="finished or begun again"):
        end()
    assert rows_of(tmp_path / "t") == before
    assert not (tmp_path / "t" / ".lots").exists()


def test_a_worker_that_writes_again_what_was_moved_changes_nothing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(photos, tmp_path / "whole")
    run_up_to("tidy", monkeypatch, photos, tmp_path / "t")
    straggler(tmp_path / "t", 1)[1]()  # the lot with the double
    run(photos, tmp_path / "t")
    assert rows_of(tmp_path / "t") == rows_of(tmp_path / "whole")


def test_a_worker_of_a_run_that_was_begun_again_with_other_settings_writes_elsewhere(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_up_to("write_report", monkeypatch, photos, tmp_path / "t")
    _, end = straggler(tmp_path / "t", 0)
    run_up_to("write_report", monkeypatch, photos, tmp_path / "t", force=True, seed=5)
    with pytest.raises(OutputError, match="begun again"):
        end()
    assert run(photos, tmp_path / "t", seed=5).rows == 18
    run(photos, tmp_path / "whole", seed=5)
    assert rows_of(tmp_path / "t") == rows_of(tmp_path / "whole")


def test_a_report_that_is_gone_is_one_clear_line_and_made_again(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_up_to("finish", monkeypatch, photos, tmp_path / "t")
    lots, _ = straggler(tmp_path / "t", 0)
    (lots.work / "00001.json").unlink()
    with pytest.raises(OutputError, match=r"00001.json is gone; the same command"):
        lots.report(1)
    assert run(photos, tmp_path / "t").rows == 18


def test_two_runs_into_one_folder_never_mix(photos: Path, tmp_path: Path) -> None:
    with alone(tmp_path / "t"), pytest.raises(OutputError, match="another `mien` is writing"):
        run(photos, tmp_path / "t", force=True)
    assert run(photos, tmp_path / "t").rows == 18


@dataclass(frozen=True)
class AfterListing:
    """Does something between listing and work."""

    change: Callable[[], Any]

    def run(self, hire: Hire, lots: Sequence[int]) -> Iterator[int]:
        self.change()
        return Here().run(hire, lots)


def test_photos_that_vanish_or_break_after_they_were_listed_are_noted_and_the_rest_goes_on(
    photos: Path, tmp_path: Path
) -> None:
    def change() -> None:
        (photos / "03.png").unlink()
        (photos / "04.png").write_bytes((photos / "04.png").read_bytes()[:100])

    report = run(photos, tmp_path / "t", AfterListing(change))
    assert (report.samples, report.rows, report.kinds) == (18, 16, {"ImageError": 2})
    assert sorted(report.failed) == ["03.png", "04.png"]


def test_a_full_disk_is_one_clear_line_and_the_run_goes_on_when_there_is_room(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("mienkit.data.lots.pickle.dump", "mienkit.data.writer.pq.write_table", "pathlib.Path.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            with pytest.raises(OutputError, match="no space left on device; make room"):
                run(photos, tmp_path / "t")
    assert run(photos, tmp_path / "t").rows == 18
    assert module.HIDDEN not in {path.name for path in (tmp_path / "t").iterdir()}
