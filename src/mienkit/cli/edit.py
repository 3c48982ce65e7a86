"""``mien edit``: a photo or a film in, the same with another expression out."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mienkit.cli.option import (
    CalibrationFolder,
    Device,
    Face,
    FaceBackend,
    Force,
    Json,
    ModelName,
    Raw,
    Seed,
    WeightsFolder,
    takes,
)
from mienkit.cli.output import number, print_folder, print_json, print_photo, print_table, track
from mienkit.cli.program import program
from mienkit.core.errors import ConfigError

if TYPE_CHECKING:
    from mienkit.app.edit import EditReport, Workshop
    from mienkit.app.request import EditRequest

MODES = "Whether --au values are what the face shall show, are added to what it shows, or stand alone."
SWEEPS = "From : to : steps, as a contact sheet. Repeat it for more rows; AU1+AU2=0:1:5 grows two together."

FRAMES = "FOLDER holds the numbered frames of one film."

STAGES = "Also write OUT.stages.png: what each network of the model made, where it has several."


@dataclass(frozen=True, kw_only=True)
class EditOptions:
    """What ``mien edit`` takes."""

    photo: Annotated[Path, typer.Argument(metavar="PHOTO|VIDEO|FOLDER", help="A photo, a video, a folder of photos.")]
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="The new photo, video or folder.")]
    au: Annotated[
        list[str] | None,
        typer.Option(metavar="AU12=0.8", help="An action unit, 0 to 1; AU12_L is the person's left. Repeat it."),
    ] = None
    emotion: Annotated[str | None, typer.Option(help="A whole expression instead, such as happiness.")] = None
    intensity: Annotated[float, typer.Option(help="Of the emotion, 0 to 1.")] = 1.0
    mode: Annotated[str, typer.Option(metavar="absolute|relative|from-neutral", help=MODES)] = "absolute"
    sweep: Annotated[list[str] | None, typer.Option(metavar="AU12=0:1:5", help=SWEEPS)] = None
    gif: Annotated[bool, typer.Option("--gif", help="With --sweep: also an animation, named like OUT.")] = False
    show_stages: Annotated[bool, typer.Option("--show-stages", help=STAGES)] = False
    frames: Annotated[bool, typer.Option("--frames", help=FRAMES)] = False
    fps: Annotated[float | None, typer.Option(help="With --frames: how many a second.", min=0.1, max=1000)] = None
    model: ModelName = None
    weights: WeightsFolder = None
    raw: Raw = False
    calibration: CalibrationFolder = None
    face: Face = "largest"
    face_backend: FaceBackend = "dlib"
    device: Device = "auto"
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(EditOptions)
def edit(options: EditOptions) -> int:
    """Change the expression of a face, and measure what came of it.

    mien edit me.jpg --au AU12=0.8 --au AU6=0.5 -o smile.png

    mien edit me.jpg --emotion surprise --intensity 0.7 -o surprise.png

    mien edit me.jpg --sweep AU12=0:1:5 --sweep AU1+AU2=0:1:5 --gif -o sheet.png

    mien edit photos/ --au AU12=0.8 -o smiles/

    mien edit clip.mp4 --au AU12=0.8 -o smile.mp4
    """
    from mienkit.cli.edit_film import edit_film, shows_film

    if shows_film(options):
        return edit_film(options)
    if options.gif and not options.sweep:
        raise ConfigError("--gif animates a sweep; add e.g. --sweep AU12=0:1:5")
    if options.show_stages and (options.sweep or options.photo.is_dir()):
        raise ConfigError("--show-stages takes one photo and one expression, no sweep and no folder")
    request = request_of(options)
    if options.photo.is_dir():
        return edit_photos(options, request)
    if options.sweep:
        return sweep_photo(options, request)
    return edit_photo(options, request)


def request_of(options: EditOptions) -> "EditRequest":
    """Turn the arguments into a request.

    Raises:
        ConfigError: something asked for does not exist or is out of range.
    """
    from mienkit.app.request import EditRequest

    return EditRequest(
        aus=parse_intensities(options.au or []),
        emotion=options.emotion,
        intensity=options.intensity,
        mode=options.mode,  # type: ignore[arg-type]  # the request refuses what is not a mode
        sweeps=tuple(options.sweep or []),
        faces=options.face,
        seed=options.seed,
    )


def parse_intensities(texts: list[str]) -> dict[str, float]:
    """Turn ``["AU12=0.8", "AU6=0.5"]`` into numbers by name; one text may hold several, with commas between them.

    Raises:
        ConfigError: one has another form.
    """
    intensities = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, _, value = part.partition("=")
        try:
            intensities[name.strip()] = float(value)
        except ValueError:
            raise ConfigError(f"'{part}' is not an action unit with its intensity, e.g. AU12=0.8") from None
    return intensities


def load(options: EditOptions) -> "Workshop":
    """Make detector, meter and editor ready."""
    from mienkit.app.edit import load_workshop

    return load_workshop(
        options.model, options.weights, options.face_backend, options.device, options.raw, options.calibration
    )


def edit_photo(options: EditOptions, request: "EditRequest") -> int:
    """Edit one photo."""
    from mienkit.app.edit import edit_file, open_to_edit
    from mienkit.app.stages import check_stages, stages_path, write_stages

    sheet = stages_path(options.out) if options.show_stages else None
    opened, workshop = open_to_edit(options.photo, options.out, options.force, sheet), load(options)
    if sheet is not None:
        check_stages(workshop, request)
    report = edit_file(opened, options.out, request, workshop, options.force)
    if sheet is not None:
        write_stages(opened, options.out, request, workshop, options.force)
    if options.json:
        print_json({"out": str(options.out), **({"stages": str(sheet)} if sheet else {}), **report.record})
        return 0
    print_edit(options.out, request, report)
    if sheet is not None:
        typer.echo(f"wrote {sheet}")
    return 0


def print_edit(out: Path, request: "EditRequest", report: "EditReport") -> None:
    """Print what was requested beside what was measured, face by face."""
    from mienkit.core.action_unit import whole_unit

    for index, face in enumerate(report.faces):
        measured = face.before, face.after  # the meter reads both sides together
        asked = list(request.aus) or [name for name, value in face.target.items() if value > 0] or list(face.target)
        rows = [
            (
                name,
                f"{face.target.get(name, face.target[whole_unit(name)]):.2f}",
                *(number(seen[whole_unit(name)]) for seen in measured),
            )
            for name in asked
        ]
        title = f"face {index}: {request.expression.describe()} ({request.mode})"
        print_table(title, ("", ">target", ">before", ">after"), rows)
    print_photo(report.unchanged, report.notes, f"{out} and {out.name}.json")


def sweep_photo(options: EditOptions, request: "EditRequest") -> int:
    """Draw a contact sheet, and a clip if asked."""
    from mienkit.app.edit import open_to_edit
    from mienkit.app.sweep import sweep_file

    clip = options.out.with_suffix(".gif") if options.gif else None
    opened = open_to_edit(options.photo, options.out, options.force, clip)
    record = sweep_file(opened, options.out, request, load(options), options.force, clip)
    if options.json:
        print_json({"out": str(options.out), "clip": str(clip) if clip else None, **record})
        return 0
    pictures: Any = record["pictures"]
    rows = [(shown["asked"], " ".join(measured_of(shown))) for shown in pictures]
    print_table(options.photo.name, ("asked", "measured"), rows)
    typer.echo(f"wrote {options.out}{f', {clip.name}' if clip else ''} and {options.out.name}.json")
    return 0


def measured_of(shown: Any) -> list[str]:
    """Write what was measured of the action units that were asked for."""
    from mienkit.core.action_unit import whole_unit

    return [
        f"{whole_unit(name)}={number(shown['measured'][whole_unit(name)])}"
        for name, value in shown["requested"].items()
        if value
    ]


def edit_photos(options: EditOptions, request: "EditRequest") -> int:
    """Edit a folder."""
    from mienkit.app.edit_folder import edit_folder

    if options.gif:
        raise ConfigError("--gif takes one photo, not a folder")
    report = edit_folder(
        options.photo, options.out, request, load(options), force=options.force, track=partial(track, what="photos")
    )
    if options.json:
        print_json({"out": options.out, **asdict(report)})
        return 1 if report.failed else 0
    return print_folder(report, f"photos written to {options.out}")
