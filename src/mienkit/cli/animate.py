"""``mien animate``: a photo in, a clip of its face out."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mienkit.cli.edit import parse_intensities
from mienkit.cli.option import Device, FaceBackend, Force, Json, Seed, WeightsFolder, takes
from mienkit.cli.output import number, print_json, print_table, track
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.animate import AnimateReport, AnimateRequest, Plan
    from mienkit.app.animators import LoadedAnimator
    from mienkit.app.instruments import Instruments

CURVE = "Let an editor follow this course, in seconds, or a CSV file of action units over time."
DRIVING = "Do what the face of this film does, from its own rest; its clock and sound stay."
MODEL = "An editor, or a painter (texturegan) that follows landmarks."
MESH = "Also, or only, write a head that moves so, for Blender and three.js."
SHOWN = 0.1
"""Units that reach this in the last frame are printed."""


@dataclass(frozen=True, kw_only=True)
class AnimateOptions:
    """What ``mien animate`` takes."""

    photo: Annotated[Path | None, typer.Argument(metavar="PHOTO", help="Whose face shall move.")] = None
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="CLIP", help="An .mp4, .webm or .gif, or a folder of frames.")
    ] = None
    emotion: Annotated[str | None, typer.Option(help="Where the face goes, such as surprise.")] = None
    au: Annotated[
        list[str] | None, typer.Option(metavar="AU12=0.8", help="Action units instead, by an editor. Repeat it.")
    ] = None
    intensity: Annotated[float, typer.Option(help="How far it goes, 0 to 1; with --driving also above.")] = 1.0
    seconds: Annotated[float | None, typer.Option(help="How long the clip is; 2 if nothing else says so.")] = None
    fps: Annotated[float, typer.Option(help="Frames in a second.")] = 25.0
    curve: Annotated[str | None, typer.Option(metavar="onset:0.5,apex:1,offset:0.7|CSV", help=CURVE)] = None
    driving: Annotated[Path | None, typer.Option(metavar="VIDEO", help=DRIVING)] = None
    mesh: Annotated[Path | None, typer.Option(metavar="HEAD.glb", help=MESH)] = None
    model: Annotated[str | None, typer.Option(help=MODEL)] = None
    weights: WeightsFolder = None
    motion_weights: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Weights of your own for motiongan.")
    ] = None
    as_it_is: Annotated[
        bool, typer.Option("--as-it-is", help="Do not take off what the photo shows before landmarks move.")
    ] = False
    side: Annotated[int, typer.Option(help="Longest side of the clip in pixels.")] = 1280
    face: Annotated[str, typer.Option(metavar="largest|INDEX", help="Which face; 0 is the largest.")] = "largest"
    face_backend: FaceBackend = "dlib"
    device: Device = "auto"
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(AnimateOptions)
def animate(options: AnimateOptions) -> int:
    """Let the face of a photo move, and write a clip.

    mien animate me.jpg --emotion surprise -o surprise.mp4

    mien animate me.jpg --emotion happiness --curve onset:0.5,apex:1,offset:0.7 -o smile.mp4

    mien animate me.jpg --driving talk.mp4 -o me-talking.mp4

    mien animate --emotion surprise --mesh head.glb
    """
    check(options)
    written: dict[str, Any] = {}
    if options.mesh is not None:
        written["mesh"] = write_head(options, options.mesh)
    if options.photo is not None and options.out is not None:
        report = make_clip(options, options.photo, options.out)
        written |= {"out": str(report.out), **report.record}
        if not options.json:
            print_clip(report)
    if options.json:
        print_json(written)
    elif options.mesh is not None:
        typer.echo(f"wrote {options.mesh} and {options.mesh.name}.json")
    return 0


def check(options: AnimateOptions) -> None:
    """Hold the arguments to what makes sense together.

    Raises:
        ConfigError: something is missing, or two things contradict each other.
    """
    if (options.photo is None) != (options.out is None) or (options.out is None and options.mesh is None):
        raise ConfigError("name a photo and, with -o, the clip; or --mesh head.glb")
    from_file = options.curve is not None and is_file(options.curve)
    asked = [bool(options.emotion), bool(options.au), options.driving is not None, from_file]
    if sum(asked) != 1:
        raise ConfigError("say what shall happen: --emotion, --au, --driving, or --curve with a CSV file; one of them")
    if options.mesh is not None and not options.emotion:
        raise ConfigError("--mesh moves a head to an emotion; add e.g. --emotion surprise")
    if options.curve is not None and options.driving is not None:
        raise ConfigError("--driving brings its own course; leave --curve out")


def is_file(curve: str) -> bool:
    """Tell whether a course is the name of a CSV file."""
    return curve.lower().endswith(".csv") or Path(curve).is_file()


def make_clip(options: AnimateOptions, photo: Path, out: Path) -> "AnimateReport":
    """Make and write the clip."""
    from mienkit.app.animate import AnimateWorkshop, animate_photo
    from mienkit.app.animators import DEFAULT_PAINTER, load_animator
    from mienkit.app.editors import DEFAULT_EDITOR
    from mienkit.app.instruments import load_instruments

    lands = options.emotion is not None and options.curve is None
    animator = load_animator(
        options.model,
        options.weights,
        options.motion_weights,
        options.device,
        default=DEFAULT_PAINTER if lands else DEFAULT_EDITOR,
        moves=options.driving is None,
    )
    tools = load_instruments(options.face_backend)
    request, plan = plan_of(options, animator, tools)
    request = replace(
        request,
        at_rest=animator.editor is None and not options.as_it_is,
        inputs=[options.driving] if options.driving else [],
    )
    workshop = AnimateWorkshop(instruments=tools, animator=animator)
    return animate_photo(photo, out, request, workshop, plan, force=options.force, track=partial(track, what="frames"))


def plan_of(
    options: AnimateOptions, animator: "LoadedAnimator", tools: "Instruments"
) -> tuple["AnimateRequest", "Plan"]:
    """Decide what happens in the clip, and how long it is.

    Raises:
        MienError: as the plans.
    """
    from mienkit.app.animate import watch_driver
    from mienkit.app.animate_plan import follow_curve, follow_driver, go_to_emotion, go_to_units
    from mienkit.app.unit_curve import read_unit_curve
    from mienkit.core.emotion import canonical_emotion
    from mienkit.core.expression import Expression
    from mienkit.inference.course import Course, parse_course

    if options.driving is not None:
        drive, facts = watch_driver(options.driving, tools, None, partial(track, what="frames of the driver"))
        return request_of(options, 1.0), follow_driver(animator, drive, facts, options.intensity)
    if options.curve is not None and is_file(options.curve):
        curve = read_unit_curve(Path(options.curve))
        request = request_of(options, curve.seconds)
        return request, follow_curve(animator, curve, "absolute", request)
    seconds = options.seconds or 2.0
    course = Course.rising(seconds, options.intensity)
    if options.curve is not None:
        course = parse_course(options.curve, options.intensity)
        seconds = course.seconds
    request = request_of(options, seconds)
    if options.emotion is not None:
        return request, go_to_emotion(animator, canonical_emotion(options.emotion), course, request)
    expression = Expression(aus=parse_intensities(options.au or []))
    return request, go_to_units(animator, expression, course, request)


def request_of(options: AnimateOptions, seconds: float) -> "AnimateRequest":
    """Turn the arguments into a request; what they say themselves wins."""
    from mienkit.app.animate import AnimateRequest

    asked = {
        "emotion": options.emotion,
        "aus": parse_intensities(options.au) if options.au else None,
        "intensity": options.intensity,
        "curve": options.curve,
        "driving": options.driving.name if options.driving else None,
    }
    return AnimateRequest(
        seconds=options.seconds or seconds,
        fps=options.fps,
        face=options.face,
        seed=options.seed,
        side=options.side,
        asked={name: value for name, value in asked.items() if value is not None},
    )


def write_head(options: AnimateOptions, out: Path) -> dict[str, object]:
    """Write the head that moves."""
    from mienkit.app.animate_mesh import animate_mesh

    return animate_mesh(
        out,
        request_of(options, 2.0),
        str(options.emotion),
        options.intensity,
        curve=options.curve,
        weights=options.motion_weights,
        force=options.force,
    )


def print_clip(report: "AnimateReport") -> None:
    """Print what the last frame shows, and what was written."""
    record: Any = report.record
    before, last = record["before"]["aus"], record["last_frame"]["aus"]
    rows = [
        (name, number(before[name]), number(last[name]))
        for name in last
        if max(before[name] or 0, last[name] or 0) >= SHOWN
    ]
    print_table("face", ("", ">photo", ">last frame"), rows)
    for note in report.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"wrote {report.out} ({report.frames} frames) and {report.out.name}.json")
