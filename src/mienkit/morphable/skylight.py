"""What every vertex of a head sees of the light around it: the head shadows itself, softly and for next to nothing.

For 64 directions, a depth buffer told once whether a vertex is hidden. A lamp is a few of these directions, the sky all
of them. The table belongs to the mean head; closed lids and an open jaw have their own.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mienkit.morphable.action_units import expression_of
from mienkit.morphable.bust import Bust, load_bust
from mienkit.morphable.raster import rasterise
from mienkit.morphable.shading import vertex_normals
from mienkit.morphable.surface import neighbour_mean

Floats = npt.NDArray[np.float32]

NUM_DIRECTIONS = 64
BUFFER = 160
"""Side of the depth buffers."""
SPAN_CM = 40.0
BIAS_CM = 0.18
MIDDLE = np.array([0.0, -1.0, 2.0], np.float32)
MOVED_CM = 0.04
"""Vertices that a lid or the jaw moves less keep what they saw."""
SMOOTHINGS = 2


@dataclass(frozen=True, eq=False)
class Skylight:
    """The head's table of what it sees."""

    directions: Floats
    """(64, 3) in the head's frame."""
    seen: Floats
    """(V, 64) in [0, 1]."""
    received: Floats
    """(V, 64): seen, times the cosine to the normal; a full white sky adds up to 1."""
    moments: Floats
    """(V, 4): what a white sky gives, and one whose light grows along each axis; see ``measure_moments``."""
    movers: tuple["Mover", ...]


@dataclass(frozen=True, eq=False)
class Mover:
    """What vertices see when a unit has moved them."""

    shape: str
    """The expression shape that says how far."""
    vertices: npt.NDArray[np.int64]
    share: Floats
    """(n, 1) how much of it is due to the movement."""
    seen: Floats
    moments: Floats


@cache
def load_skylight() -> Skylight:
    """Compute the table of the mean head, once a process."""
    bust = load_bust()
    directions = spread_directions(NUM_DIRECTIONS)
    seen, received = look_around(bust, bust.model.neutral, directions)
    movers = tuple(_mover(bust, directions, *which) for which in ((16, "eyeBlink_L"), (15, "jawOpen")))
    return Skylight(directions, np.asfortranarray(seen), received, measure_moments(received, directions), movers)


def _mover(bust: Bust, directions: Floats, unit: int, shape: str) -> Mover:
    aus = np.zeros(17, np.float32)
    aus[unit] = 1.0
    aus[14] = float(shape == "jawOpen")
    moved = bust.model.shape(None, expression_of(aus))
    far = np.linalg.norm(moved - bust.model.neutral, axis=1)
    vertices = np.intersect1d(np.flatnonzero(far > MOVED_CM), np.unique(bust.triangles))
    seen, received = look_around(bust, moved, directions)
    share = np.clip(far[vertices] / (4 * MOVED_CM), 0, 1)[:, None].astype(np.float32)
    moments = measure_moments(received[vertices], directions)
    return Mover(shape, vertices, share, np.asfortranarray(seen[vertices]), moments)


def measure_moments(received: Floats, directions: Floats) -> Floats:
    """Sum up what vertices receive, (V, N): four numbers, (V, 4), tell what any sky gives that changes evenly."""
    design = np.column_stack([np.ones(len(directions), np.float32), directions])
    return np.asfortranarray(received @ design, np.float32)


def spread_directions(count: int) -> Floats:
    """Spread directions evenly over the sphere, (N, 3). Source: the Fibonacci lattice (Gonzalez 2010)."""
    step = np.arange(count) + 0.5
    height, turn = 1 - 2 * step / count, np.pi * (1 + 5**0.5) * step
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], 1).astype(np.float32)


def look_around(bust: Bust, vertices: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """Return what vertices see of each direction, (V, 64), and what they receive from it, (V, 64)."""
    seen = np.stack([_unhidden(bust, vertices, direction) for direction in directions], 1)
    ring = neighbour_mean(bust.triangles, len(vertices))
    for _ in range(SMOOTHINGS):
        seen = np.asarray(0.5 * seen + 0.5 * (ring @ seen), np.float32)
    facing = np.maximum(vertex_normals(vertices, bust.triangles) @ directions.T, 0)
    return seen, np.asarray(seen * facing * (4 / len(directions)), np.float32)


def _unhidden(bust: Bust, vertices: Floats, direction: Floats) -> Floats:
    """Say which vertices nothing hides from a direction, (V,)."""
    aside = np.cross([0.0, 1.0, 0.01], direction)
    aside /= np.linalg.norm(aside)
    frame = np.stack([aside, np.cross(direction, aside), direction]).astype(np.float32)
    turned = (vertices - MIDDLE) @ frame.T
    flat = turned[:, :2] * (BUFFER / SPAN_CM) * np.array([1, -1], np.float32) + BUFFER / 2
    points = np.column_stack([flat, turned[:, 2]])
    raster = rasterise(points, bust.triangles, BUFFER, BUFFER, cull=False)
    column, row = np.clip(flat, 0, BUFFER - 1).astype(np.int64).T
    return (turned[:, 2] > raster.depth[row, column] - BIAS_CM).astype(np.float32)
