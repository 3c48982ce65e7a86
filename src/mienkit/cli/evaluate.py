"""``mien evaluate``: measure a model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.evaluate_editors import comparison_lines
from mienkit.cli.evaluate_lines import edit_lines, meter_lines, proof_lines, told_lines
from mienkit.cli.evaluate_more import more_editor_lines, more_static_lines
from mienkit.cli.evaluate_static import static_lines
from mienkit.cli.option import Device, InceptionFile, Json, Raw, Seed, WeightsFolder, read_inception, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.compare import Comparison
    from mienkit.app.compare_static import StaticComparison
    from mienkit.app.drawn_proof import ProofReport
    from mienkit.app.evaluate import EditReport
    from mienkit.app.meter_folds import MeterReport
    from mienkit.app.told_apart import ToldApartReport
    from mienkit.app.train import TrainRequest


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """What ``mien evaluate`` takes."""

    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="A model from `mien models`; several editors are compared. NAME=FOLDER "
                       "takes weights of your own."),
    ]  # fmt: skip
    table: Annotated[list[Path] | None, typer.Option(metavar="TABLE", help="A face table. Repeat it.")] = None
    weights: WeightsFolder = None
    folds: Annotated[
        int,
        typer.Option(help="Of the people, for a model that measures: it is trained without each; 0 judges its weights "
                     "as they are, on held-out people."),
    ] = 5  # fmt: skip
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="steps=1000", help="Of those trainings.")] = None
    precision: Annotated[str, typer.Option(metavar="32-true|bf16-mixed", help="Of those trainings.")] = "32-true"
    compiled: Annotated[bool, typer.Option("--compile", help="Faster steps of those trainings.")] = False
    run_dir: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where those trainings live.")] = None
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Weights that those trainings begin with: of a training without "
                     "any photograph, or the folds know the people whom they are judged on."),
    ] = None  # fmt: skip
    drawn: Annotated[bool, typer.Option("--drawn", help="Train an editor from nothing on drawn faces.")] = False
    seeds: Annotated[int, typer.Option(help="Trainings for --drawn.")] = 3
    bound: Annotated[
        bool,
        typer.Option("--upper-bound", help="Of a model that measures: also train a network that sees both pictures of "
                     "a pair, on the first fold."),
    ] = False  # fmt: skip
    preset: Annotated[str | None, typer.Option(help="Of those trainings.")] = None
    told_apart: Annotated[
        bool, typer.Option("--told-apart", help="Train networks to tell a table's edits from its photographs.")
    ] = False
    source: Annotated[
        str | None,
        typer.Option(
            metavar="faker-sd3", help="Only faces of this collection on the sheets of --told-apart, --worst, --sheet."
        ),
    ] = None
    worst: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of several editors: draw the worst ten edits of each into a folder."),
    ] = None
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="By exact results: draw the same edits by every model into a file."),
    ] = None
    photos: Annotated[
        int, typer.Option(help="For --told-apart: draw so many photographs, with one edit each; 0 takes all of them.")
    ] = 0
    meter: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of several editors, and on drawn tables: weights of the meter that reads "
                     "their edits, of a training apart from theirs."),
    ] = None  # fmt: skip
    inception: InceptionFile = None
    judge: Annotated[
        str | None,
        typer.Option(metavar="judge|meter|mediapipe|...", help="Of several editors: who reads doses; mediapipe, if "
                     "nobody is named."),
    ] = None  # fmt: skip
    raw: Raw = False
    clips: Annotated[int, typer.Option(help="Of several editors: people filmed for flicker; 0 leaves it out.")] = 12
    seed: Seed = 0
    device: Device = "auto"
    json: Json = False

    @property
    def model(self) -> str:
        """The only model, or the first."""
        return self.models[0].partition("=")[0]

    @property
    def folder(self) -> Path | None:
        """Its weights, if they are one's own."""
        given = self.models[0].partition("=")[2]
        return Path(given).expanduser() if given else self.weights


