"""ACD and ACD-I: another person raises them, standing still makes them 0."""

import numpy as np
import pytest

from mienkit.metrics.acd import acd, acd_i, acd_names


def person(seed: int, frames: int = 6, little: float = 0.02) -> np.ndarray:
    """Unit vectors of one made-up person, a little different in each frame, (frames, 32)."""
    middle = np.random.default_rng(seed).normal(size=32)
    vectors = middle / np.linalg.norm(middle) + little * np.random.default_rng(seed + 100).normal(size=(frames, 32))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_clip_that_stands_still_has_neither():
    still = np.repeat(person(0, 1), 5, 0)
    assert acd(still) == acd_i(still, still[0]) == 0


def test_another_persons_frames_raise_both():
    same, mixed = person(0), np.concatenate([person(0)[:3], person(1)[:3]])
    assert acd(mixed) > 3 * acd(same)
    assert acd_i(mixed, same[0]) > 3 * acd_i(same, same[0])


def test_a_clip_of_somebody_else_has_a_low_acd_and_a_high_acd_i():
    assert acd(person(1)) < 0.3
    assert acd_i(person(1), person(0)[0]) > 1


def test_figures_are_called_after_their_network():
    assert acd_names("mobileface_v2") == ("acd_mobileface_v2", "acd_i_mobileface_v2")


def test_one_frame_has_no_acd():
    with pytest.raises(ValueError, match="two frames at least, not 1"):
        acd(person(0, 1))
