"""One face of a photo, other expressions: crop, edit, paste back, measure again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float, to_uint8, unchanged_share
from mienkit.core.task import Edited, Editor, Measurer, Reading
from mienkit.face.align import Alignment, crop_face
from mienkit.face.find import Face
from mienkit.face.paste import paste_face
from mienkit.face.photo import Photo

BATCH = 16
"""Expressions synthesised at once; more does not pay on a CPU and only costs memory."""


class PhotoMeter(Measurer, Protocol):
    """A measurer that says who it is and what it cannot see on photographs."""

    name: str
    blind: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class EditResult:
    """A photo whose face shows another expression, and what was asked and measured."""

    pixels: Picture
    """The whole photo, (H, W, 3)."""
    change: np.ndarray
    """Where the model changed its crop, (S, S) float32 in [0, 1]."""
    source: Tensor
    """AUs measured before, (17,)."""
    target: Tensor
    """AUs asked of the model, (17,)."""
    reading: Reading
    """What the meter reads afterwards, batch of 1."""
    unchanged: float
    """Share of the photo's pixels that are bit-identical, in [0, 1]."""

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
    crops, changes = to_uint8(edited.image), edited.change[:, 0].float().cpu().numpy()
    pasted = [paste_face(photo.pixels, crop, change, alignment) for crop, change in zip(crops, changes, strict=True)]
    readings = measure_again(pasted, face.alignment, meter)
    source = face.reading.aus[0].detach().float().cpu()
    return [
        EditResult(
            pixels=pixels,
            change=change,
            source=source,
            target=expression.target(source),
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
    return Edited(
        image=torch.cat([part.image for part in parts]).cpu(), change=torch.cat([part.change for part in parts]).cpu()
    )


def condition(editor: Editor, reading: Reading, expression: Expression) -> tuple[Tensor, Tensor]:
    """Return what a face shows and what it should show, (K,) each, in the editor's vocabulary.

    Raises:
        ConfigError: the editor takes emotions and action units were asked for.
    """
    if editor.vocabulary == ACTION_UNITS:
        source = reading.aus[0].detach().float().cpu()
        return source, expression.target(source)
    if expression.emotion is None:
        name = type(editor).__name__
        raise ConfigError(f"{name} takes emotions, not action units; ask for one of {', '.join(EMOTIONS)}")
    target = torch.zeros(len(EMOTIONS))
    target[EMOTIONS.index("neutral")] = 1 - expression.intensity
    target[EMOTIONS.index(expression.emotion)] += expression.intensity
    return reading.emotions[0].detach().float().cpu(), target


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
