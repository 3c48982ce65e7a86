"""Models that move faces, judged beside real clips: ``motion-rises`` for landmarks, ``motion-clips`` for pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mienkit.app.compare_static import Contestant
from mienkit.core.errors import ConfigError
from mienkit.core.task import Animator, Measurer, Mover, Painter, Sampler
from mienkit.data.clip import SHOWN, list_rises
from mienkit.data.faces import FaceArrays
from mienkit.evaluation.motion import (
    SAMPLES,
    MotionResult,
    Motions,
    MotionTask,
    choose_motions,
    judge_motions,
    make_yardstick,
    move_people,
    real_motions,
)
from mienkit.evaluation.motion_clips import (
    FRAMES,
    ClipJudge,
    ClipResult,
    Clips,
    judge_clips,
    make_clips,
    read_clips,
    real_clips,
)
from mienkit.evaluation.motion_trivial import ClassMean, Still, Stretch
from mienkit.evaluation.static_edit import Recogniser
from mienkit.geometry.arc import resample_in_time
from mienkit.metrics.networks.meter import meter_look
from mienkit.metrics.networks.network import hooked
from mienkit.systems.judge import Judge
from mienkit.systems.meter import Meter

REAL, STILL, MEAN = "real", "still", "mean"
"""Rows that are in every table; the clips of a mean motion need a painter."""


class MovedPainter:
    """A Mover and a Painter together: an Animator."""

    def __init__(self, mover: Mover, painter: Painter) -> None:
        self.mover, self.painter, self.image_size = mover, painter, painter.image_size

    def animate(self, image: Tensor, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Move the landmarks, (B, 68, 2), and paint every frame from the picture at rest: (B, T, 3, H, W)."""
        aims = self.mover.move(landmarks, emotion, key, frames).to(image)
        rest, start = image.repeat_interleave(frames, 0), landmarks.repeat_interleave(frames, 0)
        return self.painter.paint(rest, start, aims.flatten(0, 1)).image.unflatten(0, (-1, frames))


