"""Judges of a benchmark look at exact changes: what they see of them, and how far they see the same."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mienkit.app.benchmark import exact_changes, judging, photos, plan
from mienkit.app.benchmark.agreement import best_for
from mienkit.app.benchmark.column import FAMILIES
from mienkit.app.benchmark.exact_changes import JudgesStage
from mienkit.app.benchmark.line import Line, read_lines
from mienkit.app.benchmark.report import make_report
from mienkit.app.benchmark.run import BenchmarkRequest, run_benchmark
from mienkit.app.benchmark.stage import Album, Choice, name_job
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import MienError, TableError
from mienkit.evaluation.agreement import mean_agreement
from photographs import FakeJudge, make_row, write

PEOPLE = 6
RISE = 0.4


class Judge(FakeJudge):
    """Sees a share of every smile; knows some people."""

    def __init__(self, name: str, share: float = 1.0, known: tuple[str, ...] = (), *, teacher: bool = False) -> None:
        super().__init__()
        self.name, self.share, self.known, self.teacher = name, share, known, teacher

    def look(self, picture, *, recognise=True):
        assert not recognise
        look = super().look(picture)
        return replace(look, channels={**look.channels, "AU12": self.share * look.channels["AU12"]})

    def knows(self, subject: str) -> bool:
        return subject in self.known


class Blind(Judge):
    """Finds no face in the first picture that it sees."""

    def look(self, picture, *, recognise=True):
        first = self.looked == 0
        look = super().look(picture, recognise=recognise)
        return None if first else look


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Photographs of people, and exact changes in which they smile more, each by another amount."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = np.full(17, 0.1, np.float32)
    rows = [make_row(number, 0.1) for number in range(PEOPLE)]
    rows += [
        make_row(number, RISE + 0.1 * number, kind="re-expressed", source_id=f"face-{number}+1",
                 pair=f"face-{number}", before=before)
        for number in range(PEOPLE)
    ]  # fmt: skip
    write(tmp_path / "pairs.table", rows)
    return [tmp_path / "pairs.table"]


def stage_of(tables, monkeypatch, *judges: Judge, choice: Choice | None = None, seed: int = 0) -> JudgesStage:
    by_name = {one.name: one for one in judges}

    def load(word: str, *, units_only: bool) -> Judge:
        assert units_only, "nobody asks these judges for landmarks or identity"
        return by_name[word]

    monkeypatch.setattr(exact_changes, "load_looker", load)
    return JudgesStage(tables, list(by_name), seed, choice or Choice())


def results(stage: JudgesStage, tmp_path: Path) -> dict[str, exact_changes.Finding]:
    stage.prepare(lambda line: None)
    album = Album(folder=tmp_path, name="x", model="x")
    return {job.title: job.work(album, lambda line: None)[0] for job in stage.jobs([])}


def test_one_judge_is_held_to_exact_changes_alone(tables, tmp_path, monkeypatch):
    found = results(stage_of(tables, monkeypatch, Judge("a")), tmp_path)
    assert list(found) == [exact_changes.NO_CHANGE, "a"]
    smile = found["a"].details["units"]["AU12"]
    assert smile["pcc"] == pytest.approx(1, abs=1e-4)
    assert smile["mae"] == pytest.approx(0, abs=0.01)
    assert found["a"].counts == {"people": PEOPLE, "pairs": PEOPLE, "unseen": 0}


def test_who_sees_no_change_is_off_by_the_change(tables, tmp_path, monkeypatch):
    smile = results(stage_of(tables, monkeypatch, Judge("a")), tmp_path)[exact_changes.NO_CHANGE].details["units"]
    mean = np.mean([RISE - 0.1 + 0.1 * number for number in range(PEOPLE)])
    assert smile["AU12"]["mae"] == pytest.approx(mean, abs=1e-6)


def test_another_scale_lowers_icc_and_not_pcc(tables, tmp_path, monkeypatch):
    found = results(stage_of(tables, monkeypatch, Judge("a"), Judge("half", 0.5)), tmp_path)
    assert list(found) == [exact_changes.NO_CHANGE, "a", "half", "a and half"]
    together, alone = (found[name].details["units"]["AU12"] for name in ("a and half", "a"))
    assert together["pcc"] == pytest.approx(1, abs=1e-4)
    assert alone["icc"] == pytest.approx(1, abs=1e-3)
    assert together["icc"] == pytest.approx(0.8, abs=1e-3)  # 2ab / (a^2 + b^2) with b = a / 2


def test_people_from_whom_any_judge_learned_are_left_out_for_all(tables, tmp_path, monkeypatch):
    two = Judge("a", known=("person-0",)), Judge("b", known=("person-1", "person-2"))
    found = results(stage_of(tables, monkeypatch, *two), tmp_path)
    assert [one.counts["people"] for one in found.values()] == [PEOPLE - 3] * 4
    everybody = Judge("c", known=tuple(f"person-{number}" for number in range(PEOPLE)))
    with pytest.raises(TableError, match="learned from everybody"):
        stage_of(tables, monkeypatch, Judge("a"), everybody).prepare(lambda line: None)


def test_a_picture_in_which_one_judge_finds_no_face_counts_for_nobody(tables, tmp_path, monkeypatch):
    found = results(stage_of(tables, monkeypatch, Judge("a"), Blind("b")), tmp_path)
    assert {(one.counts["pairs"], one.counts["unseen"]) for one in found.values()} == {(PEOPLE - 1, 1)}


def test_figures_are_of_units_that_all_judges_read(tables, tmp_path, monkeypatch):
    narrow = Judge("narrow")
    narrow.units = ("AU1", "AU12")
    found = results(stage_of(tables, monkeypatch, Judge("a"), narrow), tmp_path)
    assert {one.details["shared"] for one in found.values()} == {("AU1", "AU12")}
    assert "AU4" in found["a"].details["units"]


def test_the_order_of_judges_and_tables_is_no_other_work(tables, tmp_path, monkeypatch):
    def marks(stage):
        return [name_job(stage, job) for job in stage.jobs([])]

    a, b = Judge("a"), Judge("b")
    first = marks(stage_of(tables, monkeypatch, a, b))
    assert marks(stage_of(tables, monkeypatch, b, a)) == first
    assert len(set(first)) == 4
    assert not set(marks(stage_of(tables, monkeypatch, a))) & set(first)
    assert not set(marks(stage_of(tables, monkeypatch, a, b, seed=1))) & set(first)
    assert not set(marks(stage_of(tables, monkeypatch, a, b, choice=Choice(people=20)))) & set(first)


def test_each_two_of_three_judges_are_work_of_their_own(tables, monkeypatch):
    stage = stage_of(tables, monkeypatch, Judge("a"), Judge("b"), Judge("c"))
    titles = {name_job(stage, job): job.title for job in stage.jobs([])}
    assert sorted(titles.values()) == ["a", "a and b", "a and c", "b", "b and c", "c", exact_changes.NO_CHANGE]


@pytest.fixture
def bench(tables, tmp_path, monkeypatch) -> BenchmarkRequest:
    judges = {"judge": Judge("a <b>"), "meter": Judge("teacher", 0.5, teacher=True)}
    monkeypatch.setattr(exact_changes, "load_looker", lambda word, units_only: judges[word])
    monkeypatch.setattr(plan, "PhotoStage", lambda *arguments: pytest.fail("no model is asked"))
    real = plan.sort_tables
    monkeypatch.setattr(plan, "sort_tables", lambda given: replace(real(given), photos=[], exact=[]))
    return BenchmarkRequest(tables=tables, folder=tmp_path / "bench", models=["copy"], judges=list(judges))


def test_judges_have_lines_that_go_on_and_stand_on_the_page(bench):
    report = run_benchmark(bench)
    assert [(one.model, one.kind) for one in report.lines] == [
        ("seeing no change", "yardstick"), ("a <b>", "judge"), ("teacher", "judge"), ("a <b> and teacher", "judges")
    ]  # fmt: skip
    assert {one.protocol for one in report.lines} == {"judges-on-exact-changes-400"}
    page = report.page.read_text()
    assert "Do the judges agree?" in page
    assert page.count('<td class="text">exact changes</td>') == 3
    assert re.findall(r'<th scope="row">([^<]*)</th><td class="text">each other</td>', page) == [
        "a &lt;b&gt; and teacher"
    ]
    assert f"Mind: teacher: {judging.LEARNED_FROM}." in page
    assert f"6 exact changes of {PEOPLE} people, seed 0; units: AU1, AU2" in page
    assert "<small>ICC 0.80</small>" in page
    assert run_benchmark(replace(bench, resume=True)).done == 0


def test_judges_stand_beside_the_orders_that_they_give_models(bench, tmp_path):
    from mienkit.app.benchmark.line import Line

    run_benchmark(bench)
    of_judges = read_lines(bench.folder)
    models = [
        Line(fingerprint=f"{name}{judge}", protocol="edit-doses-40", table="pairs", seed=0, judge=judge, model=name,
             name=name, figures={"gain_identity": [value, None, None, 40]})
        for judge in ("one", "two") for name, value in (("x", 0.1), ("y", 0.2), ("z", 0.3))
    ]  # fmt: skip
    page = make_report(tmp_path, [*models, *of_judges])
    assert page.count("Do the judges agree?") == 1
    assert page.count("<section") == 1
    assert page.index("Do the judges agree?") < page.index("judges on exact changes") < page.index("one and two")


def test_who_cannot_be_compared_says_why(bench, monkeypatch):
    def refuse(self, say):
        raise MienError("no faces")

    monkeypatch.setattr(JudgesStage, "prepare", refuse)
    report = run_benchmark(bench)
    assert report.failed == 4
    assert "teacher cannot be compared: no faces" in report.page.read_text()


def test_intervals_are_over_people(tmp_path):
    rng = np.random.default_rng(0)
    exact = rng.uniform(-1, 1, (40, 17))
    read = exact + rng.normal(0, 0.3, (40, 17))
    people = np.arange(40)
    alone = mean_agreement(exact, read, people, ACTION_UNITS)
    assert alone["pcc"].low < alone["pcc"].value < alone["pcc"].high
    assert alone["pcc"].count == 40
    twice = mean_agreement(np.tile(exact, (2, 1)), np.tile(read, (2, 1)), np.tile(people, 2), ACTION_UNITS)
    assert (twice["mae"].low, twice["mae"].high) == pytest.approx((alone["mae"].low, alone["mae"].high))
    assert np.isnan(mean_agreement(exact, read, people, ())["pcc"].value)


@pytest.mark.parametrize(
    ("judges", "said"),
    [
        (["metre"], "no judge is called 'metre'; did you mean 'meter'"),
        (["meter", "meter"], "a judge comes twice"),
        (["openface"], "openface=outputs.csv"),
        (["meter="], "names no file"),
        (["pyfeat=x"], "takes no file"),
        (["judge=nowhere"], "there is no weights folder nowhere"),
    ],
)  # fmt: skip
def test_judges_that_cannot_be_are_refused_before_anybody_works(tables, tmp_path, judges, said):
    request = BenchmarkRequest(tables=tables, folder=tmp_path / "bench", judges=judges)
    with pytest.raises(MienError, match=said):
        run_benchmark(request)
    assert not (tmp_path / "bench").exists()


def test_weights_of_another_model_are_no_judge(tables, tmp_path):
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "config.json").write_text(json.dumps({"model": "stargan", "config": {}}))
    with pytest.raises(MienError, match="of the model 'stargan', not of 'meter'"):
        judging.check_judges([f"meter={tmp_path / 'w'}"])


def test_files_of_openface_and_whom_a_judge_knows_decide_what_comes_of_it(tmp_path, monkeypatch):
    (tmp_path / "of.csv").write_text("one")
    first = judging.seal_of(f"openface={tmp_path / 'of.csv'}")
    (tmp_path / "of.csv").write_text("two")
    assert judging.seal_of(f"openface={tmp_path / 'of.csv'}") not in ("", first)
    assert judging.seal_of(f"openface={tmp_path}") == judging.seal_of(f"openface={tmp_path / 'of.csv'}")
    assert judging.seal_of(f"judge={tmp_path}") == ""
    (tmp_path / "people.json").write_text("{}")
    assert judging.seal_of(f"judge={tmp_path}") == judging.seal_of(f"meter={tmp_path}") != ""
    assert judging.seal_of("mediapipe") == ""


def test_the_meter_that_measures_first_decides_what_comes_of_photographs(tables, monkeypatch):
    monkeypatch.setattr(photos, "load_looker", lambda word: FakeJudge())
    first = photos.PhotoStage(tables, "judge", 0, Choice()).sha256
    monkeypatch.setattr(photos, "meter_seal", lambda: "another meter")
    assert photos.PhotoStage(tables, "judge", 0, Choice()).sha256 != first
    assert judging.meter_seal()


@pytest.mark.parametrize(
    ("emotion", "named", "asked"),
    [
        ("happiness", [], ["judge of drawn faces"]),
        ("happiness", ["mediapipe"], ["mediapipe"]),
        (None, [], ["judge of photographs"]),
        (None, ["meter", "mediapipe"], ["meter", "mediapipe"]),
    ],
)
def test_judges_are_asked_wherever_there_are_exact_changes_of_photographs(tmp_path, monkeypatch, emotion, named, asked):
    rows = [make_row(number, 0.1) for number in range(2)]
    before = np.full(17, 0.1, np.float32)
    rows.append(make_row(0, 0.9, kind="re-expressed", source_id="x", pair="face-0", before=before, emotion=emotion))
    write(tmp_path / "some.table", rows)
    monkeypatch.setattr(
        plan, "default_judge", lambda photographs: f"judge of {'photographs' if photographs else 'drawn faces'}"
    )
    stages = plan.plan_stages([tmp_path / "some.table"], named, [0], Choice())
    (found,) = (stage for stage in stages if stage.func is JudgesStage)
    assert found.args[1] == asked


def test_who_is_best_for_a_judge_follows_the_direction_of_the_figure():
    columns = {one.name: one for one in FAMILIES["edit-doses"].columns}
    lines = [
        Line(fingerprint=name, protocol="edit-doses-40", table="t", seed=0, judge="j", model=name, name=name, kind=kind,
             figures={"pixels": (error, None, None, 9), "dose_r2": (fit, None, None, 9)})
        for name, kind, error, fit in (
            ("copy", "trivial", 1.0, 0.0), ("good", "model", 0.3, 0.9), ("bad", "model", 0.7, 0.95)
        )
    ]  # fmt: skip
    assert best_for(columns["dose_r2"], lines) == "bad"
    lower = next(one for one in columns.values() if one.better == "lower" and one.ranks)
    told = [replace(line, figures={lower.name: line.figures["pixels"]}) for line in lines]
    assert best_for(lower, told) == "good"
    assert best_for(lower, lines[:1]) == ""
