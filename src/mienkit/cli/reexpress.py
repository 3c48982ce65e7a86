"""``mien reexpress``: photographs with exactly changed expressions."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Force, Json, NewTable, Seed, Table, takes
from mienkit.cli.output import print_json, print_table, track
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.reexpress import ReexpressReport


@dataclass(frozen=True, kw_only=True)
class ReexpressOptions:
    """What ``mien reexpress`` takes."""

    table: Table
    out: NewTable
    per_photo: Annotated[int, typer.Option(help="Random edits of every photo.")] = 3
    size: Annotated[int, typer.Option(metavar="128|256", help="Side of the pictures in pixels.")] = 128
    aus: Annotated[
        list[str] | None,
        typer.Option(metavar="AU12=1,AU6=0.5", help="Set these in every photo instead; AU12_L is one side."),
    ] = None
    neutralise: Annotated[bool, typer.Option("--neutralise", help="Take expressions off instead.")] = False
    posed: Annotated[bool, typer.Option("--posed", help="Make all eight emotions of every photo instead.")] = False
    split: Annotated[str | None, typer.Option(metavar="val", help="Only photos of this split.")] = None
    seed: Seed = 0
    workers: Annotated[int, typer.Option(help="Processes; 0 takes one a core.")] = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(ReexpressOptions)
def reexpress(options: ReexpressOptions) -> None:
    """Change the expressions of a table's photographs by exact amounts, and write photographs and edits as a table.

    mien reexpress faces.table -o pairs.table

    mien reexpress faces.table -o smiles.table --aus AU12=1,AU6=0.5

    mien reexpress faces.table -o posed.table --posed
    """
    from mienkit.app.reexpress import ReexpressRequest, reexpress_table
    from mienkit.cli.edit import parse_intensities

    request = ReexpressRequest(
        per_photo=options.per_photo,
        size=options.size,
        aus=parse_intensities(options.aus or []),
        neutralise=options.neutralise,
        posed=options.posed,
        split=options.split,
        seed=options.seed,
        workers=options.workers,
    )
    report = reexpress_table(
        options.table, options.out, request, force=options.force, track=partial(track, what="photos")
    )
    if options.json:
        print_json({"out": options.out, **vars(report)})
    else:
        print_report(report, str(options.out))


def print_report(report: "ReexpressReport", out: str) -> None:
    """Say what was written, and what was left out and why."""
    typer.echo(
        f"{report.edits} edits of {report.photos - report.photo_faults.total() - report.without} photos written to "
        f"{out}, {report.skipped} photos were done already"
    )
    lines = [(reason, f"{n}", rate(n, report.photos), "photos") for reason, n in report.photo_faults.most_common()]
    lines += [(reason, f"{n}", rate(n, report.tried), "edits") for reason, n in report.edit_faults.most_common()]
    if report.without:
        lines.append(("no edit of them was left", f"{report.without}", rate(report.without, report.photos), "photos"))
    if lines:
        print_table("Left out", ("", ">", ">share", "of"), lines)


def rate(count: int, whole: int) -> str:
    """Write a share in per cent."""
    return f"{100 * count / max(whole, 1):.1f} %"
