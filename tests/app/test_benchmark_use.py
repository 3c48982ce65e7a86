"""Use case: a benchmark of models on the same faces; results that go on, join, and stand on one page."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mienkit.app.benchmark import exact, exact_changes, judging, line, photos
from mienkit.app.benchmark.column import FAMILIES
from mienkit.app.benchmark.exact import ExactStage
from mienkit.app.benchmark.judging import Reader
from mienkit.app.benchmark.line import RESULTS, read_lines
from mienkit.app.benchmark.merge import merge_benchmarks
from mienkit.app.benchmark.outside import LIST, read_outputs
from mienkit.app.benchmark.plan import sort_tables
from mienkit.app.benchmark.report import make_report
from mienkit.app.benchmark.run import BenchmarkRequest, prepare_tasks, run_benchmark
from mienkit.app.benchmark.stage import Choice
from mienkit.app.benchmark.summary import COMPETING, value_of
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.cli.entry import main
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, DataError, TableError
from mienkit.core.image import to_uint8
from mienkit.core.task import Reading
from mienkit.data.loader import load_faces
from photographs import PEOPLE, FakeJudge, write_photographs

SIZE = 24
EDITS = 12


class Knowing:
    """A judge that knows the pictures of a table and sees nothing in others."""

    image_size = SIZE

    def __init__(self, table: Path) -> None:
        self.faces = load_faces(table, SIZE, "test")
        self.rows = {picture.tobytes(): row for row, picture in enumerate(self.faces.images)}

    def measure(self, image: torch.Tensor) -> Reading:
        found = [self.rows.get(picture.tobytes(), -1) for picture in to_uint8(image)]
        aus = torch.stack([torch.from_numpy(self.faces.aus[row]) if row >= 0 else torch.zeros(17) for row in found])
        emotions = torch.zeros(len(found), len(EMOTIONS))
        for place, row in enumerate(found):
            emotions[place, self.faces.emotion[row] if row >= 0 else 0] = 1
        landmarks = torch.full((len(found), 68, 2), SIZE / 2)
        return Reading(landmarks=landmarks, aus=aus, emotions=emotions, pose=torch.zeros(len(found), 3))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people with eight emotions each."""
    table = tmp_path_factory.mktemp("bench") / "judged.table"
    draw_table(table, DrawRequest(kind="posed", per_scene=8, count=24, size=SIZE, seed=5, split="test"))
    return table