class RealLandmarks:
    """Moves the asked faces of a task as they really moved, in the task's order, over and over."""

    def __init__(self, task: MotionTask) -> None:
        self.task, self.place = task, 0

    def move(self, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """Return the landmarks of the next clips, on the scale of those at rest, (B, 68, 2)."""
        chosen = [(self.place + number) % len(self.task.asked) for number in range(len(landmarks))]
        clips = [self.task.asked.rows[clip] for clip in chosen]
        self.place = (chosen[-1] + 1) % len(self.task.asked)
        places = torch.linspace(0, 1, frames)
        real = [torch.from_numpy(self.task.faces.landmarks[rows]).flatten(1) for rows in clips]
        moved = torch.stack([resample_in_time(one, places) for one in real]).unflatten(2, (-1, 2))
        scale = landmarks.norm(dim=(1, 2)) / moved[:, 0].norm(dim=(1, 2))
        return moved * scale[:, None, None, None]


@dataclass(frozen=True, kw_only=True)
class MotionRow:
    """One line of the table of landmark motions."""

    model: str
    result: MotionResult
    parameters: int = 0
    cpu_seconds: float | None = None
    """Of the training."""


@dataclass(frozen=True, kw_only=True)
class ClipRow:
    """One line of the table of clips."""

    model: str
    result: ClipResult
    sees_face: bool
    """It was given the face at rest; a Sampler makes somebody up."""
    parameters: int = 0
    cpu_seconds: float | None = None
    milliseconds: float = 0.0
    """Of one clip."""


@dataclass(frozen=True, kw_only=True)
class MotionComparison:
    """What is said of models that move faces."""

    emotions: tuple[str, ...]
    """That all were asked for: those that each of them knows."""
    people: int
    """Who are asked; as many others are compared with."""
    asked: int
    """Clips that are asked for."""
    samples: int
    """Motions of a Mover for each of them."""
    size: int
    """Side of the pictures in pixels."""
    recogniser: str | None
    """Whose embeddings ACD compares; None where the network's file is not at hand."""
    motions: Sequence[MotionRow]
    clips: Sequence[ClipRow]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the figures of a comparison show."""

    task: MotionTask
    motions: dict[str, Motions]
    """Row of the table of motions -> what was moved."""
    clips: dict[str, Clips]
    """Row of the table of clips -> the clips."""


def shared_emotions(contestants: Sequence[Contestant]) -> tuple[str, ...]:
    """Name the emotions that all of some models know, but for neutral."""
    models = [one.model for one in contestants]
    known = [set(getattr(model, "known_emotions", getattr(model, "emotions", SHOWN))) for model in models]
    return tuple(name for name in SHOWN if all(name in some for some in known))


def judge_features(judge: Measurer) -> Callable[[Tensor], Tensor]:
    """Return what looks at pictures, (B, 3, S, S), as a judge's network does: its last features, (B, D).

    They are those of the whole crop, from which it reads shape and pose, and those from which it reads the expression.

    Raises:
        ConfigError: the judge is no network of ours.
    """
    if isinstance(judge, Meter):
        return meter_look(judge.network)
    if isinstance(judge, Judge):
        return hooked(judge.network, judge.network.expression, lambda told, out: told)
    raise ConfigError(f"{type(judge).__name__} reads no features of frames; the judge should be a meter or the judge")


def compare_motion(
    contestants: Sequence[Contestant],
    judge: Measurer,
    faces: FaceArrays,
    learned: FaceArrays,
    *,
    recogniser: Recogniser | None = None,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[MotionComparison, Shown]:
    """Run ``motion-rises`` on movers and ``motion-clips`` on whatever makes clips; every mover meets every painter.

    Args:
        contestants: who is compared.
        judge: a meter that took no part in any training.
        faces: clips of people whom no training saw, each with every emotion.
        learned: the clips that models learned from, for the row ``mean``.
        recogniser: compares identities, if there is one.
        seed: of lots and noise.
        say: hears about progress.

    Raises:
        DataError: there are too few clips.
    """
    emotions = shared_emotions(contestants)
    task = choose_motions(faces, emotions, seed)
    mean = ClassMean(learned, list_rises(learned, emotions, blinks=False))
    motions, moved = compare_movers(contestants, task, mean, seed, say)
    clip_judge = ClipJudge(measurer=judge, features=judge_features(judge), recogniser=recogniser)
    clips, made = compare_clips(clip_makers(contestants, task, mean), task, clip_judge, seed, say)
    comparison = MotionComparison(
        emotions=emotions,
        people=len(set(task.people.tolist())),
        asked=len(task.asked),
        samples=SAMPLES,
        size=faces.size,
        recogniser=recogniser.name if recogniser else None,
        motions=motions,
        clips=clips,
    )
    return comparison, Shown(task=task, motions=moved, clips=made)


def compare_movers(
    contestants: Sequence[Contestant], task: MotionTask, mean: Mover, seed: int, say: Callable[[str], None]
) -> tuple[list[MotionRow], dict[str, Motions]]:
    """Judge the motions of all movers, after real ones, the mean of a class, and faces that stand still."""
    yardstick = make_yardstick(task)
    moved = {REAL: real_motions(task.faces, task.asked).with_mirror_images()}
    trained = {one.title: one for one in contestants}
    movers = {MEAN: mean, STILL: Still(), **{title: mover for title, mover, _ in movers_of(contestants)}}
    for title, mover in movers.items():
        say(f"{title}: {SAMPLES * len(task.asked)} motions")
        moved[title] = move_people(mover, task, seed=seed)
    rows = [
        MotionRow(
            model=title,
            result=judge_motions(motions, yardstick),
            parameters=trained[title].parameters if title in trained else 0,
            cpu_seconds=trained[title].cpu_seconds if title in trained else None,
        )
        for title, motions in moved.items()
    ]
    return rows, moved


@dataclass(frozen=True, kw_only=True)
class ClipMaker:
    """Something that makes clips."""

    title: str
    model: Sampler | Animator
    parts: Sequence[Contestant] = ()
    """What of it was trained."""


def clip_makers(contestants: Sequence[Contestant], task: MotionTask, mean: Mover) -> list[ClipMaker]:
    """List who makes clips: still pictures, painters with several motions, and samplers.

    A painter gets the real landmarks, those of a mean motion, and those of every mover; one that stretches the picture,
    and has learned nothing, is always there.
    """
    movers: list[tuple[str, Mover, list[Contestant]]] = [
        (f"{REAL} landmarks", RealLandmarks(task), []),
        (f"{MEAN} motion", mean, []),
        *movers_of(contestants),
    ]
    painters: list[tuple[str, Painter, list[Contestant]]] = [
        ("stretch", Stretch(task.faces.size), []),
        *((one.title, model, [one]) for one in contestants if isinstance(model := one.model, Painter)),
    ]
    joined = [
        ClipMaker(title=f"{motion} + {title}", model=MovedPainter(mover, painter), parts=[*first, *second])
        for title, painter, second in painters
        for motion, mover, first in movers
    ]
    alone = [
        ClipMaker(title=one.title, model=model, parts=[one])
        for one in contestants
        if isinstance(model := one.model, Sampler | Animator)
    ]
    return [ClipMaker(title=STILL, model=Still(task.faces.size)), *joined, *alone]


def movers_of(contestants: Sequence[Contestant]) -> list[tuple[str, Mover, list[Contestant]]]:
    """List the movers among some models: title, model, and what of it was trained."""
    return [(one.title, mover, [one]) for one in contestants if isinstance(mover := one.model, Mover)]


def compare_clips(
    makers: Sequence[ClipMaker], task: MotionTask, judge: ClipJudge, seed: int, say: Callable[[str], None]
) -> tuple[list[ClipRow], dict[str, Clips]]:
    """Judge clips, the asked people's own ones first."""
    own = real_clips(task.faces, task.asked)
    asked, real = read_clips(own, judge), read_clips(real_clips(task.faces, task.reference), judge)
    rows, made = [ClipRow(model=REAL, result=judge_clips(own, judge, real, asked), sees_face=True)], {REAL: own}
    for maker in makers:
        say(f"{maker.title}: {len(task.asked)} clips of {FRAMES} frames")
        clips = made[maker.title] = make_clips(maker.model, task, seed=seed)
        seconds = [part.cpu_seconds for part in maker.parts]
        rows.append(
            ClipRow(
                model=maker.title,
                result=judge_clips(clips, judge, real, asked),
                sees_face=clips.source is not None,
                parameters=sum(part.parameters for part in maker.parts),
                cpu_seconds=None if not seconds or None in seconds else sum(one or 0.0 for one in seconds),
                milliseconds=clips.milliseconds,
            )
        )
    return rows, made
