"""How `mien prepare` tells what became of a data set: what was made on stdout, what went wrong on stderr."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mienkit.app.prepare_report import PrepareReport
    from mienkit.data.coverage import Coverage
    from mienkit.data.twin import Twins

REASONS = {"FaceError": "no face was found", "ImageError": "the file cannot be used"}
"""Kind of error -> what it means for all pictures of which it was said."""
FEW = 3
"""Examples of what was not taken, and couples, that are named here; `--json` names twenty."""


def print_report(report: "PrepareReport", out: Path) -> None:
    """Say what became of a data set."""
    for line in report_lines(report, out):
        typer.echo(line)
    for line in failure_lines(report):
        typer.echo(line, err=True)


def report_lines(report: "PrepareReport", out: Path) -> Iterator[str]:
    """Say what was made, and of what."""
    people = f" of {report.coverage.subjects:,} people" if report.coverage else ""
    yield f"{report.rows - report.doubles:,} faces{people} from {report.samples:,} pictures, written to {out}"
    if report.coverage:
        yield from coverage_lines(report.coverage)
    if report.picture:
        yield f"  picture    {report.picture}"
    if report.doubles:
        yield f"left out because they were there already: {report.doubles:,}"
    if report.twins:
        yield from twin_lines(report.twins)
    if report.second_looks:
        yield f"looked at again because a small copy showed no face: {report.second_looks:,}"
    for reason, files in report.left_out.items():
        yield f"{files:,} not taken: {reason} ({', '.join(report.left_out_examples[reason][:FEW])} ...)"
    for warning in report.coverage.warnings if report.coverage else ():
        yield f"note: {warning.name}: {warning.message}"


def coverage_lines(coverage: "Coverage") -> Iterator[str]:
    """Say what a table covers."""
    splits = [
        f"{name} {part.faces:,} faces of {part.subjects:,} people"
        for name, part in coverage.splits.items()
        if part.faces
    ]
    yield f"  splits     {', '.join(splits)}"
    if coverage.folds:
        sizes = [part.subjects for part in coverage.folds.values()]
        yield f"  folds      {len(sizes)}, of {min(sizes):,} to {max(sizes):,} people"
    told = [f"{name} {count:,}" for name, count in coverage.emotions.items() if count]
    yield f"  emotions   {', '.join(told)}"
    shown = [f"{name} {unit.shown:,}" for name, unit in coverage.units.items()]
    yield f"  above 0.2  {', '.join(shown[:9])},"
    yield f"             {', '.join(shown[9:])}"


def twin_lines(twins: "Twins") -> Iterator[str]:
    """Say which pictures are almost the same."""
    if not twins.couples:
        return
    count = f"{twins.couples:,}{' or more' if twins.more else ''}"
    yield (
        f"{count} couples of pictures are almost the same, {twins.strangers:,} of them of two people, "
        f"{twins.leaks:,} in two splits:"
    )
    for one, other in twins.examples[:FEW]:
        yield f"  {one} = {other}"


def failure_lines(report: "PrepareReport") -> Iterator[str]:
    """Say what could not be used."""
    for kind, count in report.kinds.items():
        yield f"{count:,} left out: {REASONS.get(kind, kind)}"
    yield from (f"  {name}: {reason}" for name, reason in report.failed.items())
    more = sum(report.kinds.values()) - len(report.failed)
    if more > 0:
        yield f"  and {more:,} more"
