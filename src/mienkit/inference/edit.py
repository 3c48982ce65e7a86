"""One face of a photo, other expressions: crop, edit, paste back, measure again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS, both_sides, mean_of_sides
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float, to_uint8, unchanged_share
from mienkit.core.model import MODELS
from mienkit.core.task import Edited, Editor, Motion, Reading
from mienkit.face.align import Alignment, crop_face
from mienkit.face.find import Face, PhotoMeter
from mienkit.face.movement import CropMotion, move_face
from mienkit.face.paste import paste_face
from mienkit.face.photo import Photo

BATCH = 16
"""Expressions synthesised at once; more does not pay on a CPU and only costs memory."""


@dataclass(frozen=True, kw_only=True)
class EditResult:
    """A photo whose face shows another expression, and what was asked and measured."""

    pixels: Picture
    """The whole photo, (H, W, 3)."""
    change: np.ndarray
    """Where the model changed its crop, (S, S) float32 in [0, 1]."""
    source: Tensor
    """AUs measured before, (17,)."""
    sides: Tensor
    """AUs asked of the model, each half of the face for itself, (34,)."""
    reading: Reading
    """What the meter reads afterwards, batch of 1."""
    unchanged: float
    """Share of the photo's pixels that are bit-identical, in [0, 1]."""

    @property
    def target(self) -> Tensor:
        """AUs asked of the model, (17,): the mean of both sides."""
        return mean_of_sides(self.sides)

    @property
    def measured(self) -> Tensor:
        """AUs measured afterwards, (17,)."""
        return self.reading.aus[0]


def edit_photo(photo: Photo, face: Face, editor: Editor, expression: Expression, meter: PhotoMeter) -> EditResult:
    """Give one face of a photo another expression.

    Raises:
        ConfigError: the editor takes emotions and action units were asked for.
    """
    return edit_expressions(photo, face, editor, [expression], meter)[0]


def edit_expressions(
    photo: Photo, face: Face, editor: Editor, expressions: Sequence[Expression], meter: PhotoMeter
) -> list[EditResult]:
    """Give one face of a photo several expressions, each on a copy; the model runs on all of them together.

    Raises:
        ConfigError: the editor takes emotions and action units were asked for.
    """
    alignment = face.alignment.resized(editor.image_size)
    edited = synthesize(editor, crop_face(photo.pixels, alignment), face.reading, expressions)
    pasted, changes = lay_over(photo.pixels, edited, alignment), edited.change[:, 0].float().cpu().numpy()
    readings = measure_again(pasted, face.alignment, meter)
    source = face.reading.aus[0].detach().float().cpu()
    return [
        EditResult(
            pixels=pixels,
            change=change,
            source=source,
            sides=wanted_sides(editor, expression, source),
            reading=reading,
            unchanged=unchanged_share(pixels, photo.pixels),
        )
        for pixels, change, expression, reading in zip(pasted, changes, expressions, readings, strict=True)
    ]


@torch.inference_mode()
def synthesize(editor: Editor, crop: Picture, reading: Reading, expressions: Sequence[Expression]) -> Edited:
    """Run the editor on one crop, (S, S, 3), and a batch of expressions."""
    device = device_of(editor)
    image = to_float(crop).to(device)
    conditions = [condition(editor, reading, expression) for expression in expressions]
    source = torch.stack([source for source, _ in conditions]).to(device)
    target = torch.stack([target for _, target in conditions]).to(device)
    parts = [
        editor.edit(image.expand(len(rows), -1, -1, -1), source[rows], target[rows])
        for rows in torch.arange(len(expressions)).split(BATCH)
    ]
    return join(parts)


def join(parts: Sequence[Edited]) -> Edited:
    """Put batches of edits of one editor behind one another, on the CPU."""
    motions = [part.motion for part in parts if part.motion is not None]
    motion = {
        name: torch.cat([getattr(one, name) for one in motions]).float().cpu() for name in ("flow", "colour", "fresh")
    } if motions else None  # fmt: skip
    return Edited(
        image=torch.cat([part.image for part in parts]).cpu(),
        change=torch.cat([part.change for part in parts]).cpu(),
        motion=Motion(**motion) if motion else None,
    )


