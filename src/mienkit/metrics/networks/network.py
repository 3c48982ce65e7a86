"""What a feature network is, and how figures of whole sets of pictures are named after theirs.

A Fréchet distance in any other space than Inception's is never called FID, nor is a kernel distance called KID or a
class score Inception Score: the name is made here, from the network itself.
"""

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.metrics.metric import Metric
from mienkit.metrics.networks.inception import Inception

Floats = npt.NDArray[np.float64]
Points = npt.NDArray[np.floating]
BATCH = 32


class FeatureNetwork(Protocol):
    """Turns pictures into vectors that are near for pictures that look alike."""

    name: str
    """Stands in the name of every figure."""

    def features(self, pictures: Picture, landmarks: Points | None = None) -> Floats:
        """Look at pictures.

        Args:
            pictures: (N, H, W, 3) uint8 RGB.
            landmarks: (N, 68, 2) in their pixels; a network that needs them lets the released meter find them if None.

        Returns:
            (N, D).
        """
        ...


@runtime_checkable
class ClassNetwork(Protocol):
    """Says of pictures what they show."""

    name: str

    def probabilities(self, pictures: Picture) -> Floats:
        """Return the probability of each class, (N, K), of pictures, (N, H, W, 3) uint8 RGB."""
        ...


def in_batches(look: Callable[[Picture], Floats], pictures: Picture) -> Floats:
    """Look at pictures, (N, H, W, 3), some at a time: (N, D)."""
    return np.concatenate([look(pictures[some]) for some in batches(len(pictures))])


def batches(count: int) -> Iterator[slice]:
    """Cut places 0 to ``count`` into parts; one that is empty if there are none."""
    return (slice(start, start + BATCH) for start in range(0, max(count, 1), BATCH))


def name_by_network(metric: Metric, network: FeatureNetwork | ClassNetwork, count: int) -> str:
    """Name a figure of ``count`` pictures: ``fid_5k`` of Inception, ``frechet_squeezenet_v1_1_5k`` of another network.

    Raises:
        ValueError: a network calls itself Inception and is none.
    """
    if isinstance(network, Inception):
        return f"{metric.inception_name}_{short_count(count)}"
    return metric.named(network.name, short_count(count))


def short_count(count: int) -> str:
    """Write a number of pictures as it stands in names: 400, 5k, 12.5k is written 12500."""
    return f"{count // 1000}k" if count and count % 1000 == 0 else str(count)
