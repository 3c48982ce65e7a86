"""Does each picture show one thing clearly, and do all together show many?

It is exp of the mean divergence KL(p(y|x) || p(y)), from 1 (all pictures alike, or none clear) to the number of
classes. Higher is better, and nothing is compared with real pictures. With Inception's probabilities it is the
Inception Score; with those of another network, such as the eight emotions of the meter, it is a class score, and called
after that one.

Source: Salimans et al. 2016. Network: the caller's; one that gives no probabilities of classes is refused.
"""

import numpy as np
import numpy.typing as npt

from mienkit.core.errors import ConfigError
from mienkit.core.image import Picture
from mienkit.metrics.metric import Figure, Metric
from mienkit.metrics.networks.network import ClassNetwork, FeatureNetwork, name_by_network

SPLITS = 10
"""Parts of which the mean is taken, as in the paper."""

CLASS_SCORE = Metric(
    name="class_score",
    inception_name="inception_score",
    title="class score",
    better="higher",
    unit="classes",
    named_after=("network", "count"),
    source="Salimans et al. 2016",
    trap="Never sees a real picture; one clear picture of each class has the best score. It grows with the count.",
    ranks=("sample",),
    shows=("edit", "transfer", "paint", "animate"),
    shown_because="photographs of many expressions that are left alone are clear and varied",
)


def inception_score(probabilities: npt.ArrayLike, splits: int = SPLITS, seed: int = 0) -> tuple[float, float]:
    """Return the mean and the standard deviation over the splits, of probabilities, (N, K) with rows that sum to 1.

    Who is in which split is drawn by lot: pictures come sorted by what was asked for, and a split that shows one thing
    alone has the worst score there is, however varied all together are.

    Args:
        probabilities: of K classes.
        splits: parts of which the mean is taken.
        seed: of the lot.

    Raises:
        ValueError: rows are no probabilities, or there are fewer of them than splits.
    """
    shares = np.asarray(probabilities, np.float64)
    if shares.ndim != 2 or shares.min(initial=0) < 0 or not np.allclose(shares.sum(1), 1, atol=1e-3):
        raise ValueError("a class score needs probabilities, (N, K), whose rows sum to 1")
    if not 1 <= splits <= len(shares):
        raise ValueError(f"{len(shares)} pictures cannot be split into {splits} parts")
    order = np.random.default_rng(seed).permutation(len(shares))
    scores = [score(shares[part]) for part in np.array_split(order, splits)]
    return float(np.mean(scores)), float(np.std(scores))


def score(shares: npt.NDArray[np.float64]) -> float:
    """Return exp of the mean KL(p(y|x) || p(y)) of probabilities, (N, K); 0 log 0 is 0."""
    ratio = np.divide(shares, shares.mean(0), out=np.ones_like(shares), where=shares > 0)
    return float(np.exp((shares * np.log(ratio)).sum(1).mean()))


def measure_class_score(network: FeatureNetwork | ClassNetwork, made: Picture, splits: int = SPLITS) -> Figure:
    """Score made pictures, (N, H, W, 3), and name the figure after the network.

    Raises:
        ConfigError: the network knows no classes.
        ValueError: there are fewer pictures than splits.
    """
    if not isinstance(network, ClassNetwork):
        raise ConfigError(f"{network.name} gives no class probabilities; use `meter` or Inception's TorchScript file")
    value, _ = inception_score(network.probabilities(made), splits)
    name = name_by_network(CLASS_SCORE, network, len(made))
    return Figure(metric=CLASS_SCORE, name=name, value=value)
