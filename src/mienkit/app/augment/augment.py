"""A face table into one in which rare emotions or units are less rare."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mienkit.app.augment.attempt import Attempt, Task, attempt_lot, suffix_of
from mienkit.app.augment.census import Census, read_unknown, take_census
from mienkit.app.augment.notebook import JOB, LOT, Notebook, open_notebook, tidy
from mienkit.app.augment.plan import ClassPlan, balanced_classes, counts_of, make_plan
from mienkit.app.augment.queue import Queue, number_of
from mienkit.app.augment.report import AugmentReport, ClassReport, check_beside, write_beside
from mienkit.app.augment.request import AugmentRequest
from mienkit.app.augment.tools import Tools
from mienkit.app.folder import Track, untracked
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.errors import MienError, OutputError, TableError
from mienkit.data.alone import alone
from mienkit.data.merge import ROWS_PER_SHARD, even_pieces, kept_rows
from mienkit.data.row import OPTIONAL, table_schema
from mienkit.data.table import HIDDEN, FaceTable, open_table
from mienkit.data.writer import describe_crops, write_manifest, write_shard

TOGETHER = 64
"""Faces of a lot: so many are lost at most when the work is interrupted."""
NEW_COLUMNS = ("origin", "editor")


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """What the work on one table needs."""

    census: Census
    tools: Tools
    request: AugmentRequest
    notebook: Notebook
    schema: Any
    """Of the new table."""


def plan_table(table: Path, request: AugmentRequest, tools: Tools) -> list[ClassPlan]:
    """Say what would be made of a table, and write nothing.

    Raises:
        MienError: as ``augment_table``.
    """
    census = read_unknown(take_census(open_table(table)), balanced_classes(request), tools.judge, Notebook())
    return make_plan(census, request, tools)


def augment_table(
    table: Path, out: Path, request: AugmentRequest, tools: Tools, *, force: bool = False, track: Track = untracked
) -> AugmentReport:
    """Write a table of all rows of another one and of new rows that an editor made of its training rows.

    A new row is in only if the judge sees in it what was wanted, and the same person as before; its units are what the
    judge read. Scores of all faces that were tried, and the report, lie beside the table. An interrupted call goes on
    where it stopped.

    Args:
        table: the face table; it stays as it is.
        out: the new table's folder.
        request: what is wanted.
        tools: who edits and who judges.
        force: replace what ``out`` holds; never the input.
        track: shows how many new rows there are.

    Raises:
        ConfigError: the editor cannot be asked for a class, or the judge not see it.
        DataError: there is nothing to balance.
        OutputError: the new table exists already, is the input, was begun otherwise, or cannot be written.
        TableError: the table is broken or has no training rows, or not a single row could be made.
    """
    source = open_table(table)
    if out.resolve() == table.resolve():
        raise OutputError(f"{out} is an input and is never written over; choose another folder")
    check_beside(out, (out / HIDDEN / JOB).is_file(), force)
    census, found = take_census(source), out.exists()
    try:
        with alone(out):
            bench = open_bench(source, census, out, request, tools, force)
            return finish(work_through(bench, plan_bench(bench, out), out, track), bench, source)
    finally:
        if not found and out.is_dir() and not any(out.iterdir()):
            out.rmdir()  # a call that wrote nothing leaves nothing


def open_bench(
    source: FaceTable, census: Census, out: Path, request: AugmentRequest, tools: Tools, force: bool
) -> Bench:
    """Make the new table's folder ready, and read what labels do not tell."""
    notebook = open_notebook(out, job_of(source, request, tools), force)
    optional = [name for name in OPTIONAL if name in (*source.optional, *NEW_COLUMNS)]
    return Bench(
        census=read_unknown(census, balanced_classes(request), tools.judge, notebook),
        tools=tools,
        request=request,
        notebook=notebook,
        schema=table_schema(optional, describe_crops(source.size, source.template)),
    )


def plan_bench(bench: Bench, out: Path) -> list[ClassPlan]:
    """Say what is to be made; where nothing can be, the folder is left as it was found."""
    try:
        return make_plan(bench.census, bench.request, bench.tools)
    except MienError:
        tidy(out)
        raise


def job_of(source: FaceTable, request: AugmentRequest, tools: Tools) -> dict[str, Any]:
    """Say what decides the new rows, so that another call can tell whether it goes on with the same."""
    return {"table": source.fingerprint, "request": describe_request(request), **tools.describe()}


