"""``mien evaluate``: measure a model."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Device, Json, Seed, WeightsFolder, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.drawn_proof import ProofReport
    from mienkit.app.evaluate import EditReport
    from mienkit.app.meter_folds import MeterReport
    from mienkit.app.train import TrainRequest


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """What ``mien evaluate`` takes."""

    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model from `mien models`.")]
    table: Annotated[list[Path] | None, typer.Option(metavar="TABLE", help="A face table. Repeat it.")] = None
    weights: WeightsFolder = None
    folds: Annotated[int, typer.Option(help="Of the subjects, for a model that measures: it is trained on each.")] = 5
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="steps=1000", help="Of those trainings.")] = None
    precision: Annotated[str, typer.Option(metavar="32-true|bf16-mixed", help="Of those trainings.")] = "32-true"
    run_dir: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where those trainings live.")] = None
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Weights that those trainings begin with: of a training without "
                     "any photograph, or the folds know the people whom they are judged on."),
    ] = None  # fmt: skip
    drawn: Annotated[bool, typer.Option("--drawn", help="Train an editor from nothing on drawn faces.")] = False
    seeds: Annotated[int, typer.Option(help="Trainings for --drawn.")] = 3
    preset: Annotated[str | None, typer.Option(help="Of those trainings.")] = None
    seed: Seed = 0
    device: Device = "auto"
    json: Json = False


@program.command()
@takes(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> int:
    """Judge a model: an editor on held-out photographs, the meter by trainings on folds of the subjects.

    mien evaluate ganimation --table photos.table --table edits.table

    mien evaluate meter --table photos.table --table edits.table --table drawn.table --folds 5

    mien evaluate ganimation --drawn --preset ours
    """
    from mienkit.app.models import describe_model

    report: MeterReport | ProofReport | EditReport
    if "measure" in describe_model(options.model).tasks:
        report = _judge_meter(options)
        lines = meter_lines(report)
    elif options.drawn:
        report = _prove(options)
        lines = proof_lines(report)
    else:
        report = _judge_editor(options)
        lines = edit_lines(report)
    if options.json:
        print_json(asdict(report))
    else:
        typer.echo("\n".join(lines))
    return 0


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _training(options: EvaluateOptions) -> "TrainRequest":
    from mienkit.app.train import TrainRequest

    return TrainRequest(
        model=options.model,
        tables=options.table or [],
        preset=options.preset,
        settings=options.setting or [],
        seed=options.seed,
        start=options.start,
        folder=options.run_dir,
        device=options.device,
        precision=options.precision,
    )


def _judge_meter(options: EvaluateOptions) -> "MeterReport":
    from mienkit.app.meter_folds import judge_meter

    return judge_meter(_training(options), options.folds, _say)


def _prove(options: EvaluateOptions) -> "ProofReport":
    from mienkit.app.drawn_proof import prove

    return prove(_training(options), options.seeds, say=_say)


def _judge_editor(options: EvaluateOptions) -> "EditReport":
    from mienkit.app.evaluate import judge_editor
    from mienkit.app.instruments import load_editor, load_instruments

    loaded = load_editor(options.model, options.weights, options.device)
    return judge_editor(loaded, load_instruments().meter, options.table or [], seed=options.seed, say=_say)


def meter_lines(report: "MeterReport") -> list[str]:
    """Lay a meter's figures out as Markdown."""
    lines = [
        f"{report.folds} folds over subjects; {report.photos} photographs, {report.pairs} exact changes; "
        "95 % intervals over subjects",
        "",
        "| landmarks, NME by the outer eye corners | % |",
        "|---|---|",
    ]
    lines += [
        f"| {title} | {100 * one.value:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}] |"
        for title, one in (
            ("aligned crops", report.nme),
            ("jittered boxes", report.nme_box),
            ("jittered boxes, aligned by that and read again", report.nme_box_aligned),
            ("the mean shape, on aligned crops", report.nme_mean_shape),
        )
    ]
    lines += ["", "| unit | correlation with the teacher | ridge on landmarks | R² of exact changes | drawn, MAE |",
              "|---|---|---|---|---|"]  # fmt: skip
    for unit, square in report.change.items():
        teacher, ridge = report.teacher.get(unit), report.ridge.get(unit)
        lines.append(
            f"| {unit} | {teacher or 'blind'} | {f'{ridge.value:.3f}' if ridge else ''} | {square:.3f} "
            f"| {report.drawn[unit]:.3f} |"
        )
    mean = sum(report.drawn.values()) / len(report.drawn)
    return [*lines, "", f"Drawn faces, every unit uniform: MAE {mean:.3f}, the mean predictor {report.drawn_mean:.3f}"]


def edit_lines(report: "EditReport") -> list[str]:
    """Lay an editor's figures out as Markdown."""
    lines = [
        f"{report.model} (weights {(report.weights or 'none')[:8]}), protocol photo-edit-40, {report.photos} held-out "
        f"photographs, one unit at 1; judge: {report.judge}; meter: {report.meter}; 95 % intervals over subjects",
        "",
        "| unit | channel rises by | movement / re-expressed | identity |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.unit} | {one.rise} | {one.movement} | {one.identity} |" for one in report.units]
    return [*lines, "", f"AU error after the edit (the unit asked for, read by the meter): {report.error}"]


def proof_lines(report: "ProofReport") -> list[str]:
    """Lay the proof's figures out as Markdown."""
    copy = report.copy
    lines = [
        f"{report.model}, preset {report.preset or 'default'}, {report.image_size} px, {report.faces} drawn people "
        f"whom no training saw; judge: a meter trained on other drawn people, whose error on the exact results is "
        f"{report.exact:.3f}; 95 % intervals over people",
        "",
        "| | AU error | of copy's | error where it should change | of copy's | mean change | steps | CPU minutes |",
        "|---|---|---|---|---|---|---|---|",
        f"| copy | {copy.au_error} | 1 | {copy.region_error} | 1 | 0 | | |",
    ]
    for run in report.runs:
        au, region = run.result.au_error, run.result.region_error
        lines.append(
            f"| seed {run.seed} | {au} | {au.value / copy.au_error.value:.2f} | {region} "
            f"| {region.value / copy.region_error.value:.2f} | {run.result.change:.3f} | {run.steps} "
            f"| {run.cpu_minutes:.1f} |"
        )
    return lines
