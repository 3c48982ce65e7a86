"""``mien measure``: what the faces of a photo show."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Face, FaceBackend, Json, takes
from mienkit.cli.output import bar, number, print_json, print_table
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.measure import MeasuredFace


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """What ``mien measure`` takes."""

    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo.")]
    face: Face = "all"
    face_backend: FaceBackend = "dlib"
    json: Json = False


@program.command()
@takes(MeasureOptions)
def measure(options: MeasureOptions) -> None:
    """Read action units, emotion, head pose and landmarks of every face."""
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


def print_face(index: int, face: "MeasuredFace") -> None:
    """Print the numbers of one face with bars."""
    from mienkit.core.action_unit import AU_NAMES

    left, top, right, bottom = face.box
    rows = [(name, AU_NAMES[name], number(value), bar(value)) for name, value in face.aus.items()]
    print_table(f"face {index} at ({left:.0f}, {top:.0f}) to ({right:.0f}, {bottom:.0f})", ("", "", ">", ""), rows)
    emotions = sorted(face.emotions.items(), key=lambda entry: -entry[1])
    print_table("emotion", ("", ">", ""), [(name, number(value), bar(value)) for name, value in emotions])
    typer.echo("pose: " + ", ".join(f"{name} {value:+.1f}°" for name, value in face.pose.items()) + "\n")
