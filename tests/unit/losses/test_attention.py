import pytest
import torch

from mienkit.losses.attention import attention_mean, attention_norm, total_variation, total_variation_l1_sum


def ramp(size: int = 4) -> torch.Tensor:
    """A map that rises by 0.1 a column; twice."""
    return (0.1 * torch.arange(size)).expand(2, 1, size, size)


def test_flat_map_is_smooth():
    assert total_variation(torch.full((2, 1, 4, 4), 0.7)) == 0
    assert total_variation_l1_sum(torch.full((2, 1, 4, 4), 0.7)) == 0


def test_squares_are_averaged():
    assert total_variation(ramp()).item() == pytest.approx(0.01, rel=1e-5)
    assert total_variation(ramp(8)).item() == pytest.approx(0.01, rel=1e-5)
    assert total_variation(ramp().mT).item() == pytest.approx(0.01, rel=1e-5)


def test_absolute_differences_are_summed_over_the_map_only():
    assert total_variation_l1_sum(ramp()).item() == pytest.approx(3 * 4 * 0.1, rel=1e-5)
    assert total_variation_l1_sum(ramp()[:1]).item() == pytest.approx(3 * 4 * 0.1, rel=1e-5)


def test_norm_is_one_a_sample():
    attention = torch.tensor([0.5, 1.0])[:, None, None, None].expand(2, 1, 4, 4)
    assert attention_norm(attention).item() == pytest.approx((2 + 4) / 2)


def test_mean_is_a_mean():
    assert attention_mean(ramp()).item() == pytest.approx(0.15)
