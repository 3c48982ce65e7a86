"""Clips of one person whose expression rises from neutral to its apex and may fall again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from mienkit.core.errors import DataError
from mienkit.data.row import FaceLabels

PEAK_FRAMES = 3
"""The last frames of a rise that count as the expression.

Source: Ding et al. 2018 (ExprGAN), which takes the last three of every Oulu-CASIA sequence.
"""
REVERSED = "reversed"

Item = TypeVar("Item")
Labels = TypeVar("Labels", bound=FaceLabels)


def rising_part(frames: Sequence[Item]) -> Sequence[Item]:
    """Cut a clip that goes from neutral to an apex and back: its first half, whose last frame is taken for the apex.

    An apex in the middle is an assumption, right on average for acted clips that begin and end neutral.

    Source: ours; Otberdout et al. 2022 use the neutral-to-apex part of MUG and do not say how it was found.
    """
    return frames[: (len(frames) + 1) // 2]


def rising_emotion(number: int, following: int, emotion: str) -> str | None:
    """Say what a frame of a rise shows: the emotion near the apex, neutral at the very start, unknown between.

    Args:
        number: of the frame in the whole clip, from 0; a copy that lacks the start has no neutral frame.
        following: frames of the rise that come after it.
        emotion: of the clip.
    """
    if following < PEAK_FRAMES:
        return emotion
    return "neutral" if number == 0 else None


def reversed_sequence(frames: Sequence[Labels]) -> list[Labels]:
    """Turn a clip round, from apex to neutral: another clip with names of its own, as augmentation.

    Frame numbers rise again and keep their distances; labels stay with their pictures.

    Raises:
        DataError: the frames are not one sequence with numbers.
    """
    names = {frame.sequence for frame in frames}
    numbers = [frame.frame for frame in frames if frame.frame is not None]
    if len(names) > 1 or None in names or len(numbers) < len(frames):
        raise DataError("only the frames of one sequence, each with its number, can be reversed")
    if not frames:
        return []
    ends = min(numbers) + max(numbers)
    turned = [
        replace(
            one,
            frame=ends - number,
            sequence=f"{one.sequence} {REVERSED}",
            source_id=f"{one.source_id} {REVERSED}",
        )
        for one, number in zip(frames, numbers, strict=True)
    ]
    return sorted(turned, key=lambda one: one.frame or 0)
