"""``mien draw``: a table of drawn faces."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from mienkit.cli.option import Force, Json, NewTable, Seed, takes
from mienkit.cli.output import print_json, track
from mienkit.cli.program import program
from mienkit.core.config import require

CLIP_OPTIONS = ("clip_kind", "frames", "fps", "sway")


@dataclass(frozen=True, kw_only=True)
class DrawOptions:
    """What ``mien draw`` takes."""

    out: NewTable
    count: Annotated[int, typer.Option(help="How many faces; with --clips, how many clips.")] = 2000
    size: Annotated[int, typer.Option(help="Side of the pictures in pixels.")] = 64
    kind: Annotated[str, typer.Option(metavar="mixed|uniform|single|emotion|posed", help="Of expressions.")] = "mixed"
    per_scene: Annotated[int, typer.Option(help="Pictures, or clips, of a person that differ by expression alone.")] = 4
    jitter: Annotated[float, typer.Option(help="How far crops stray from the template, 0 to 1.")] = 0.0
    seed: Seed = 0
    split: Annotated[
        str | None, typer.Option(metavar="train|val|test", help="Of all faces; dealt out by the person if left out.")
    ] = None
    clips: Annotated[bool, typer.Option("--clips", help="Draw clips: frames of expressions that rise and fall.")] = (
        False
    )
    clip_kind: Annotated[
        str | None,
        typer.Option(metavar="rise|whole", help="Up to the apex, or back to neutral, too; rise if left out."),
    ] = None
    frames: Annotated[int | None, typer.Option(help="Of a clip; 32 if left out.")] = None
    fps: Annotated[float | None, typer.Option(help="Frames in a second of a clip; 25 if left out.")] = None
    sway: Annotated[float | None, typer.Option(help="Degrees that heads turn in clips, at most; 0 if left out.")] = None
    force: Force = False
    json: Json = False


@program.command()
@takes(DrawOptions)
def draw(options: DrawOptions) -> None:
    """Draw faces of people who do not exist, with exact action units and landmarks; single, or in clips.

    mien draw -o drawn.table --count 4000 --size 64

    mien draw -o clips.table --clips --count 700 --per-scene 7
    """
    from mienkit.app.draw import DrawRequest, draw_table
    from mienkit.app.draw_clip import ClipRequest, draw_clips

    names = ("count", "size", "kind", "per_scene", "jitter", "seed", "split")
    plain = {name: getattr(options, name) for name in names}
    moving = {name: value for name in CLIP_OPTIONS if (value := getattr(options, name)) is not None}
    follow = partial(track, what="faces")
    if options.clips:
        rows = draw_clips(options.out, ClipRequest(**plain, **moving), force=options.force, track=follow)
    else:
        require(not moving, f"--{next(iter(moving), '').replace('_', '-')} is for clips; add --clips")
        rows = draw_table(options.out, DrawRequest(**plain), force=options.force, track=follow)
    if options.json:
        print_json({"out": options.out, "rows": rows})
    else:
        clips = f" in {options.count} clips" if options.clips else ""
        typer.echo(f"wrote {rows} faces{clips} to {options.out}")
