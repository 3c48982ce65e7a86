"""``mien render``: a table of rendered heads."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from mienkit.cli.option import Force, Json, NewTable, Seed, takes
from mienkit.cli.output import print_json, track
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """What ``mien render`` takes."""

    out: NewTable
    count: Annotated[int, typer.Option(help="How many pictures, or clips.")] = 1000
    size: Annotated[int, typer.Option(help="Side of the pictures in pixels.")] = 128
    kind: Annotated[str, typer.Option(metavar="mixed|uniform|single|emotion", help="Of expressions.")] = "mixed"
    per_scene: Annotated[int, typer.Option(help="Pictures of a person that differ by expression alone.")] = 4
    frames: Annotated[int, typer.Option(help="Of a clip: onset, apex, offset; 1 for pictures.")] = 1
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(RenderOptions)
def render(options: RenderOptions) -> None:
    """Render heads of people who do not exist, with exact action units, landmarks and pose.

    mien fetch ict-facekit
    mien render -o rendered.table --count 1000 --size 128
    mien render -o clips.table --count 20 --frames 25
    """
    from mienkit.app.render import RenderRequest, render_table

    request = RenderRequest(
        count=options.count,
        size=options.size,
        kind=options.kind,
        per_scene=options.per_scene,
        frames=options.frames,
        seed=options.seed,
    )
    rows = render_table(options.out, request, force=options.force, track=partial(track, what="scenes"))
    if options.json:
        print_json({"out": options.out, "rows": rows})
    else:
        typer.echo(f"wrote {rows} faces to {options.out}")
