"""The 68 landmarks among the 478 of MediaPipe's face mesh.

It approximates 300-W: the jaw line follows MediaPipe's face oval, so its ends (0 and 16) sit at the temples, higher
than human annotators put them.
"""

import numpy as np

from mienkit.core.errors import DataError
from mienkit.data.row import Floats

MESH_SIZE = 478
MESH_68: tuple[int, ...] = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


def mesh_landmarks(mesh: Floats) -> Floats:
    """Pick the 68 landmarks, (N, 68, 2), from meshes, (N, 478, 2 or 3).

    Raises:
        DataError: a mesh has another number of points.
    """
    if mesh.ndim != 3 or mesh.shape[1] != MESH_SIZE:
        raise DataError(f"a face mesh has {MESH_SIZE} points, not an array of shape {mesh.shape}")
    return np.ascontiguousarray(mesh[:, list(MESH_68), :2], np.float32)
