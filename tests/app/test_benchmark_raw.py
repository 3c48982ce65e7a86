"""Calibrations in benchmarks and evaluations: taken by default, left out by choice, and always told."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeMeter
from mienkit.app import compare
from mienkit.app.benchmark import exact, exact_changes, photos
from mienkit.app.benchmark.entrant import Entrant, list_entrants
from mienkit.app.benchmark.exact import ExactStage
from mienkit.app.benchmark.line import read_lines
from mienkit.app.benchmark.merge import merge_benchmarks
from mienkit.app.benchmark.photos import PhotoStage
from mienkit.app.benchmark.run import BenchmarkRequest, run_benchmark
from mienkit.app.benchmark.stage import Choice, name_job
from mienkit.app.compare import compare_editors, load_editors
from mienkit.app.compare_static import load_contestant
from mienkit.app.editors import LoadedEditor
from mienkit.app.instruments import Instruments
from mienkit.cli.entry import main
from mienkit.cli.evaluate_editors import comparison_lines
from mienkit.core.errors import WeightsError
from mienkit.inference.calibrated import CalibratedEditor
from mienkit.weights.calibration import CALIBRATION, Calibration, write_calibration
from mienkit.weights.folder import TENSORS, digest, released
from photographs import FakeJudge, write_photographs

FEW = Choice(people=2)
GRID = (0.0, 0.5, 1.0)
LATE = (0.0, 0.1, 1.0)
"""A curve that asks for little at first."""


def calibration_of(folder: Path, curve: tuple[float, ...] = LATE) -> Calibration:
    return Calibration(
        model="duchenne", weights_sha256=digest(folder / TENSORS), judge="judge 1", tables={"photos": "x"}, people=8,
        levels=(0.0, 1.0), seed=0, grid=GRID, curves={"AU12": curve}, left={},
    )  # fmt: skip


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the shipped editor's weights, with a calibration beside them."""
    folder = released("duchenne")
    assert folder is not None
    shutil.copytree(folder, tmp_path / "own")
    write_calibration(tmp_path / "own", calibration_of(folder))
    return tmp_path / "own"


def entrant(word: str, *, raw: bool = False) -> Entrant:
    return list_entrants([word], raw=raw)[-1]


def test_an_editor_without_its_calibration_is_called_raw_and_is_other_work(weights):
    default, raw = (entrant(f"duchenne={weights}", raw=raw) for raw in (False, True))
    assert (default.title, raw.title) == ("duchenne", "duchenne (raw)")
    assert default.calibration == digest(weights / CALIBRATION)
    assert raw.calibration is None
    assert default.weights == raw.weights


def test_who_has_no_calibration_is_the_same_work_with_and_without_raw(weights):
    (weights / CALIBRATION).unlink()
    default, raw = (entrant(f"duchenne={weights}", raw=raw) for raw in (False, True))
    assert default.title == raw.title == "duchenne"
    assert (default.name, default.weights, default.calibration) == (raw.name, raw.weights, raw.calibration)


def test_the_same_weights_with_two_calibrations_take_part_twice(weights, tmp_path):
    shutil.copytree(weights, tmp_path / "other")
    write_calibration(tmp_path / "other", calibration_of(weights, (0.0, 0.2, 1.0)))
    shutil.copytree(weights, tmp_path / "twin")
    words = [f"duchenne={tmp_path / name}" for name in ("own", "other", "twin")]
    found = list_entrants(words)[2:]
    assert [one.title for one in found] == ["duchenne", f"duchenne {found[0].weights[:8]}"]
    assert len(list_entrants(words, raw=True)) == 3


def test_calibrations_are_applied_to_units_alone_and_not_to_raw_ones(weights):
    default, raw = (load_contestant(f"duchenne={weights}", 64, raw=raw) for raw in (False, True))
    assert isinstance(default.asked("units"), CalibratedEditor)
    assert default.asked("driver") is default.model
    assert raw.asked("units") is raw.model
    assert isinstance(entrant(f"duchenne={weights}").contestant(64).asked("units"), CalibratedEditor)
    assert not isinstance(entrant(f"duchenne={weights}", raw=True).contestant(64).asked("units"), CalibratedEditor)


def test_a_calibration_of_other_weights_is_refused(weights):
    write_calibration(weights, replace(calibration_of(weights), weights_sha256="0" * 64))
    with pytest.raises(WeightsError, match="measured with other weights"):
        load_contestant(f"duchenne={weights}", 64)
    assert load_contestant(f"duchenne={weights}", 64, raw=True).calibration is None


class Painter:
    """Stands for an editor's loading: the fakes' painter, calibrated or not."""

    def __init__(self, folder: Path) -> None:
        from fakes import FakeEditor

        self.folder, self.editor, self.asked = folder, FakeEditor(), []

    def load(self, name, weights=None, device="auto", raw=False, calibration=None) -> LoadedEditor:
        self.asked.append((name, raw))
        own = name == "duchenne" and not raw
        found = calibration_of(self.folder) if own else None
        editor = CalibratedEditor(self.editor, found) if found else self.editor
        return LoadedEditor(name=name, editor=editor, weights=name, calibration=found)


