"""``mien animate``: a photo in, a clip of its face out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mienkit.cli.edit import parse_intensities
from mienkit.cli.option import CalibrationFolder, Device, FaceBackend, Force, Json, Raw, Seed, WeightsFolder, takes
from mienkit.cli.output import number, print_json, print_table, track
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.animate import AnimateReport, AnimateRequest, Plan
    from mienkit.app.animators import LoadedAnimator
    from mienkit.app.instruments import Instruments
    from mienkit.face.photo import Photo
    from mienkit.inference.course import Course

CURVE = "Let an editor follow this course, in seconds, or a CSV file of action units over time."
DRIVING = "Do what the face of this film does, from its own rest; its clock and sound stay."
MODEL = "An editor, or a painter (texturegan) that follows landmarks."
MESH = "Also, or only, write a head that moves so, for Blender and three.js."
FPS = "Frames in a second; 25 if nothing else says so. With --driving: of a folder of frames."
SHOWN = 0.1
"""Units that reach this in the last frame are printed."""
SECONDS, RATE = 2.0, 25.0
"""How long a clip is, and how many frames it has in a second, if nothing else says so."""


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
    intensity: Annotated[float, typer.Option(help="How far it goes, 0 to 1; with --driving up to 3.")] = 1.0
    seconds: Annotated[float | None, typer.Option(help="How long the clip is; 2 if nothing else says so.")] = None
    fps: Annotated[float | None, typer.Option(help=FPS)] = None
    curve: Annotated[str | None, typer.Option(metavar="onset:0.5,apex:1,offset:0.7|CSV", help=CURVE)] = None
    driving: Annotated[Path | None, typer.Option(metavar="VIDEO", help=DRIVING)] = None
    mesh: Annotated[Path | None, typer.Option(metavar="HEAD.glb", help=MESH)] = None
    model: Annotated[str | None, typer.Option(help=MODEL)] = None
    weights: WeightsFolder = None
    raw: Raw = False
    calibration: CalibrationFolder = None
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
    photo = open_photo(options)
    head = plan_head(options, options.mesh) if options.mesh is not None else None
    written: dict[str, Any] = {}
    if photo is not None and options.out is not None:
        report = make_clip(options, photo, options.out)
        written |= {"out": str(report.out), **report.record}
        if not options.json:
            print_clip(report)
    if head is not None:
        written["mesh"] = head()
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
    if options.seconds is not None and options.driving is not None:
        raise ConfigError("the clip is as long as the film of --driving; leave --seconds out")
    if options.motion_weights is not None and options.driving is not None:
        raise ConfigError("with --driving nothing moves landmarks but the driver; leave --motion-weights out")


def is_file(curve: str) -> bool:
    """Tell whether a course is the name of a CSV file."""
    try:
        return curve.lower().endswith(".csv") or Path(curve).is_file()
    except OSError:  # too long for a name
        return False


def open_photo(options: AnimateOptions) -> "Photo | None":
    """Open the photo, if there is one, and make sure that its clip may be written."""
    from mienkit.app.animate import open_to_animate

    if options.photo is None or options.out is None:
        return None
    return open_to_animate(options.photo, options.out, inputs_of(options), options.force)


def inputs_of(options: AnimateOptions) -> list[Path]:
    """List the files beside the photo that must not be written over."""
    return [options.driving] if options.driving else []


def make_clip(options: AnimateOptions, photo: "Photo", out: Path) -> "AnimateReport":
    """Make and write the clip.

    Raises:
        ConfigError: there are weights for what moves landmarks, and nothing does.
    """
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
        raw=options.raw,
        calibration=options.calibration,
    )
    if options.motion_weights is not None and animator.mover is None and options.mesh is None:
        raise ConfigError(f"{animator.models[0].name} moves no landmarks; leave --motion-weights out")
    tools = load_instruments(options.face_backend)
    request, plan = plan_of(options, animator, tools)
    at_rest = animator.editor is None and not options.as_it_is
    request = replace(request, at_rest=at_rest, inputs=inputs_of(options))
    workshop = AnimateWorkshop(instruments=tools, animator=animator)
    return animate_photo(photo, out, request, workshop, plan, force=options.force, track=partial(track, what="frames"))


def plan_of(
    options: AnimateOptions, animator: "LoadedAnimator", tools: "Instruments"
) -> tuple["AnimateRequest", "Plan"]:
    """Decide what happens in the clip, and how long it is.

    Raises:
        MienError: as the plans.
    """
    from mienkit.app.animate_plan import follow_curve, follow_film, go_to_emotion, go_to_units
    from mienkit.app.unit_curve import read_unit_curve
    from mienkit.core.emotion import canonical_emotion
    from mienkit.core.expression import Expression

    if options.driving is not None:
        request, watching = request_of(options, SECONDS), partial(track, what="frames of the driver")
        plan = follow_film(animator, options.driving, tools, options.intensity, options.fps, watching)
        return request, plan
    if options.curve is not None and is_file(options.curve):
        curve = read_unit_curve(Path(options.curve))
        request = request_of(options, curve.seconds)
        if options.seconds is None:
            request = request.up_to(curve.seconds)
        return request, follow_curve(animator, curve, "absolute", request, options.intensity)
    request, course = course_of(options)
    if options.emotion is not None:
        return request, go_to_emotion(animator, canonical_emotion(options.emotion), course, request)
    expression = Expression(aus=parse_intensities(options.au or []))
    return request, go_to_units(animator, expression, course, request)


def course_of(options: AnimateOptions) -> tuple["AnimateRequest", "Course"]:
    """Decide how long a clip is, and how far on its way the face is at each time.

    Raises:
        ConfigError: a number is out of range, or the course has another form.
    """
    from mienkit.inference.course import Course, parse_course

    if options.curve is not None:
        course = parse_course(options.curve, options.intensity)
        return request_of(options, course.seconds), course
    request = request_of(options, SECONDS)
    return request, Course.rising(request.seconds, options.intensity)


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
        seconds=seconds if options.seconds is None else options.seconds,
        fps=RATE if options.fps is None else options.fps,
        face=options.face,
        seed=options.seed,
        side=options.side,
        asked={name: value for name, value in asked.items() if value is not None},
    )


def plan_head(options: AnimateOptions, out: Path) -> Callable[[], dict[str, object]]:
    """Make the head that moves ready to be written.

    Raises:
        MienError: as ``plan_mesh``.
    """
    from mienkit.app.animate_mesh import plan_mesh

    request, course = course_of(options)
    return plan_mesh(out, request, str(options.emotion), course, weights=options.motion_weights, force=options.force)


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
