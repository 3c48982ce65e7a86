"""``mien fetch``: optional files, brought and checked."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from mienkit.cli.option import Json, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class FetchOptions:
    """What ``mien fetch`` takes."""

    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What to bring; the list without it.")] = None
    source: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="A file at hand: no network.")] = None
    json: Json = False


@program.command()
@takes(FetchOptions)
def fetch(options: FetchOptions) -> None:
    """Bring an optional file, such as mediapipe's model, and check its SHA-256."""
    from mienkit.app import fetch as files

    if options.name is not None:
        path = files.fetch(options.name, options.source)
        if options.json:
            print_json({"name": options.name, "path": path})
        else:
            typer.echo(f"{options.name} is at {path}")
        return
    states = files.list_assets()
    if options.json:
        print_json([asdict(state) for state in states])
        return
    for state in states:
        where = str(state.path) if state.path else f"not here; mien fetch {state.name}"
        typer.echo(f"{state.name} ({state.size / 1e6:.1f} MB, {state.licence})\n  {state.what}\n  {where}")
