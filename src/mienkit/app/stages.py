"""A sheet of what each network of a staged editor made, beside the edited photo."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mienkit.app.edit import Workshop, mark_of
from mienkit.app.request import EditRequest
from mienkit.app.show import TILE
from mienkit.core.errors import ConfigError
from mienkit.core.image import Picture
from mienkit.core.model import MODELS
from mienkit.core.task import Staged
from mienkit.face.find import find_faces
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.sheet import Row, Sheet, Tile, draw_sheet
from mienkit.inference.stages import stages_of_face


def stages_path(out: Path) -> Path:
    """Name the sheet: ``smile.jpg`` -> ``smile.stages.png``."""
    return out.with_name(f"{out.stem}.stages.png")


def check_stages(workshop: Workshop, request: EditRequest) -> None:
    """Make sure that there are stages to show, before any work is done.

    Raises:
        ConfigError: the editor has none, or several faces are asked for.
    """
    if not isinstance(workshop.editor.editor, Staged):
        able = ", ".join(name for name in MODELS if hasattr(MODELS[name], "stages_of"))
        raise ConfigError(f"{workshop.editor.name} works in one stage; for --show-stages choose one of: {able}")
    if request.faces == "all":
        raise ConfigError("--show-stages shows one face; choose it with --face largest or --face 0")


def write_stages(photo: Photo, out: Path, request: EditRequest, workshop: Workshop, force: bool = False) -> Path:
    """Write the sheet beside an edited photo; returns where.

    Args:
        photo: before the edit.
        out: the edited photo.
        request: what was asked for.
        workshop: what edited; its editor is ``Staged``.
        force: replace the sheet if it exists.

    Raises:
        ConfigError: the editor has no stages, or several faces are asked for.
        FaceError: the face that was asked for is not there.
        OutputError: the sheet cannot be written.
    """
    check_stages(workshop, request)
    tools, editor = workshop.instruments, workshop.editor
    face = find_faces(photo, tools.detector, tools.meter, request.faces)[0]
    stages = stages_of_face(photo, face, editor.editor, request.expression)
    rows = [
        Row(label=name, tiles=[Tile(picture=squared(shown), caption=title) for title, shown in stage.items()])
        for name, stage in stages.items()
    ]
    title = f"{photo.path.name if photo.path else 'photo'}: {request.expression.describe()}"
    subtitle = f"{editor.name} · at its own {editor.editor.image_size} px · attention: white keeps the pixel"
    sheet = draw_sheet(Sheet(title=title, subtitle=subtitle, rows=rows))
    place = stages_path(out)
    write_photo(place, sheet, Photo(pixels=sheet), mark_of(editor, request.describe()), force)
    return place


def squared(picture: Picture, side: int = TILE) -> Picture:
    """Enlarge a picture, (h, w, 3), until it fits into a white square, (side, side, 3)."""
    fitted = ImageOps.pad(Image.fromarray(picture), (side, side), Image.Resampling.BICUBIC, color="white")
    return np.asarray(fitted).copy()
