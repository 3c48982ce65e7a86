"""``mien data``: look at face tables, join them, hand them on."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Force, Json, NewTable, Seed, Table, takes
from mienkit.cli.output import print_json, print_table
from mienkit.cli.program import program
from mienkit.core.config import require
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.table import TableSummary, UnitSummary

tables = typer.Typer(name="data", help="Look at face tables, join them, hand them on.", no_args_is_help=True)
program.add_typer(tables)


@dataclass(frozen=True, kw_only=True)
class ShowOptions:
    """What ``mien data show`` takes."""

    table: Table
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="SHEET.png", help="Draw a contact sheet.")] = None
    by: Annotated[str | None, typer.Option(metavar="emotion|AU12", help="Rows of the sheet; else chance faces.")] = None
    rows: Annotated[int, typer.Option(help="Of the sheet.")] = 8
    columns: Annotated[int, typer.Option(help="Of the sheet.")] = 8
    split: Annotated[str | None, typer.Option(metavar="train|val|test", help="Of the sheet's faces.")] = None
    seed: Seed = 0
    coverage: Annotated[
        Path | None, typer.Option(metavar="COVERAGE.png", help="Draw how often each action unit occurs.")
    ] = None
    force: Force = False
    json: Json = False


@tables.command()
@takes(ShowOptions)
def show(options: ShowOptions) -> None:
    """Count what is in a table, and draw a contact sheet of it if asked.

    mien data show faces.table -o sheet.png --by AU12
    """
    from mienkit.app.coverage_sheet import show_coverage
    from mienkit.app.table import summarise_table

    shown = draw(options) if options.out else refuse_without_sheet(options)
    if options.coverage:
        shown["coverage"] = asdict(show_coverage(options.table, options.coverage, force=options.force))
    summary = summarise_table(options.table)
    if options.json:
        print_json({**asdict(summary), **shown})
        return
    print_summary(summary)
    if options.out:
        typer.echo(f"wrote {shown['shown']} faces to {options.out}")
    if options.coverage:
        typer.echo(f"wrote what the table covers to {options.coverage}")


def draw(options: ShowOptions) -> dict[str, object]:
    """Draw the sheet and return what is told of it."""
    from mienkit.app.table_sheet import SheetRequest, show_table

    assert options.out is not None
    request = SheetRequest(
        by=options.by, rows=options.rows, columns=options.columns, split=options.split, seed=options.seed
    )
    return {"sheet": options.out, "shown": show_table(options.table, options.out, request, force=options.force)}


def refuse_without_sheet(options: ShowOptions) -> dict[str, object]:
    """Return nothing, unless something was asked of a sheet that nobody asked for.

    Raises:
        ConfigError: the sheet has no name.
    """
    require(options.by is None and options.split is None, "--by and --split need a sheet; name it with -o sheet.png")
    return {}


def print_summary(summary: "TableSummary") -> None:
    """Print the numbers of a table."""
    typer.echo(f"{summary.folder}: {summary.rows} faces of {summary.subjects} people, {summary.size} px\n")
    for column, counts in summary.counts.items():
        print_table(column, ("", ">"), [(value, str(count)) for value, count in counts.items()])
    print_units(summary.units)


def print_units(units: Mapping[str, "UnitSummary"]) -> None:
    """Print how the action units of a table occur."""
    rows = [(name, *unit_cells(unit)) for name, unit in units.items()]
    print_table("action units", ("", ">known", ">least", ">most", ">mean", ">above 0.3"), rows)


def unit_cells(unit: "UnitSummary") -> Iterator[str]:
    """Write the numbers of an action unit; none where nobody measured it."""
    yield f"{unit.known:.0%}"
    yield from ("" if value is None else f"{value:.2f}" for value in (unit.least, unit.most, unit.mean))
    yield "" if unit.shown is None else f"{unit.shown:.0%}"


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What ``mien data check`` takes."""

    table: Table
    json: Json = False


