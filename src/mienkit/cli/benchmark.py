"""``mien benchmark``: every model on the same faces, results that merge, and a page of all."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import InceptionFile, Json, Raw, Seed, read_inception, takes
from mienkit.cli.output import print_json, print_table
from mienkit.cli.program import program
from mienkit.core.config import require
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.benchmark.run import BenchmarkReport, BenchmarkRequest

benches = typer.Typer(name="benchmark")
program.add_typer(benches)

Tables = Annotated[list[Path] | None, typer.Option("--table", metavar="TABLE", help="A face table. Repeat it.")]
Judges = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="judge|meter|mediapipe|meter=FOLDER|...",
                 help="Who judges. Repeat it to see whether judges agree."),
]  # fmt: skip
People = Annotated[int | None, typer.Option(help="Fewer than the protocols' 40, for trying.")]
Source = Annotated[
    str | None, typer.Option(metavar="faker-sd3", help="Show only faces of this collection; all are judged.")
]
NewFolder = Annotated[Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="The folder to write.")]


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions:
    """What ``mien benchmark`` takes."""

    context: typer.Context
    table: Tables = None
    out: NewFolder = None
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|NAME=FOLDER|all", help="Who takes part; all that have weights or need none, if "
                     "nobody is named. Several folders of one name are its trainings."),
    ] = None  # fmt: skip
    external: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="What an outside system made of `mien benchmark tasks`. Repeat it."),
    ] = None
    judge: Judges = None
    raw: Raw = False
    resume: Annotated[bool, typer.Option("--resume", help="Go on: what is there stays, what failed is retried.")] = (
        False
    )
    seed: Seed = 0
    seeds: Annotated[int, typer.Option(help="Draws of people: so many seeds, from --seed on.")] = 1
    people: People = None
    clips: Annotated[int, typer.Option(help="People filmed for flicker, of editors on photographs; slow.")] = 0
    source: Source = None
    inception: InceptionFile = None
    json: Json = False


@benches.callback(invoke_without_command=True)
@takes(BenchmarkOptions)
def benchmark(options: BenchmarkOptions) -> int | None:
    """Judge every model on the same faces, and write a page of all.

    mien benchmark --table photos.table --table posed.table --table drawn.table -o bench/

    mien benchmark --table drawn.table --model stargan=runs/stargan-small-0/weights -o bench/ --resume

    mien benchmark --table photos.table --table posed.table --model duchenne --raw -o bench/ --resume
    """
    if options.context.invoked_subcommand is not None:
        return None
    from mienkit.app.benchmark.run import run_benchmark

    report = run_benchmark(request_of(options), _say)
    if options.json:
        print_json({**asdict(report), "lines": [asdict(line) for line in report.lines]})
    else:
        print_report(report)
    return 1 if report.failed else 0


def request_of(options: BenchmarkOptions) -> "BenchmarkRequest":
    """Turn options into a request.

    Raises:
        ConfigError: one is missing or out of range.
    """
    from mienkit.app.benchmark.run import BenchmarkRequest
    from mienkit.app.benchmark.stage import Choice

    require(options.seeds >= 1, f"--seeds {options.seeds} should be at least 1")
    require(options.clips >= 0, f"--clips {options.clips} should be at least 0")
    return BenchmarkRequest(
        tables=tables_of(options.table),
        folder=folder_of(options.out),
        models=options.model or (),
        outside=options.external or (),
        judges=options.judge or (),
        seeds=range(options.seed, options.seed + options.seeds),
        choice=Choice(
            people=people_of(options.people),
            clips=options.clips,
            source=options.source,
            inception=read_inception(options.inception),
        ),
        resume=options.resume,
        raw=options.raw,
    )


def tables_of(tables: list[Path] | None) -> list[Path]:
    """Return the tables.

    Raises:
        ConfigError: there are none.
    """
    require(bool(tables), "name the faces to judge on: --table TABLE, repeated")
    return [table.expanduser() for table in tables or []]


def folder_of(folder: Path | None) -> Path:
    """Return the folder to write.

    Raises:
        ConfigError: nobody named it.
    """
    if folder is None:
        raise ConfigError("name the folder to write: -o bench/")
    return folder.expanduser()


def people_of(people: int | None) -> int | None:
    """Return how many people to take.

    Raises:
        ConfigError: it is out of range.
    """
    require(people is None or 2 <= people <= 40, f"--people {people} should be 2 to 40")
    return people


@dataclass(frozen=True, kw_only=True)
class MergeOptions:
    """What ``mien benchmark merge`` takes."""

    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Results of `mien benchmark`.")]
    out: NewFolder = None
    json: Json = False


@benches.command()
@takes(MergeOptions)
def merge(options: MergeOptions) -> None:
    """Join the results of several machines into a new folder with its page.

    mien benchmark merge bench-a/ bench-b/ -o bench/
    """
    from mienkit.app.benchmark.merge import merge_benchmarks

    report = merge_benchmarks([folder.expanduser() for folder in options.folders], folder_of(options.out))
    if options.json:
        print_json(asdict(report))
        return
    for name in report.differing:
        typer.echo(f"note: {name} has other figures in another folder; those of the first stay", err=True)
    typer.echo(f"{report.lines} results; wrote {report.page}")


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """What ``mien benchmark tasks`` takes."""

    table: Tables = None
    out: NewFolder = None
    judge: Annotated[str | None, typer.Option(help="Who will judge; it chooses the people on photographs.")] = None
    seed: Seed = 0
    people: People = None
    source: Source = None
    json: Json = False


@benches.command()
@takes(TaskOptions)
def tasks(options: TaskOptions) -> None:
    """Write what outside systems are asked: pictures, and a list that names the files to make.

    mien benchmark tasks --table posed.table -o tasks/

    Then: mien benchmark --table posed.table --external NAME=tasks/ -o bench/
    """
    from mienkit.app.benchmark.run import BenchmarkRequest, prepare_tasks
    from mienkit.app.benchmark.stage import Choice

    request = BenchmarkRequest(
        tables=tables_of(options.table),
        folder=folder_of(options.out),
        judges=[options.judge] if options.judge else (),
        seeds=[options.seed],
        choice=Choice(people=people_of(options.people), source=options.source),
    )
    count = prepare_tasks(request, _say)
    if options.json:
        print_json({"folder": request.folder, "requests": count})
    else:
        typer.echo(f"{count} pictures are asked for; the list is {request.folder / 'outputs.csv'}")


@dataclass(frozen=True, kw_only=True)
class CardOptions:
    """What ``mien benchmark card`` takes."""

    model: Annotated[str, typer.Argument(metavar="MODEL", help="Whose card it is for.")]
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Results of `mien benchmark`.")]
    beside: Annotated[list[str] | None, typer.Option(metavar="MODEL", help="Stands beside it. Repeat it.")] = None
    json: Json = False


@benches.command()
@takes(CardOptions)
def card(options: CardOptions) -> None:
    """Print all figures of a model as Markdown, for its card.

    mien benchmark card duchenne bench/ --beside ganimation
    """
    from mienkit.app.benchmark.card import write_card
    from mienkit.app.benchmark.line import read_lines

    text = write_card(options.model, read_lines(options.folder.expanduser()), options.beside or [])
    if options.json:
        print_json({"model": options.model, "markdown": text})
    else:
        typer.echo(text)


def print_report(report: "BenchmarkReport") -> None:
    """Print the first figures of every protocol, and where the page is."""
    from mienkit.app.benchmark.column import family_of
    from mienkit.app.benchmark.distinct import distinct, grouped_by_place
    from mienkit.app.benchmark.summary import known, value_of, written

    lines = distinct(report.lines)
    for (protocol, table, judge), some in grouped_by_place(lines).items():
        good = [line for line in some if line.failed is None]
        columns = [one for one in family_of(protocol).columns if any(known(line, one) for line in good)][:5]
        draws = len({line.seed for line in good}) > 1
        rows = [
            [line.model, line.told, *([str(line.seed)] if draws else []),
             *(written(value_of(line, one), one) if known(line, one) else "" for one in columns)]
            for line in good
        ]  # fmt: skip
        titles = [
            f">{one.title}{f', {one.unit}' if one.unit else ''} {one.arrow if one.ranks else ''}" for one in columns
        ]
        heads = ["model", "told", *(["seed"] if draws else []), *titles]
        print_table(f"{protocol} on {table}, judge: {judge}", heads, rows)
    for line in lines:
        if line.failed is not None:
            typer.echo(f"failed: {line.model} in {line.protocol} on {line.table}: {line.failed}", err=True)
    typer.echo(f"{report.done} done, {report.skipped} were there already, {report.failed} failed; wrote {report.page}")


def _say(line: str) -> None:
    typer.echo(line, err=True)
