"""``mien draw``: a table of drawn faces."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from mienkit.cli.option import Force, Json, NewTable, Seed, takes
from mienkit.cli.output import print_json, track
from mienkit.cli.program import program


@dataclass(frozen=True, kw_only=True)
class DrawOptions:
    """What ``mien draw`` takes."""

    out: NewTable
    count: Annotated[int, typer.Option(help="How many faces.")] = 2000
    size: Annotated[int, typer.Option(help="Side of the pictures in pixels.")] = 64
    kind: Annotated[str, typer.Option(metavar="mixed|uniform|single|emotion|posed", help="Of expressions.")] = "mixed"
    per_scene: Annotated[int, typer.Option(help="Pictures of a person that differ by expression alone.")] = 4
    jitter: Annotated[float, typer.Option(help="How far crops stray from the template, 0 to 1.")] = 0.0
    seed: Seed = 0
    split: Annotated[
        str | None, typer.Option(metavar="train|val|test", help="Of all faces; dealt out by the person if left out.")
    ] = None
    force: Force = False
    json: Json = False


@program.command()
@takes(DrawOptions)
def draw(options: DrawOptions) -> None:
    """Draw faces of people who do not exist, with exact action units and landmarks.

    mien draw -o drawn.table --count 4000 --size 64
    """
    from mienkit.app.draw import DrawRequest, draw_table

    request = DrawRequest(
        count=options.count,
        size=options.size,
        kind=options.kind,
        per_scene=options.per_scene,
        jitter=options.jitter,
        seed=options.seed,
        split=options.split,
    )
    rows = draw_table(options.out, request, force=options.force, track=partial(track, what="faces"))
    if options.json:
        print_json({"out": options.out, "rows": rows})
    else:
        typer.echo(f"wrote {rows} faces to {options.out}")
