"""Eyes: colour of iris and sclera, width of the pupil, and where they look."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

IRIS_RATIO = 0.355
"""Radius of the iris in radii of the model's eyeball."""
COLOURS: tuple[tuple[float, tuple[float, float, float], tuple[float, float, float]], ...] = (
    (0.30, (0.070, 0.030, 0.012), (0.045, 0.020, 0.010)),
    (0.20, (0.140, 0.065, 0.022), (0.085, 0.042, 0.018)),
    (0.15, (0.200, 0.110, 0.035), (0.105, 0.085, 0.035)),
    (0.13, (0.190, 0.150, 0.060), (0.095, 0.125, 0.075)),
    (0.12, (0.200, 0.240, 0.280), (0.110, 0.190, 0.290)),
    (0.10, (0.260, 0.290, 0.300), (0.150, 0.190, 0.220)),
)
"""How common, colour around the pupil, colour outside; linear. Dark brown, brown, amber, hazel, blue, grey."""
DARK_ONLY = 0.55
"""People darker than this have brown eyes."""


@dataclass(frozen=True)
class Eyes:
    """What a person's eyes look like."""

    inner: tuple[float, float, float]
    outer: tuple[float, float, float]
    sclera: tuple[float, float, float]
    pupil: float
    """In radii of the iris."""
    veins: float
    phase: float

    def packed(self, centres: Floats, axes: Floats, glint: float) -> Floats:
        """Lay out what the shader needs, (2, 32); see there.

        Args:
            centres: (2, 3) camera's frame, cm: left, right.
            axes: (2, 3) unit vectors along which the eyes look.
            glint: how strongly lamps are mirrored.
        """
        result = np.zeros((2, 32), np.float32)
        for eye, centre, axis in zip(result, centres, axes, strict=True):
            right = np.cross([0.0, 1.0, 0.0], axis)
            right /= np.linalg.norm(right)
            eye[:12] = np.concatenate([centre, axis, right, np.cross(axis, right)])
            eye[12:23] = (IRIS_RATIO, *self.sclera, *self.inner, *self.outer, self.pupil)
            eye[23:28] = (glint, 0.984, 0.0, self.phase, self.veins)
        return result


def roll_eyes(dice: np.random.Generator, darkness: float) -> Eyes:
    """Roll eyes that go with a complexion of a darkness in [0, 1]."""
    weights = np.array([row[0] for row in COLOURS])
    weights[2:] *= max(0.0, 1 - darkness / DARK_ONLY)
    weights[0] *= 1 + 4 * darkness
    _, inner, outer = COLOURS[int(dice.choice(len(COLOURS), p=weights / weights.sum()))]
    vary = np.exp(dice.normal(0, 0.15, 3))
    white = float(dice.uniform(0.40, 0.54)) * (1 - 0.12 * darkness)
    warmth = float(dice.uniform(0.0, 0.10))
    return Eyes(
        inner=_triple(np.asarray(inner) * vary),
        outer=_triple(np.asarray(outer) * vary),
        sclera=(white, white * (0.94 - 0.4 * warmth), white * (0.90 - warmth)),
        pupil=float(dice.uniform(0.30, 0.46)),
        veins=float(dice.uniform(0.03, 0.14)),
        phase=float(dice.uniform(0, 6.28)),
    )


def _triple(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third
