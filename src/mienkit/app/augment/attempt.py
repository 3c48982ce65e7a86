"""Some rows changed together, looked at by the judge, and held to what was wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from io import BytesIO
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image

from mienkit.app.augment.census import SPLIT, Census, pictures_of, units_of
from mienkit.app.augment.request import AugmentRequest, FaceClass
from mienkit.app.augment.tools import Tools
from mienkit.app.edit import mark_of, seeded
from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.emotion import EMOTIONS, ONE_SIDED, name_emotions
from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float
from mienkit.core.task import Edited, Motion, Reading
from mienkit.data.decode import decode_picture
from mienkit.data.row import POSE_COLUMNS, FaceRow, Floats
from mienkit.evaluation.looker import look_at_all
from mienkit.evaluation.photo_edit import Look
from mienkit.face.align import Alignment, crop_face
from mienkit.face.encoding import OPTIONS
from mienkit.face.mark import Mark, mark_options
from mienkit.inference.edit import BATCH, condition, device_of, join, lay_over, measure_again, wanted_sides

PNG = b"\x89PNG"
RISEN = 0.1
"""By how much a unit must be read higher than before."""
KEPT = ("source", "source_id", "licence", "subject", "split", *POSE_COLUMNS)


class Reason(StrEnum):
    """Why a face is left out."""

    NO_FACE = "the judge finds no face in the row"
    SHOWN_BEFORE = "the judge sees it in the row already"
    UNCHANGED = "the editor left the picture as it was"
    LOST = "the judge finds no face in the edit"
    NOT_SHOWN = "the judge does not see it in the edit"
    OTHER_PERSON = "it is another person"


@dataclass(frozen=True)
class Task:
    """A row to change, by its place in the census, and how strongly."""

    place: int
    level: float


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What became of a row; everything in it is plain, so that it can be noted down."""

    place: int
    """In the census."""
    level: float
    """Intensity that was asked for."""
    reason: str | None
    """Why it is left out; None if it is in."""
    requested: list[float] = field(default_factory=list)
    """(17,): the whole expression that was asked for."""
    before: list[float | None] = field(default_factory=list)
    """(17,): what the judge read in the row; None where it cannot."""
    after: list[float | None] = field(default_factory=list)
    """(17,): and in the edit."""
    identity: float | None = None
    """Cosine to the person before; None where nobody can tell."""
    off_target: float | None = None
    """Mean distance of what the judge read from what was wanted, over the units that the class is not about."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LotResult:
    """What became of some rows."""

    attempts: list[Attempt]
    rows: list[FaceRow]
    edited: int
    """Faces that the editor worked on."""
    editing: float
    """Seconds spent on it, measuring the face first and encoding the result included."""
    judging: float
    """Seconds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sitter:
    """A row that is to be changed."""

    task: Task
    columns: dict[str, Any]
    picture: Picture
    look: Look


def attempt_lot(
    census: Census, wanted: FaceClass, tasks: Sequence[Task], tools: Tools, request: AugmentRequest, seed: int
) -> LotResult:
    """Change some rows and keep those in which the judge sees the class."""
    columns = [*KEPT, *(name for name in ("fold",) if name in census.table.columns)]
    read = list(pictures_of(census, [task.place for task in tasks], columns))
    start = perf_counter()
    looks = look_at_all(tools.judge, [picture for _, picture in read])
    judging = perf_counter() - start
    attempts: dict[int, Attempt] = {}
    sitters = []
    for place, (task, (values, picture), look) in enumerate(zip(tasks, read, looks, strict=True)):
        if look is None or shows(wanted, look, request.shown):
            reason = Reason.NO_FACE if look is None else Reason.SHOWN_BEFORE
            attempts[place] = Attempt(place=task.place, level=task.level, reason=reason)
        else:
            sitters.append((place, Sitter(task=task, columns=values, picture=picture, look=look)))
    start = perf_counter()
    with seeded(seed % 2**32):
        edits = edit_sitters([sitter for _, sitter in sitters], wanted, tools)
    editing = perf_counter() - start
    start = perf_counter()
    afters = look_at_all(tools.judge, [edit.stored for edit in edits])
    judging += perf_counter() - start
    rows = []
    for (place, sitter), edit, after in zip(sitters, edits, afters, strict=True):
        attempts[place] = hold(sitter, edit, after, wanted, request)
        if attempts[place].reason is None:
            assert after is not None
            rows.append(new_row(sitter, edit, after, wanted, tools, request))
    ordered = [attempts[place] for place in range(len(tasks))]
    return LotResult(attempts=ordered, rows=rows, edited=len(sitters), editing=editing, judging=judging)


@dataclass(frozen=True, kw_only=True, eq=False)
class Edit:
    """A changed picture."""

    expression: Expression
    requested: Floats
    """(17,)."""
    changed: bool
    """Whether a pixel is another one."""
    image: bytes
    """Encoded as the row's own picture is, so that the encoding does not tell them apart."""
    stored: Picture
    """What is read back from it, (S, S, 3)."""