def lay_over(pixels: Picture, edited: Edited, alignment: Alignment) -> list[Picture]:
    """Bring edits of one crop into its photo, (H, W, 3), each on a copy.

    An editor that tells how it moved the face moves the photo's own pixels; the crop of any other is pasted.
    """
    crops = to_uint8(edited.image)
    if edited.motion is None:
        changes = edited.change[:, 0].float().cpu().numpy()
        return [paste_face(pixels, crop, change, alignment) for crop, change in zip(crops, changes, strict=True)]
    flow, colour, fresh = (
        value.permute(0, 2, 3, 1).contiguous().numpy()
        for value in (edited.motion.flow, edited.motion.colour * 127.5, edited.motion.fresh)
    )
    motions = (CropMotion(flow=f, colour=c, fresh=n[..., 0]) for f, c, n in zip(flow, colour, fresh, strict=True))
    return [move_face(pixels, crop, motion, alignment) for crop, motion in zip(crops, motions, strict=True)]


def condition(editor: Editor, reading: Reading, expression: Expression) -> tuple[Tensor, Tensor]:
    """Return what a face shows and what it should show, (K,) each, in the editor's vocabulary.

    Raises:
        ConfigError: the editor takes emotions and action units were asked for, or an emotion that it does not know, or
            it moves both sides alike and one was asked for.
    """
    if editor.vocabulary in (ACTION_UNITS, SIDED_UNITS):
        source = reading.aus[0].detach().float().cpu()
        target = wanted_sides(editor, expression, source)
        sided = editor.vocabulary == SIDED_UNITS
        return (both_sides(source), target) if sided else (source, mean_of_sides(target))
    known = getattr(editor, "emotions", EMOTIONS)
    if expression.emotion is None:
        raise ConfigError(f"this editor takes emotions, not action units; ask for one of {', '.join(known)}")
    if expression.emotion not in known:
        raise ConfigError(f"this editor does not know {expression.emotion}; it knows {' and '.join(known)}")
    target = torch.zeros(len(EMOTIONS))
    target[EMOTIONS.index("neutral")] = 1 - expression.intensity
    target[EMOTIONS.index(expression.emotion)] += expression.intensity
    return reading.emotions[0].detach().float().cpu(), target


def wanted_sides(editor: Editor, expression: Expression, measured: Tensor) -> Tensor:
    """Return what each half of a face should show, (34,), by an editor that may know no sides.

    Raises:
        ConfigError: it knows none, and one was asked for.
    """
    if editor.vocabulary == SIDED_UNITS:
        return expression.sides(measured)
    if expression.sided:
        able = [name for name in MODELS if getattr(MODELS[name], "vocabulary", ()) == SIDED_UNITS]
        raise ConfigError(
            f"this editor moves both sides of a face alike; for {', '.join(expression.sided)} "
            f"choose one that does not: {', '.join(able)}"
        )
    return both_sides(expression.target(measured))


@torch.inference_mode()
def measure_again(photos: Sequence[Picture], alignment: Alignment, meter: PhotoMeter) -> list[Reading]:
    """Read the same face on several versions of a photo; each reading is a batch of 1."""
    aligned = alignment.resized(meter.image_size)
    crops = np.stack([crop_face(pixels, aligned) for pixels in photos])
    reading = meter.measure(to_float(crops).to(device_of(meter)))
    return [
        Reading(
            landmarks=reading.landmarks[row : row + 1].cpu(),
            aus=reading.aus[row : row + 1].float().cpu(),
            emotions=reading.emotions[row : row + 1].float().cpu(),
            pose=reading.pose[row : row + 1].float().cpu(),
        )
        for row in range(len(photos))
    ]


def device_of(model: object) -> torch.device:
    """Say where a model's weights are; a model without weights computes on the CPU."""
    first = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return first.device if first is not None else torch.device("cpu")
