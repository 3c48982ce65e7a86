"""Expressions that grow in steps, on a contact sheet and as a clip."""

from pathlib import Path

from mienkit.app.edit import Workshop, mark_of, open_to_edit, provenance, seeded
from mienkit.app.measure import named_aus
from mienkit.app.request import EditRequest
from mienkit.app.show import show_sweeps, sweep_row
from mienkit.face.find import find_faces
from mienkit.face.mark import sidecar_path, write_sidecar
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.clip import there_and_back, write_clip
from mienkit.inference.sheet import Sheet, draw_sheet

CLIP = 256
"""Side of a face in a clip, in pixels."""


def sweep_file(
    photo: Path | Photo,
    out: Path,
    request: EditRequest,
    workshop: Workshop,
    force: bool = False,
    clip: Path | None = None,
) -> dict[str, object]:
    """Write the contact sheet of a photo's sweeps, and a clip if asked; returns the record beside the sheet.

    Raises:
        ImageError: the photo cannot be used.
        FaceError: the face that was asked for is not there.
        OutputError: the results cannot be written.
    """
    opened, tools = open_to_edit(photo, out, force, clip), workshop.instruments
    face = find_faces(opened, tools.detector, tools.meter, request.faces)[0]
    sweeps = request.sweep_expressions()
    with seeded(request.seed):
        shown = show_sweeps(opened, face, sweeps, workshop)
    rows = [sweep_row(sweep, row) for (sweep, _), row in zip(sweeps, shown, strict=True)]
    sheet = draw_sheet(
        Sheet(title=opened.path.name if opened.path else "", subtitle=subtitle(request, workshop), rows=rows)
    )
    record = {
        **provenance(opened, tools, workshop.editor, request.seed, request.describe()),
        "before": named_aus(face.reading.aus[0], tools.meter.blind),
        "pictures": [one.describe() for row in shown for one in row],
        "notes": list(opened.notes),
    }
    mark = mark_of(workshop.editor, request.describe())
    sidecar_path(out).unlink(missing_ok=True)
    write_photo(out, sheet, Photo(pixels=sheet), mark, force)
    if clip is not None:
        frames = [frame for row in shown for frame in there_and_back([one.picture(CLIP) for one in row], hold=2)]
        write_clip(clip, frames, mark, force=force)
    write_sidecar(sidecar_path(out), record)
    return record


def subtitle(request: EditRequest, workshop: Workshop) -> str:
    """Say under a sheet's title what made it."""
    fixed = " ".join(f"{name}={value:g}" for name, value in request.aus.items())
    made_by = f"{workshop.editor.name} · measured by {workshop.instruments.meter.name} · {request.mode}"
    return f"{made_by}, with {fixed}" if fixed else made_by
