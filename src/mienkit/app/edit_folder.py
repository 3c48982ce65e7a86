"""The same edit for every photo of a folder."""

import json
from pathlib import Path

from mienkit.app.edit import Workshop, edit_file, provenance_of_model
from mienkit.app.folder import FolderReport, Track, list_photos, untracked, work_through
from mienkit.app.request import EditRequest
from mienkit.app.sweep import sweep_file
from mienkit.core.errors import ImageError, OutputError
from mienkit.face.encoding import FORMATS
from mienkit.face.mark import plain, read_mark, sidecar_path


def edit_folder(
    folder: Path, out: Path, request: EditRequest, workshop: Workshop, *, force: bool = False, track: Track = untracked
) -> FolderReport:
    """Edit every photo of a folder into another folder, keeping relative paths.

    A photo that was finished by an earlier call with the same request is skipped, so that an interrupted call goes on.

    Raises:
        DataError: there are no pictures.
        OutputError: ``out`` is the folder itself, or a file.
    """
    if out.resolve() == folder.resolve():
        raise OutputError(f"{out} is the input; choose another folder, originals are never written over")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; the results of a folder need a folder")
    places = {photo: place_of(photo, folder, out, request) for photo in list_photos(folder, leave_out=out)}
    work = sweep_file if request.sweeps else edit_file

    def do(photo: Path) -> None:
        work(photo, places[photo], request, workshop, force or is_unfinished(places[photo]))

    def is_done(photo: Path) -> bool:
        return not force and is_finished(places[photo], request, workshop)

    return work_through(list(places), do, is_done, track)


def place_of(photo: Path, folder: Path, out: Path, request: EditRequest) -> Path:
    """Say where a photo's result goes; what cannot be written in its own format becomes a PNG."""
    place = out / photo.relative_to(folder)
    keeps_name = photo.suffix.lower() in FORMATS and not request.sweeps
    return place if keeps_name else place.with_name(f"{place.name}.png")


def is_finished(place: Path, request: EditRequest, workshop: Workshop) -> bool:
    """Tell whether a result and its record are there and were made with this very request and model."""
    try:
        record = json.loads(sidecar_path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = plain({"request": request.describe(), "seed": request.seed, **provenance_of_model(workshop.editor)})
    return place.exists() and isinstance(record, dict) and all(record.get(key) == wanted[key] for key in wanted)


def is_unfinished(place: Path) -> bool:
    """Tell whether a result of ours was left without its record, by a call that was interrupted."""
    if not place.exists() or sidecar_path(place).exists():
        return False
    try:
        return read_mark(place) is not None
    except ImageError:
        return False
