"""What a piece of work depends on, and that nothing that goes wrong with one takes others with it."""

import csv
import json
import multiprocessing
import os
import shutil
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from fakes import FakeMeter
from mienkit.app.benchmark import exact, exact_changes, photos
from mienkit.app.benchmark.entrant import Entrant, hash_tables, list_entrants
from mienkit.app.benchmark.exact import ExactStage
from mienkit.app.benchmark.judging import Reader
from mienkit.app.benchmark.line import PICTURES, RESULTS, Line, append_lines, finished_work, read_lines
from mienkit.app.benchmark.outside import LIST, Outputs
from mienkit.app.benchmark.plan import sort_tables
from mienkit.app.benchmark.run import BenchmarkRequest, prepare_tasks, run_benchmark
from mienkit.app.benchmark.stage import Choice, Job, name_job
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.instruments import Instruments
from mienkit.cli.entry import main
from mienkit.core.errors import ConfigError, OutputError, WeightsError
from mienkit.weights.folder import CONFIG, TENSORS, released
from photographs import FakeJudge, write_photographs

SIZE = 24


def draw(place: Path, seed: int = 5) -> Path:
    draw_table(place, DrawRequest(kind="posed", per_scene=8, count=16, size=SIZE, seed=seed, split="test"))
    return place


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("work") / "drawn.table")


@pytest.fixture
def table(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Drawn people and a judge that sees next to nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "no assets"))
    monkeypatch.setattr(exact, "EDITS", 4)
    monkeypatch.setattr(exact, "load_reader", lambda word: Reader(measurer=FakeMeter(), name=word, teacher=False))
    return drawn


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = released("duchenne")
    assert folder is not None
    shutil.copytree(folder, tmp_path / "weights")
    return tmp_path / "weights"


def ask(table: Path, folder: Path, **changes: object) -> BenchmarkRequest:
    values = {"tables": [table], "folder": folder, "models": ["copy"], "judges": ["judge"], **changes}
    return BenchmarkRequest(**values)  # type: ignore[arg-type]


def marks(stage: ExactStage, entrants: list[Entrant]) -> list[str]:
    return [name_job(stage, job) for job in stage.jobs(entrants)]


def test_work_does_not_depend_on_places_and_dates(table, weights, tmp_path):
    copy = shutil.copytree(table, tmp_path / "elsewhere" / "other name")
    for path in (*copy.iterdir(), *weights.iterdir()):
        os.utime(path, (1, 1))
    moved = shutil.copytree(weights, tmp_path / "moved")
    first = marks(ExactStage(table, "judge", 0, Choice()), list_entrants([f"duchenne={weights}"]))
    again = marks(ExactStage(copy, "judge", 0, Choice()), list_entrants([f"duchenne={moved}"]))
    assert first == again
    assert len(set(first)) == 4


def test_work_depends_on_all_that_decides_its_result(table, tmp_path, monkeypatch):
    class Face:
        name = "face network"

    def mark(part: Entrant | None = None, way: str = "", **changes: object) -> str:
        values = {"table": table, "word": "judge", "seed": 0, "choice": Choice(), **changes}
        stage = ExactStage(**values)  # type: ignore[arg-type]
        return name_job(stage, Job(title="x", work=lambda album, say: [], parts=[part] if part else [], way=way))

    def system(name: str, sha256: str) -> Entrant:
        return Entrant(title="x", name=name, outputs=Outputs(files={}, sha256=sha256))

    found = [
        mark(),
        mark(seed=1),
        mark(word="meter"),
        mark(choice=Choice(people=20)),
        mark(choice=Choice(clips=3)),
        mark(table=draw(tmp_path / "other.table", seed=6)),
        mark(system("a", "1")),
        mark(system("b", "1")),
        mark(system("a", "2")),
        mark(way="still"),
    ]
    monkeypatch.setattr(exact, "find_recogniser", Face)
    found.append(mark())
    monkeypatch.setattr(exact, "seal_of", lambda word: "a list of people")
    found.append(mark())
    monkeypatch.setattr("mienkit.app.benchmark.line.__version__", "9.9")
    found.append(mark())
    monkeypatch.setattr("mienkit.app.benchmark.line.FORMAT", 99)
    found.append(mark())
    assert len(set(found)) == len(found)


def test_whose_faces_may_be_shown_changes_no_figures_and_no_work(table):
    first, second = (ExactStage(table, "judge", 0, Choice(source=source)) for source in (None, "made"))
    assert marks(first, []) == marks(second, [])


