"""``mien transfer``: the expression of one photo's face on the face of another photo."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mienkit.cli.option import Device, Face, FaceBackend, Force, Json, Seed, WeightsFolder, takes
from mienkit.cli.output import number, print_json, print_photo, print_table
from mienkit.cli.program import program

if TYPE_CHECKING:
    from mienkit.app.transfer import TransferredFace, TransferReport

SHOWN = 0.1
"""Units that reach this in one of the readings are printed."""


@dataclass(frozen=True, kw_only=True)
class TransferOptions:
    """What ``mien transfer`` takes."""

    source: Annotated[Path, typer.Option(metavar="PHOTO", help="Whose expression it is.")]
    target: Annotated[Path, typer.Option(metavar="PHOTO", help="Who shall show it.")]
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="The new photo of the target.")]
    model: Annotated[str | None, typer.Option(help="A transferer from `mien models`.")] = None
    weights: WeightsFolder = None
    face: Face = "largest"
    source_face: Annotated[str, typer.Option(metavar="largest|INDEX", help="Which face of the source.")] = "largest"
    show_landmarks: Annotated[
        Path | None, typer.Option(metavar="SHEET", help="Also draw the source's, target's and fused landmarks.")
    ] = None
    face_backend: FaceBackend = "dlib"
    device: Device = "auto"
    seed: Seed = 0
    force: Force = False
    json: Json = False


@program.command()
@takes(TransferOptions)
def transfer(options: TransferOptions) -> int:
    """Let a face show the expression of another one.

    mien transfer --source smiling.jpg --target me.jpg -o out.png

    mien transfer --source smiling.jpg --target me.jpg -o out.png --show-landmarks landmarks.png

    mien transfer --source smiling.jpg --target me.jpg -o out.png --weights runs/transfer/weights
    """
    from mienkit.app.transfer import TransferRequest, load_transfer_workshop, open_to_transfer, transfer_file

    request = TransferRequest(faces=options.face, source_face=options.source_face, seed=options.seed)
    sheet = options.show_landmarks
    opened = open_to_transfer(options.source, options.target, options.out, options.force, sheet)
    workshop = load_transfer_workshop(options.model, options.weights, options.face_backend, options.device)
    report = transfer_file(*opened, options.out, request, workshop, options.force, sheet)
    if options.json:
        print_json({"out": str(options.out), "landmarks": str(sheet) if sheet else None, **report.record})
    else:
        print_transfer(options.out, sheet, report)
    return 0


def print_transfer(out: Path, sheet: Path | None, report: "TransferReport") -> None:
    """Print what the source shows beside what the target showed and shows, face by face."""
    for index, face in enumerate(report.faces):
        print_table(f"face {index}", ("", ">source", ">before", ">after"), [*unit_rows(face)])
    written = f"{out}{f', {sheet}' if sheet else ''} and {out.name}.json"
    print_photo(report.unchanged, report.notes, written)


def unit_rows(face: "TransferredFace") -> list[tuple[str, ...]]:
    """Write the units that one of the faces shows."""
    read = {name: (face.source[name], face.before[name], face.after[name]) for name in face.source}
    return [
        (name, *map(number, values)) for name, values in read.items() if max(value or 0 for value in values) >= SHOWN
    ]
