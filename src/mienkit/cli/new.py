"""``mien new``: begin a model of one's own."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from mienkit.cli.option import Json, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class NewOptions:
    """What ``mien new`` takes."""

    kind: Annotated[str, typer.Argument(metavar="baseline|system", help="What the model is.")]
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of its file and on the command line.")]
    repository: Annotated[Path, typer.Option(metavar="FOLDER", help="A checkout of mienkit.")] = Path()
    json: Json = False


@program.command()
@takes(NewOptions)
def new(options: NewOptions) -> None:
    """Begin a model: write its file from a template, its line and its page; nothing is replaced.

    mien new baseline tint
    """
    from mienkit.app.new_model import write_model

    written = write_model(options.kind, options.name, options.repository)
    if options.json:
        print_json(asdict(written))
        return
    typer.echo(f"wrote {written.model}\nwrote {written.page}\nadded a line to {written.line}")
    typer.echo(f"next: fill them in, then try `mien train {written.name} --preset tiny --table TABLE` and `make check`")
