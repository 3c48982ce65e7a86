"""How results look on a terminal: tables and JSON on stdout, progress on stderr."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from mienkit.cli.pace import Pace

if TYPE_CHECKING:
    from rich.table import Table

    from mienkit.app.folder import FolderReport

BAR = 20
"""Characters of a bar that stands for 1."""
BLOCKS = " ▏▎▍▌▋▊▉█"
"""Eighths of a character."""


def print_json(value: object) -> None:
    """Print a result for programs."""
    from mienkit.face.mark import plain

    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a result for people; columns whose heading starts with ``>`` are aligned right."""
    from rich.console import Console

    Console().print(make_table(title, columns, rows))


def make_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    """Lay out a table without frames."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, header_style="dim", pad_edge=False)
    table.show_header = any(column.strip(">") for column in columns)
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def bar(value: float | None) -> str:
    """Draw a number in [0, 1] as a bar; what is not known has none."""
    if value is None:
        return ""
    eighths = round(max(0.0, min(1.0, value)) * BAR * 8)
    full, rest = divmod(eighths, 8)
    return f"{BLOCKS[8] * full}{BLOCKS[rest] if rest else ''}"


def number(value: float | None) -> str:
    """Write a measured intensity; what the meter cannot see is unknown and never 0."""
    return "unknown" if value is None else f"{value:.2f}"


def track(things: Iterable[Any], count: int, what: str = "") -> Iterator[Any]:
    """Hand on things while stderr shows how many are done, how many a second, and how long it will take yet.

    Args:
        things: those of this run alone; what an earlier one did would count as done in no time.
        count: how many there are; 0 where nobody knows, and it may be a little wrong.
        what: they are, in the plural.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    pace = Pace(total=count or None)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        number = progress.add_task("", total=pace.total, pace=pace)
        (task,) = progress.tasks
        for thing in things:
            yield thing
            pace.tick()
            task.total = pace.total  # ``Progress.update`` cannot take it back
            progress.advance(number)
        pace.total = pace.done
        progress.update(number, total=pace.done)


def print_photo(unchanged: float, notes: Iterable[str], written: str) -> None:
    """Say how much of a photo is still its own, what had to be changed in reading it, and where the new one is."""
    typer.echo(f"{unchanged:.1%} of the photo's pixels are untouched")
    for note in notes:
        typer.echo(f"note: {note}")
    typer.echo(f"wrote {written}")


def print_folder(report: "FolderReport", what: str) -> int:
    """Say what became of a folder's files; the exit code is 1 where some failed."""
    typer.echo(f"{len(report.done)} {what}, {len(report.skipped)} were done already, {len(report.failed)} failed")
    for path, reason in report.failed.items():
        typer.echo(f"failed: {path}: {reason}", err=True)
    return 1 if report.failed else 0
