"""``mien data``: look at face tables."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from mienkit.cli.option import Json, Table, takes
from mienkit.cli.output import print_json, print_table
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.table import TableSummary

tables = typer.Typer(name="data", help="Look at face tables.", no_args_is_help=True)
program.add_typer(tables)


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """What ``mien data check`` and ``mien data show`` take."""

    table: Table
    json: Json = False


@tables.command()
@takes(TableOptions)
def show(options: TableOptions) -> None:
    """Count what is in a table."""
    from mienkit.app.table import summarise_table

    summary = summarise_table(options.table)
    if options.json:
        print_json(asdict(summary))
    else:
        print_summary(summary)


def print_summary(summary: "TableSummary") -> None:
    """Print the numbers of a table."""
    typer.echo(f"{summary.folder}: {summary.rows} faces of {summary.subjects} people, {summary.size} px\n")
    for column, counts in summary.counts.items():
        print_table(column, ("", ">"), [(value, str(count)) for value, count in counts.items()])
    rows = [
        (name, f"{unit.known:.0%}", *(("", "") if unit.mean is None else (f"{unit.mean:.2f}", f"{unit.shown:.0%}")))
        for name, unit in summary.units.items()
    ]
    print_table("action units", ("", ">known", ">mean", ">above 0.3"), rows)


@tables.command()
@takes(TableOptions)
def check(options: TableOptions) -> int:
    """Check every row of a table; the exit code is 1 where something is wrong."""
    from mienkit.app.table import check_table

    problems = check_table(options.table)
    if options.json:
        print_json([asdict(problem) for problem in problems])
    else:
        for problem in problems:
            typer.echo(f"{problem.name}: {problem.message}")
        typer.echo(f"{options.table}: {len(problems)} problems" if problems else f"{options.table} is sound")
    return 1 if problems else 0
