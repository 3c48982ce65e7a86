"""Lines that expressions fold into the skin: where they run, and which action units deepen them.

The mesh is too coarse to fold, so folds are heights on the chart. Places are centimetres on the chart of the person's
left; the right is its mirror.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import AU_INDEX
from mienkit.morphable.chart import Chart

Floats = npt.NDArray[np.float32]
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Fold:
    """A family of lines that deepen together."""

    lines: tuple[Line, ...]
    """Each a few places, rounded to a curve."""
    cm: float
    """Half width of the groove."""
    depth: float
    """At full intensity, centimetres."""
    by: Mapping[str, float]
    """Action unit -> how much of it; beyond 1 in all, they do not get deeper."""
    at_rest: float = 0.0
    """What age leaves of it in a calm face."""


FOLDS: tuple[Fold, ...] = (
    Fold(
        (((0.0, 7.6), (2.2, 7.8), (3.6, 7.7)), ((0.0, 8.5), (2.6, 8.7), (4.2, 8.4)), ((0.0, 6.9), (1.4, 7.1))),
        0.11,
        0.062,
        {"AU1": 1.0, "AU2": 0.3},
        0.25,
    ),
    Fold(
        (
            ((2.2, 7.1), (3.8, 7.5), (5.4, 6.9)),
            ((2.4, 8.0), (4.2, 8.2), (5.9, 7.5)),
            ((2.4, 8.8), (4.4, 8.9), (5.8, 8.4)),
        ),
        0.11,
        0.062,
        {"AU2": 1.0},
        0.2,
    ),
    Fold(
        (((0.42, 4.7), (0.52, 5.6), (0.72, 6.5)), ((0.95, 5.3), (1.12, 6.0))),
        0.12,
        0.115,
        {"AU4": 1.0, "AU9": 0.4},
        0.2,
    ),
    Fold(
        (((0.0, 4.35), (0.7, 4.3)), ((0.0, 3.9), (0.75, 3.8)), ((0.0, 4.8), (0.6, 4.8))),
        0.09,
        0.08,
        {"AU9": 1.0, "AU4": 0.25},
    ),
    Fold(
        (((0.45, 3.5), (0.9, 2.9), (1.2, 2.1)), ((0.75, 3.7), (1.25, 3.0), (1.6, 2.3))),
        0.09,
        0.075,
        {"AU9": 1.0, "AU10": 0.2},
    ),
    Fold(
        (
            ((5.2, 3.7), (5.7, 4.0), (6.2, 4.4)),
            ((5.2, 3.3), (5.9, 3.4), (6.6, 3.6)),
            ((5.1, 2.9), (5.7, 2.7), (6.4, 2.5)),
            ((4.8, 2.7), (5.4, 2.1), (6.0, 1.6)),
        ),
        0.08,
        0.055,
        {"AU6": 1.0, "AU12": 0.15, "AU7": 0.3},
        0.25,
    ),
    Fold(
        (((1.9, 2.75), (2.9, 2.2), (4.1, 2.3), (4.8, 2.7)), ((2.2, 2.2), (3.2, 1.65), (4.3, 1.7))),
        0.10,
        0.075,
        {"AU6": 0.9, "AU7": 0.8, "AU9": 0.3},
        0.35,
    ),
    Fold(
        (((1.75, 0.2), (2.4, -0.9), (3.2, -2.2), (3.55, -3.4)),),
        0.17,
        0.14,
        {"AU12": 0.75, "AU6": 0.35, "AU10": 0.7, "AU9": 0.6, "AU14": 0.2},
        0.3,
    ),
    Fold((((3.05, -2.7), (3.3, -3.4), (3.15, -4.2)),), 0.14, 0.14, {"AU14": 1.0, "AU12": 0.2}),
    Fold((((2.7, -3.8), (3.0, -4.6), (3.05, -5.4)),), 0.14, 0.12, {"AU15": 1.0, "AU17": 0.2, "AU20": 0.2}, 0.2),
    Fold((((0.0, -5.15), (1.0, -5.2), (1.9, -5.5)),), 0.18, 0.11, {"AU17": 1.0, "AU15": 0.3, "AU23": 0.3}, 0.15),
    Fold(
        (
            ((0.3, -5.7), (0.55, -6.1)),
            ((0.9, -5.8), (0.7, -6.5)),
            ((0.1, -6.2), (0.4, -6.8)),
            ((1.1, -6.4), (0.8, -7.0)),
            ((0.2, -5.5), (0.7, -5.7)),
        ),
        0.10,
        0.06,
        {"AU17": 1.0},
    ),
    Fold((((3.4, -3.0), (3.9, -3.9), (4.0, -4.9)), ((4.1, -2.6), (4.6, -3.8))), 0.15, 0.07, {"AU20": 1.0}),
    Fold(
        (
            ((0.3, -2.0), (0.25, -2.5)),
            ((0.8, -1.95), (0.85, -2.5)),
            ((0.5, -4.3), (0.45, -4.8)),
            ((1.1, -4.2), (1.2, -4.7)),
            ((1.5, -2.3), (1.6, -2.8)),
        ),
        0.08,
        0.075,
        {"AU23": 1.0, "AU15": 0.1},
    ),
    Fold((((2.0, 4.25), (3.1, 4.75), (4.4, 4.4)),), 0.08, 0.07, {"AU5": 1.0, "AU1": 0.3}, 0.5),
)
RIM = 0.45
"""Height of the rims that a groove throws up, as a share of its depth."""
PARTS_OF_CURVE = 12
ENDS = 0.22
"""Share of a line at each end that is shallow."""
LEAST_CM = 5e-4
"""Heights below this are not seen."""


@cache
def load_folds(rows: int) -> tuple[tuple[slice, slice], Floats]:
    """Draw every family of lines on a chart of so many rows, once a process.

    Returns:
        The part of the chart on which there are lines, and (families, rows, columns) in cm for that part.
    """
    chart = Chart(rows)
    drawn = np.stack([draw_fold(chart, fold) for fold in FOLDS])
    used = np.abs(drawn).max(0) > LEAST_CM
    (first, *_, last), (left, *_, right) = np.flatnonzero(used.any(1)), np.flatnonzero(used.any(0))
    place = slice(first, last + 1), slice(left, right + 1)
    return place, np.ascontiguousarray(drawn[:, *place])


def draw_fold(chart: Chart, fold: Fold) -> Floats:
    """Draw one family at full depth, (rows, columns): grooves below 0, with a rim on both sides."""
    lines = [curve(line) for line in fold.lines]
    lines += [line * np.array([-1.0, 1.0]) for line in lines]
    # Twice, the second time without its ends, because folds run out.
    drawn = 0.5 * (chart.strokes(lines, fold.cm) + chart.strokes([_middle(line) for line in lines], fold.cm))
    groove, wide = chart.blur(drawn, fold.cm), chart.blur(drawn, 2.6 * fold.cm)
    shape = groove - RIM * wide
    return np.asarray(-fold.depth * shape / max(float(shape.max()), 1e-6), np.float32)


def _middle(line: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    cut = round(ENDS * len(line))
    return line[cut : len(line) - cut]


def curve(line: Line) -> npt.NDArray[np.float64]:
    """Round a line of a few places, (N, 2). Source: Catmull and Rom 1974."""
    points = np.asarray(line, np.float64)
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    share = np.linspace(0, 1, PARTS_OF_CURVE, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        cubic = 2 * b + share * (c - a) + share**2 * (2 * a - 5 * b + 4 * c - d) + share**3 * (3 * b - a - 3 * c + d)
        pieces.append(cubic / 2)
    return np.vstack([*pieces, points[-1:]])


def fold_depths(aus: npt.NDArray[np.floating], age: float) -> Floats:
    """Say how deep each family is, (families,), at action units, (17,), and an age in [0, 1]."""
    active = [sum(weight * float(aus[AU_INDEX[name]]) for name, weight in fold.by.items()) for fold in FOLDS]
    rest = np.array([fold.at_rest for fold in FOLDS]) * age
    depth = np.minimum(np.array(active), 1.0) ** 1.2 * (0.55 + 0.75 * age)
    return np.asarray(np.minimum(rest + depth, 1.4), np.float32)
