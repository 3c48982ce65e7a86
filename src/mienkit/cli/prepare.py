"""``mien prepare``: photos or a data set into a face table."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from mienkit.cli.option import FaceBackend, Force, Json, NewTable, Seed, takes
from mienkit.cli.output import print_folder, print_json, track
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What ``mien prepare`` takes."""

    reader: Annotated[str, typer.Argument(metavar="KIND", help="`folder` for photos, or the name of a data set.")]
    place: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are.")]
    out: NewTable
    face: Annotated[str, typer.Option(metavar="largest|all", help="Which faces of a photo.")] = "largest"
    face_backend: FaceBackend = "dlib"
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(PrepareOptions)
def prepare(options: PrepareOptions) -> int:
    """Find, align and measure every face of a data set, and write them as a table.

    mien prepare folder photos/ -o faces.table
    """
    from mienkit.app.instruments import load_instruments
    from mienkit.app.prepare import open_reader
    from mienkit.app.prepare import prepare as write_table

    reader = open_reader(options.reader, options.place)
    report = write_table(
        reader,
        options.out,
        load_instruments(options.face_backend),
        faces=options.face,
        seed=options.seed,
        force=options.force,
        track=track,
    )
    if options.json:
        print_json({"out": options.out, **asdict(report)})
        return 1 if report.failed else 0
    return print_folder(report, f"pictures written to {options.out}")
