"""Drawn people that pass for photographs and their exact changes."""

from dataclasses import replace

import numpy as np

from mienkit.data.faces import FaceArrays
from mienkit.data.row import KINDS


def re_expressed(faces: FaceArrays) -> FaceArrays:
    """Take the first picture of each person for a photograph that nobody has labelled, the others for its changes."""
    _, first, person = np.unique(faces.sequence, return_index=True, return_inverse=True)
    photo = np.zeros(len(faces), bool)
    photo[first] = True
    return replace(
        faces,
        kind=np.where(photo, KINDS.index("photograph"), KINDS.index("re-expressed")),
        pair=np.where(photo, -1, first[person]),
        sequence=np.full(len(faces), -1),
        emotion=np.where(photo, -1, faces.emotion),
        before=np.where(photo[:, None], np.nan, faces.aus[first][person]).astype(np.float32),
        aus=np.where(photo[:, None], np.nan, faces.aus).astype(np.float32),
    )
