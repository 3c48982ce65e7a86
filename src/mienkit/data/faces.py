"""Faces in memory: what a training draws its batches from."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError
from mienkit.core.image import Picture
from mienkit.data.row import KINDS, Floats

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Halves = npt.NDArray[np.float16]


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceArrays:
    """Faces of one size with everything known of them; every field has one row a face."""

    images: Picture
    """(N, S, S, 3) RGB."""
    aus: Floats
    """(N, 17) in [0, 1], NaN where unknown."""
    before: Floats
    """(N, 17): units of the photograph that the row is an exact change of, NaN where there is none."""
    tilt: Floats
    """(N, 17) in [-0.5, 0.5]: half of what the left side shows more than the right one; 0 for photographs, whose exact
    changes begin from there, and where nobody tells the sides apart."""
    landmarks: Floats
    """(N, 68, 2) in pixels of ``images``, NaN where unknown."""
    depth: Floats
    """(N, 68): how far landmarks stand towards the viewer, in pixels of ``images``, NaN where unknown."""
    flow: Halves
    """(N, 32, 32, 2): where the middle of each part came from in the row's photograph, minus where it is; pixels of
    ``images``, NaN where unknown."""
    fresh: Picture
    """(N, 32, 32), 0 to 255: what the photograph did not show; 0 where unknown."""
    pose: Floats
    """(N, 3): yaw, pitch, roll in degrees, NaN where unknown."""
    emotion: Indices
    """(N,): index into EMOTIONS, -1 where unknown."""
    kind: Indices
    """(N,): index into KINDS."""
    split: Indices
    """(N,): index into SPLITS."""
    subject: Indices
    """(N,): the same number for the same person."""
    sequence: Indices
    """(N,): the same number for the same person in the same scene, -1 where the row stands alone."""
    frame: Indices
    """(N,): place of the row in its sequence; it rises with time, -1 where unknown."""
    pair: Indices
    """(N,): row of the photograph that this row is an exact change of, -1 where there is none."""
    name: npt.NDArray[np.str_]
    """(N,): ``source/source_id``."""

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return int(self.images.shape[1])

    def of_kind(self, *kinds: str) -> Mask:
        """Tell which rows are of some kinds, (N,)."""
        return np.isin(self.kind, [KINDS.index(kind) for kind in kinds])

    def take(self, rows: Indices | Mask) -> Self:
        """Take some rows; a row whose photograph is left behind loses its pair."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        place = np.full(len(self) + 1, -1, np.int64)  # the last entry answers for -1
        place[index] = np.arange(len(index))
        taken: dict[str, Any] = {field.name: getattr(self, field.name)[index] for field in fields(self)}
        return replace(self, **{**taken, "pair": place[taken["pair"]]})

    def expressions(self) -> Floats:
        """Return whole expressions, (N, 17); rows of which nobody knows all units have NaN.

        A photograph takes the fit of its edits, where there are any: all 17 units by one measurer, on the scale of
        the exact changes. Everything else takes its own units.
        """
        whole = self.aus.copy()
        edits = np.flatnonzero((self.pair >= 0) & ~np.isnan(self.before).any(1))
        whole[self.pair[edits]] = self.before[edits]
        return whole

    def require_expressions(self) -> Floats:
        """Return whole expressions, (N, 17), without a gap.

        Raises:
            DataError: units of some faces are unknown; the message says which.
        """
        whole = self.expressions()
        gaps = np.isnan(whole)
        if np.any(gaps):
            units = ", ".join(ACTION_UNITS[unit] for unit in np.flatnonzero(np.any(gaps, axis=0)))
            raise DataError(
                f"{np.count_nonzero(np.any(gaps, axis=1))} of {len(self)} faces have unknown {units}; "
                "measure them, or leave them out with `faces.take(faces.has_expression())`"
            )
        return whole

    def has_expression(self) -> Mask:
        """Tell whose units are all known, (N,)."""
        return np.logical_not(np.any(np.isnan(self.expressions()), axis=1))
