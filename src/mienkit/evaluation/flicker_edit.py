"""Does a clip flicker whose frames were edited alone? Clips made of one photograph, so that all that moves is known.

A camera held in hands looks at a photograph: it shifts, turns and comes nearer by parts of a pixel a frame, the light
changes, the sensor makes noise. Frames, edited or not, are moved back and lit alike again: what still differs between
one and its neighbours is noise, and what the edit does differently from frame to frame. The two add as squares do, so
what the noise makes of frames that nobody edited is taken off as squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.evaluation.interval import Estimate, Floats, bootstrap_mean
from mienkit.geometry.similarity import Similarity, compose, invert, similarity, to_pixel_centres

FPS = 24.0
SHIFT, SCALE, TURN = 0.012, 0.01, 0.015
"""How far a held camera strays: in sides of the photograph, in logarithms of the scale, in radians."""
DARKER, TILT, WAVER = 0.1, 0.06, 0.004
"""By what share light falls off, differs between two sides of the face, and wavers from frame to frame."""
SLOWEST, FASTEST = 0.4, 1.2
"""Swings a second of camera and light."""
NOISE = 1.5
"""Standard deviation of the sensor's noise, in levels of 255."""
EYE = 1.0
"""Pixels of the blur under which frames are compared: grain that lives in single pixels is not seen as flicker."""
REACH = 1.15
"""The face is its landmarks' hull, so much larger (it ends at the brows)."""

Frame: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """How one frame comes from the photograph."""

    matrix: Similarity
    """(2, 3), photograph -> frame."""
    light: Frame
    """(H, W, 1): what each pixel of the photograph is multiplied by."""


@dataclass(frozen=True, kw_only=True)
class Unrest:
    """What edited frames show of change from one to the next, in levels of 255: root of the mean square in the face.

    That of the same frames unedited is taken off, so 0 is no more than they show, and below 0 is less.
    """

    flicker: float
    """Of what differs from the mean of the frames before and after: slow swings do not count."""
    step: float
    """Of what differs from the frame before."""


@dataclass(frozen=True, kw_only=True)
class FlickerTrial:
    """One edited clip of one subject."""

    subject: int
    asked: str
    alone: Unrest
    """Each frame aligned and measured alone."""
    steady: Unrest
    """The face steadied through the clip."""
    change: float
    """What the edit changes, in the same measure and place."""


@dataclass(frozen=True, kw_only=True)
class FlickerResult:
    """How much an editor makes clips flicker, in levels of 255; 0 of ``copy``, below 0 where it takes grain away."""

    alone: Estimate
    steady: Estimate
    """With the face steadied."""
    step_alone: Estimate
    step_steady: Estimate
    share: Estimate
    """Of what the edit changes, the steadied clip's flicker; NaN of an editor that changes nothing."""


def plan_shots(size: int, count: int, seed: int) -> list[Shot]:
    """Let a held camera and the light swing, each in its own time.

    Args:
        size: of the photograph, in pixels.
        count: of frames.
        seed: of the swings.
    """
    dice = np.random.default_rng(seed)
    rate, phase = dice.uniform(SLOWEST, FASTEST, (6, 1)), dice.uniform(0, 2 * np.pi, (6, 1))
    swings = np.sin(2 * np.pi * rate * np.arange(count) / FPS + phase)
    x, y, nearer, turn, dark, tilt = swings * np.array([[SHIFT], [SHIFT], [SCALE], [TURN], [DARKER / 2], [TILT / 2]])
    waver = dice.normal(0, WAVER, count)
    across = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    shots = []
    for n in range(count):
        light = 1 - DARKER + dark[n] + waver[n] + tilt[n] * across  # below 1: nothing is blown out
        matrix = similarity(float(np.exp(nearer[n])), float(turn[n]), np.zeros(2))
        matrix[:, 2] = size * (np.array([x[n], y[n]]) + 0.5) - matrix[:, :2] @ np.full(2, size / 2)
        shots.append(
            Shot(matrix=matrix, light=np.broadcast_to(light.astype(np.float32)[None, :, None], (size, size, 1)))
        )
    return shots


