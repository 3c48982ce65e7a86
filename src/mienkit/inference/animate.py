"""A face of a photo that moves: frames of a painter that follows landmarks, or an editor that follows expressions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mienkit.core.emotion import EMOTIONS
from mienkit.core.expression import Expression
from mienkit.core.image import Picture, to_float
from mienkit.core.task import Edited, Editor, Mover, Painter
from mienkit.face.align import crop_face
from mienkit.face.find import Face
from mienkit.face.photo import Photo
from mienkit.geometry.arc import resample_in_time
from mienkit.inference.course import Course
from mienkit.inference.edit import condition, device_of, join, lay_over

TOGETHER = 4
"""Frames that a model makes at once."""
WAY = 65
"""Instants of a motion before it is given its times."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """How an editor's face goes to an expression."""

    expression: Expression
    course: Course
    """How far it is on its way, at each time."""


def follow_landmarks(photo: Photo, face: Face, painter: Painter, aims: Tensor) -> Iterator[Picture]:
    """Paint a face with its landmarks at aims, (T, 68, 2) in pixels of the painter's crop, frame by frame.

    Yields:
        The whole photo, (H, W, 3).
    """
    here = landmarks_of(face, painter.image_size)

    def make(image: Tensor, some: Tensor) -> Edited:
        return painter.paint(image, here.expand(len(some), -1, -1), aims[some])

    return make_frames(photo, face, painter.image_size, device_of(painter), len(aims), make)


def follow_expressions(photo: Photo, face: Face, editor: Editor, ask: Ask, times: Sequence[float]) -> Iterator[Picture]:
    """Take a face from what it shows to an expression and wherever its course leads, frame by frame.

    Yields:
        The whole photo, (H, W, 3).

    Raises:
        ConfigError: the editor cannot do what is asked.
    """
    source, target = condition(editor, face.reading, ask.expression)
    shares = torch.tensor([ask.course.share(time) for time in times])[:, None]
    return follow_conditions(photo, face, editor, source, source + shares * (target - source))


def follow_conditions(photo: Photo, face: Face, editor: Editor, source: Tensor, targets: Tensor) -> Iterator[Picture]:
    """Let a face that shows one expression, (K,), show others, (T, K), frame by frame.

    Yields:
        The whole photo, (H, W, 3).
    """
    device = device_of(editor)

    def make(image: Tensor, some: Tensor) -> Edited:
        return editor.edit(image, source.expand(len(some), -1).to(device), targets[some].to(device))

    return make_frames(photo, face, editor.image_size, device, len(targets), make)


def make_frames(
    photo: Photo,
    face: Face,
    size: int,
    device: torch.device,
    count: int,
    make: Callable[[Tensor, Tensor], Edited],
) -> Iterator[Picture]:
    """Make frames of one crop some at a time, and lay each over the photo."""
    alignment = face.alignment.resized(size)
    crop = to_float(crop_face(photo.pixels, alignment)).to(device)
    for some in torch.arange(count).split(TOGETHER):
        with torch.inference_mode():
            edited = join([make(crop.expand(len(some), -1, -1, -1), some)])
        yield from lay_over(photo.pixels, edited, alignment)


@torch.inference_mode()
def move_landmarks(
    face: Face, mover: Mover, size: int, emotion: str, times: Sequence[float], course: Course, key: int
) -> Tensor:
    """Let a mover take the landmarks of a face to an emotion and wherever a course leads.

    Args:
        face: at rest.
        mover: makes the motion, from rest to its end.
        size: side of the crop whose pixels count.
        emotion: where it goes.
        times: of the frames, in seconds.
        course: how far on its way the face is.
        key: of the random numbers.

    Returns:
        (T, 68, 2), pixels of the crop.

    Raises:
        ConfigError: the mover does not know the emotion.
    """
    start, device = landmarks_of(face, size), device_of(mover)
    label = torch.tensor([EMOTIONS.index(emotion)], device=device)
    way = mover.move(start.to(device), label, torch.tensor([key], device=device), WAY)[0].cpu()
    shares = torch.tensor([course.share(time) / course.height for time in times])
    path = resample_in_time(way.flatten(1), shares).unflatten(1, (-1, 2))
    return torch.lerp(start, path, course.height)


def landmarks_of(face: Face, size: int) -> Tensor:
    """Return a face's landmarks, (1, 68, 2), in pixels of its crop of some size."""
    crop = face.alignment.resized(size)
    return torch.from_numpy(np.asarray(crop.to_crop(face.landmarks), np.float32))[None]
