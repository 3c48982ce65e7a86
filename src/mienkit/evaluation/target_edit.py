"""Against exact targets: an editor is given a photograph and an exact change, whose re-expressed picture is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.core.image import Picture, to_float
from mienkit.core.landmark import OUTER_EYE_CORNERS
from mienkit.data.faces import FaceArrays, Indices
from mienkit.evaluation.drawn_edit import region_error
from mienkit.evaluation.interval import Estimate, bootstrap_mean
from mienkit.evaluation.photo_edit import Look

PAIRS = 160
"""Pairs of photograph and exact change, one a subject."""
LEVELS = 127.5
"""Of 255, in one unit of an image in [-1, 1]."""


@dataclass(frozen=True, kw_only=True)
class TargetTrial:
    """One pair, of one subject."""

    subject: int
    pixels: float
    """Mean absolute difference to the exact picture where that differs from the photograph, in levels of 255."""
    of_copy: float
    """The same for the photograph itself; NaN both where hardly a pixel changes."""
    landmarks: float
    """Mean distance to the exact picture's landmarks, in distances of the outer eye corners; NaN where no face is
    seen."""


@dataclass(frozen=True, kw_only=True)
class TargetResult:
    """How near an editor comes to exact pictures."""

    pixels: Estimate
    """In levels of 255."""
    of_copy: Estimate
    """Mean share of the error that leaving the photograph alone makes; 0 is perfect."""
    landmarks: Estimate
    """Of the displacement, in distances of the outer eye corners."""


def choose_pairs(faces: FaceArrays, count: int = PAIRS, seed: int = 0) -> Indices:
    """Choose exact changes of photographs of different subjects, by lot."""
    edits = np.random.default_rng(seed).permutation(np.flatnonzero(faces.pair >= 0))
    _, first = np.unique(faces.subject[edits], return_index=True)
    return np.sort(edits[np.sort(first)][:count])


def try_target(
    subject: int, photo: Picture, exact: Picture, edited: Picture, looks: Sequence[Look | None]
) -> TargetTrial:
    """Compare an edit with the exact picture, (S, S, 3) each; ``looks`` are the judge's at these three."""
    before, wanted, after = (to_float(picture) for picture in (photo, exact, edited))
    return TargetTrial(
        subject=subject,
        pixels=LEVELS * float(region_error(after, wanted, before)[0]),
        of_copy=LEVELS * float(region_error(before, wanted, before)[0]),
        landmarks=displacement_error(*looks),
    )


def displacement_error(before: Look | None, exact: Look | None, after: Look | None) -> float:
    """Return the mean distance between landmarks as they are and as they should be.

    Both displacements start at the photograph's landmarks, so the error of one is the distance of the ends.

    Returns:
        In distances of the outer eye corners of the photograph; NaN where a picture shows no face.
    """
    if before is None or exact is None or after is None:
        return float("nan")
    right, left = before.landmarks[list(OUTER_EYE_CORNERS)]
    away = np.linalg.norm(after.landmarks - exact.landmarks, axis=1).mean()
    return float(away / np.linalg.norm(left - right))


def judge_targets(trials: Sequence[TargetTrial]) -> TargetResult:
    """Put the trials of one editor together."""
    people = [trial.subject for trial in trials]
    return TargetResult(
        pixels=bootstrap_mean([trial.pixels for trial in trials], people),
        of_copy=bootstrap_mean([trial.pixels / trial.of_copy for trial in trials], people),
        landmarks=bootstrap_mean([trial.landmarks for trial in trials], people),
    )
