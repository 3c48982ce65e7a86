"""Who else moves? The matrix of units that were asked for against units that a judge sees, 17 x 17, and what it says.

A row is a unit that was asked for, a column a unit that was measured; an entry is the change of the latter for a full
dose of the former. Muscles share skin and judges confuse units, so exact results have entries beside the diagonal too:
given theirs, ``expected``, only what differs from them counts as off target.

Source: ours; a confusion matrix of changes. Judge: the caller's.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.metrics.dose_response import fit_line
from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]
NOTHING = 1e-6
"""A change of a unit below this is none."""

ON_TARGET = Metric(
    name="leakage_on_target",
    title="on target",
    better="higher",
    unit="share",
    named_after=("judge",),
    source="ours",
    trap="A judge's own confusions count as leaks unless the matrix of exact results is taken off.",
    ranks=("edit",),
)
WORST_LEAK = Metric(
    name="leakage_worst",
    title="worst leak",
    better="lower",
    unit="shares of the own change",
    named_after=("judge",),
    source="ours",
    trap="One unit that hardly answers makes it huge, and it is infinite where one does not answer at all.",
    ranks=("edit",),
)


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """What a matrix says at a glance."""

    on_target: float
    """Changes of the right units, in the right direction, as a share of all changes, [0, 1]; 0 where nothing moves."""
    worst: float
    """Largest off-target change as a share of the own change of the unit that was asked for; infinite where a unit does
    not answer, or falls."""
    asked: str
    """The unit that was asked for where it is worst."""
    moved: str
    """The unit that moved instead; empty where nothing moved."""


def leakage_slopes(doses: npt.ArrayLike, responses: npt.ArrayLike) -> Floats:
    """Return the matrix as slopes, (K, M), of the mean over people.

    Args:
        doses: (L,), what was asked for.
        responses: (K asked for, P people, L, M measured): changes of units. Who lacks a dose (NaN) is left out of that
            entry, as in ``dose_response``: others at one dose than at the next would look like an answer.

    Returns:
        Entries of which nobody knows all doses are NaN.

    Raises:
        ValueError: there are fewer than two levels, or the shapes do not fit.
    """
    asked, table = np.asarray(doses, np.float64), np.asarray(responses, np.float64)
    if asked.ndim != 1 or table.ndim != 4 or table.shape[2] != len(asked) or len(np.unique(asked)) < 2:
        raise ValueError(f"doses should be (L >= 2,) and responses (K, P, L, M), not {asked.shape} and {table.shape}")
    known = ~np.any(np.isnan(table), axis=2, keepdims=True)
    mean = np.where(known, table, 0).sum(1) / np.where(known.any(1), known.sum(1), np.nan)
    return fit_line(asked, np.moveaxis(mean, 1, 2))[0]


def leakage_changes(asked: npt.ArrayLike, changes: npt.ArrayLike) -> Floats:
    """Return the matrix as mean changes, (17, 17), of edits that each asked for one unit at full dose.

    Args:
        asked: (N,), place of the unit in ACTION_UNITS.
        changes: (N, 17), after minus before; NaN for unknown.

    Returns:
        Rows of units that nobody asked for, and columns that nobody knows, are NaN.
    """
    unit, table = np.asarray(asked, np.int64), np.asarray(changes, np.float64)
    matrix = np.full((NUM_AUS, NUM_AUS), np.nan)
    for row in np.unique(unit):
        own = table[unit == row]
        known = ~np.isnan(own)
        matrix[row] = np.where(known, own, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)
    return matrix


def sum_up_leakage(matrix: npt.ArrayLike, expected: npt.ArrayLike | None = None) -> Leakage:
    """Sum a matrix up, (17, 17), by the units whose own answer is known.

    Args:
        matrix: of an editor.
        expected: of exact results; taken off beside the diagonal. A unit of whose row it knows nothing is left out.

    Raises:
        ValueError: it is not 17 x 17, or no unit's own answer is known.
    """
    table = np.asarray(matrix, np.float64)
    right_ones = np.zeros_like(table) if expected is None else np.asarray(expected, np.float64)
    if table.shape != (NUM_AUS, NUM_AUS) or right_ones.shape != table.shape:
        raise ValueError(f"a leakage matrix should be {NUM_AUS} x {NUM_AUS}, not {table.shape} and {right_ones.shape}")
    rows = np.flatnonzero(~(np.isnan(table.diagonal()) | np.isnan(right_ones).all(1)))
    if not len(rows):
        raise ValueError("no unit's own answer is known")
    own = table.diagonal()[rows]
    stray = np.abs(np.nan_to_num(table - right_ones))[rows]
    stray[np.arange(len(rows)), rows] = 0
    right, wrong = own.clip(min=0).sum(), (-own).clip(min=0).sum() + stray.sum()
    ratio = np.where(own > NOTHING, stray.max(1) / own.clip(min=NOTHING), np.inf)
    # Of several that do not answer at all, the one that moves most instead is the one to name.
    worst = max(range(len(rows)), key=lambda place: (ratio[place], stray[place].max()))
    moved = ACTION_UNITS[int(stray[worst].argmax())] if stray[worst].max() > NOTHING else ""
    return Leakage(
        on_target=float(right / (right + wrong)) if right + wrong > NOTHING else 0.0,
        worst=float(ratio[worst]),
        asked=ACTION_UNITS[int(rows[worst])],
        moved=moved,
    )