def film(photo: Picture, shots: Sequence[Shot], seed: int) -> list[Picture]:
    """Take the frames, (S, S, 3) each, of a photograph, (S, S, 3)."""
    dice = np.random.default_rng(seed)
    frames = []
    for shot in shots:
        lit = warp(photo * shot.light, shot.matrix, photo.shape[1::-1])
        frames.append(np.clip(np.rint(lit + dice.normal(0, NOISE, lit.shape)), 0, 255).astype(np.uint8))
    return frames


def register(frame: Picture, shot: Shot, mask: Mask) -> Frame:
    """Return what a frame shows in N places of a mask, moved and lit as in the photograph, (N, 3) in levels."""
    box = around(mask)
    left, top = box[1].start, box[0].start
    size = shot.light[box].shape[1::-1]
    back = compose(similarity(1.0, 0.0, np.array([-left, -top])), invert(shot.matrix))
    lit = warp(frame, back, size) / shot.light[box]
    return np.asarray(cv2.GaussianBlur(lit, (0, 0), EYE)[mask[box]], np.float32)


def around(mask: Mask) -> tuple[slice, slice]:
    """Return the rows and columns that hold a mask, and what blurs into it."""
    reach = round(4 * EYE)
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return (
        slice(max(int(rows[0]) - reach, 0), int(rows[-1]) + reach + 1),
        slice(max(int(columns[0]) - reach, 0), int(columns[-1]) + reach + 1),
    )


def warp(picture: Picture | Frame, matrix: Similarity, size: tuple[int, int]) -> Frame:
    """Move a picture into one of this width and height; what it does not show is mirrored."""
    moved = cv2.warpAffine(
        picture.astype(np.float32), to_pixel_centres(matrix), size, flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )  # fmt: skip
    return np.asarray(moved, np.float32)


def face_mask(landmarks: Floats, size: int) -> Mask:
    """Say which pixels of a picture show the face, (size, size), by its landmarks, (68, 2)."""
    middle = landmarks.mean(0)
    hull = cv2.convexHull((middle + REACH * (landmarks - middle)).astype(np.float32))
    return np.asarray(cv2.fillConvexPoly(np.zeros((size, size), np.uint8), hull.astype(np.int32), 1) > 0)


def unrest(edited: Sequence[Frame], untouched: Sequence[Frame]) -> Unrest:
    """Compare registered frames, (N, 3) each and three or more, with those before and after."""
    after, before = np.stack(edited), np.stack(untouched)
    return Unrest(
        flicker=added(bent(after), bent(before)),
        step=added(np.diff(after, axis=0), np.diff(before, axis=0)),
    )


def bent(frames: Frame) -> Frame:
    """Subtract from each frame of a clip, (T, N, 3), the mean of its neighbours, (T - 2, N, 3)."""
    return np.asarray(frames[1:-1] - (frames[:-2] + frames[2:]) / 2, np.float32)


def added(after: Frame, before: Frame) -> float:
    """Return the root mean square of what came to some differences, negative where they became less."""
    more = float(np.square(after).mean(dtype=np.float64) - np.square(before).mean(dtype=np.float64))
    return float(np.copysign(np.sqrt(abs(more)), more))


def try_clip(
    subject: int, asked: str, alone: Sequence[Frame], steady: Sequence[Frame], untouched: Sequence[Frame]
) -> FlickerTrial:
    """Judge one clip, by its registered frames."""
    change = np.stack(steady) - np.stack(untouched)
    return FlickerTrial(
        subject=subject,
        asked=asked,
        alone=unrest(alone, untouched),
        steady=unrest(steady, untouched),
        change=float(np.sqrt(np.square(change).mean(dtype=np.float64))),
    )


def judge_flicker(trials: Sequence[FlickerTrial]) -> FlickerResult:
    """Put the clips of one editor together."""
    people = [trial.subject for trial in trials]
    return FlickerResult(
        alone=bootstrap_mean([trial.alone.flicker for trial in trials], people),
        steady=bootstrap_mean([trial.steady.flicker for trial in trials], people),
        step_alone=bootstrap_mean([trial.alone.step for trial in trials], people),
        step_steady=bootstrap_mean([trial.steady.step for trial in trials], people),
        share=bootstrap_mean([trial.steady.flicker / (trial.change or np.nan) for trial in trials], people),
    )