@pytest.fixture
def table(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table, a judge who knows it, and nobody else's files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "no assets"))
    monkeypatch.setattr(exact, "EDITS", EDITS)
    judge = Reader(measurer=Knowing(drawn), name="knowing", teacher=False)
    monkeypatch.setattr(exact, "load_reader", lambda word: replace(judge, name=word, teacher=word == "meter"))
    return drawn


def ask(table: Path, folder: Path, **changes: object) -> BenchmarkRequest:
    """A benchmark of models without weights."""
    values = {"tables": [table], "folder": folder, "models": ["copy", "warp"], "judges": ["judge"], **changes}
    return BenchmarkRequest(**values)  # type: ignore[arg-type]


def fail(self, one, album, say):
    """Break a stage's work for one model alone."""
    if one.name == "warp":
        raise RuntimeError("a <broken> model")
    return WORKING(self, one, album, say)


WORKING = ExactStage.judge_model


def answer_all(folder: Path, table: Path, *, leave_out: int = 0) -> None:
    """Answer the requests in a folder of tasks with the exact pictures."""
    faces = load_faces(table, SIZE, "test")
    place = {name: row for row, name in enumerate(faces.name.tolist())}
    rows = list(csv.DictReader((folder / LIST).read_text().splitlines()))
    (folder / "outputs").mkdir()
    for row in rows[leave_out:]:
        source = place[row["source"]]
        (wanted,) = np.flatnonzero(
            (faces.sequence == faces.sequence[source]) & (faces.emotion == EMOTIONS.index(row["request"]))
        )
        Image.fromarray(faces.images[wanted]).save(folder / row["file"])


def test_everybody_has_a_line_and_stands_on_the_page(table, tmp_path):
    report = run_benchmark(ask(table, tmp_path / "bench"))
    lines = {one.label: one for one in report.lines}
    assert set(lines) == {"copy", "warp, told units", "warp, told driver", "exact"}
    assert lines["copy"].figures["region_gain"][0] == 0
    assert lines["exact"].figures["region_gain"][0] == 1
    assert lines["warp, told units"].counts == {"edits": EDITS, "people": 3}
    assert {one.protocol for one in report.lines} == {f"static-edit-{EDITS}"}
    page = report.page.read_text()
    assert page.count("<tr class=") == 4 + 4  # figures, and more figures
    assert page.count("data:image/jpeg;base64,") > 3


def test_exact_results_are_perfect_in_what_is_folded_away_and_copy_is_nothing(table, tmp_path):
    lines = {one.label: one for one in run_benchmark(ask(table, tmp_path / "bench")).lines}
    exact, copy = lines["exact"], lines["copy"]
    corrected = ("emotion_corrected", "aus_corrected")
    assert [exact.figures[name][0] for name in corrected] == [1, 1]
    assert [copy.figures[name][0] for name in corrected] == [0, 0]
    assert exact.figures["au_icc"][0] == pytest.approx(1)
    assert copy.figures["au_icc"][0] < 0.5
    assert exact.figures["background"][0] == copy.figures["background"][0] == 0
    met = {asked: seen[asked] for asked, seen in exact.details["confusion"].items()}
    assert sum(met.values()) == EDITS
    assert exact.details["units"]["AU12"]["mae"] == 0


def test_whole_sets_are_compared_where_there_are_enough_and_a_network(table, tmp_path, monkeypatch):
    from mienkit.evaluation import set_edit

    class Colour:
        name = "colour"

        def features(self, pictures, landmarks=None):
            return pictures.reshape(len(pictures), -1, 3).mean(1) / 255

    monkeypatch.setattr(set_edit, "FEWEST", EDITS)
    monkeypatch.setattr(set_edit, "FEWEST_OF_KERNEL", EDITS)
    monkeypatch.setattr(exact, "set_networks", lambda inception: [Colour()])
    lines = {one.label: one for one in run_benchmark(ask(table, tmp_path / "bench")).lines}
    names = [f"kernel_distance_colour_{EDITS}", f"frechet_colour_{EDITS}", f"class_score_judge_{EDITS}"]
    assert all(set(names) <= set(one.figures) for one in lines.values())
    assert "Whole sets of pictures" in (tmp_path / "bench" / "report.html").read_text()


def test_another_inception_is_other_work(table):
    from types import SimpleNamespace

    from mienkit.app.benchmark.stage import name_job

    names = set()
    for inception in (None, SimpleNamespace(name="inception a"), SimpleNamespace(name="inception b")):
        stage = ExactStage(table, "judge", 0, Choice(inception=inception))  # type: ignore[arg-type]
        names.add(name_job(stage, stage.jobs([])[0]))
    assert len(names) == 3


def test_what_is_there_is_not_done_again(table, tmp_path, monkeypatch):
    first = run_benchmark(ask(table, tmp_path / "bench"))
    content = (tmp_path / "bench" / RESULTS).read_bytes()
    monkeypatch.setattr(ExactStage, "judge_model", fail)
    monkeypatch.setattr(ExactStage, "prepare", lambda self, say: pytest.fail("nothing is missing"))
    again = run_benchmark(ask(table, tmp_path / "bench", resume=True))
    assert (first.done, first.skipped) == (3, 0)
    assert (again.done, again.skipped) == (0, 3)
    assert (tmp_path / "bench" / RESULTS).read_bytes() == content


def test_results_are_not_mixed_without_a_word(table, tmp_path):
    run_benchmark(ask(table, tmp_path / "bench"))
    with pytest.raises(ConfigError, match="--resume"):
        run_benchmark(ask(table, tmp_path / "bench"))


def test_other_faces_weights_judges_and_seeds_are_other_work(table, tmp_path):
    folder = tmp_path / "bench"
    run_benchmark(ask(table, folder))
    assert run_benchmark(ask(table, folder, seeds=(1,), resume=True)).done == 3
    assert run_benchmark(ask(table, folder, judges=["meter"], resume=True)).done == 3
    draw_table(
        tmp_path / "other.table", DrawRequest(kind="posed", per_scene=8, count=24, size=SIZE, seed=6, split="test")
    )
    assert run_benchmark(ask(tmp_path / "other.table", folder, resume=True)).done == 3


def test_a_model_that_fails_is_a_line_with_the_reason_and_stops_nobody(table, tmp_path, monkeypatch):
    monkeypatch.setattr(ExactStage, "judge_model", fail)
    report = run_benchmark(ask(table, tmp_path / "bench"))
    assert report.failed == 1
    assert {one.model: one.failed for one in report.lines} == {
        "copy": None, "warp": "RuntimeError: a <broken> model", "exact": None
    }  # fmt: skip
    assert "RuntimeError: a &lt;broken&gt; model" in report.page.read_text()
    monkeypatch.setattr(ExactStage, "judge_model", WORKING)
    mended = run_benchmark(ask(table, tmp_path / "bench", resume=True))
    assert (mended.done, mended.failed) == (1, 0)
    assert [one.failed for one in mended.lines] == [None] * 4


def test_a_protocol_that_cannot_begin_says_why_of_everybody(table, tmp_path, monkeypatch):
    def refuse(self, say):
        raise DataError("too few people")

    monkeypatch.setattr(ExactStage, "prepare", refuse)
    report = run_benchmark(ask(table, tmp_path / "bench"))
    assert [one.failed for one in report.lines] == ["too few people"] * 3


def test_a_line_that_a_crash_cut_off_is_written_again(table, tmp_path):
    folder = tmp_path / "bench"
    whole = run_benchmark(ask(table, folder)).lines
    content = (folder / RESULTS).read_bytes()
    (folder / RESULTS).write_bytes(content[:-40])
    assert len(read_lines(folder)) == len(whole) - 1
    assert run_benchmark(ask(table, folder, resume=True)).done == 1
    assert {one.key for one in read_lines(folder)} == {one.key for one in whole}
    for text in (folder / RESULTS).read_text().splitlines():
        json.loads(text)


def test_a_foreign_line_is_named(tmp_path):
    (tmp_path / RESULTS).write_text('{"fingerprint": "a"}\nnonsense\n{}\n')
    with pytest.raises(DataError, match=r"results.jsonl:1 is no line"):
        read_lines(tmp_path)


def test_folders_of_two_machines_join(table, tmp_path):
    run_benchmark(ask(table, tmp_path / "a", models=["copy"]))
    run_benchmark(ask(table, tmp_path / "b", seeds=(0, 1)))
    report = merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    merged = read_lines(tmp_path / "both")
    assert len(merged) == report.lines == len(read_lines(tmp_path / "b"))
    assert report.differing == []
    assert "no picture" not in report.page.read_text()
    with pytest.raises(ConfigError, match="exists already"):
        merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")


def test_the_same_work_with_other_figures_is_named_and_the_first_stays(table, tmp_path):
    run_benchmark(ask(table, tmp_path / "a"))
    lines = [replace(one, figures={**one.figures, "aus": [0.5, 0.4, 0.6, 3]}) for one in read_lines(tmp_path / "a")]
    line.append_lines(tmp_path / "b", lines)
    report = merge_benchmarks([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    assert len(report.differing) == 3
    assert {one.key: one.figures for one in read_lines(tmp_path / "both")} == {
        one.key: one.figures for one in read_lines(tmp_path / "a")
    }


def test_a_line_cannot_bring_files_from_elsewhere_along(table, tmp_path):
    run_benchmark(ask(table, tmp_path / "a"))
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    spoilt = [
        replace(one, fingerprint=f"x{number}", pictures={"contact": [{"asked": "x", "after": "../secret.jpg"}]})
        for number, one in enumerate(read_lines(tmp_path / "a"))
    ]
    line.append_lines(tmp_path / "b", spoilt)
    merge_benchmarks([tmp_path / "b", tmp_path / "a"], tmp_path / "both")
    assert len(list(tmp_path.rglob("secret.jpg"))) == 1
    assert "c2VjcmV0" not in make_report(tmp_path / "b", spoilt)


def test_an_outside_system_is_judged_by_its_files_and_what_is_missing_is_counted(table, tmp_path):
    tasks = tmp_path / "tasks"
    assert prepare_tasks(ask(table, tasks)) == EDITS
    answer_all(tasks, table, leave_out=2)
    report = run_benchmark(ask(table, tmp_path / "bench", outside=[f"LivePortrait={tasks}"]))
    (theirs,) = (one for one in report.lines if one.kind == "outside")
    assert theirs.figures["region_gain"][0] == 1
    assert theirs.counts == {"edits": EDITS - 2, "people": 3, "missing": 2}
    assert "LivePortrait: 2 outputs missing" in report.page.read_text()


def test_other_files_of_an_outside_system_are_other_work(table, tmp_path):
    tasks, folder = tmp_path / "tasks", tmp_path / "bench"
    prepare_tasks(ask(table, tasks))
    answer_all(tasks, table, leave_out=2)
    request = ask(table, folder, outside=[f"theirs={tasks}"])
    run_benchmark(request)
    assert run_benchmark(replace(request, resume=True)).done == 0
    next((tasks / "outputs").iterdir()).unlink()
    assert run_benchmark(replace(request, resume=True)).done == 1


def test_files_that_are_no_pictures_or_of_another_shape_are_missing(table, tmp_path):
    tasks = tmp_path / "tasks"
    prepare_tasks(ask(table, tasks))
    answer_all(tasks, table)
    first, second, third, *_ = sorted((tasks / "outputs").iterdir())
    first.write_bytes(b"no picture")
    Image.new("RGB", (SIZE, 2 * SIZE)).save(second)
    Image.open(third).resize((2 * SIZE, 2 * SIZE)).save(third)
    report = run_benchmark(ask(table, tmp_path / "bench", outside=[f"theirs={tasks}"]))
    assert [one.counts["missing"] for one in report.lines if one.kind == "outside"] == [2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source,request,level\na,AU12,1\n", "no column file"),
        ("source,request,level,file\na,smile,1,x.png\na,AU12,2,x.png\n", "line 2: request 'smile'.*line 3: level 2"),
        ("source,request,level,file\na,AU12,1,\n", "line 2: no file is named"),
    ],
)
def test_a_list_that_cannot_be_used_says_where(tmp_path, text, said):
    (tmp_path / LIST).write_text(text)
    with pytest.raises(DataError, match=said):
        read_outputs(tmp_path)


def test_no_figure_that_ranks_editors_puts_copy_before_exact_results(table, tmp_path):
    prepare_tasks(ask(table, tmp_path / "tasks"))
    answer_all(tmp_path / "tasks", table)
    lines = run_benchmark(ask(table, tmp_path / "bench", outside=[f"perfect={tmp_path / 'tasks'}"])).lines
    by_name = {one.model: one for one in lines}
    for column in FAMILIES["static-edit"].columns:
        copy, perfect = (value_of(by_name[name], column) for name in ("copy", "perfect"))
        if column.ranks:
            assert perfect > copy if column.better == "higher" else perfect < copy, column.name
    assert by_name["copy"].kind not in COMPETING


def test_a_judge_that_trainings_know_is_marked(table, tmp_path):
    marked = run_benchmark(ask(table, tmp_path / "a", judges=["meter"])).page.read_text()
    assert judging.LEARNED_FROM in marked
    assert judging.LEARNED_FROM not in run_benchmark(ask(table, tmp_path / "b", judges=["judge"])).page.read_text()


def test_tables_are_sorted_by_what_they_can_be_used_for(table, tmp_path, monkeypatch):
    found = sort_tables([table])
    assert (found.exact, found.photos, found.clips) == ([table], [], [])
    photographs, pairs = write_photographs(tmp_path, monkeypatch)
    assert set(sort_tables([photographs, pairs, table]).photos) == {photographs, pairs}
    assert sort_tables([photographs, pairs]) == sort_tables([pairs, photographs])
    with pytest.raises(TableError, match="mien reexpress"):
        sort_tables([photographs])
    with pytest.raises(ConfigError, match="comes twice"):
        sort_tables([table, table])


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Tables of photographs and exact changes, and judges that agree on one sign."""
    from fakes import FakeMeter
    from mienkit.app.instruments import Instruments

    tables = write_photographs(tmp_path, monkeypatch)
    monkeypatch.setattr(photos, "load_looker", lambda word: FakeJudge())
    monkeypatch.setattr(exact_changes, "load_looker", lambda word, units_only: FakeJudge())
    monkeypatch.setattr(photos, "load_instruments", lambda: Instruments(detector=None, meter=FakeMeter()))  # type: ignore[arg-type]
    return tables


def test_editors_on_photographs_have_curves_maps_and_faces(photographs, tmp_path):
    request = BenchmarkRequest(tables=photographs, folder=tmp_path / "bench", models=["copy", "warp"])
    report = run_benchmark(request)
    copy, warp, changes = (one for one in report.lines if one.protocol.startswith("edit-doses"))
    assert [one.failed for one in report.lines] == [None] * 5
    assert copy.figures["gain_identity"][0] == copy.figures["dose_r2"][0] == copy.figures["off_target"][0] == 0
    assert warp.counts["edits"] == copy.counts["edits"]
    assert set(copy.details["leak"]) == {"AU1", "AU9", "AU12"}
    assert changes.kind == "yardstick"
    assert copy.figures["background"][0] == copy.figures["on_target"][0] == 0
    assert copy.figures["undo_pixels"][0] is None  # nothing was done that could be undone
    assert warp.figures["undo_pixels"][0] > 0
    assert sum(sum(row.values()) for row in copy.details["confusion"].values()) == copy.figures["emotion"][3] > 0
    assert set(copy.details["dose"]) == {"AU1", "AU12"}  # of those that the judge reads
    page = report.page.read_text()
    assert "Dose and response" in page
    assert "What else moves" in page
    assert "Gain against identity" in page
    assert 'alt="warp: ' in page


def test_outside_systems_answer_doses_of_photographs(photographs, tmp_path):
    tasks = tmp_path / "tasks"
    request = BenchmarkRequest(tables=photographs, folder=tasks, models=["copy"])
    count = prepare_tasks(request)
    rows = list(csv.DictReader((tasks / LIST).read_text().splitlines()))
    assert len(rows) == count
    (tasks / "outputs").mkdir()
    for row in rows[1:]:
        picture = np.asarray(Image.open(tasks / row["input"])).copy()
        if row["request"] == "AU12":  # the made-up sign of the fakes: a bright mouth
            picture[128:187, 84:172] = round(255 * float(row["level"]))
        Image.fromarray(picture).save(tasks / row["file"])
    report = run_benchmark(replace(request, folder=tmp_path / "bench", outside=[f"painter={tasks}"]))
    (theirs,) = (one for one in report.lines if one.kind == "outside")
    smile = next(one for one in theirs.details["responses"] if one["unit"] == "AU12")
    assert theirs.counts["missing"] == 1
    assert smile["mean"][-1] - smile["mean"][0] == pytest.approx(1, abs=0.05)
    assert theirs.figures["pixels_of_copy"][0] is None


def test_fewer_people_are_another_protocol(photographs, tmp_path):
    request = BenchmarkRequest(
        tables=photographs, folder=tmp_path / "bench", models=["copy"], choice=Choice(people=PEOPLE - 1)
    )
    report = run_benchmark(request)
    assert {one.protocol for one in report.lines} == {f"edit-doses-{PEOPLE - 1}", "judges-on-exact-changes-20"}
    assert report.lines[0].details["responses"][0]["people"] == PEOPLE - 1


def test_a_collection_that_may_be_shown_must_exist(photographs, tmp_path):
    request = BenchmarkRequest(tables=photographs, folder=tmp_path / "bench", choice=Choice(source="nobody"))
    with pytest.raises(ConfigError, match="there are: made"):
        run_benchmark(request)


def test_the_command_goes_from_tasks_to_a_merged_page(table, tmp_path, capsys):
    at = [f"--table={table}", "--judge=judge"]
    assert main(["benchmark", "tasks", *at, "-o", str(tmp_path / "tasks"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["requests"] == EDITS
    answer_all(tmp_path / "tasks", table)
    models = ["--model=copy", f"--external=theirs={tmp_path / 'tasks'}"]
    assert main(["benchmark", *at, *models, "-o", str(tmp_path / "a"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == 4
    assert main(["benchmark", *at, "--model=copy", "--seed=1", "-o", str(tmp_path / "b")]) == 0
    assert "3 done, 0 were there already, 0 failed" in capsys.readouterr().out
    joined = ["benchmark", "merge", str(tmp_path / "a"), str(tmp_path / "b"), "-o", str(tmp_path / "both"), "--json"]
    assert main(joined) == 0
    assert json.loads(capsys.readouterr().out)["differing"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "bench"], "name the faces to judge on"),
        (["--table", "x.table"], "name the folder to write"),
        (["--table", "x.table", "-o", "bench", "--people", "1"], "--people 1 should be 2 to 40"),
        (["--table", "x.table", "-o", "bench", "--seeds", "0"], "--seeds 0 should be at least 1"),
        (["--table", "x.table", "-o", "bench", "--model", "meter"], "no protocol judges meter"),
        (["--table", "x.table", "-o", "bench", "--external", "theirs"], "should be NAME=FOLDER"),
        (["--table", "x.table", "-o", "bench"], "is not a face table"),
        (["merge", "a"], "two folders or more"),
    ],
)
def test_bad_options_are_one_clear_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = [*arguments, "-o", "c"] if arguments[0] == "merge" else arguments
    assert main(["benchmark", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_exit_code_says_that_something_failed(table, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(ExactStage, "judge_model", fail)
    at = [f"--table={table}", "--judge=judge", "--model=copy"]
    assert main(["benchmark", *at, "-o", str(tmp_path / "bench")]) == 1
    assert "failed: warp in" in capsys.readouterr().err
