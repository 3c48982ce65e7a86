"""Use case: run what is missing of a benchmark, and write its page."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mienkit.app.benchmark.entrant import Entrant, list_entrants
from mienkit.app.benchmark.exact import ExactStage
from mienkit.app.benchmark.judging import check_judges
from mienkit.app.benchmark.line import RESULTS, Line, append_lines, finished_work, read_lines
from mienkit.app.benchmark.outside import Request, named_outputs, write_tasks
from mienkit.app.benchmark.photos import PhotoStage
from mienkit.app.benchmark.plan import plan_stages
from mienkit.app.benchmark.report import write_report
from mienkit.app.benchmark.stage import Album, Choice, Finding, Job, Say, Stage, name_job
from mienkit.app.small_proof import reason
from mienkit.core.config import require
from mienkit.face.output import check_output


@dataclass(frozen=True, kw_only=True)
class BenchmarkRequest:
    """What ``mien benchmark`` is asked for."""

    tables: Sequence[Path]
    folder: Path
    """Where results, pictures and the page go."""
    models: Sequence[str] = ()
    """``NAME``, ``NAME=FOLDER`` or ``all``; all if there are none."""
    outside: Sequence[str] = ()
    """``NAME=FOLDER`` of outside systems."""
    judges: Sequence[str] = ()
    seeds: Sequence[int] = (0,)
    choice: Choice = field(default_factory=Choice)
    resume: bool = False
    raw: bool = False
    """Leave calibrations out."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkReport:
    """What became of a benchmark."""

    folder: Path
    page: Path
    lines: Sequence[Line]
    """All that the folder holds."""
    done: int
    """Pieces of work that were done now."""
    skipped: int
    """Pieces of work that were there already."""
    failed: int
    """Of those that were done now."""


@dataclass(kw_only=True)
class Tally:
    """How far a benchmark is."""

    done: int = 0
    skipped: int = 0
    failed: int = 0


def run_benchmark(request: BenchmarkRequest, say: Say = lambda line: None) -> BenchmarkReport:
    """Run every protocol that the tables fit on every model; what fails becomes a line, too.

    Raises:
        ConfigError: the folder has results and nobody wants to go on with them, or shows faces that may not be shown
            now, or a name is wrong.
        OutputError: the folder cannot be written to.
        MienError: tables, weights or judges cannot be used.
    """
    check_output(request.folder / RESULTS, [], force=True)
    known = read_lines(request.folder)
    require(
        request.resume or not known,
        f"{request.folder / RESULTS} has results already; go on with --resume, or choose another folder",
    )
    check_shown(known, request)
    check_judges(request.judges)
    entrants = list_entrants(request.models, named_outputs(request.outside), raw=request.raw)
    stages = plan_stages(request.tables, request.judges, request.seeds, request.choice)
    finished = finished_work(known)
    tally = Tally()
    for make in stages:
        run_stage(make(), entrants, finished, request.folder, tally, say)
    lines = read_lines(request.folder)
    page = write_report(request.folder, lines)
    return BenchmarkReport(folder=request.folder, page=page, lines=lines, **vars(tally))


def check_shown(known: Sequence[Line], request: BenchmarkRequest) -> None:
    """Make sure that a page that is to show one collection alone gets no faces of others from earlier results.

    Raises:
        ConfigError: it would.
    """
    source = request.choice.source
    others = [line for line in known if line.pictures and line.shown != source]
    require(
        source is None or not others,
        f"{request.folder / RESULTS} has pictures that were chosen without --source {source}; choose another folder",
    )


def run_stage(
    stage: Stage, entrants: Sequence[Entrant], finished: set[str], folder: Path, tally: Tally, say: Say
) -> None:
    """Run what is missing of one protocol; it is made ready only if something is."""
    jobs = {name_job(stage, job): job for job in stage.jobs(entrants)}
    missing = {mark: job for mark, job in jobs.items() if mark not in finished}
    tally.skipped += len(jobs) - len(missing)
    fault = prepared(stage, say) if missing else None
    for mark, job in missing.items():
        say(f"{stage.protocol} on {stage.table}, seed {stage.seed}: {job.title}")
        lines = [failed_line(stage, job, mark, fault)] if fault else run_job(stage, job, mark, folder, say)
        append_lines(folder, lines)
        tally.done += 1
        tally.failed += any(line.failed is not None for line in lines)


def prepared(stage: Stage, say: Say) -> str | None:
    """Make a protocol ready; returns why that is not possible."""
    try:
        stage.prepare(say)
    except Exception as error:  # the other protocols go on
        say(f"{stage.protocol} on {stage.table}: {reason(error)}")
        return reason(error)
    return None


def run_job(stage: Stage, job: Job, mark: str, folder: Path, say: Say) -> list[Line]:
    """Do one piece of work; what goes wrong becomes a line."""
    try:
        findings = job.work(Album(folder=folder, name=mark, model=job.name or job.title), say)
    except Exception as error:  # a mistake in one model's code is no reason to lose the others
        say(f"{job.title}: {reason(error)}")
        return [failed_line(stage, job, mark, reason(error))]
    return [replace(line_of(stage, job, mark, finding), ways=len(findings)) for finding in findings]


def line_of(stage: Stage, job: Job, mark: str, finding: Finding) -> Line:
    """Write down what became of a model."""
    return replace(blank_line(stage, job, mark), **vars(finding))


def failed_line(stage: Stage, job: Job, mark: str, why: str) -> Line:
    """Write down why there is nothing."""
    return replace(blank_line(stage, job, mark), failed=why)


def blank_line(stage: Stage, job: Job, mark: str) -> Line:
    """Write down all but what came of it."""
    weights = [one.weights for one in job.parts if one.weights]
    return Line(
        fingerprint=mark,
        protocol=stage.protocol,
        table=stage.table,
        seed=stage.seed,
        judge=stage.judge,
        marks=stage.marks,
        recogniser=stage.recogniser,
        model=job.title,
        name=job.name or job.title,
        kind=job.kind,
        weights=" + ".join(weights) or None,
        parameters=sum(one.parameters for one in job.parts),
        bytes=sum(one.bytes for one in job.parts),
        tables=stage.sha256,
        shown=stage.choice.source,
        machine=f"{platform.system()} {platform.machine()}",
    )


def prepare_tasks(request: BenchmarkRequest, say: Say = lambda line: None) -> int:
    """Write what outside systems are asked into a folder; returns how many pictures that is.

    Raises:
        MienError: tables or judges cannot be used, or the folder holds tasks already.
    """
    check_judges(request.judges)
    makes: list[Callable[[], Stage]] = plan_stages(request.tables, request.judges, request.seeds, request.choice)
    asked: list[Request] = []
    for make in makes:
        if kind_of(make) in (PhotoStage, ExactStage):
            stage = make()
            assert isinstance(stage, PhotoStage | ExactStage)
            stage.prepare(say)
            asked += stage.requests()
    require(bool(asked), "outside systems can be asked to change pictures, not to make clips: give another --table")
    return write_tasks(request.folder, asked)


def kind_of(make: Callable[[], Stage]) -> object:
    """Tell which protocol is to be made ready, so that what nobody is asked in need not be."""
    return make.func if isinstance(make, partial) else None
