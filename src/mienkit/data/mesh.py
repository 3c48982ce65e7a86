"""The 68 landmarks among the 478 of MediaPipe's face mesh.

It approximates 300-W: the jaw line follows MediaPipe's face oval, so its ends (0 and 16) sit at the temples, higher
than human annotators put them.
"""

import numpy as np

from mienkit.core.errors import DataError
from mienkit.data.row import Floats
from mienkit.face.detectors.mediapipe import LANDMARKS_68

MESH_SIZE = 478


def mesh_landmarks(mesh: Floats) -> Floats:
    """Pick the 68 landmarks, (N, 68, 2), from meshes, (N, 478, 2 or 3).

    Raises:
        DataError: a mesh has another number of points.
    """
    if mesh.ndim != 3 or mesh.shape[1] != MESH_SIZE:
        raise DataError(f"a face mesh has {MESH_SIZE} points, not an array of shape {mesh.shape}")
    return np.ascontiguousarray(mesh[:, list(LANDMARKS_68), :2], np.float32)
