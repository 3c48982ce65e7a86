"""What changes around the face: the same part of the picture for every editor, whatever its own map claims."""

import numpy as np
import numpy.typing as npt
import torch

from mienkit.core.image import Picture, to_float
from mienkit.evaluation.photo_edit import Look
from mienkit.face.oval import face_oval
from mienkit.metrics.background import background_change

WIDER = 1.15
"""The face is its oval so much larger: cheeks swell, and the edge of hair is no background yet."""


def change_around(photo: Picture, edited: Picture, before: Look, after: Look) -> float:
    """Return the mean absolute change outside the face as it was and as it is, in levels of 255.

    A chin that drops is the face's business; the forehead belongs to the face.

    Args:
        photo: (S, S, 3), an aligned face.
        edited: the same.
        before: where the judge saw the face's landmarks.
        after: the same of the edit.
    """
    inside = np.maximum(*(face_of(look.landmarks, len(photo)) for look in (before, after)))
    mask = torch.from_numpy(inside)[None, None]
    return float(background_change(to_float(edited), to_float(photo), mask)[0])


def face_of(landmarks: npt.NDArray[np.floating], side: int) -> npt.NDArray[np.float32]:
    """Say which pixels are the face's, (side, side) in {0, 1}, by landmarks, (68, 2) as shares of the side."""
    oval = face_oval(landmarks * side, side)
    rows, columns = np.ogrid[:side, :side]
    across = (columns + 0.5 - oval.x) / max(WIDER * oval.half_width, 1e-6)
    down = (rows + 0.5 - oval.y) / max(WIDER * oval.half_height, 1e-6)
    return np.asarray(across**2 + down**2 <= 1, np.float32)
