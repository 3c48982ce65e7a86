"""The expression of one photo's face on the face of another photo, with what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mienkit.app.edit import check_outputs, mark_of, provenance, seeded, write_marked
from mienkit.app.editors import LoadedTransferer, load_transferer
from mienkit.app.instruments import Instruments, load_instruments
from mienkit.app.measure import NamedAUs, box_of, named_aus, named_emotions, open_to_change, open_to_use
from mienkit.app.transfer_sheet import ShownTransfer, draw_transfers
from mienkit.core.errors import ConfigError, OutputError
from mienkit.core.image import Picture, unchanged_share
from mienkit.core.task import Fuser
from mienkit.face.encoding import format_of
from mienkit.face.find import Face, find_faces
from mienkit.face.photo import Photo, write_photo
from mienkit.inference.transfer import TransferResult, transfer_face


@dataclass(frozen=True, kw_only=True)
class TransferRequest:
    """Whose expression goes where."""

    faces: str = "largest"
    """Of the target photo: ``largest``, ``all`` or an index, 0 being the largest."""
    source_face: str = "largest"
    """Of the source photo: ``largest`` or an index."""
    seed: int = 0
    """For models that draw random numbers."""

    def __post_init__(self) -> None:
        if self.source_face == "all":
            raise ConfigError("an expression comes from one face; choose it with --source-face largest or 0")

    def describe(self, source: Photo) -> dict[str, object]:
        """Return it as plain JSON-able values."""
        return {"source": source.path.name if source.path else None, "source_face": self.source_face,
                "faces": self.faces}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TransferWorkshop:
    """Everything that a transfer needs: what measures, and what transfers."""

    instruments: Instruments
    transferer: LoadedTransferer


@dataclass(frozen=True, kw_only=True)
class TransferredFace:
    """What the meter read in the source, and in the target before and after."""

    box: tuple[float, float, float, float]
    """Of the target: left, top, right, bottom, in pixels of its photo."""
    source: NamedAUs
    """AU -> measured intensity; None where the meter cannot see the unit on photographs."""
    before: NamedAUs
    after: NamedAUs
    emotions_source: dict[str, float]
    emotions_before: dict[str, float]
    emotions_after: dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class TransferReport:
    """A photo to which an expression was brought, and its record."""

    pixels: Picture
    """The whole target photo, (H, W, 3)."""
    faces: tuple[TransferredFace, ...]
    shown: Sequence[ShownTransfer]
    """What a sheet of the landmarks is drawn from; empty where the model does not tell them."""
    unchanged: float
    """Share of the photo's pixels that are bit-identical, in [0, 1]."""
    record: Mapping[str, object]
    """What the JSON beside the photo says."""
    notes: tuple[str, ...] = ()
    """What had to be changed in reading the photos, in words."""


def load_transfer_workshop(
    model: str | None = None, weights: Path | None = None, face_backend: str = "dlib", device: str = "auto"
) -> TransferWorkshop:
    """Make detector, meter and transferer ready.

    Raises:
        MienError: as ``load_instruments`` and ``load_transferer``.
    """
    transferer = load_transferer(model, weights, device)
    return TransferWorkshop(instruments=load_instruments(face_backend), transferer=transferer)


def open_to_transfer(
    source: Path | Photo, target: Path | Photo, out: Path, force: bool = False, sheet: Path | None = None
) -> tuple[Photo, Photo]:
    """Read both photos and make sure that the results may be written, before any work is done.

    Raises:
        ImageError: a photo cannot be used.
        OutputError: a result cannot be written.
    """
    opened = open_to_use(source), open_to_change(target)
    check_outputs(out, opened, force, [sheet] if sheet else [])
    if sheet is not None:
        format_of(sheet)
        if sheet.resolve() == out.resolve():
            raise OutputError(f"{sheet} would be both the photo and the sheet of landmarks; choose another name")
    return opened


def transfer_file(
    source: Path | Photo,
    target: Path | Photo,
    out: Path,
    request: TransferRequest,
    workshop: TransferWorkshop,
    force: bool = False,
    sheet: Path | None = None,
) -> TransferReport:
    """Bring the expression of a photo to another one, and write that with its record, and a sheet if asked.

    Raises:
        ImageError: a photo cannot be used.
        FaceError: a face that was asked for is not there.
        ConfigError: a sheet is asked for, and the model does not tell where it wants the landmarks.
        OutputError: a result cannot be written.
    """
    giver, taker = open_to_transfer(source, target, out, force, sheet)
    model = workshop.transferer
    if sheet is not None and not isinstance(model.transferer, Fuser):
        raise ConfigError(f"{model.name} does not tell where it wants the landmarks; leave --show-landmarks out")
    report = transfer_faces(giver, taker, request, workshop)
    mark = mark_of(model, request.describe(giver))
    write_marked(out, report.pixels, taker, mark, report.record, force)
    if sheet is not None:
        drawn = draw_transfers(report.shown, f"{model.name} · measured by {workshop.instruments.meter.name}")
        write_photo(sheet, drawn, Photo(pixels=drawn), mark, force)
    return report


def transfer_faces(
    source: Photo, target: Photo, request: TransferRequest, workshop: TransferWorkshop
) -> TransferReport:
    """Bring the expression of one face to the faces that are asked for, one after the other, in one photo.

    Raises:
        FaceError: one is not there.
    """
    tools, model = workshop.instruments, workshop.transferer
    (giver,) = find_faces(source, tools.detector, tools.meter, request.source_face)
    done, faces, shown = target, [], []
    with seeded(request.seed):
        for taker in find_faces(target, tools.detector, tools.meter, request.faces):
            result = transfer_face(source, giver, done, taker, model.transferer, tools.meter)
            done = replace(done, pixels=result.pixels)
            faces.append(describe_transfer(giver, taker, result, tools.meter.blind))
            if result.landmarks is not None:
                shown.append(ShownTransfer.of((source, giver), (target, taker), result, tools.meter))
    unchanged = unchanged_share(done.pixels, target.pixels)
    notes = tuple(dict.fromkeys([*source.notes, *target.notes]))
    record = {
        **provenance(target, tools, model, request.seed, request.describe(source)),
        "faces": [{"index": index, **asdict(face)} for index, face in enumerate(faces)],
        "unchanged_pixels": round(unchanged, 6),
        "notes": list(notes),
    }
    return TransferReport(
        pixels=done.pixels, faces=tuple(faces), shown=shown, unchanged=unchanged, record=record, notes=notes
    )


def describe_transfer(giver: Face, taker: Face, result: TransferResult, blind: frozenset[str]) -> TransferredFace:
    """Give the numbers of a transfer their names."""
    source, before, after = (named_aus(one.aus[0], blind) for one in (giver.reading, taker.reading, result.reading))
    return TransferredFace(
        box=box_of(taker),
        source=source,
        before=before,
        after=after,
        emotions_source=named_emotions(giver.reading),
        emotions_before=named_emotions(taker.reading),
        emotions_after=named_emotions(result.reading),
    )
