"""The Fréchet distance: other samples of the same thing are near, another thing is far."""

import numpy as np

from mienkit.metrics.frechet import frechet_distance


def sample(seed: int, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return shift + scale * np.random.default_rng(seed).normal(size=(200, 8))


def test_other_samples_of_the_same_are_nearer_than_blurred_or_shifted_ones():
    same = frechet_distance(sample(0), sample(1))
    assert same < 0.3
    assert frechet_distance(sample(0), sample(1, scale=0.3)) > 5 * same
    assert frechet_distance(sample(0), sample(1, shift=1)) > 5 * same


def test_fewer_samples_than_features_do_no_harm():
    few = np.random.default_rng(3).normal(size=(4, 8))
    assert 0 <= frechet_distance(few, few) < 1e-6


def test_it_is_symmetric():
    first, second = sample(0), sample(1, shift=0.5, scale=2)
    assert np.isclose(frechet_distance(first, second), frechet_distance(second, first))
