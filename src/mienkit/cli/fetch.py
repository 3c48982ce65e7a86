"""``mien fetch``: optional files, brought and checked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Json, takes
from mienkit.cli.output import print_json
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.fetch import AssetState


@dataclass(frozen=True, kw_only=True)
class FetchOptions:
    """What ``mien fetch`` takes."""

    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What to bring; the list without it.")] = None
    source: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="A copy at hand: no network.")] = None
    json: Json = False


@program.command()
@takes(FetchOptions)
def fetch(options: FetchOptions) -> None:
    """Bring an optional file, such as mediapipe's model, and check its SHA-256.

    mien fetch mediapipe

    mien fetch ict-facekit

    mien fetch ict-facekit --from ICT-FaceKit/
    """
    from mienkit.app import fetch as files

    if options.name is None:
        print_states(files.list_assets(), options.json)
        return
    with progress_bar() as show:
        path = files.fetch(options.name, options.source, show)
    if options.json:
        print_json({"name": options.name, "path": path})
    else:
        typer.echo(f"{options.name} is at {path}")


def print_states(states: list["AssetState"], as_json: bool) -> None:
    """List the optional files."""
    if as_json:
        print_json([asdict(state) for state in states])
        return
    for state in states:
        made = f" made from {state.loads / 1e6:.0f} MB" if state.loads not in (None, state.size) else ""
        where = str(state.path) if state.path else f"not here; mien fetch {state.name}"
        typer.echo(f"{state.name} ({state.size / 1e6:.1f} MB{made}, {state.licence})\n  {state.what}\n  {where}")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how many of how many bytes are there, from the first ones on."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    progress = Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=Console(stderr=True))
    task = progress.add_task("", total=None)

    def show(there: int, size: int) -> None:
        if progress.console.is_interactive:
            progress.start()
            progress.update(task, completed=there, total=size)

    try:
        yield show
    finally:
        if progress.live.is_started:
            progress.stop()
