"""What a feature network is, and how figures of whole sets of pictures are named after theirs.

A Fréchet distance in any other space than Inception's is never called FID, nor is a kernel distance called KID or a
class score Inception Score: the name is made here, from the network itself.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

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


def check_vectors(what: str, first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return two sets of vectors, (N, D) and (M, D), that can be compared.

    Args:
        what: is to be told of them, for the message.
        first: one set.
        second: the other.

    Raises:
        ValueError: they cannot: fewer than two, of different lengths, or with values that are no numbers.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"{what} needs vectors, (N, D) and (M, D), not {a.shape} and {b.shape}")
    if min(len(a), len(b)) < 2:
        raise ValueError(f"{what} needs two of each set at least, not {len(a)} and {len(b)}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"{what} needs vectors of numbers; some have none")
    return a, b


def in_batches(look: Callable[[Picture], Floats], pictures: Picture) -> Floats:
    """Look at pictures, (N, H, W, 3), some at a time: (N, D)."""
    if not len(pictures):  # networks refuse to look at none, and only they know D
        return look(np.zeros((1, *pictures.shape[1:]), np.uint8))[:0]
    return np.concatenate([look(pictures[start : start + BATCH]) for start in range(0, len(pictures), BATCH)])


def hooked(
    network: nn.Module, layer: nn.Module, take: Callable[[Tensor, Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """Return what runs a network on pictures, (B, 3, S, S), and takes features, (B, D), from inside.

    Args:
        network: runs.
        layer: of it, that is listened to.
        take: makes features of what the layer gets and gives.
    """

    def look(image: Tensor) -> Tensor:
        seen: list[Tensor] = []
        with layer.register_forward_hook(lambda _, told, out: seen.append(take(told[0], out))):
            network(image)
        return seen[0]

    return look


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