def test_tables_are_what_they_hold_in_the_order_of_their_roles(table, tmp_path):
    other = draw(tmp_path / "other.table", seed=6)
    assert hash_tables([table, other]) != hash_tables([other, table])
    (shutil.copytree(table, tmp_path / "more") / "stray.parquet").write_bytes(b"no part of the table")
    assert hash_tables([tmp_path / "more"]) == hash_tables([table])
    manifest = tmp_path / "more" / "table.json"
    manifest.write_text(manifest.read_text().replace(f'"size": {SIZE}', f'"size": {SIZE + 8}'))
    assert hash_tables([tmp_path / "more"]) != hash_tables([table])


def test_people_do_not_depend_on_the_order_of_tables(tmp_path, monkeypatch):
    first, second = write_photographs(tmp_path, monkeypatch)
    assert sort_tables([first, second]).photos == sort_tables([second, first]).photos


def test_broken_weights_become_a_line_and_stop_nobody(table, weights, tmp_path):
    (weights / TENSORS).write_bytes((weights / TENSORS).read_bytes()[:1000])
    report = run_benchmark(ask(table, tmp_path / "bench", models=[f"duchenne={weights}"]))
    assert report.failed == 1
    (bad,) = (line for line in report.lines if line.failed)
    assert (bad.model, bad.parameters) == ("duchenne", 0)
    assert "corrupt or truncated" in (bad.failed or "")
    assert {line.model for line in report.lines if not line.failed} == {"copy", "warp", "exact"}


def test_a_mistake_in_one_protocol_stops_no_other_protocol(table, tmp_path, monkeypatch):
    prepare = ExactStage.prepare

    def fail(self, say):
        if self.seed == 0:
            raise ValueError("a mistake")
        prepare(self, say)

    monkeypatch.setattr(ExactStage, "prepare", fail)
    report = run_benchmark(ask(table, tmp_path / "bench", seeds=(0, 1)))
    assert {(line.seed, line.failed) for line in report.lines} == {(0, "ValueError: a mistake"), (1, None)}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / TENSORS).unlink(), f"has no {TENSORS}"),
        (lambda folder: (folder / CONFIG).unlink(), f"no readable {CONFIG}"),
        (lambda folder: shutil.rmtree(folder), "there is no weights folder"),
        (
            lambda folder: (folder / CONFIG).write_text(json.dumps({"model": "stargan", "config": {}})),
            "are of the model 'stargan', not of 'duchenne'",
        ),
    ],
)
def test_weights_that_cannot_be_are_refused_before_anybody_works(table, weights, tmp_path, spoil, said):
    spoil(weights)
    with pytest.raises(WeightsError, match=said):
        run_benchmark(ask(table, tmp_path / "bench", models=[f"duchenne={weights}"]))
    assert not (tmp_path / "bench").exists()


def test_faces_that_may_not_be_shown_do_not_stay_on_a_page_that_goes_on(table, tmp_path):
    run_benchmark(ask(table, tmp_path / "bench"))
    source = read_lines(tmp_path / "bench")[0]
    assert source.shown is None
    with pytest.raises(ConfigError, match="without --source mienkit-drawn; choose another folder"):
        run_benchmark(ask(table, tmp_path / "bench", resume=True, choice=Choice(source="mienkit-drawn")))


def test_a_page_of_one_collection_goes_on(photographs, tmp_path):
    request = ask(photographs[0], tmp_path / "bench", tables=photographs, choice=Choice(source="made", people=2))
    run_benchmark(request)
    assert run_benchmark(replace(request, resume=True)).done == 0
    assert run_benchmark(replace(request, resume=True, choice=Choice(people=2))).done == 0


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setattr(photos, "load_looker", lambda word: FakeJudge())
    monkeypatch.setattr(exact_changes, "load_looker", lambda word, units_only: FakeJudge())
    monkeypatch.setattr(photos, "load_instruments", lambda: Instruments(detector=None, meter=FakeMeter()))  # type: ignore[arg-type]
    return write_photographs(tmp_path, monkeypatch)


