"""``mien calibrate``: make the answers of an editor linear."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Device, Force, Json, Seed, WeightsFolder, takes
from mienkit.cli.output import print_json, print_table
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.calibrate import CalibrationReport, UnitCalibration
    from mienkit.evaluation.agreement import JudgeAgreement
    from mienkit.evaluation.looker import Looker

JUDGE = "judge|meter|mediapipe|pyfeat"
BESIDE = "Another judge that looks on: how well both agree is reported."


@dataclass(frozen=True, kw_only=True)
class CalibrateOptions:
    """What ``mien calibrate`` takes."""

    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="An editor of action units; NAME=FOLDER takes weights of your own.")
    ]
    table: Annotated[list[Path], typer.Option(metavar="TABLE", help="With held-out photographs. Repeat it.")]
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Where calibration.json goes; beside your weights without."),
    ] = None
    judge: Annotated[str, typer.Option(metavar=JUDGE, help="Who measures.")] = "judge"
    beside: Annotated[str | None, typer.Option(metavar=JUDGE, help=BESIDE)] = None
    pyfeat_python: Annotated[
        Path | None, typer.Option(metavar="PYTHON", help="Of an environment that has py-feat, for the judge pyfeat.")
    ] = None
    people: Annotated[int, typer.Option(help="Most people a unit, in each of two halves.")] = 40
    levels: Annotated[str, typer.Option(metavar="0,...,1", help="What is asked for.")] = "0,0.2,0.4,0.6,0.8,1"
    weights: WeightsFolder = None
    device: Device = "auto"
    seed: Seed = 0
    force: Force = False
    json: Json = False

    @property
    def name(self) -> str:
        """The model."""
        return self.model.partition("=")[0]

    @property
    def folder(self) -> Path | None:
        """Its weights, if they are one's own."""
        given = self.model.partition("=")[2]
        return Path(given).expanduser() if given else self.weights


@program.command()
@takes(CalibrateOptions)
def calibrate(options: CalibrateOptions) -> int:
    """Fit, unit by unit, what has to be requested so that a face shows what is wanted, and check it on other people.

    mien calibrate duchenne --table photos.table -o my-duchenne/

    mien calibrate ganimation=runs/ganimation-ours-0/weights --table photos.table

    mien edit me.jpg --au AU12=0.5 --calibration my-duchenne/ -o smile.png
    """
    from mienkit.app.calibrate import CalibrationChoice
    from mienkit.app.calibrate import calibrate as measure
    from mienkit.app.editors import load_editor
    from mienkit.app.instruments import load_instruments
    from mienkit.face.output import check_output, writing_to
    from mienkit.weights.calibration import CALIBRATION, write_calibration

    place, choice = (
        place_of(options),
        CalibrationChoice(people=options.people, levels=parse_levels(options.levels), seed=options.seed),
    )
    check_output(place / CALIBRATION, [], options.force)
    loaded = load_editor(options.name, options.folder, options.device, True)
    judge = judge_called(options.judge, options)
    beside = judge_called(options.beside, options) if options.beside else None
    report = measure(loaded, load_instruments().meter, judge, options.table, choice=choice, beside=beside, say=_say)
    with writing_to(place):
        written = write_calibration(place, report.calibration)
    if options.json:
        print_json({"out": str(written), **asdict(report)})
    else:
        print_report(report)
        typer.echo(f"wrote {written}")
    return 0


def place_of(options: CalibrateOptions) -> Path:
    """Say which folder the calibration goes to.

    Raises:
        ConfigError: the weights are the package's own, and no folder is named.
    """
    place = options.out or options.folder
    if place is None:
        raise ConfigError(
            f"say where the calibration goes: -o my-{options.name}/; then `mien edit --calibration my-{options.name}/` "
            "takes it"
        )
    return place


def parse_levels(text: str) -> tuple[float, ...]:
    """Turn ``0,0.2,1`` into numbers.

    Raises:
        ConfigError: it has another form.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"'{text}' are no levels; write e.g. 0,0.2,0.4,0.6,0.8,1") from None


def judge_called(word: str, options: CalibrateOptions) -> "Looker":
    """Make a judge of units ready.

    Raises:
        ConfigError: it cannot look at edits while they are made, or is not at hand.
    """
    from mienkit.app.judges import load_judge

    if word.partition("=")[0] == "openface":
        raise ConfigError(
            f"--judge {word} knows only pictures that OpenFace has measured before, and a calibration makes new ones; "
            f"take {JUDGE.replace('|', ', ')}"
        )
    return load_judge(word, pyfeat_python=options.pyfeat_python, units_only=True)


def print_report(report: "CalibrationReport") -> None:
    """Print each unit before and after, on people whom nothing was fitted on."""
    from mienkit.evaluation.looker import marked

    title = f"{report.model}, {report.checked_on} people on whom nothing was fitted (fitted on {report.fitted_on})"
    heads = ("", ">people", ">R² before", ">after", ">slope before", ">after", "")
    rows = [unit_row(one) for one in report.units]
    rows.append(("median", "", f"{report.median_before:.3f}", f"{report.median_after:.3f}", "", "", ""))
    typer.echo(title)
    print_table("", heads, rows)
    typer.echo(f"judge: {marked(report.judge, report.teacher)}; {report.edits} edits in {report.seconds:.0f} s")
    if report.agreement is not None:
        print_agreement(report.agreement)


def unit_row(one: "UnitCalibration") -> tuple[str, ...]:
    """Write one unit."""
    before, after = one.before, one.after
    if not before.r2.count:
        return (one.unit, "0", "", "", "", "", one.left)
    figures = (before.r2.value, after.r2.value), (before.slope.value, after.slope.value)
    left = f"its own scale: {one.left}" if one.left else ""
    return (
        one.unit,
        str(before.r2.count),
        *(f"{value:.3f}" for value in figures[0]),
        *(f"{value:.2f}" for value in figures[1]),
        left,
    )


def print_agreement(report: "JudgeAgreement") -> None:
    """Print how alike two judges read changes."""
    typer.echo(f"agreement of {report.first} with {report.second}: changes within people, {report.pictures} pictures")
    print_table(
        "",
        ("", ">PCC", ">MAE", ">ICC(3,1)"),
        [(unit, *(f"{figures[name]:.2f}" for name in ("pcc", "mae", "icc"))) for unit, figures in report.units.items()],
    )


def _say(line: str) -> None:
    typer.echo(line, err=True)
