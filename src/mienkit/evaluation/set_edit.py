"""Whole sets of results beside real ones: Fréchet and kernel distances, and class scores, where there are enough.

They say what a set looks like and nothing of a single edit: who leaves photographs alone makes a set of photographs.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.errors import AssetError
from mienkit.core.image import Picture
from mienkit.metrics.frechet import FRECHET, frechet_distance
from mienkit.metrics.inception_score import CLASS_SCORE, inception_score
from mienkit.metrics.kernel_distance import KERNEL_DISTANCE, kernel_distance
from mienkit.metrics.networks.network import ClassNetwork, FeatureNetwork, Floats, name_by_network, short_count
from mienkit.metrics.networks.squeezenet import load_squeezenet

FEWEST = 100
"""Pictures from which a Fréchet distance or a class score, which change with the count, is told at all."""
FEWEST_OF_KERNEL = 50
"""The same of a kernel distance, which only spreads more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RealSet:
    """Real pictures, as each network sees them."""

    networks: Sequence[FeatureNetwork]
    features: Sequence[Floats]
    """(M, D) of each network."""


def set_networks(inception: FeatureNetwork | None = None) -> list[FeatureNetwork]:
    """List the networks that are at hand: SqueezeNet, if its file is there, and Inception, if the user has one."""
    found: list[FeatureNetwork] = []
    with suppress(AssetError):
        found.append(load_squeezenet())
    return [*found, *([inception] if inception is not None else [])]


def real_set(networks: Sequence[FeatureNetwork], pictures: Picture) -> RealSet:
    """Look at real pictures, (M, H, W, 3)."""
    return RealSet(networks=networks, features=[network.features(pictures) for network in networks])


def set_figures(made: Picture, real: RealSet) -> dict[str, float]:
    """Compare made pictures, (N, H, W, 3), with real ones; empty where there are too few.

    Returns:
        Whole name, with network and count, -> figure.
    """
    figures: dict[str, float] = {}
    for network, features in zip(real.networks, real.features, strict=True):
        count = min(len(made), len(features))
        if count < FEWEST_OF_KERNEL:
            continue
        seen = network.features(made)
        figures[name_by_network(KERNEL_DISTANCE, network, count)] = kernel_distance(seen, features)
        if count >= FEWEST:
            figures[name_by_network(FRECHET, network, count)] = frechet_distance(seen, features)
        if isinstance(network, ClassNetwork) and len(made) >= FEWEST:
            name = name_by_network(CLASS_SCORE, network, len(made))
            figures[name] = inception_score(network.probabilities(made))[0]
    return figures


def emotion_score(probabilities: npt.ArrayLike, judge: str) -> Mapping[str, float]:
    """Score a set by the emotions that a judge sees in it, (N, 8); empty where there are too few."""
    shares = np.asarray(probabilities, np.float64)
    if len(shares) < FEWEST:
        return {}
    return {CLASS_SCORE.named(judge, short_count(len(shares))): inception_score(shares)[0]}
