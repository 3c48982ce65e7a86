"""Does a face stay the same person through a clip? ACD and ACD-I: distances between embeddings of its frames.

Embeddings are unit vectors of a network that recognises people (``metrics.identity``), so distances are in [0, 2].
Lower is better, and a clip that stands still has 0: both figures praise whoever does not move, and expressions alone
move the embedding, as real clips show. A figure is called after its network, such as ``acd_mobileface_v2``.

Source: Tulyakov et al. 2018 (MoCoGAN), the average content distance of faces, there of OpenFace's 128 numbers; ACD-I as
in Zhao et al. 2018, to the picture that a clip was made from.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from mienkit.metrics.metric import Metric

Vectors = npt.NDArray[np.floating]

ACD = Metric(
    name="acd",
    title="ACD",
    better="lower",
    unit="distance, 0 to 2",
    named_after=("network",),
    source="Tulyakov et al. 2018",
    trap="Good down to what real clips have; below it, a face moves too little.",
    shows=("animate", "sample"),
    shown_because="a clip that stands still has 0",
)
ACD_I = Metric(
    name="acd_i",
    title="ACD-I",
    better="lower",
    unit="distance, 0 to 2",
    named_after=("network",),
    source="Zhao et al. 2018",
    trap="As ACD; a Sampler has no picture to start from, so that its own first frame stands in.",
    shows=("animate", "sample"),
    shown_because="a clip that stands still has 0",
)


def acd(embeddings: Vectors) -> float:
    """Return the mean distance between the frames of a clip, each with each other; embeddings are (T, D), T >= 2.

    Raises:
        ValueError: there are fewer than two frames.
    """
    if len(embeddings) < 2:
        raise ValueError(f"ACD needs two frames at least, not {len(embeddings)}")
    return float(np.mean([np.linalg.norm(first - second) for first, second in combinations(embeddings, 2)]))


def acd_i(embeddings: Vectors, of_input: Vectors) -> float:
    """Return the mean distance between the frames of a clip, (T, D), and the picture that it was made from, (D,)."""
    return float(np.linalg.norm(embeddings - of_input, axis=1).mean())


def acd_names(network: str) -> tuple[str, str]:
    """Name both figures after the network that embedded the faces."""
    return ACD.named(network), ACD_I.named(network)
