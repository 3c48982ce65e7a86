"""From a change of action units to the expression of a fitted head."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.action_units import (
    Side,
    action_units_of,
    join_halves,
    lip_seal,
    with_units,
    without_antagonists,
)
from mienkit.morphable.plan import opposed_relaxed

Floats = npt.NDArray[np.floating]

SHOWN = 0.02
"""A unit measured below this counts as not shown."""


@dataclass(frozen=True, eq=False)
class Request:
    """What a face shows by some measurement, and what it should show by the same, (17,) each in [0, 1].

    Or each half of it, (34,) in the order of SIDED_UNITS.
    """

    present: Floats
    wanted: Floats


def change_halves(expression: Floats, request: Request) -> tuple[npt.NDArray[np.float32], float]:
    """Change each half of the expression of a fitted head, (57,), as ``change_units`` does; a request of (34,).

    Lips are sealed as far as on the half where that is less: one half of a mouth cannot close while the other opens.
    """
    left, right = (Request(request.present[side::2], request.wanted[side::2]) for side in (0, 1))
    if np.array_equal(left.present, right.present) and np.array_equal(left.wanted, right.wanted):
        return change_units(expression, left)
    (one, one_seal), (other, other_seal) = (
        change_units(expression, left, "left"),
        change_units(expression, right, "right"),
    )
    return join_halves(one, other), min(one_seal, other_seal)


def change_units(
    expression: Floats, request: Request, side: Side | None = None
) -> tuple[npt.NDArray[np.float32], float]:
    """Change the expression of a fitted head, (57,), or of one half of it, as far as a measurement should change.

    A unit that rises, rises by that amount on top of what the head shows; one that falls keeps the same share of what
    the head shows as of what was measured, so that asking for 0 removes it whatever the two say. What the raised units
    cannot stand beside is relaxed.

    Returns:
        Weights of the expression shapes, (57,), and how far the lips are to be sealed, in [0, 1].
    """
    shown = action_units_of(expression, side)
    change = np.asarray(request.wanted, np.float32) - np.asarray(request.present, np.float32)
    kept = np.clip(np.asarray(request.wanted) / np.maximum(request.present, SHOWN), 0, 1)
    if not np.any(change):
        return np.asarray(expression, np.float32), 0.0
    raised = np.clip(change, 0, 1)
    units = np.where(change > 0, np.minimum(shown + change, np.maximum(shown, 1)), shown * kept)
    units = np.where(change == 0, opposed_relaxed(shown, raised), units).astype(np.float32)
    relaxed = without_antagonists(np.asarray(expression, np.float32), raised)
    sealed = float(np.clip(lip_seal(units) - lip_seal(shown), 0, 1))
    return with_units(relaxed, units, side), sealed