@torch.inference_mode()
def edit_sitters(sitters: Sequence[Sitter], wanted: FaceClass, tools: Tools) -> list[Edit]:
    """Give all rows the class, as ``mien edit`` would; the editor works on many at once."""
    if not sitters:
        return []
    editor = tools.editor.editor
    pictures = [sitter.picture for sitter in sitters]
    place = Alignment(np.eye(2, 3), len(pictures[0]))
    readings = measure_again(pictures, place, tools.meter)
    expressions = [wanted.expression(sitter.task.level) for sitter in sitters]
    pairs = [condition(editor, reading, one) for reading, one in zip(readings, expressions, strict=True)]
    alignment = place.resized(editor.image_size)
    image = torch.cat([to_float(crop_face(picture, alignment)) for picture in pictures])
    source, target = (torch.stack([pair[side] for pair in pairs]) for side in (0, 1))
    device = device_of(editor)
    edited = join(
        [
            editor.edit(*(part[rows].to(device) for part in (image, source, target)))
            for rows in torch.arange(len(pictures)).split(BATCH)
        ]
    )
    results = [lay_over(picture, only(edited, number), alignment)[0] for number, picture in enumerate(pictures)]
    return [
        make_edit(sitter, result, reading, expression, tools)
        for sitter, result, reading, expression in zip(sitters, results, readings, expressions, strict=True)
    ]


def only(edited: Edited, number: int) -> Edited:
    """Take one face out of a batch."""
    row = slice(number, number + 1)
    motion = edited.motion
    alone = (
        None if motion is None else Motion(flow=motion.flow[row], colour=motion.colour[row], fresh=motion.fresh[row])
    )
    return Edited(image=edited.image[row], change=edited.change[row], motion=alone)


def make_edit(sitter: Sitter, result: Picture, reading: Reading, expression: Expression, tools: Tools) -> Edit:
    """Encode a changed picture with its mark, and read it back."""
    measured = reading.aus[0].float().cpu()
    sides = wanted_sides(tools.editor.editor, expression, measured)
    mark = mark_of(tools.editor, {"expression": expression.describe(), "from": sitter.columns["source_id"]})
    image = encode(result, "PNG" if sitter.columns["image"].startswith(PNG) else "JPEG", mark)
    stored = decode_picture(image)
    assert stored is not None
    return Edit(
        expression=expression,
        requested=np.asarray(sides.view(-1, 2).mean(1).numpy(), np.float32),
        changed=not np.array_equal(result, sitter.picture),
        image=image,
        stored=stored,
    )


def encode(picture: Picture, kind: str, mark: Mark) -> bytes:
    """Encode a picture, (S, S, 3), with what it says of itself."""
    file = BytesIO()
    Image.fromarray(picture).save(file, kind, **{**OPTIONS[kind], **mark_options(mark, kind)})
    return file.getvalue()


def hold(sitter: Sitter, edit: Edit, after: Look | None, wanted: FaceClass, request: AugmentRequest) -> Attempt:
    """Hold an edit to what was wanted."""
    before = units_of(sitter.look)
    told = Attempt(
        place=sitter.task.place,
        level=sitter.task.level,
        reason=None,
        requested=plain(edit.requested),
        before=plain(before),
    )
    if not edit.changed or after is None:
        return replace(told, reason=Reason.LOST if edit.changed else Reason.UNCHANGED)
    read = units_of(after)
    likeness = float(np.dot(sitter.look.embedding, after.embedding))
    reason: Reason | None = None
    if not shows(wanted, after, request.shown, sitter.look):
        reason = Reason.NOT_SHOWN
    elif likeness < request.identity:  # never true of NaN: nobody can tell
        reason = Reason.OTHER_PERSON
    aim = edit.expression.target(torch.from_numpy(np.nan_to_num(before))).numpy()
    others = [AU_INDEX[unit] for unit in ACTION_UNITS if unit not in wanted.units and unit in after.channels]
    return replace(
        told,
        reason=reason,
        after=plain(read),
        identity=None if np.isnan(likeness) else round(likeness, 4),
        off_target=round(float(np.abs(read - aim)[others].mean()), 4) if others else None,
    )


def shows(wanted: FaceClass, look: Look, shown: float, before: Look | None = None) -> bool:
    """Tell whether a judge sees a class; a unit must also have risen, if it is known what was seen before."""
    if wanted.is_emotion:
        # What one half of the face may show is half as strong in the mean of both, which is what judges read.
        read = torch.from_numpy(units_of(look))[None] * (2 if wanted.name in ONE_SIDED else 1)
        return int(name_emotions(read)[0]) == EMOTIONS.index(wanted.name)
    intensity = look.channels[wanted.name]
    return intensity >= shown and (before is None or intensity - before.channels[wanted.name] >= RISEN)


def new_row(
    sitter: Sitter, edit: Edit, after: Look, wanted: FaceClass, tools: Tools, request: AugmentRequest
) -> FaceRow:
    """Make the row of an edit: the person's, labelled by what the judge read in it."""
    values, size = sitter.columns, len(edit.stored)
    pose = [values[name] for name in POSE_COLUMNS]
    return FaceRow(
        image=edit.image,
        width=size,
        height=size,
        source=values["source"],
        source_id=values["source_id"] + suffix_of(wanted, tools, request),
        licence=values["licence"],
        kind="synthesised",
        subject=values["subject"],
        split=SPLIT,
        emotion=wanted.name if wanted.is_emotion else None,
        aus=units_of(after).clip(0, 1),
        au_measurer=tools.judge.name,
        landmarks=np.asarray(after.landmarks * size, np.float32),
        pose=None if None in pose else np.asarray(pose, np.float32),
        fold=values.get("fold"),
        origin=values["source_id"],
        editor=tools.maker,
    )


def suffix_of(wanted: FaceClass, tools: Tools, request: AugmentRequest) -> str:
    """Return what a new row's ``source_id`` adds to that of the row that it was made of."""
    return f"+{tools.editor.name}.{request.seed}.{wanted.name}"


def plain(values: Floats) -> list[Any]:
    """Return numbers as JSON has them; None for NaN."""
    return [None if np.isnan(one) else round(float(one), 4) for one in values]
