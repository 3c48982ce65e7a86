"""The chart laid round a whole head: pictures only show heads from the front, meshes can be turned."""

import numpy as np
import numpy.typing as npt

from mienkit.morphable.bust import Bust
from mienkit.morphable.chart import RADIUS, ROUND, unroll

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BEHIND = 15.0
"""Centimetres round the chart behind which scalp is squeezed together."""
EAR_STRIP, EAR_TOP, CROWN = (11.1, 15.6), (2.4, 5.0), 7.0
"""Round the chart, where it is bare above the ears; from which height on scalp is raised, and to which; and where it is
not any more."""
EAR_ROOT, EAR_END = 7.75, 3.7
"""Centimetres to the side from which ears stand off, and the height at which they end."""


def lay_round(bust: Bust, triangles: Ints) -> tuple[Ints, Ints, Floats]:
    """Say where the skin's triangles, (t, 3), lie on the chart.

    Returns:
        The vertices, (v,), those along the seam at the back of the head twice; the triangles in their numbers; the
        places of the vertices, (v, 2) cm.
    """
    ears = list_ears(bust)
    flat = np.where(ears[:, None], bust.places, unroll(bust.model.neutral))
    rows, corners, places = split_seam(triangles, flat)
    return rows, corners, bring_hair_round(places, ears[rows])


def compact(triangles: Ints) -> tuple[Ints, Ints]:
    """Return the vertices that triangles, (t, 3), use, (v,), and the triangles in their numbers."""
    rows, corners = np.unique(triangles, return_inverse=True)
    return rows, corners.reshape(-1, 3)


def split_seam(triangles: Ints, places: Floats) -> tuple[Ints, Ints, Floats]:
    """Cut a chart open at the back of the head, where its left and its right end meet.

    Args:
        triangles: (t, 3).
        places: (V, 2) on the chart, cm.

    Returns:
        The vertices, (v,), those along the seam twice; the triangles in their numbers; the places, (v, 2).
    """
    around = places[triangles, 0]
    over = np.ptp(around, axis=1) > np.pi * RADIUS
    beyond = over[:, None] & (around < 0)
    rows, corners = compact(np.where(beyond, triangles + len(places), triangles))
    laid = np.concatenate([places, places + np.array([2 * np.pi * RADIUS, 0], np.float32)])[rows]
    return rows % len(places), corners, laid


def list_ears(bust: Bust) -> npt.NDArray[np.bool_]:
    """Say which vertices are ears, (V,): of those that the chart takes for ears, not the scalp above."""
    out, up = np.abs(bust.model.neutral[:, 0]), bust.model.neutral[:, 1]
    moved = (bust.places != unroll(bust.model.neutral)).any(1)
    return moved & (up < EAR_END) & ((up < EAR_TOP[0]) | (out > EAR_ROOT))


def bring_hair_round(places: Floats, ears: npt.NDArray[np.bool_]) -> Floats:
    """Lay a scalp, (v, 2) cm on the chart, where stubble is painted all round: pictures only show heads from the front.

    The chart ends behind the ears, so what is farther back is squeezed into its last strip; and it keeps skin for the
    ears in a place above which scalp begins, so scalp there is raised over it.
    """
    around, up = np.abs(places[:, 0]), places[:, 1]
    back = np.pi * RADIUS - BEHIND
    squeezed = np.where(around > BEHIND, BEHIND + (around - BEHIND) * ((ROUND - BEHIND) / back), around)
    beside = ~ears & (around > EAR_STRIP[0]) & (around < EAR_STRIP[1]) & (up > EAR_TOP[0]) & (up < CROWN)
    share = (up - EAR_TOP[0]) / (CROWN - EAR_TOP[0])
    raised = np.where(beside, EAR_TOP[1] + share * (CROWN - EAR_TOP[1]), up)
    return np.stack([np.sign(places[:, 0]) * squeezed, raised], 1).astype(np.float32)
