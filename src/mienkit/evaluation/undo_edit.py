"""Does an edit come back? The edited face is measured and asked for what it showed before, as a user would."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.core.image import Picture
from mienkit.evaluation.interval import Estimate, bootstrap_median
from mienkit.evaluation.photo_edit import Look
from mienkit.metrics.reversibility import reversibility

PEOPLE = 40
"""Of whom one edit each is undone."""


@dataclass(frozen=True, kw_only=True)
class UndoTrial:
    """One edit that was undone."""

    subject: int
    pixels: float
    """What is left of the edit's change; NaN where it changed nothing."""
    units: float
    """The same of the units that the judge reads; NaN where it saw no face, too."""


@dataclass(frozen=True, kw_only=True)
class UndoResult:
    """How well an editor's edits come back: 0 exactly, 1 as far away as the edit itself; medians."""

    pixels: Estimate
    units: Estimate


def try_undo(
    subject: int, pictures: Sequence[Picture], before: Look, after: Look | None, back: Look | None
) -> UndoTrial:
    """Compare a photograph, its edit and that edit undone, (H, W, 3) each, and the judge's looks at them."""
    first, there, again = (np.asarray(picture, np.float64)[None] for picture in pictures)
    units = float("nan")
    if after is not None and back is not None:
        names = list(before.channels)
        looks = ([[look.channels[name] for name in names]] for look in (before, after, back))
        units = float(reversibility(*looks)[0])
    return UndoTrial(subject=subject, pixels=float(reversibility(first, there, again)[0]), units=units)


def judge_undo(trials: Sequence[UndoTrial]) -> UndoResult:
    """Put the trials of one editor together.

    Medians: a face that was changed by next to nothing divides by next to nothing.
    """
    people = [one.subject for one in trials]
    return UndoResult(
        pixels=bootstrap_median([one.pixels for one in trials], people),
        units=bootstrap_median([one.units for one in trials], people),
    )
