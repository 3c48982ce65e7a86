"""Which intensity has to be requested for a wanted one: the inverse of an editor's mean dose response.

The response is the change of a judge's channel within one person, averaged over people (``dose_edit``). It is made to
rise by isotonic regression, drawn through its levels by a shape-preserving cubic, scaled to run from 0 to 1, and turned
round.

Source: ours; Barlow et al. 1972 (isotonic regression), Fritsch and Carlson 1980 (monotone cubics).
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression

from mienkit.evaluation.interval import Floats

SMALLEST = 0.05
"""A mean response that rises by less from the lowest to the highest level is too small to be turned round."""
FEWEST = 8
"""People, below whom no curve is fitted."""
MOST_FALL = 0.15
"""Share of all movement between neighbouring levels that may be downward."""
FLATTEST = 0.1
"""Part of a straight line in the response: no curve is steeper than 1 / this, or the least flicker of a wanted
intensity would shake the face."""
GRID = tuple(round(0.05 * step, 2) for step in range(21))
"""Wanted intensities at which a curve is kept."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What is requested for what is wanted, or why that is the same."""

    points: tuple[float, ...] = GRID
    """At GRID."""
    left: str = ""
    """Why the unit keeps its own scale; empty where it has a curve."""


def fit_curve(levels: Floats, responses: Floats) -> Curve:
    """Fit the curve of one unit.

    Args:
        levels: requested intensities, (L,), rising from 0 to 1.
        responses: changes of the judge's channel, (P, L), of P people; who has an unknown one (NaN) is left out.
    """
    responses = responses[~np.isnan(responses).any(1)]
    if len(responses) < FEWEST:
        return Curve(left=f"fewer than {FEWEST} people who do not show it ({len(responses)})")
    mean = responses.mean(0)
    steps, rise = np.diff(mean), float(mean[-1] - mean[0])
    if rise < SMALLEST:
        return Curve(left=f"too small: the response rises by {rise:.3f}, less than {SMALLEST}")
    fall = float(-steps[steps < 0].sum() / np.abs(steps).sum())
    if fall > MOST_FALL:
        return Curve(left=f"not monotone: {100 * fall:.0f} % of its movement is downward, more than {MOST_FALL:.0%}")
    return Curve(points=invert(levels, mean))


def invert(levels: Floats, mean: Floats) -> tuple[float, ...]:
    """Turn a mean response, (L,) at levels, (L,), round: levels to be requested at GRID, from 0 to 1."""
    rising = np.asarray(isotonic_regression(mean).x, np.float64)
    scaled = (rising - rising[0]) / (rising[-1] - rising[0])
    fine = np.linspace(0, 1, 1001)
    reached = (1 - FLATTEST) * PchipInterpolator(levels, scaled)(fine) + FLATTEST * fine
    points = np.interp(GRID, reached, fine)
    points[[0, -1]] = 0, 1
    return tuple(round(float(point), 4) for point in points)