@tables.command()
@takes(CheckOptions)
def check(options: CheckOptions) -> int:
    """Check every row of a table; the exit code is 1 where something is wrong."""
    from mienkit.app.table import examine_table

    report = examine_table(options.table)
    if options.json:
        print_json(asdict(report))
    else:
        if report.units:
            print_units(report.units)
        for warning in report.warnings:
            typer.echo(f"note: {warning.name}: {warning.message}")
        for problem in report.problems:
            typer.echo(f"{problem.name}: {problem.message}")
        count = len(report.problems)
        typer.echo(f"{options.table}: {count} problems" if count else f"{options.table} is sound")
    return 1 if report.problems else 0


@dataclass(frozen=True, kw_only=True)
class MergeOptions:
    """What ``mien data merge`` takes."""

    table: Annotated[list[Path], typer.Argument(metavar="TABLE...", help="Face tables: folders.")]
    out: NewTable
    resplit: Annotated[int | None, typer.Option(metavar="SEED", help="Split all rows anew, by subject.")] = None
    force: Force = False
    json: Json = False


@tables.command()
@takes(MergeOptions)
def merge(options: MergeOptions) -> None:
    """Join tables into one; a face that occurs twice is kept once.

    mien data merge photos.table rendered.table -o all.table
    """
    from mienkit.data.merge import merge_tables

    report = merge_tables(options.table, options.out, resplit=options.resplit, force=options.force)
    if options.json:
        print_json({"out": options.out, **asdict(report)})
    else:
        typer.echo(
            f"wrote {report.rows} faces of {report.subjects} people to {options.out}; "
            f"{report.duplicates} that occurred twice were left out"
        )


@dataclass(frozen=True, kw_only=True)
class TakeOptions:
    """What ``mien data take`` takes."""

    table: Table
    out: NewTable
    split: Annotated[str | None, typer.Option(metavar="val", help="Only people of this split.")] = None
    fold: Annotated[
        str | None,
        typer.Option(metavar="1/3", help="Only the first third of the people, by their names; 2/3: the second."),
    ] = None
    call: Annotated[str | None, typer.Option("--as", metavar="train", help="Put them into this split.")] = None
    force: Force = False
    json: Json = False


@tables.command()
@takes(TakeOptions)
def take(options: TakeOptions) -> None:
    """Take some people of a table, e.g. those from whom a judge learns.

    mien data take photos.table -o judged-by.table --split val --fold 1/2 --as train
    """
    from mienkit.data.subset import People, take_people

    fold, folds = parse_fold(options.fold) if options.fold else (None, 2)
    people = People(split=options.split, fold=fold, folds=folds, call=options.call)
    rows = take_people(options.table, options.out, people, force=options.force)
    if options.json:
        print_json({"out": options.out, "rows": rows})
    else:
        typer.echo(f"wrote {rows} faces to {options.out}")


def parse_fold(word: str) -> tuple[int, int]:
    """Read ``1/3``: which fold, from 0, of how many.

    Raises:
        ConfigError: it is nothing like that.
    """
    number, _, folds = word.partition("/")
    if not (number.isdecimal() and folds.isdecimal()) or not 1 <= int(number) <= int(folds):
        raise ConfigError(f"--fold {word} should be like 1/3, the first of three")
    return int(number) - 1, int(folds)


@dataclass(frozen=True, kw_only=True)
class HubOptions:
    """What ``mien data to-hf`` takes."""

    table: Table
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="The new folder.")]
    rows_per_file: Annotated[int, typer.Option(help="Of each Parquet file.")] = 5000
    force: Force = False
    json: Json = False


@tables.command("to-hf")
@takes(HubOptions)
def to_hub(options: HubOptions) -> None:
    """Write a folder that `datasets.load_dataset` of Hugging Face reads.

    mien data to-hf faces.table faces-hf
    """
    from mienkit.data.hub import write_hub_folder

    made = write_hub_folder(options.table, options.out, rows_per_file=options.rows_per_file, force=options.force)
    if options.json:
        print_json(asdict(made))
    else:
        rows = ", ".join(f"{count} {split}" for split, count in made.rows.items())
        typer.echo(f"wrote {rows} in {made.files} files to {made.folder}")