def test_a_system_that_answered_other_faces_fails_and_says_so(photographs, tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    (tmp_path / LIST).write_text("source,request,level,file\nnobody/1,AU12,1,x.png\n")
    request = ask(photographs[0], tmp_path / "bench", tables=photographs, outside=[f"theirs={tmp_path}"])
    report = run_benchmark(replace(request, choice=Choice(people=2)))
    assert [(line.model, line.failed) for line in report.lines if line.failed] == [
        ("theirs", "theirs answers none of what is asked here")
    ]


def test_an_editor_that_cannot_be_loaded_is_a_line_on_photographs_too(photographs, tmp_path):
    folder = shutil.copytree(released("ganimation"), tmp_path / "weights")
    (folder / TENSORS).write_bytes(b"nothing")
    request = ask(photographs[0], tmp_path / "bench", tables=photographs, models=[f"ganimation={folder}"])
    report = run_benchmark(replace(request, choice=Choice(people=2)))
    assert [line.model for line in report.lines if line.failed] == ["ganimation"]


def test_work_whose_second_line_a_crash_cut_off_is_done_again(table, tmp_path):
    folder = tmp_path / "bench"
    whole = run_benchmark(ask(table, folder)).lines
    told = [line.told for line in whole if line.model == "warp"]
    assert told == ["units", "driver"]
    texts = (folder / RESULTS).read_bytes().splitlines(keepends=True)
    (folder / RESULTS).write_bytes(b"".join(text for text in texts if b'"told": "driver"' not in text))
    assert run_benchmark(ask(table, folder, resume=True)).done == 1
    assert {line.key for line in read_lines(folder)} == {line.key for line in whole}


def test_a_folder_that_cannot_be_written_to_is_refused_before_anybody_works(table, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        run_benchmark(ask(table, tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"


def test_clips_and_judges_are_no_tasks_and_need_not_be_made_ready(photographs, table, tmp_path, monkeypatch):
    monkeypatch.setattr(exact_changes, "load_looker", lambda word, units_only: pytest.fail("no judge is asked"))
    request = ask(table, tmp_path / "tasks", tables=[*photographs, table], choice=Choice(people=2))
    assert prepare_tasks(request) > 4
    rows = list(csv.DictReader((tmp_path / "tasks" / LIST).read_text().splitlines()))
    assert {row["protocol"] for row in rows} == {"edit-doses", "static-edit"}


NASTY = 'Ünï ☃/<b>&"+ | \\'


def test_a_system_may_be_called_anything(table, tmp_path, capsys):
    tasks, bench = tmp_path / "tasks", tmp_path / "bench"
    assert main(["benchmark", "tasks", f"--table={table}", "-o", str(tasks)]) == 0
    (tasks / "outputs").mkdir()
    for path in (tasks / "inputs").iterdir():
        for number in range(4):
            shutil.copy(path, tasks / "outputs" / f"{number:06d}.png")
    at = [f"--table={table}", "--model=copy", f"--external={NASTY}={tasks}", "-o", str(bench)]
    assert main(["benchmark", *at]) == 0
    assert NASTY.split()[0] in capsys.readouterr().out
    assert NASTY in {line.model for line in read_lines(bench)}
    assert "<b>&" not in (bench / "report.html").read_text()
    assert main(["benchmark", *at, "--resume"]) == 0
    assert "0 done, 4 were there already" in capsys.readouterr().out


def write_for_ever(folder: Path, turn: int) -> None:
    for number in count():
        lines = [
            Line(fingerprint=f"{turn} {number}", protocol="p", table="t", seed=0, judge="j", model="m", name="m",
                 told=told, ways=2, details={"x": "é" * 300_000})
            for told in ("a", "b")
        ]  # fmt: skip
        append_lines(folder, lines)
        (folder / f"done {turn}").touch()


def test_killed_in_the_middle_of_a_line_nothing_that_was_written_is_lost(tmp_path):
    for turn in range(4):
        worker = multiprocessing.get_context("fork").Process(target=write_for_ever, args=(tmp_path, turn))
        worker.start()
        while not (tmp_path / f"done {turn}").exists():
            time.sleep(0.01)
        time.sleep(0.01 * turn)
        worker.kill()
        worker.join()
        append_lines(tmp_path, [replace(read_lines(tmp_path)[0], fingerprint=f"after {turn}", ways=1)])
    lines = read_lines(tmp_path)
    assert {f"{turn} 0" for turn in range(4)} <= finished_work(lines)
    assert {f"after {turn}" for turn in range(4)} <= {line.fingerprint for line in lines}
    for text in (tmp_path / RESULTS).read_bytes().splitlines():
        json.loads(text)


def test_pictures_of_a_line_lie_beside_it(table, tmp_path):
    report = run_benchmark(ask(table, tmp_path / "bench"))
    shown = [tile for line in report.lines for tile in line.pictures.get("contact", [])]
    assert shown
    assert all(tile["after"].startswith(f"{PICTURES}/") for tile in shown if "after" in tile)
