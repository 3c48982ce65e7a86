"""``mien stimuli``: the stimulus set of a study, made by a design file, and made again to verify it."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mienkit.cli.option import FaceBackend, Force, Json, Raw, WeightsFolder, takes
from mienkit.cli.output import print_json, print_table, track
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.stimuli import StudyReport, VerifyReport

MAKE = "make"
SHOWN = 20
"""Lines of a list that are printed at most; the codebook holds all."""


class DesignFirst(TyperGroup):
    """Takes ``mien stimuli design.yaml`` for ``mien stimuli make design.yaml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the verb before a design file."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


stimuli = typer.Typer(name="stimuli", help="Make the stimulus set of a study, and verify it.", no_args_is_help=True,
                      cls=DesignFirst)  # fmt: skip
program.add_typer(stimuli)

StudyDevice = Annotated[str, typer.Option(metavar="cpu|cuda", help="Where to compute; CPUs repeat better.")]


@dataclass(frozen=True, kw_only=True)
class MakeOptions:
    """What ``mien stimuli`` takes."""

    design: Annotated[Path, typer.Argument(metavar="DESIGN.yaml", help="Who shows what, how strong, still or moving.")]
    out: Annotated[Path, typer.Option("--out", "-o", metavar="STUDY", help="The study's folder.")]
    weights: WeightsFolder = None
    face_backend: FaceBackend = "dlib"
    device: StudyDevice = "cpu"
    raw: Raw = False
    force: Force = False
    json: Json = False


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What ``mien stimuli verify`` takes."""

    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A folder that `mien stimuli` made.")]
    photos: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the photographs lie, if not where they were.")
    ] = None
    quick: Annotated[bool, typer.Option("--quick", help="Hold files to their hashes; make nothing again.")] = False
    weights: WeightsFolder = None
    device: StudyDevice = "cpu"
    json: Json = False


@stimuli.command(MAKE)
@takes(MakeOptions)
def make(options: MakeOptions) -> None:
    """Make all stimuli of a design, with codebook, trial lists and a Methods paragraph. The word may be left out.

    mien stimuli design.yaml -o study/

    The same command again goes on where it was stopped.
    """
    from mienkit.app.stimuli import make_study, open_studio, read_design

    design = read_design(options.design)
    studio = open_studio(design.model, options.weights, options.face_backend, options.device, options.raw)
    shown = partial(track, what="stimuli")
    report = make_study(design, options.out, studio, force=options.force, track=shown)
    if options.json:
        print_json({
            "out": options.out, "made": report.made, "stimuli": [asdict(row) for row in report.rows],
            "failed": [row.file for row in report.failed], "notes": report.notes,
        })  # fmt: skip
        return
    print_study(report)


@stimuli.command()
@takes(VerifyOptions)
def verify(options: VerifyOptions) -> int:
    """Hold a study's files to their records, and make all stimuli again to see whether the same comes out.

    mien stimuli verify study/ --photos photos/
    """
    from mienkit.app.stimuli import open_studio, verify_study
    from mienkit.app.stimuli.manifest import read_manifest, tools_of

    tools, studio = tools_of(read_manifest(options.study), options.study), None
    if not options.quick:
        studio = open_studio(tools.model, options.weights, tools.detector, options.device, tools.raw)
    report = verify_study(options.study, studio, photos=options.photos, track=partial(track, what="stimuli"))
    if options.json:
        print_json({**asdict(report), "passes": report.passes})
    else:
        print_verdict(report)
    return 0 if report.passes else 1


def print_study(report: "StudyReport") -> None:
    """Say what was made, what missed its check, and what to know."""
    passed = len(report.rows) - len(report.failed)
    typer.echo(
        f"{len(report.rows)} stimuli in {report.out}, {report.made} made now; {passed} pass their manipulation check"
    )
    if report.failed:
        rows = [(row.file, row.reason) for row in report.failed[:SHOWN]]
        print_table(f"{len(report.failed)} do not pass, and are in the set", ("stimulus", "why"), rows)
        if len(report.failed) > SHOWN:
            typer.echo(f"... and {len(report.failed) - SHOWN} more; see `check` in the codebook")
    for note in report.notes[:SHOWN]:
        typer.echo(f"note: {note}")
    if len(report.notes) > SHOWN:
        typer.echo(f"note: ... and {len(report.notes) - SHOWN} more notes in manifest.json")
    typer.echo(f"wrote codebook.csv, trials, methods.txt and manifest.json to {report.out}")


def print_verdict(report: "VerifyReport") -> None:
    """Say whether a study is what it says, and name what is not."""
    for name, problem in report.problems.items():
        typer.echo(f"{name}: {problem}")
    for name, apart in report.near.items():
        typer.echo(f"{name}: counts as the same; on this other kind of machine, {apart}")
    how = "were held to their hashes" if report.quick else "were held to their hashes and made again"
    verdict = "all are the same" if report.passes else f"{len(report.problems)} files are not what they were"
    typer.echo(f"{report.stimuli} stimuli of {report.study} {how}: {verdict}")
