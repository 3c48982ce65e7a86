"""``mien sample``: clips of people who do not exist."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mienkit.cli.option import Device, Force, Json, Seed, WeightsFolder, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """What ``mien sample`` takes."""

    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model from `mien models` that samples.")]
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Gets a file for each clip, and a sheet.")]
    emotion: Annotated[str | None, typer.Option(help="What the clips show; all emotions in turn if left out.")] = None
    count: Annotated[int, typer.Option("--count", "-n", help="How many clips.")] = 8
    weights: WeightsFolder = None
    frames: Annotated[int | None, typer.Option(help="Of each clip; as the model learned if left out.")] = None
    fps: Annotated[float, typer.Option(help="Frames in a second.")] = 12.0
    kind: Annotated[str, typer.Option("--format", metavar="gif|webp", help="Of the clips.")] = "gif"
    device: Device = "auto"
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(SampleOptions)
def sample(options: SampleOptions) -> None:
    """Draw clips from noise: faces that go from rest to an emotion.

    mien sample mocogan --emotion anger -n 8 --weights runs/mocogan-small-0/weights -o clips

    mien sample tgan -n 14 --weights runs/tgan-small-0/weights -o clips
    """
    from mienkit.app.sample import SampleRequest, load_sampler, sample_clips

    request = SampleRequest(
        count=options.count,
        emotion=options.emotion,
        frames=options.frames,
        fps=options.fps,
        kind=options.kind,
        seed=options.seed,
    )
    sampler = load_sampler(options.model, options.weights, options.device)
    report = sample_clips(options.out, request, sampler, options.force)
    if options.json:
        print_json({"out": options.out, "sheet": report.sheet, **report.record})
    else:
        clips = "clip" if len(report.clips) == 1 else "clips"
        typer.echo(f"wrote {len(report.clips)} {clips}, {report.sheet.name} and its record to {options.out}")
