"""Do judges agree? Changes within people, read in the same pictures by two of them, unit by unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.evaluation.interval import Floats
from mienkit.evaluation.photo_edit import Look
from mienkit.metrics.au_agreement import au_agreement


@dataclass(frozen=True, kw_only=True)
class JudgeAgreement:
    """How alike two judges read changes."""

    first: str
    second: str
    pictures: int
    units: Mapping[str, Mapping[str, float]]
    """Unit that both can read -> ``pcc``, ``mae``, ``icc`` (ICC(3,1)); NaN where one of them saw nothing vary."""


def change_of(before: Look, after: Look) -> Floats:
    """Return by how much each unit changed in a judge's eyes, (17,); NaN of units that it cannot read."""
    unknown = float("nan")
    return np.asarray(
        [after.channels.get(unit, unknown) - before.channels.get(unit, unknown) for unit in ACTION_UNITS], np.float64
    )


def agree(
    first: str, second: str, changes: Sequence[Floats], others: Sequence[Floats], units: Sequence[str] = ACTION_UNITS
) -> JudgeAgreement:
    """Compare two judges.

    Args:
        first: name of one.
        second: name of the other.
        changes: (17,) each, what the first saw change; see ``change_of``.
        others: the same of the second, of the same pictures.
        units: that count; those of which one judge knows nothing are left out.
    """
    shape = (-1, len(ACTION_UNITS))
    found = au_agreement(np.asarray(changes).reshape(shape), np.asarray(others).reshape(shape))
    known = {unit: int(count) for unit, count in zip(ACTION_UNITS, found.count, strict=True)}
    figures = found.by_unit()
    return JudgeAgreement(
        first=first,
        second=second,
        pictures=len(changes),
        units={unit: figures[unit] for unit in units if known[unit]},
    )
