"""MobileFace's embeddings as a space of faces: sets are near if they show the same kinds of people.

Expressions move an embedding little, so a distance in it says who is shown rather than how well. Source: as
``metrics.identity``, which also aligns each face.
"""

import numpy as np
import torch

from mienkit.core.image import Picture, to_float
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.face.meter import read_landmarks
from mienkit.metrics.identity import Identity, load_identity
from mienkit.metrics.networks.network import Floats, Points, in_batches
from mienkit.nn.mobileface import EMBEDDING


class MobileFaceFeatures:
    """Embeds the face of each picture."""

    def __init__(self, identity: Identity) -> None:
        self.identity, self.name = identity, identity.name

    def features(self, pictures: Picture, landmarks: Points | None = None) -> Floats:
        """Look at pictures of one face each, (N, H, W, 3) uint8 RGB, landmarks (N, 68, 2) or the meter's: (N, 256)."""
        points = find_landmarks(pictures) if landmarks is None else landmarks
        faces = [self.identity.embed(*face) for face in zip(pictures, points, strict=True)]
        return np.asarray(faces, np.float64) if faces else np.zeros((0, EMBEDDING))


def find_landmarks(pictures: Picture) -> Floats:
    """Let the released meter find the landmarks of aligned faces, (N, H, W, 3): (N, 68, 2) in their pixels."""

    def look(some: Picture) -> Floats:
        with torch.inference_mode():
            return np.asarray(read_landmarks(to_float(some)).flatten(1).double().numpy(), np.float64)

    return in_batches(look, pictures).reshape(len(pictures), NUM_LANDMARKS, 2)


def load_mobileface() -> MobileFaceFeatures:
    """Load MobileFace from the assets.

    Raises:
        AssetError: its file is missing or damaged; the message says how to get it.
    """
    return MobileFaceFeatures(load_identity())
