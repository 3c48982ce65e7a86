"""PSNR and SSIM against closed forms and scikit-image."""

import math

import pytest
import torch
from skimage.metrics import structural_similarity

from mienkit.metrics.psnr import psnr
from mienkit.metrics.ssim import ssim


def faces(count: int = 2, size: int = 48) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.8


def test_psnr_of_a_known_shift():
    image = faces()
    shifted = image + torch.tensor([0.1, 0.02])[:, None, None, None]
    expected = [10 * math.log10(4 / 0.1**2), 10 * math.log10(4 / 0.02**2)]  # 26.02 and 40 dB
    assert psnr(shifted, image).tolist() == pytest.approx(expected, abs=1e-3)


def test_psnr_of_equal_pictures_is_infinite():
    assert psnr(faces(), faces()).tolist() == [math.inf] * 2


def test_ssim_of_equal_pictures_is_1():
    assert ssim(faces(), faces()).tolist() == pytest.approx([1, 1])


def test_ssim_of_flat_pictures_compares_their_levels():
    first, second, steady = 0.5, 0.25, (0.01 * 2) ** 2
    flat = torch.ones(1, 3, 32, 32)
    expected = (2 * first * second + steady) / (first**2 + second**2 + steady)
    assert ssim(first * flat, second * flat).tolist() == pytest.approx([expected], abs=1e-5)


def test_ssim_is_that_of_scikit_image():
    image = faces()
    other = image.roll(1, 3) * 0.9
    expected = [
        structural_similarity(
            a.numpy(), b.numpy(), channel_axis=0, data_range=2, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(image, other, strict=True)
    ]  # fmt: skip
    assert ssim(image, other).tolist() == pytest.approx(expected, abs=0.01)


def test_a_single_picture_keeps_its_place_in_the_batch():
    assert ssim(faces(1), faces(1)).shape == psnr(faces(1), -faces(1)).shape == (1,)
