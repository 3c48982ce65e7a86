"""``mien augment``: make rare emotions or action units of a table less rare."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Device, Force, Json, ModelName, Seed, Table, WeightsFolder, takes
from mienkit.cli.output import print_json, print_table, track
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.augment import AugmentReport, ClassPlan

BY = "What is balanced: emotions, or every action unit for itself. Emotions if left out."
TO = "Up to as many rows as the commonest has, a share of that, or a number of rows."
ONLY = "Make these alone; emotions and units may stand together. Repeat it, or use commas."
JUDGE = "Who says what a new face shows; openface=FILE.csv cannot."
DRY = "Say what would be made, and write nothing."


@dataclass(frozen=True, kw_only=True)
class AugmentOptions:
    """What ``mien augment`` takes."""

    table: Table
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="TABLE", help="The new face table: a folder.")] = (
        None
    )
    by: Annotated[str | None, typer.Option(metavar="emotion|au", help=BY)] = None
    to: Annotated[str, typer.Option(metavar="even|0.5|300", help=TO)] = "even"
    only: Annotated[list[str] | None, typer.Option(metavar="fear,AU9", help=ONLY)] = None
    model: ModelName = None
    weights: WeightsFolder = None
    judge: Annotated[str, typer.Option(metavar="judge|meter|mediapipe|pyfeat", help=JUDGE)] = "judge"
    pyfeat_python: Annotated[
        Path | None, typer.Option(metavar="PYTHON", help="Of an environment that has py-feat, for the judge pyfeat.")
    ] = None
    shown: Annotated[float, typer.Option(help="Intensity from which a unit counts as shown.")] = 0.3
    identity: Annotated[float, typer.Option(help="Least cosine to the person before, by MobileFace.")] = 0.5
    most_per_person: Annotated[int, typer.Option(help="New rows of one person, for each class.")] = 3
    dry_run: Annotated[bool, typer.Option("--dry-run", help=DRY)] = False
    device: Device = "auto"
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(AugmentOptions)
def augment(options: AugmentOptions) -> None:
    """Give some of a table's people the expressions that are rare in it, and keep those that the judge sees.

    mien augment faces.table -o balanced.table

    mien augment faces.table -o balanced.table --only fear,disgust --to 0.5

    mien augment faces.table -o units.table --by au --to 300 --dry-run
    """
    from mienkit.app.augment import AugmentRequest, augment_table, load_tools, plan_table

    if options.out is None and not options.dry_run:
        raise ConfigError("say where the new table goes with --out, or look at the plan alone with --dry-run")
    if options.judge.partition("=")[0] == "openface":
        raise ConfigError("the judge openface reads a file of faces that exist already; take judge, meter or mediapipe")
    request = AugmentRequest(
        by=options.by,
        to=options.to,
        only=tuple(word for words in options.only or [] for word in words.split(",") if word.strip()),
        shown=options.shown,
        identity=options.identity,
        most_per_person=options.most_per_person,
        seed=options.seed,
    )
    tools = load_tools(options.model, options.weights, options.judge, options.device, options.pyfeat_python)
    if options.dry_run or options.out is None:
        print_plan(plan_table(options.table, request, tools), options)
        return
    report = augment_table(
        options.table, options.out, request, tools, force=options.force, track=partial(track, what="new faces")
    )
    if options.json:
        print_json(report.describe())
    else:
        print_report(report)


def print_plan(plans: "Sequence[ClassPlan]", options: AugmentOptions) -> None:
    """Say what would be made."""
    if options.json:
        print_json({"table": options.table, "classes": [asdict(plan) for plan in plans]})
        return
    rows = [(plan.name, f"{plan.has}", f"{plan.wanted}", f"{plan.make}", f"{plan.people}") for plan in plans]
    columns = ("class", ">has", ">wanted", ">to be made", ">people at hand")
    print_table(f"Training rows of {options.table}", columns, rows)


def print_report(report: "AugmentReport") -> None:
    """Say what was made of every class, and why faces were left out."""
    from mienkit.app.augment.report import files_beside

    rows = [
        (name, f"{one.plan.has}", f"{one.plan.wanted}", f"{one.made}", f"{one.after}", f"{one.short}",
         f"{len(one.people)}", f"{one.rejected.total()}")
        for name, one in report.classes.items()
    ]  # fmt: skip
    columns = ("class", ">before", ">wanted", ">made", ">after", ">short", ">people", ">left out")
    print_table("Training rows", columns, rows)
    reasons = [
        (name, reason, f"{count}")
        for name, one in report.classes.items()
        for reason, count in one.rejected.most_common()
    ]
    if reasons:
        print_table("Left out", ("class", "because", ">faces"), reasons)
    if report.forbidden:
        typer.echo(f"{report.forbidden} rows were not changed, because their licence forbids it")
    if report.milliseconds:
        editing, judging = report.milliseconds
        typer.echo(f"{editing:.0f} ms a face to change it and {judging:.0f} ms to judge it ({report.makers['judge']})")
    scores, summary = files_beside(report.out)
    typer.echo(
        f"{report.made} new faces among {report.rows} rows in {report.out}; what was measured is in {scores}, "
        f"the report in {summary}"
    )