@program.command()
@takes(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> int:
    """Judge models: editors on held-out photographs, all that change pictures by exact results, the meter by folds.

    mien evaluate copy warp morphable ganimation --table photos.table --table pairs.table

    mien evaluate ganimation --table photos.table --table edits.table

    mien evaluate stargan=runs/stargan-small-0/weights --table posed.table

    mien evaluate meter --table photos.table --table edits.table --table drawn.table --folds 5

    mien evaluate judge --folds 0 --table photos.table --table edits.table

    mien evaluate ganimation --drawn --preset ours

    mien evaluate morphable --told-apart --table pairs.table
    """
    from mienkit.app.models import describe_model

    report: MeterReport | ProofReport | EditReport | ToldApartReport | Comparison | StaticComparison
    if options.clips < 0:
        raise ConfigError(f"--clips {options.clips} should be at least 0")
    entries = [describe_model(word.partition("=")[0]) for word in options.models]
    tasks = entries[0].tasks
    check_raw(options, tasks)
    exact = "measure" not in tasks and by_exact_results(options)
    check_together(options, exact=exact)
    if exact:
        report = _compare_static(options)
        lines = [*static_lines(report), *more_static_lines(report)]
    elif len(options.models) > 1:
        report = _compare(options)
        lines = [*comparison_lines(report), *more_editor_lines(report)]
    elif options.told_apart:
        report = _tell_apart(options)
        lines = told_lines(report)
    elif "measure" in tasks:
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


def by_exact_results(options: EvaluateOptions) -> bool:
    """Tell whether models are to be judged by the exact results that the tables hold."""
    from mienkit.app.compare_static import has_exact_results

    return not (options.drawn or options.told_apart) and has_exact_results(options.table or [])


def check_raw(options: EvaluateOptions, tasks: Sequence[str]) -> None:
    """Make sure that there can be a calibration to leave out.

    Raises:
        ConfigError: there cannot.
    """
    if options.raw and (options.drawn or options.told_apart or "measure" in tasks):
        raise ConfigError("--raw is for editors that are ready; no calibration takes part here")


def check_for_faces(options: EvaluateOptions, *, exact: bool) -> None:
    """Make sure that options fit the faces.

    Raises:
        ConfigError: one is for tables with exact results, or for others.
    """
    if exact and options.worst is not None:
        raise ConfigError("--worst is for tables without exact results; take --sheet")
    if exact and options.judge is not None:
        raise ConfigError("--judge is for doses; by exact results --meter FOLDER names who reads")
    of_exact = ("--inception", options.inception, "leave it out"), ("--sheet", options.sheet, "take --worst")
    for option, file, instead in () if exact else of_exact:
        if file is not None:
            raise ConfigError(f"{option} is for tables with exact results, as of `mien draw --kind posed`; {instead}")


def check_together(options: EvaluateOptions, *, exact: bool = False) -> None:
    """Make sure that options fit the number of models, and the faces.

    Raises:
        ConfigError: one is for several editors, for a single model, or for other tables.
    """
    check_for_faces(options, exact=exact)
    if len(options.models) == 1:
        several = {"--meter": options.meter, "--worst": options.worst, "--judge": options.judge}
        for option, value in several.items():
            if value is not None and not exact:
                raise ConfigError(f"{option} is for the edits of several editors; name another one, e.g. copy")
        return
    alone = {"--told-apart": options.told_apart, "--drawn": options.drawn, "--weights": options.weights is not None}
    for option, given in alone.items():
        if given:
            other = "write NAME=FOLDER" if option == "--weights" else "take one model"
            raise ConfigError(f"{option} is for a single model; {other}")


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
        compiled=options.compiled,
    )


def _judge_meter(options: EvaluateOptions) -> "MeterReport":
    from mienkit.app.meter_folds import judge_meter, judge_weights

    if options.folds == 0:
        return judge_weights(options.model, options.folder, options.table or [], seed=options.seed, say=_say)
    return judge_meter(_training(options), options.folds, _say, bound=options.bound)


def _prove(options: EvaluateOptions) -> "ProofReport":
    from mienkit.app.drawn_proof import prove

    return prove(_training(options), options.seeds, say=_say)


def _tell_apart(options: EvaluateOptions) -> "ToldApartReport":
    from mienkit.app.told_apart import ToldApartRequest, tell_apart
    from mienkit.evaluation.told_apart import Training

    request = ToldApartRequest(
        tables=options.table or [],
        folds=options.folds,
        folder=options.run_dir or Path("runs") / f"told-apart-{options.seed}",
        source=options.source,
        photos=options.photos,
        training=Training(seed=options.seed, half=options.precision == "bf16-mixed"),
    )
    return tell_apart(request, _say)


def _judge_editor(options: EvaluateOptions) -> "EditReport":
    from mienkit.app.editors import load_editor
    from mienkit.app.evaluate import judge_editor
    from mienkit.app.instruments import load_instruments

    loaded = load_editor(options.model, options.folder, options.device, options.raw)
    return judge_editor(loaded, load_instruments().meter, options.table or [], seed=options.seed, say=_say)


def _compare_static(options: EvaluateOptions) -> "StaticComparison":
    from mienkit.app.compare import load_judging_meter
    from mienkit.app.compare_static import compare_static, find_recogniser, judged_faces, load_contestants
    from mienkit.app.static_sheet import save_static_sheet
    from mienkit.evaluation.set_edit import set_networks
    from mienkit.face.meter import load_meter

    networks = set_networks(read_inception(options.inception))
    faces = judged_faces(options.table or [])
    words = options.models if options.weights is None else [f"{options.model}={options.weights}", *options.models[1:]]
    contestants = load_contestants(words, faces.size, raw=options.raw)
    if options.sheet is not None:
        save_static_sheet(options.sheet.expanduser(), contestants, faces, options.seed, options.source)
    return compare_static(
        contestants,
        load_judging_meter(options.meter) if options.meter else load_meter(),
        faces,
        recogniser=find_recogniser(),
        networks=networks,
        seed=options.seed,
        say=_say,
    )


def _compare(options: EvaluateOptions) -> "Comparison":
    from mienkit.app.compare import Choice, compare_editors, load_editors, load_judging_meter
    from mienkit.app.failures import FailureFolder
    from mienkit.app.instruments import load_instruments
    from mienkit.app.judges import load_judge

    failures = FailureFolder(options.worst, options.source) if options.worst else None
    return compare_editors(
        load_editors(options.models, options.device, raw=options.raw),
        load_instruments().meter,
        options.table or [],
        judging_meter=load_judging_meter(options.meter) if options.meter else None,
        judge=load_judge(options.judge or "mediapipe"),
        choice=Choice(seed=options.seed, clips=options.clips),
        say=_say,
        look_back=failures.add if failures else None,
    )
