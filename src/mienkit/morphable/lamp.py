"""The light of a rendered scene: two lamps and a sky, warm or cool, hard from one side or soft from all."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.skylight import Mover, Skylight

Floats = npt.NDArray[np.float32]

FOCUS = 16.0
"""How large a lamp is: the table's directions count with exp(FOCUS (cosine - 1))."""
LEAST_FOCUS = 1e-3
"""Directions that count less do not count."""


@dataclass(frozen=True, eq=False)
class Lighting:
    """Light in the camera's frame, linear."""

    lamps: Floats
    """(2, 6): direction to the lamp, colour times strength."""
    above: Floats
    """(3,) colour of the sky's top."""
    below: Floats
    """(3,) and of what the floor throws back."""

    def packed(self) -> Floats:
        """Lay out the light as strands need it, (3, 6)."""
        return np.vstack([self.lamps, np.concatenate([self.above, self.below])[None]]).astype(np.float32)

    @property
    def strength(self) -> float:
        """How much a face that looks at the camera gets."""
        facing = np.clip(0.3 + 0.7 * self.lamps[:, 2], 0, 1) * self.lamps[:, 3:].mean(1)
        return float(facing.sum() + 0.4 * (self.above.mean() + self.below.mean()))


def roll_lighting(dice: np.random.Generator) -> Lighting:
    """Roll the light of a scene."""
    side = float(dice.choice([-1.0, 1.0]))
    key = _direction(side * float(dice.uniform(5, 62)), float(dice.uniform(8, 52)))
    fill = _direction(-side * float(dice.uniform(25, 105)), float(dice.uniform(-10, 45)))
    contrast = float(dice.uniform(0.25, 1.0))
    warmth = float(dice.normal(0, 0.09))
    lamps = np.zeros((2, 6), np.float32)
    lamps[0, :3], lamps[1, :3] = key, fill
    lamps[0, 3:] = (0.55 + 0.75 * contrast) * _tint(warmth)
    lamps[1, 3:] = float(dice.uniform(0.1, 0.45)) * _tint(warmth + float(dice.normal(0, 0.10)))
    sky = (0.75 - 0.45 * contrast) * _tint(-0.5 * warmth + float(dice.normal(0, 0.06)))
    floor = sky * float(dice.uniform(0.45, 0.8)) * _tint(0.06)
    return Lighting(lamps, np.asarray(1.25 * sky, np.float32), np.asarray(floor, np.float32))


def _direction(azimuth: float, elevation: float) -> Floats:
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], np.float32)


def _tint(warmth: float) -> Floats:
    """Return white that is redder, (3,), or bluer if ``warmth`` is negative."""
    return np.exp(np.array([0.9, 0.1, -1.0]) * warmth).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Daylight:
    """The light of a scene on a head that is turned some way; V vertices."""

    ambient: Floats
    """(V, 3) from the sky."""
    shares: Floats
    """(V, 2) of each lamp."""
    moved: tuple[tuple[Mover, Floats, Floats], ...]
    """The same for what lids and the jaw have moved."""

    def on(self, far: Mapping[str, float]) -> tuple[Floats, Floats]:
        """Say what falls on a head whose lids and jaw have moved: expression shape -> how far it is done."""
        ambient, shares = self.ambient.copy(), self.shares.copy()
        for mover, its_ambient, its_shares in self.moved:
            done = np.float32(np.clip(far.get(mover.shape, 0.0), 0, 1))
            if done > 0:
                for whole, after in ((ambient, its_ambient), (shares, its_shares)):
                    whole[mover.vertices] += done * mover.share * (after - whole[mover.vertices])
        return ambient, shares


def shine(skylight: Skylight, lighting: Lighting, turning: Floats) -> Daylight:
    """Light a head.

    Args:
        skylight: what the head sees.
        lighting: in the camera's frame.
        turning: (3, 3), from the head's frame to the camera's.
    """
    sky = _sky(lighting, turning)
    focus = np.exp(FOCUS * (skylight.directions @ turning.T.astype(np.float32) @ lighting.lamps[:, :3].T - 1))
    focus = np.where(focus > LEAST_FOCUS, focus, 0)
    focus = np.asarray(focus / focus.sum(0), np.float32)
    moved = ((mover, _gather(mover.moments, sky), _gather(mover.seen, focus)) for mover in skylight.movers)
    return Daylight(_gather(skylight.moments, sky), _gather(skylight.seen, focus), tuple(moved))


def _sky(lighting: Lighting, turning: Floats) -> Floats:
    """Write the sky, which changes evenly from below to above, as a colour and its change along three axes, (4, 3)."""
    slope = 0.5 * (lighting.above - lighting.below)
    along = np.asarray(turning, np.float32)[1][:, None] * slope
    return np.concatenate([0.5 * (lighting.above + lighting.below)[None], along]).astype(np.float32)


def _gather(table: Floats, weights: Floats) -> Floats:
    """Return ``table @ weights`` by columns, most of whose weights are 0; BLAS's threads cost more than they save."""
    result = np.zeros((weights.shape[1], len(table)), np.float32)
    for column, row in zip(table.T, weights, strict=True):
        for c in np.flatnonzero(row):
            result[c] += row[c] * column
    return np.ascontiguousarray(result.T)
