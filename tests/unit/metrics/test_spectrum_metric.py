"""Spectrum of landmark velocity: disorder and trembling show, amplitude does not count."""

import math

import pytest
import torch

from mienkit.metrics.spectrum import high_share, spectrum_distance, velocity_power

FRAMES = 32


def rises(count: int = 6) -> torch.Tensor:
    """Smooth movements from rest to rest elsewhere, (count, FRAMES, 20)."""
    share = torch.linspace(0, 1, FRAMES, dtype=torch.float64)
    smooth = share**3 * (share * (6 * share - 15) + 10)
    aim = torch.randn(count, 1, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return smooth[None, :, None] * aim


def trembling(points: torch.Tensor) -> float:
    return float(high_share(velocity_power(points), FRAMES).mean())


def test_a_smooth_rise_hardly_trembles():
    assert trembling(rises()) < 1e-3


def test_frames_in_disorder_raise_the_share_of_high_frequencies():
    order = torch.randperm(FRAMES, generator=torch.Generator().manual_seed(1))
    assert trembling(rises()[:, order]) > 0.3


def test_trembling_landmarks_raise_the_share_and_the_distance():
    noise = torch.randn(6, FRAMES, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    shaken = rises() + 0.05 * noise
    smooth, rough = velocity_power(rises()), velocity_power(shaken)
    assert trembling(shaken) > 10 * trembling(rises())
    assert spectrum_distance(rough, smooth) > 5


def test_half_the_amplitude_is_the_same_spectrum():
    assert spectrum_distance(velocity_power(rises()), velocity_power(0.5 * rises())) == pytest.approx(0, abs=1e-9)


def test_who_does_not_move_has_no_spectrum():
    still = velocity_power(torch.ones(2, FRAMES, 20, dtype=torch.float64))
    assert bool(high_share(still, FRAMES).isnan().all())
    assert math.isnan(spectrum_distance(still, velocity_power(rises())))


def test_two_frames_have_no_spectrum():
    with pytest.raises(ValueError, match="three frames at least, not 2"):
        velocity_power(torch.zeros(1, 2, 4))
