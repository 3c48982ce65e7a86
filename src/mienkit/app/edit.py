"""A photo in, the same photo with another expression out, with what was asked for and what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from mienkit.app.editors import LoadedEditor, LoadedModel, load_editor
from mienkit.app.instruments import Instruments, load_instruments
from mienkit.app.measure import NamedAUs, box_of, named_aus, named_emotions, open_to_change
from mienkit.app.request import EditRequest
from mienkit.core.action_unit import side_dict
from mienkit.core.expression import Mode
from mienkit.core.image import Picture, unchanged_share
from mienkit.core.version import __version__
from mienkit.face.encoding import format_of
from mienkit.face.find import Face, find_faces
from mienkit.face.mark import COMPOSITE, Mark, sidecar_path, write_sidecar
from mienkit.face.photo import Photo, check_output, write_photo
from mienkit.inference.edit import EditResult, edit_photo


@dataclass(frozen=True, kw_only=True)
class EditedFace:
    """What one face was asked to show, and what the meter read before and after."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom, in pixels of the photo."""
    target: dict[str, float]
    """The whole expression that the model was given, AU -> intensity; also its sides (``AU12_L``) where they differ."""
    before: NamedAUs
    """AU -> measured intensity; None where the meter cannot see the unit on photographs."""
    after: NamedAUs
    emotions_before: dict[str, float]
    emotions_after: dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class EditReport:
    """An edited photo and its record."""

    pixels: Picture
    """The whole photo, (H, W, 3)."""
    faces: tuple[EditedFace, ...]
    unchanged: float
    """Share of the photo's pixels that are bit-identical, in [0, 1]."""
    record: Mapping[str, object]
    """What the JSON beside the photo says."""
    notes: tuple[str, ...] = ()
    """What had to be changed in reading the photo, in words."""
    out: Path | None = None
    """Where the photo was written."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Everything that an edit needs: what measures, and what edits."""

    instruments: Instruments
    editor: LoadedEditor


def load_workshop(
    model: str | None = None,
    weights: Path | None = None,
    face_backend: str = "dlib",
    device: str = "auto",
    raw: bool = False,
    calibration: Path | None = None,
) -> Workshop:
    """Make detector, meter and editor ready; what the arguments are, ``load_instruments`` and ``load_editor`` say.

    Raises:
        MienError: as those two.
    """
    editor = load_editor(model, weights, device, raw, calibration)
    return Workshop(instruments=load_instruments(face_backend), editor=editor)


def edit(
    photo: str | Path | Picture | Photo,
    *,
    aus: Mapping[str, float] | None = None,
    emotion: str | tuple[str, float] | None = None,
    mode: Mode = "absolute",
    faces: str = "largest",
    out: str | Path | None = None,
    model: str | Workshop | None = None,
    force: bool = False,
) -> EditReport:
    """Give the face of a photo another expression: ``edit("me.jpg", aus={"AU12": 0.8}, out="smile.png")``.

    Args:
        photo: a file, or pixels (H, W, 3) uint8 RGB.
        aus: action unit or a side of it, ``AU12_L`` -> intensity in [0, 1]; in [-1, 1] where the mode is ``relative``.
        emotion: a whole expression instead of action units; with its intensity: ``("happiness", 0.7)``.
        mode: ``absolute``, ``relative`` or ``from-neutral``.
        faces: ``largest``, ``all`` or an index, 0 being the largest.
        out: where to write the photo and, beside it, its record; nowhere if None.
        model: name of an editor, or a workshop from ``load_workshop``; the default editor if None.
        force: replace ``out`` if it exists.

    Raises:
        MienError: something asked for does not exist, the photo cannot be used or the result not be written.
    """
    name, intensity = emotion if isinstance(emotion, tuple) else (emotion, 1.0)
    request = EditRequest(aus=aus or {}, emotion=name, intensity=intensity, mode=mode, faces=faces)
    opened = open_to_change(photo) if out is None else open_to_edit(photo, Path(out), force)
    workshop = model if isinstance(model, Workshop) else load_workshop(model)
    report = edit_faces(opened, request, workshop)
    return report if out is None else write_edit(report, opened, Path(out), request, workshop, force)


def open_to_edit(
    photo: str | Path | Picture | Photo, out: Path, force: bool = False, beside: Path | None = None
) -> Photo:
    """Read a photo and make sure that its results may be written, before any work is done.

    Args:
        photo: what is to be edited.
        out: the result.
        force: it may be replaced.
        beside: another result, such as a clip.

    Raises:
        ImageError: the photo cannot be used.
        OutputError: a result cannot be written.
    """
    opened = open_to_change(photo)
    check_outputs(out, [opened], force, [beside] if beside else [])
    return opened


