"""Is it still the same person? The cosine between embeddings of a face recognition network."""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file

from mienkit.assets.fetch import require_asset
from mienkit.core.errors import AssetError
from mienkit.core.image import Picture, to_float
from mienkit.core.landmark import LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE
from mienkit.metrics.metric import Metric
from mienkit.nn.mobileface import SIZE, MobileFace, build_mobileface, mobileface_template

NAME = "mobileface_v2"
NOSE_TIP = 30

IDENTITY = Metric(
    name="identity",
    title="identity",
    better="higher",
    unit="cosine, -1 to 1",
    named_after=("network",),
    source="Deng et al. 2019 (ArcFace) and others; MobileFace V2 here",
    trap="An expression moves the embedding of a real face too; above about 0.5 more is not better.",
    shows=("edit", "transfer", "paint"),
    shown_because="a picture that is left alone has 1",
)


class Identity:
    """Embeds aligned faces with MobileFace V2.

    Same person, neutral against smiling: 0.90; different people: 0.03 +- 0.10 (102 people); 0.45 to 0.5 keeps the
    identity.
    """

    name = NAME

    def __init__(self, network: MobileFace) -> None:
        self.network = network

    @torch.inference_mode()
    def embed(self, picture: Picture, landmarks: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Embed one face of a picture, (H, W, 3), by its 68 landmarks in pixels; a unit vector, (256,)."""
        matrix = identity_alignment(landmarks)
        crop = cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
        return np.asarray(self.network(to_float(crop.astype(np.uint8)))[0].numpy(), np.float32)

    def similarity(
        self,
        first: tuple[Picture, npt.NDArray[np.floating]],
        second: tuple[Picture, npt.NDArray[np.floating]],
    ) -> float:
        """Return the cosine between two faces, in [-1, 1]; each is a picture and its landmarks, (68, 2)."""
        return float(self.embed(*first) @ self.embed(*second))


def identity_alignment(landmarks: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the 2 x 3 matrix for ``cv2.warpAffine`` that brings five points onto the network's template.

    Differs: eye centres are the mean of six lid landmarks, where the file's makers took the iris.
    """
    points = np.stack(
        [
            landmarks[RIGHT_EYE].mean(0),
            landmarks[LEFT_EYE].mean(0),
            landmarks[NOSE_TIP],
            landmarks[MOUTH_CORNERS[0]],
            landmarks[MOUTH_CORNERS[1]],
        ]
    )
    matrix, _ = cv2.estimateAffinePartial2D(points - 0.5, mobileface_template().numpy(), method=cv2.LMEDS)
    return np.asarray(matrix, np.float64)


@cache
def load_identity() -> Identity:
    """Load MobileFace from the assets.

    Raises:
        AssetError: its file is missing or damaged; the message says how to get it.
    """
    path = require_asset("mobileface")
    try:
        return Identity(build_mobileface(load_file(path)))
    except (RuntimeError, OSError, ValueError) as error:
        raise AssetError(f"{path} is not MobileFace V2: {str(error).splitlines()[0]}") from None
