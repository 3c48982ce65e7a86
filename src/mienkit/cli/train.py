"""``mien train``: train a model on face tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Device, Json, Seed, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.train import TrainReport, Watcher
    from mienkit.core.recipe import Terms
    from mienkit.training.run import Run


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What ``mien train`` takes."""

    model: Annotated[str, typer.Argument(metavar="MODEL", help="A trainable model from `mien models`.")]
    table: Annotated[list[Path] | None, typer.Option(metavar="TABLE", help="A face table. Repeat it.")] = None
    preset: Annotated[str | None, typer.Option(help="Of the model's settings.")] = None
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="n_critic=3", help="Repeat it.")] = None
    config: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Differences to the preset.")] = None
    steps: Annotated[int | None, typer.Option(help="Short for --set steps=...")] = None
    seed: Seed = 0
    start: Annotated[Path | None, typer.Option("--from", metavar="FOLDER", help="Weights to begin with.")] = None
    run_dir: Annotated[Path | None, typer.Option(metavar="FOLDER", help="runs/<model>-<preset>-<seed>")] = None
    device: Device = "auto"
    precision: Annotated[str, typer.Option(metavar="32-true|bf16-mixed|64-true", help="Of numbers.")] = "32-true"
    compiled: Annotated[bool, typer.Option("--compile", help="Faster steps after a minute at the start.")] = False
    micro_batches: Annotated[int, typer.Option(help="Parts of a batch, to save memory.")] = 1
    stream: Annotated[bool, typer.Option("--stream", help="Do not hold the tables in memory.")] = False
    checkpoint_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500
    sample_every: Annotated[int, typer.Option(help="Steps between sample grids.")] = 500
    json: Json = False


STOPPED = 130
"""Exit code where a training was told to stop."""


@program.command()
@takes(TrainOptions)
def train(options: TrainOptions) -> int:
    """Train a model; the same command continues a training that was interrupted.

    mien draw -o drawn.table --count 4000 --size 64

    mien train ganimation --preset ours --set image_size=64 --table drawn.table
    """
    from mienkit.app.train import TrainRequest, train_model
    from mienkit.training.machine import imitates_bf16

    if imitates_bf16(options.device, options.precision):
        typer.echo("note: this processor only imitates bfloat16; --precision 32-true is faster here", err=True)
    request = TrainRequest(
        model=options.model,
        tables=options.table or [],
        preset=options.preset,
        settings=options.setting or [],
        file=options.config,
        steps=options.steps,
        seed=options.seed,
        start=options.start,
        compiled=options.compiled,
        micro_batches=options.micro_batches,
        stream=options.stream,
        folder=options.run_dir,
        device=options.device,
        precision=options.precision,
        checkpoint_every=options.checkpoint_every,
        sample_every=options.sample_every,
    )
    with progress_bar(options.model) as watch:
        report = train_model(request, [watch])
    if report.leads:  # one of several processes speaks
        print_report(report, options.json)
    return 0 if report.finished else STOPPED


def print_report(report: "TrainReport", as_json: bool) -> None:
    """Say how a training ended."""
    if as_json:
        print_json(asdict(report))
    elif report.finished:
        typer.echo(f"{report.folder}: finished after {report.steps} steps; use it with --weights {report.weights}")
    else:
        typer.echo(f"{report.folder}: stopped after {report.steps} steps; the same command goes on")


@contextmanager
def progress_bar(title: str) -> Iterator["Watcher"]:
    """Show how far a training is, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True))
    task = progress.add_task(title, total=None)

    def watch(run: "Run", terms: "Terms") -> None:
        progress.start()  # only now: a request that is refused shows no bar
        progress.update(task, completed=run.step, total=run.total_steps)

    try:
        yield watch
    finally:
        if progress.live.is_started:
            progress.stop()