def check_outputs(out: Path, photos: Sequence[Photo], force: bool, beside: Sequence[Path] = ()) -> None:
    """Make sure that a picture, its record and what goes with them may be written.

    Raises:
        OutputError: one of them may not.
    """
    inputs = [photo.path for photo in photos if photo.path]
    format_of(out)
    for path in (out, sidecar_path(out), *beside):
        check_output(path, inputs, force)


def edit_file(
    photo: Path | Photo, out: Path, request: EditRequest, workshop: Workshop, force: bool = False
) -> EditReport:
    """Edit a photo and write the result and its record.

    Raises:
        ImageError: the photo cannot be used.
        FaceError: the face that was asked for is not there.
        OutputError: the result cannot be written.
    """
    opened = open_to_edit(photo, out, force)
    return write_edit(edit_faces(opened, request, workshop), opened, out, request, workshop, force)


def edit_faces(photo: Photo, request: EditRequest, workshop: Workshop) -> EditReport:
    """Edit the faces that are asked for, one after the other, in one photo.

    Raises:
        FaceError: they are not there.
        ConfigError: the editor takes emotions and action units were asked for.
    """
    tools, meter = workshop.instruments, workshop.instruments.meter
    edited, faces = photo, []
    with seeded(request.seed):
        for face in find_faces(photo, tools.detector, meter, request.faces):
            result = edit_photo(edited, face, workshop.editor.editor, request.expression, meter)
            edited = replace(edited, pixels=result.pixels)
            faces.append(describe_face(face, result, meter.blind))
    unchanged = unchanged_share(edited.pixels, photo.pixels)
    record = {
        **provenance(photo, workshop.instruments, workshop.editor, request.seed, request.describe()),
        "faces": [{"index": index, **asdict(face)} for index, face in enumerate(faces)],
        "unchanged_pixels": round(unchanged, 6),
        "notes": list(photo.notes),
    }
    return EditReport(pixels=edited.pixels, faces=tuple(faces), unchanged=unchanged, record=record, notes=photo.notes)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let models that draw random numbers repeat them, and leave the caller's own random numbers alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def describe_face(face: Face, result: EditResult, blind: frozenset[str]) -> EditedFace:
    """Give the numbers of an edit their names."""
    return EditedFace(
        box=box_of(face),
        target=side_dict(result.sides),
        before=named_aus(result.source, blind),
        after=named_aus(result.measured, blind),
        emotions_before=named_emotions(face.reading),
        emotions_after=named_emotions(result.reading),
    )


def provenance(
    photo: Photo, tools: Instruments, model: LoadedModel, seed: int, request: Mapping[str, object]
) -> dict[str, object]:
    """Say how a picture came to be: the part that all records share."""
    height, width = photo.pixels.shape[:2]
    return {
        "synthetic": True,
        "mienkit": __version__,
        "photo": {"file": photo.path.name if photo.path else None, "width": width, "height": height},
        **provenance_of_model(model),
        "meter": {"name": tools.meter.name, "unknown": sorted(tools.meter.blind)},
        "detector": tools.detector.name,
        "device": model.device,
        "seed": seed,
        "request": request,
    }


def provenance_of_model(model: LoadedModel) -> dict[str, object]:
    """Say which model works, and of an editor whether a calibration does, so that two records can be compared."""
    told: dict[str, object] = {"model": {"name": model.name, "version": model.version, "weights_sha256": model.weights}}
    return told | {"calibration": told_calibration(model)} if isinstance(model, LoadedEditor) else told


def told_calibration(model: LoadedModel) -> dict[str, object] | None:
    """Say which calibration an editor works with; None where it works with none."""
    found = model.calibration if isinstance(model, LoadedEditor) else None
    return found.describe() if found else None


def write_edit(
    report: EditReport, photo: Photo, out: Path, request: EditRequest, workshop: Workshop, force: bool
) -> EditReport:
    """Write an edited photo with its mark, and its record.

    Raises:
        OutputError: one of them cannot be written.
    """
    write_marked(out, report.pixels, photo, mark_of(workshop.editor, request.describe()), report.record, force)
    return replace(report, out=out)


def write_marked(
    out: Path, pixels: Picture, photo: Photo, mark: Mark, record: Mapping[str, object], force: bool
) -> None:
    """Write a changed photo with its mark, then its record, which stands only beside a finished photo.

    Raises:
        OutputError: one of them cannot be written.
    """
    sidecar = sidecar_path(out)
    sidecar.unlink(missing_ok=True)
    write_photo(out, pixels, photo, mark, force)
    write_sidecar(sidecar, record)


def mark_of(model: LoadedModel, request: Mapping[str, object], source: str = COMPOSITE) -> Mark:
    """Return what a written picture says of itself; what is no photograph that was changed has another ``source``."""
    return Mark(model=model.name, version=__version__, request=request, source=source)
