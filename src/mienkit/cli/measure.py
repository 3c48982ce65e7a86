"""``mien measure``: what the faces of a photo show, and a face of a film over time."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mienkit.cli.option import Face, FaceBackend, Force, Json, takes
from mienkit.cli.output import bar, number, print_json, print_table, track
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.measure import MeasuredFace

OUT = "Of a film: the action units of a face over time, which `mien animate --curve` takes."


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """What ``mien measure`` takes."""

    photo: Annotated[Path, typer.Argument(metavar="PHOTO|VIDEO|FOLDER", help="A photo, a video, a folder of frames.")]
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="CURVE.csv", help=OUT)] = None
    fps: Annotated[float | None, typer.Option(help="Frames in a second of a folder of frames.", min=0.1)] = None
    face: Face = "all"
    face_backend: FaceBackend = "dlib"
    force: Force = False
    json: Json = False


@program.command()
@takes(MeasureOptions)
def measure(options: MeasureOptions) -> None:
    """Read action units, emotion, head pose and landmarks of every face; of a film, one face's units over time.

    mien measure me.jpg

    mien measure talk.mp4 -o talk.csv
    """
    if shows_film(options):
        measure_film(options)
        return
    from mienkit.app.instruments import load_instruments
    from mienkit.app.measure import measure as measure_photo
    from mienkit.app.measure import measure_report, open_photo

    opened = open_photo(options.photo)
    tools = load_instruments(options.face_backend)
    faces = measure_photo(opened, faces=options.face, instruments=tools)
    if options.json:
        print_json(measure_report(opened, faces, tools))
        return
    for index, face in enumerate(faces):
        print_face(index, face)
    typer.echo(f"measured by {tools.meter.name}, found by {tools.detector.name}; intensities in [0, 1], FACS E = 1")


def shows_film(options: MeasureOptions) -> bool:
    """Tell whether it is a film that is to be measured.

    Raises:
        ConfigError: what is asked for goes with films alone, or with photos.
    """
    from mienkit.face.film import is_animation, is_film

    film = options.photo.is_dir() or is_film(options.photo)
    if not film and options.out is not None:
        film = is_animation(options.photo)  # without -o it is looked at as a photo
    if film and options.out is None:
        raise ConfigError("what a film shows over time goes into a CSV file; add e.g. -o curve.csv")
    if not film and (options.out is not None or options.fps is not None):
        raise ConfigError("-o and --fps are for films; what a photo shows is printed, with --json for programs")
    return film


def measure_film(options: MeasureOptions) -> None:
    """Measure a film, and say what was written."""
    from mienkit.app.instruments import load_instruments
    from mienkit.app.measure_film import FilmRequest
    from mienkit.app.measure_film import measure_film as measure_frames

    assert options.out is not None
    request = FilmRequest(face="largest" if options.face == "all" else options.face, fps=options.fps)
    tools, watching = load_instruments(options.face_backend), partial(track, what="frames")
    report: Any = measure_frames(options.photo, options.out, tools, request, force=options.force, track=watching)
    if options.json:
        print_json(report)
        return
    typer.echo(f"{report['frames']} frames, {report['without_a_face']} of them without a face")
    for note in report["notes"]:
        typer.echo(f"note: {note}")
    typer.echo(f"wrote {options.out}, measured by {tools.meter.name}; intensities in [0, 1], FACS E = 1")


def print_face(index: int, face: "MeasuredFace") -> None:
    """Print the numbers of one face with bars."""
    from mienkit.core.action_unit import AU_NAMES

    left, top, right, bottom = face.box
    rows = [(name, AU_NAMES[name], number(value), bar(value)) for name, value in face.aus.items()]
    print_table(f"face {index} at ({left:.0f}, {top:.0f}) to ({right:.0f}, {bottom:.0f})", ("", "", ">", ""), rows)
    emotions = sorted(face.emotions.items(), key=lambda entry: -entry[1])
    print_table("emotion", ("", ">", ""), [(name, number(value), bar(value)) for name, value in emotions])
    typer.echo("pose: " + ", ".join(f"{name} {value:+.1f}°" for name, value in face.pose.items()) + "\n")