def describe_request(request: AugmentRequest) -> dict[str, Any]:
    """Say what is wanted in JSON's words."""
    told = asdict(request)
    del told["classes"]
    return told | {"only": [one.name for one in request.classes]}


def work_through(bench: Bench, plans: Sequence[ClassPlan], out: Path, track: Track) -> AugmentReport:
    """Make what is to be made, and count what became of it."""
    report = AugmentReport(
        out=out,
        makers=bench.tools.describe(),
        request=describe_request(bench.request),
        classes={plan.name: ClassReport(plan=plan) for plan in plans},
        forbidden=int(bench.census.forbidden.sum()),
    )
    noted = bench.notebook.lots()
    before = sum(attempt["reason"] is None for lot in noted for attempt in lot["attempts"])
    todo = max(sum(plan.make for plan in plans) - before, 0)
    for _ in track(fill_classes(bench, plans, report, len(noted)), todo):
        pass
    return report


def fill_classes(bench: Bench, plans: Sequence[ClassPlan], report: AugmentReport, noted: int) -> Iterator[None]:
    """Make the rows of all classes, the rarest first; yields once for each that is new in this call.

    A row may show several units, so that what is made for one counts for the others, too.
    """
    counts = counts_of(bench.census, plans, bench.request.shown)
    number = 0
    for plan in plans:
        wanted = plan.wanted_class
        queue = Queue(bench.census, wanted, bench.request, suffix_of(wanted, bench.tools, bench.request))
        while (need := plan.wanted - counts[plan.name]) > 0 and (tasks := queue.take(min(need, TOGETHER))):
            lot = bench.notebook.recall(LOT.format(number), partial(work_lot, bench, number, plan, tasks))
            attempts = [Attempt(**told) for told in lot["attempts"]]
            if [one.place for one in attempts] != [task.place for task in tasks]:
                raise OutputError(f"{report.out} was begun by another version; use --force to begin again")
            report.edited += lot["edited"]
            report.editing += lot["editing"]
            report.judging += lot["judging"]
            for attempt in attempts:
                subject = bench.census.subject[attempt.place]
                queue.note(attempt, subject)
                report.note(plan.name, attempt, bench.census.name[attempt.place], subject)
                count_up(counts, plans, attempt, plan, bench.request.shown)
                if attempt.reason is None and number >= noted:
                    yield
            number += 1
    for plan in plans:
        report.classes[plan.name].after = counts[plan.name]


def work_lot(bench: Bench, number: int, plan: ClassPlan, tasks: Sequence[Task]) -> dict[str, Any]:
    """Work on one lot, keep its rows, and return what is noted of it."""
    seed = number_of(f"{bench.request.seed}/{number}")
    result = attempt_lot(bench.census, plan.wanted_class, tasks, bench.tools, bench.request, seed)
    bench.notebook.keep_rows(number, result.rows, bench.schema)
    return {
        "attempts": [asdict(one) for one in result.attempts],
        "edited": result.edited,
        "editing": result.editing,
        "judging": result.judging,
    }


def count_up(
    counts: dict[str, int], plans: Sequence[ClassPlan], attempt: Attempt, plan: ClassPlan, shown: float
) -> None:
    """Count a new row for the class that it was made for, and for all units that the judge read in it."""
    if attempt.reason is not None:
        return
    read = dict(zip(ACTION_UNITS, np.asarray(attempt.after, np.float64), strict=True))
    for other in plans:
        counts[other.name] += other.name == plan.name or (other.name in AU_INDEX and read[other.name] >= shown)


def finish(report: AugmentReport, bench: Bench, source: FaceTable) -> AugmentReport:
    """Write the table, its scores and its report, or say why there is none.

    Raises:
        TableError: not a single row could be made; the scores are written all the same.
    """
    out = report.out
    if not report.made:
        write_beside(report)
        tidy(out)
        reasons = ", ".join(f"{reason} ({count} times)" for reason, count in report.rejected.most_common())
        raise TableError(
            f"not a single row could be made of {source.folder} by {bench.tools.editor.name}: "
            f"{reasons or 'there is nobody to change'}; take another editor or judge"
        )
    old = kept_rows([source], np.ones(source.rows, np.bool_), bench.schema, None)
    rows = (piece for pieces in (old, bench.notebook.rows()) for piece in pieces)
    shards = [write_shard(out, number, piece) for number, piece in enumerate(even_pieces(rows, ROWS_PER_SHARD))]
    report.rows = sum(shard["rows"] for shard in shards)
    write_beside(report)
    write_manifest(out, shards, size=source.size, template=source.template)
    tidy(out)
    return report
