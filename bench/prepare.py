"""How fast photographs become rows of a face table, and where the time goes."""

import tempfile
import time
from pathlib import Path

from bench.portraits import HEIGHT, WIDTH, write_portraits
from bench.table import Table
from mienkit.app.engine import Local
from mienkit.app.prepare import PrepareJob, PrepareReport, prepare

PROCESSES = (1, 2)


def bench_prepare(*, count: int = 1000) -> Table:
    """Prepare portraits with one process and with two."""
    with tempfile.TemporaryDirectory() as name:
        photos = Path(name) / "photos"
        write_portraits(photos, count)
        runs = {workers: timed_run(photos, workers) for workers in PROCESSES}
    report, _ = runs[PROCESSES[-1]]
    return Table(
        title="Photographs into a table",
        note=f"`mien prepare folder` on {count} portraits of {WIDTH} x {HEIGHT} px with the default face backend. Its "
        f"look at 320 px found no face in {report.second_looks}; {count - report.rows} have none at any size. Stages "
        "are the milliseconds that a process works on a photograph; the last lines are all processes together, at work "
        "and with their start.",
        columns=("what", *(column for workers in PROCESSES for column in (f"processes: {workers}", "share"))),
        rows=[*stage_rows(runs, count), *whole_rows(runs, count)],
    )


def timed_run(photos: Path, workers: int) -> tuple[PrepareReport, float]:
    """Prepare the portraits; return what became of them, and the seconds that it took."""
    job = PrepareJob(reader="folder", place=photos, out=photos.parent / f"table-{workers}")
    start = time.perf_counter()
    report = prepare(job, Local(workers=workers))
    return report, time.perf_counter() - start


def stage_rows(runs: dict[int, tuple[PrepareReport, float]], count: int) -> list[tuple[object, ...]]:
    """Show what each stage takes of a process."""
    stages = next(iter(runs.values()))[0].seconds
    return [
        (f"{stage}, ms", *(cell for run in runs.values() for cell in stage_cells(stage, run, count)))
        for stage in stages
    ]


def stage_cells(stage: str, run: tuple[PrepareReport, float], count: int) -> tuple[float, str]:
    """Show one stage of one run."""
    report, _ = run
    return 1000 * report.seconds[stage] / count, f"{report.seconds[stage] / sum(report.seconds.values()):.0%}"


def whole_rows(runs: dict[int, tuple[PrepareReport, float]], count: int) -> list[tuple[object, ...]]:
    """Show the photographs a second while all processes work, and of the whole call."""
    at_work = [workers * count / sum(report.seconds.values()) for workers, (report, _) in runs.items()]
    over_all = [count / seconds for _, seconds in runs.values()]
    return [
        ("photographs/s, at work", *(cell for rate in at_work for cell in (rate, ""))),
        ("photographs/s, the whole call", *(cell for rate in over_all for cell in (rate, ""))),
    ]
