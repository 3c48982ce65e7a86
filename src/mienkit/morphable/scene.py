"""A redrawn face before it is painted: what every pixel shows, and where that was in the photo."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import smoothstep
from mienkit.morphable.head import Vertices
from mienkit.morphable.portrait import Portrait
from mienkit.morphable.raster import Raster
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """All maps are of the crop, (S, S, ...)."""

    shape: Vertices
    """(v, 3) cm."""
    names: tuple[str, ...]
    """Of the expression shapes."""
    expression: Floats
    """(57,)."""
    change: Floats
    """(57,): the expression minus the photo's."""
    screen: Vertices
    """(v, 3) pixels, and depth in cm."""
    raster: Raster
    kind: npt.NDArray[np.uint8]
    """Of ``Kind``."""
    rows: Floats
    """Centres of the pixels."""
    columns: Floats
    source: Floats
    """(S, S, 3): x, y in pixels and depth in cm of the same place of the head in the photo."""
    normals: Floats
    """(S, S, 3)."""
    normals_before: Floats
    """(S, S, 3): as they were in the photo."""
    bend: Floats
    """How much deeper in a fold a place lies now, per centimetre."""
    forward: Floats
    """z in the head's frame, cm."""
    flow: Floats
    """(S, S, 2)."""

    @property
    def from_x(self) -> Floats:
        """Where the skin and what lies around it came from."""
        return self.columns + self.flow[..., 0]

    @property
    def from_y(self) -> Floats:
        return self.rows + self.flow[..., 1]

    @cached_property
    def eyes(self) -> Mask:
        """Where an eyeball shows."""
        return (self.kind == Kind.RIGHT_EYE) | (self.kind == Kind.LEFT_EYE)

    @cached_property
    def mouth(self) -> Mask:
        """Where the inside of the mouth shows."""
        return self.kind >= Kind.SOCKET

    def fits(self, portrait: Portrait) -> Mask:
        """Say where nothing moved by more than a twentieth of a pixel."""
        still = (np.abs(self.flow[..., 0]) < 0.05) & (np.abs(self.flow[..., 1]) < 0.05)
        return np.asarray(still & (self.kind == portrait.kind))

    def most(self, stem: str) -> float:
        """Return the largest change among the expression shapes whose names begin so."""
        return float(self.change[[name.startswith(stem) for name in self.names]].max())

    def strongest(self, stem: str) -> float:
        """Return the largest weight among the expression shapes whose names begin so."""
        return float(self.expression[[name.startswith(stem) for name in self.names]].max())

    def window(self, centre: Floats, half_width: float, half_height: float) -> Floats:
        """Return a soft box, (S, S) in [0, 1], that is 1 around a place."""
        across = np.exp(-(((self.columns[0] - centre[0]) / half_width) ** 4))
        down = np.exp(-(((self.rows[:, 0] - centre[1]) / half_height) ** 4))
        return np.asarray(down[:, None] * across, np.float32)


def onset(value: float, full: float) -> float:
    """Rise smoothly from 0 at 0 to 1 at ``full``."""
    return float(smoothstep(np.float32(value / full)))  # type: ignore[arg-type]
