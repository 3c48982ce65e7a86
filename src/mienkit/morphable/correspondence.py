"""Where a landmarker's points lie on the head: a triangle's corners and their shares, learned from drawn heads.

MediaPipe's 478 points, and the 68 of 300-W that are taken from them, have no definition but the network's habit. So the
habit was measured on pictures of the head itself (``learn_correspondence.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from io import BytesIO

import numpy as np
import numpy.typing as npt

from mienkit.morphable.camera import Floats

TABLE = "mediapipe478.npz"
OVAL: tuple[int, ...] = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""MediaPipe's outline of the face, from the top of the forehead and round. Its points slide along the silhouette."""
LIPS: tuple[int, ...] = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
)  # fmt: skip
RIGHT_EYE: tuple[int, ...] = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: tuple[int, ...] = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_IRIS = range(468, 473)
LEFT_IRIS = range(473, 478)
LIP_PAIRS: tuple[tuple[int, int], ...] = (
    (191, 95), (80, 88), (81, 178), (82, 87), (13, 14), (312, 317), (311, 402), (310, 318), (415, 324),
)  # fmt: skip
"""Inner upper and lower lip, from the person's right to the left."""
INNER_CORNERS = (78, 308)
"""Of the mouth, the person's right and left."""


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Where each of N landmarks lies on a head."""

    vertices: npt.NDArray[np.int32]
    """(N, 3) corners of the triangle."""
    shares: npt.NDArray[np.float32]
    """(N, 3), rows that add up to 1."""
    deviation: npt.NDArray[np.float32]
    """(N,) cm: how far the landmarker strays from the place, rms."""
    names: tuple[int, ...]
    """(N,) number of each among MediaPipe's 478."""

    def __len__(self) -> int:
        return len(self.names)

    def pick(self, attribute: Floats) -> Floats:
        """Read values of vertices, (..., V, C), at the landmarks: (..., N, C)."""
        corners = attribute[..., self.vertices, :]
        return np.asarray((corners * self.shares[..., None].astype(attribute.dtype)).sum(-2), attribute.dtype)

    def rows(self, wanted: Sequence[int]) -> list[int]:
        """Say where points of MediaPipe stand here, in the order asked for; those that are not here are left out."""
        places = {name: row for row, name in enumerate(self.names)}
        return [places[name] for name in wanted if name in places]

    def among(self, wanted: Sequence[int]) -> npt.NDArray[np.bool_]:
        """(N,): which of the landmarks are among these points of MediaPipe."""
        return np.isin(self.names, wanted)

    @cached_property
    def outline(self) -> list[int]:
        """Rows along the face's outline: a full round, or from one temple over the chin to the other."""
        return self.rows(OVAL)

    @cached_property
    def fine(self) -> npt.NDArray[np.bool_]:
        """(N,): lips and eyelids, where a millimetre is seen."""
        return self.among(LIPS + RIGHT_EYE + LEFT_EYE)

    @cached_property
    def skin(self) -> npt.NDArray[np.bool_]:
        """(N,): neither the outline nor an iris; what a fit is judged by."""
        return ~self.among((*OVAL, *RIGHT_IRIS, *LEFT_IRIS))

    def only(self, rows: Sequence[int]) -> "Correspondence":
        """Keep some landmarks, in the order of their rows."""
        chosen = list(rows)
        names = tuple(self.names[row] for row in chosen)
        return Correspondence(self.vertices[chosen], self.shares[chosen], self.deviation[chosen], names)


@cache
def load_correspondence(num_landmarks: int = 478) -> Correspondence:
    """Load the learned table for MediaPipe's 478 points, or for the 68 of 300-W.

    The 68 are those of MediaPipe that take their part, because every reader of 68 points here learned them from it.

    Raises:
        ValueError: there is no table for as many landmarks.
    """
    with np.load(BytesIO(files("mienkit.morphable").joinpath(TABLE).read_bytes()), allow_pickle=False) as table:
        whole = Correspondence(table["vertices"], table["shares"], table["deviation"], tuple(range(478)))
        chosen = table["landmarks68"].tolist()
    if num_landmarks == len(whole):
        return whole
    if num_landmarks == len(chosen):
        return whole.only(chosen)
    raise ValueError(f"a head is fitted to 68 or 478 landmarks, not to {num_landmarks}")
