"""``mien prepare``: photos or a data set into a face table."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mienkit.cli.option import FaceBackend, Force, Json, NewTable, Seed, takes
from mienkit.cli.output import print_json, track
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What ``mien prepare`` takes."""

    reader: Annotated[str, typer.Argument(metavar="KIND", help="`folder` for photos, or the name of a data set.")]
    place: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are.")]
    out: NewTable
    face: Annotated[str, typer.Option(metavar="largest|all", help="Which faces of a photo.")] = "largest"
    face_backend: FaceBackend = "dlib"
    engine: Annotated[str, typer.Option(metavar="local|ray", help="Who works: this machine, or a Ray cluster.")] = (
        "local"
    )
    address: Annotated[str | None, typer.Option(help="Where the Ray cluster is; a new one here if left out.")] = None
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="light=Strong", help="What to take of the data set. Repeat it.")
    ] = None
    folds: Annotated[int | None, typer.Option(help="Number the folds of a cross-validation, e.g. 10.")] = None
    workers: Annotated[int | None, typer.Option(help="Processes; one a processor if left out.")] = None
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(PrepareOptions)
def prepare(options: PrepareOptions) -> int:
    """Find, align and measure every face of a data set, and write them as a table.

    mien prepare folder photos/ -o faces.table
    """
    from mienkit.app.engine import choose_engine
    from mienkit.app.prepare import PrepareJob
    from mienkit.app.prepare import prepare as write_table
    from mienkit.cli.prepare_lines import print_report
    from mienkit.core.config import parse_settings

    job = PrepareJob(
        reader=options.reader,
        place=options.place,
        out=options.out,
        face_backend=options.face_backend,
        faces=options.face,
        settings=tuple(parse_settings(options.setting or []).items()),
        folds=options.folds,
        seed=options.seed,
    )
    engine = choose_engine(options.engine, options.workers, options.address)
    report = write_table(job, engine, force=options.force, track=partial(track, what="pictures"))
    if options.json:
        print_json({"out": options.out, **asdict(report)})
    else:
        print_report(report, options.out)
    return 1 if report.failed else 0
