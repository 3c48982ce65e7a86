"""``mien demo``: everything that the toolkit does with one photo, on one sheet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mienkit.cli.option import CalibrationFolder, Device, FaceBackend, Json, ModelName, Raw, Seed, WeightsFolder, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """What ``mien demo`` takes."""

    photo: Annotated[Path | None, typer.Option(metavar="PHOTO", help="Yours; a NASA portrait without it.")] = None
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the pictures go.")] = Path(
        "out/demo"
    )
    model: ModelName = None
    weights: WeightsFolder = None
    raw: Raw = False
    calibration: CalibrationFolder = None
    face_backend: FaceBackend = "dlib"
    device: Device = "auto"
    seed: Seed = 0
    json: Json = False


@program.command()
@takes(DemoOptions)
def demo(options: DemoOptions) -> None:
    """Write a sheet of expressions, clips and a report of what was requested and measured."""
    from mienkit.app.demo import run_demo
    from mienkit.app.edit import load_workshop

    workshop = load_workshop(
        options.model, options.weights, options.face_backend, options.device, options.raw, options.calibration
    )
    made = run_demo(options.out, workshop, options.photo, options.seed)
    if options.json:
        print_json(made.record)
        return
    for path in (made.sheet, made.clip, *made.moves, made.report):
        typer.echo(f"wrote {path}")
