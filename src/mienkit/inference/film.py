"""The frames of a film, each with another expression: followed, edited and pasted side by side in threads."""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeAlias

import cv2
import numpy as np
import torch
from torch import Tensor

from mienkit.core.errors import FaceError
from mienkit.core.expression import Expression
from mienkit.core.image import to_float
from mienkit.core.task import Edited, Editor, Motion
from mienkit.face.align import crop_face
from mienkit.face.film import Frame
from mienkit.face.find import Face, PhotoMeter
from mienkit.inference.ahead import ahead
from mienkit.inference.edit import condition, device_of, join, lay_over, measure_again, wanted_sides
from mienkit.inference.track import FaceTracker, Sight

TOGETHER = 4
"""Frames that the editor is given at once: 5 ms a face on one core instead of 9 alone, and 4.6 if they were 8."""
MEASURE_EVERY = 0.2
"""Seconds of film between two frames that are measured again after the edit."""
MOST_THREADS = 4
"""Of one stage; more do not pay for networks as small as these."""

ExpressionAt = Callable[[float], Expression]
"""What a face should show, at a time in seconds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceJob:
    """One face of a frame that is to be edited."""

    frame: Frame
    face: Face
    expression: Expression


FaceEdit: TypeAlias = tuple[FaceJob, Edited | FaceError]
"""A job, and what came of it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceNumbers:
    """What one face of a frame showed, was asked for, and shows."""

    face: Face
    """Where it was, steadied."""
    before: Tensor
    """AUs, (17,), steadied."""
    sides: Tensor
    """AUs asked of the model for each half of the face, (34,)."""
    after: Tensor | None = None
    """AUs measured afterwards, (17,); None in frames that are not measured again."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EditedFrame:
    """A frame of the new film."""

    frame: Frame
    faces: tuple[FaceNumbers, ...] = ()
    missing: str | None = None
    """Why no face was edited, in words; the frame is as it was then."""


@dataclass(kw_only=True)
class Stopwatch:
    """How many seconds each stage took; stages that work side by side each count their own."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of the body to that of a stage."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def edit_frames(
    frames: Iterator[Frame],
    tracker: FaceTracker,
    editor: Editor,
    expression_at: ExpressionAt,
    meter: PhotoMeter,
    watch: Stopwatch,
) -> Generator[EditedFrame]:
    """Give the faces of all frames other expressions, a few frames in memory at a time.

    Decoding and tracking, and editing and pasting, have a thread each; whoever takes the frames has the third.

    Raises:
        MienError: as the frames, or a ``ConfigError`` as ``inference.edit.condition``.
    """
    seen = ahead(follow_frames(frames, tracker, watch))
    return ahead(edit_seen(seen, editor, expression_at, meter, watch))


def follow_frames(frames: Iterator[Frame], tracker: FaceTracker, watch: Stopwatch) -> Iterator[tuple[Frame, Sight]]:
    """Find the faces of one frame after the other."""
    while True:
        with watch.timed("decode"):
            frame = next(frames, None)
        if frame is None:
            return
        with watch.timed("track"):
            sight = tracker.follow(frame.pixels, frame.time)
        yield frame, sight


def edit_seen(
    seen: Generator[tuple[Frame, Sight]],
    editor: Editor,
    expression_at: ExpressionAt,
    meter: PhotoMeter,
    watch: Stopwatch,
) -> Iterator[EditedFrame]:
    """Edit the faces that were found, some frames together."""
    measure_from = -np.inf
    with closing(seen):  # else its thread would live for as long as somebody holds an error of this one
        while batch := list(islice(seen, TOGETHER)):
            with watch.timed("edit"):
                edited_together = edit_batch(batch, editor, expression_at)
            for frame, sight, edits in edited_together:
                with watch.timed("paste"):
                    edited = paste_faces(frame, sight.missing, edits, editor)
                if edited.faces and frame.time >= measure_from:
                    measure_from = frame.time + MEASURE_EVERY
                    edited = measured(edited, meter, watch)
                yield edited


def edit_batch(
    batch: Sequence[tuple[Frame, Sight]], editor: Editor, expression_at: ExpressionAt
) -> list[tuple[Frame, Sight, list[FaceEdit]]]:
    """Edit the faces of some frames together; returns the edits of each frame beside it."""
    jobs = [
        FaceJob(frame=frame, face=face, expression=expression_at(frame.time))
        for frame, sight in batch
        for face in sight.faces
    ]
    edits = iter(zip(jobs, edit_faces(jobs, editor), strict=True))
    return [(frame, sight, list(islice(edits, len(sight.faces)))) for frame, sight in batch]


def edit_faces(jobs: Sequence[FaceJob], editor: Editor) -> list[Edited | FaceError]:
    """Edit faces of several frames together; an editor that refuses one of them is given each alone.

    Raises:
        ConfigError: the editor cannot do what is asked.
    """
    if not jobs:
        return []
    try:
        return list(edit_together(jobs, editor))
    except FaceError as error:
        return [error] if len(jobs) == 1 else [one for job in jobs for one in edit_faces([job], editor)]


@torch.inference_mode()
def edit_together(jobs: Sequence[FaceJob], editor: Editor) -> list[Edited]:
    """Run the editor on several faces, each with its own expression; returns batches of one."""
    size, device = editor.image_size, device_of(editor)
    crops = np.stack([crop_face(job.frame.pixels, job.face.alignment.resized(size)) for job in jobs])
    conditions = [condition(editor, job.face.reading, job.expression) for job in jobs]
    source, target = (torch.stack(column).to(device) for column in zip(*conditions, strict=True))
    edited = join([editor.edit(to_float(crops).to(device), source, target)])
    return [alone(edited, row) for row in range(len(jobs))]


def alone(edited: Edited, row: int) -> Edited:
    """Take one face out of a batch."""
    motion = edited.motion and Motion(**{name: value[row : row + 1] for name, value in vars(edited.motion).items()})
    return Edited(image=edited.image[row : row + 1], change=edited.change[row : row + 1], motion=motion)


def paste_faces(frame: Frame, missing: str | None, edits: Sequence[FaceEdit], editor: Editor) -> EditedFrame:
    """Bring the edits of a frame's faces into it, one after the other."""
    pixels, faces = frame.pixels, []
    for job, edit in edits:
        if isinstance(edit, FaceError):
            missing = str(edit)
            continue
        (pixels,) = lay_over(pixels, edit, job.face.alignment.resized(editor.image_size))
        before = job.face.reading.aus[0].detach().float().cpu()
        sides = wanted_sides(editor, job.expression, before)
        faces.append(FaceNumbers(face=job.face, before=before, sides=sides))
    return EditedFrame(frame=replace(frame, pixels=pixels), faces=tuple(faces), missing=None if faces else missing)


def measured(edited: EditedFrame, meter: PhotoMeter, watch: Stopwatch) -> EditedFrame:
    """Read the faces of a new frame."""
    with watch.timed("measure again"):
        readings = [measure_again([edited.frame.pixels], one.face.alignment, meter)[0] for one in edited.faces]
    faces = tuple(replace(one, after=reading.aus[0]) for one, reading in zip(edited.faces, readings, strict=True))
    return replace(edited, faces=faces)


def spare_threads() -> int:
    """Say how many threads a stage should compute with, so that all stages together use every core once."""
    return max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))


@contextmanager
def few_threads(count: int) -> Iterator[None]:
    """Let torch and OpenCV compute with so many threads for a while, in this thread and in those that it starts."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
