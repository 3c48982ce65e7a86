"""Slices: does an editor do as well on faces that look dark, and on people with glasses?

Who belongs to a slice is read off the photograph, by rules that are sometimes wrong: see ``face.skin_tone`` and
``morphable.glasses``. Faces that the rules are unsure of belong to none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mienkit.core.image import Picture
from mienkit.evaluation.interval import Estimate, bootstrap_mean
from mienkit.evaluation.photo_edit import Look, Trial, median_cosine
from mienkit.evaluation.target_edit import TargetResult, TargetTrial, judge_targets
from mienkit.face.skin_tone import typology_angle
from mienkit.morphable.glasses import BARE, FRAMED, frame_strength

FEWEST = 8
"""People in a slice that is worth a figure."""
INTERMEDIATE = (28.0, 41.0)
"""Individual typology angles in degrees. Of the six classes the two lightest are taken together, and the three darkest:
too few people are left in each.

Source: Del Bino and Bernerd 2013, "Variations in skin colour and the biological consequences of ultraviolet radiation
exposure" (very light > 55, light > 41, intermediate > 28, tan > 10, brown > -30, dark).
"""
LIGHT, BETWEEN, DARK = "skin light, ITA > 41°", "skin intermediate, 28° to 41°", "skin tan to dark, ITA < 28°"
GLASSES, NO_GLASSES = "glasses", "no glasses"
SLICES = (LIGHT, BETWEEN, DARK, GLASSES, NO_GLASSES)

Slices = Mapping[int, tuple[str, ...]]
"""Subject -> slices that the person belongs to."""


@dataclass(frozen=True, kw_only=True)
class SliceResult:
    """What one editor does to the people of one slice; NaN for what fewer than ``FEWEST`` of them were asked."""

    name: str
    people: int
    """Whose edits there are."""
    identity: Estimate
    """Median MobileFace cosine between photograph and edit, single units at 1."""
    error: Estimate
    """Mean absolute AU error of the unit that was asked for at 1."""
    pairs: int
    """People with an exact change."""
    targets: TargetResult
    """Against the exact changes."""


def slices_of(picture: Picture, look: Look | None) -> tuple[str, ...]:
    """Name the slices that a photograph, (S, S, 3), belongs to; none where the judge saw no face."""
    if look is None:
        return ()
    marks = look.landmarks * len(picture)
    names = (tone_of(typology_angle(picture, marks)), worn(frame_strength(picture, marks)))
    return tuple(name for name in names if name is not None)


def tone_of(angle: float) -> str | None:
    """Name the slice of an individual typology angle in degrees; None where that is unknown, NaN."""
    low, high = INTERMEDIATE
    if angle > high:
        return LIGHT
    if angle < low:
        return DARK
    return BETWEEN if low <= angle <= high else None


def worn(strength: float) -> str | None:
    """Name the slice of a frame's strength; None where it is between a frame and none."""
    if strength > FRAMED:
        return GLASSES
    return NO_GLASSES if strength < BARE else None


def judge_slices(
    trials: Sequence[Trial],
    errors: Sequence[tuple[int, float]],
    targets: Sequence[TargetTrial],
    sitters: Slices,
    pairs: Slices,
) -> list[SliceResult]:
    """Put an editor's trials together, slice by slice.

    Args:
        trials: of single units at 1.
        errors: subject, |units read - asked for| of the unit that was asked for at 1.
        targets: against exact changes.
        sitters: of the subjects of ``trials`` and ``errors``.
        pairs: of the subjects of ``targets``, who are numbered apart.
    """
    results = []
    for name in SLICES:
        edits, people = members([one.subject for one in trials], sitters, name)
        reads, _ = members([subject for subject, _ in errors], sitters, name)
        exact, paired = members([one.subject for one in targets], pairs, name)
        result = SliceResult(
            name=name,
            people=people,
            identity=median_cosine([trials[row] for row in edits]),
            error=bootstrap_mean([errors[row][1] for row in reads], [errors[row][0] for row in reads]),
            pairs=paired,
            targets=judge_targets([targets[row] for row in exact]),
        )
        results.append(result)
    return results


def members(subjects: Sequence[int], slices: Slices, name: str) -> tuple[list[int], int]:
    """Return which rows are of a slice's people, none if these are too few, and how many people they are."""
    rows = [row for row, subject in enumerate(subjects) if name in slices[subject]]
    people = len({subjects[row] for row in rows})
    return (rows if people >= FEWEST else []), people