@pytest.fixture
def painted(weights, tmp_path, monkeypatch) -> list[Path]:
    """Photographs, judges and editors that agree on one sign."""
    painter = Painter(weights)
    monkeypatch.setattr(photos, "load_looker", lambda word: FakeJudge())
    monkeypatch.setattr(exact_changes, "load_looker", lambda word, units_only: FakeJudge())
    monkeypatch.setattr(photos, "load_instruments", lambda: Instruments(detector=None, meter=FakeMeter()))  # type: ignore[arg-type]
    monkeypatch.setattr(photos, "load_editor", painter.load)
    monkeypatch.setattr(compare, "load_editor", painter.load)
    return write_photographs(tmp_path, monkeypatch)


def middle_of(line) -> float:
    smile = next(one for one in line.details["responses"] if one["unit"] == "AU12")
    return smile["mean"][smile["doses"].index(0.4)] - smile["mean"][0]


def test_raw_and_calibrated_runs_merge_into_two_rows(painted, weights, tmp_path):
    request = BenchmarkRequest(tables=painted, folder=tmp_path / "a", models=[f"duchenne={weights}"], choice=FEW)
    run_benchmark(request)
    run_benchmark(replace(request, folder=tmp_path / "b", raw=True))
    report = merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    lines = {one.model: one for one in read_lines(tmp_path / "both") if one.protocol.startswith("edit-doses")}
    assert set(lines) == {"copy", "warp", "duchenne", "duchenne (raw)", "exact changes"}
    assert lines["duchenne"].calibration == digest(weights / CALIBRATION)
    assert lines["duchenne (raw)"].calibration is lines["copy"].calibration is None
    assert middle_of(lines["duchenne"]) < middle_of(lines["duchenne (raw)"]) - 0.1
    page = report.page.read_text()
    assert f"calibrated, {lines['duchenne'].calibration[:8]}" in page
    assert ">duchenne (raw)<" in page
    assert ": mean of" not in page


def test_going_on_with_raw_asks_only_who_has_a_calibration(painted, weights, tmp_path):
    request = BenchmarkRequest(tables=painted, folder=tmp_path / "a", models=[f"duchenne={weights}"], choice=FEW)
    run_benchmark(request)
    again = run_benchmark(replace(request, raw=True, resume=True))
    assert again.done == 1
    assert run_benchmark(replace(request, raw=True, resume=True)).done == 0


def test_another_calibration_is_other_work_in_every_protocol_that_takes_it(weights, painted, monkeypatch):
    def marks() -> list[str]:
        one = entrant(f"duchenne={weights}")
        stage = PhotoStage(painted, "judge", 0, Choice())
        return [name_job(stage, job) for job in stage.jobs([one])][:1]

    first = marks()
    assert marks() == first
    write_calibration(weights, calibration_of(weights, (0.0, 0.2, 1.0)))
    assert marks() != first


def test_a_line_of_exact_results_says_which_calibration_was_applied(weights, tmp_path, monkeypatch):
    from mienkit.app.benchmark.judging import Reader
    from mienkit.app.benchmark.stage import Album
    from mienkit.app.draw import DrawRequest, draw_table

    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "none"))
    draw_table(tmp_path / "t", DrawRequest(kind="posed", per_scene=8, count=16, size=32, seed=5, split="test"))
    monkeypatch.setattr(exact, "EDITS", 4)
    monkeypatch.setattr(exact, "load_reader", lambda word: Reader(measurer=FakeMeter(), name=word, teacher=False))
    stage = ExactStage(tmp_path / "t", "judge", 0, Choice())
    stage.prepare(lambda line: None)
    for raw, expected in ((False, digest(weights / CALIBRATION)), (True, None)):
        (job, *_) = (job for job in stage.jobs([entrant(f"duchenne={weights}", raw=raw)]))
        (found,) = job.work(Album(folder=tmp_path, name="x", model="x"), lambda line: None)
        assert found.calibration == expected
        assert json.dumps(found.calibration)


def test_a_comparison_says_who_was_asked_through_a_calibration(painted, weights):
    editors = load_editors([f"duchenne={weights}"])
    still = compare.Choice(clips=0)
    report = compare_editors(editors, FakeMeter(), painted, judge=FakeJudge(), choice=still)
    (row,) = (one for one in report.editors if one.model == "duchenne")
    assert row.calibration == calibration_of(weights).describe()
    assert f"duchenne is asked through its calibration {calibration_of(weights).sha256[:8]}" in comparison_lines(report)
    editors = load_editors([f"duchenne={weights}"], raw=True)
    raw = compare_editors(editors, FakeMeter(), painted, judge=FakeJudge(), choice=still)
    assert [one.calibration for one in raw.editors] == [None] * 3
    assert "calibration" not in "\n".join(comparison_lines(raw))


def test_editors_of_one_name_keep_rows_of_their_own_in_a_comparison(weights, tmp_path):
    shutil.copytree(weights, tmp_path / "other")
    write_calibration(tmp_path / "other", calibration_of(weights, (0.0, 0.2, 1.0)))
    words = [f"duchenne={tmp_path / name}" for name in ("own", "own", "other")]
    assert len(load_editors(words)) == 4
    assert len(load_editors(words, raw=True)) == 3


@pytest.mark.parametrize("arguments", [["meter"], ["ganimation", "--drawn"], ["morphable", "--told-apart"]])
def test_raw_is_refused_where_no_calibration_takes_part(arguments, capsys):
    assert main(["evaluate", *arguments, "--raw"]) == 2
    assert "--raw is for editors that are ready" in capsys.readouterr().err
