"""Losses against closed forms and against literals, with the snippets that made them."""

import pytest
import torch

from mienkit.losses.adversarial import (
    hinge_fake,
    hinge_real,
    least_squares_fake,
    least_squares_real,
    wasserstein_fake,
    wasserstein_real,
)
from mienkit.losses.attention import attention_norm, total_variation_l1_sum
from mienkit.losses.penalty import gradient_penalty

# numpy:
#   real = np.sin(np.arange(1, 13)).reshape(3, 4); fake = np.cos(np.arange(1, 13)).reshape(3, 4)
REAL = torch.sin(torch.arange(1, 13, dtype=torch.float64)).reshape(3, 4)
FAKE = torch.cos(torch.arange(1, 13, dtype=torch.float64)).reshape(3, 4)


@pytest.mark.parametrize(
    ("term", "score", "literal"),
    [
        (wasserstein_real, REAL, 0.010447896111093999),  # -real.mean()
        (wasserstein_fake, FAKE, -0.0474306741446136),  # fake.mean()
        (hinge_real, REAL, 1.010447896111094),  # np.maximum(0, 1 - real).mean()
        (hinge_fake, FAKE, 0.9525693258553862),  # np.maximum(0, 1 + fake).mean()
        (least_squares_real, REAL, 1.5450059208067166),  # ((real - 1) ** 2).mean()
        (least_squares_fake, FAKE, 0.47588987141547157),  # (fake ** 2).mean()
    ],
)
def test_adversarial_term_equals_its_literal(term, score, literal):
    assert term(score).item() == pytest.approx(literal, rel=1e-12)


@pytest.mark.parametrize("size", [1, 4, 16])
def test_penalty_of_a_linear_critic_is_its_weights_norm_less_one_squared(size):
    rng = torch.Generator().manual_seed(size)
    weight = torch.randn(3, size, size, generator=rng, dtype=torch.float64)
    real, fake = torch.rand(2, 5, 3, size, size, generator=rng, dtype=torch.float64)
    mix = torch.rand(5, 1, 1, 1, generator=rng, dtype=torch.float64)
    penalty = gradient_penalty(lambda image: (image * weight).sum((1, 2, 3)), real, fake, mix)
    assert penalty.item() == pytest.approx((weight.norm().item() - 1) ** 2, rel=1e-12)


def test_penalty_of_a_quadratic_critic_follows_the_mixture():
    # D(x) = |x|^2 / 2 has the slope x: between real = 2 e and fake = 0 it is 2 mix e, |e| = 1.
    real = torch.zeros(4, 3, 2, 2, dtype=torch.float64)
    real[:, 0, 0, 0] = 2
    mix = torch.tensor([0, 0.25, 0.5, 1], dtype=torch.float64)[:, None, None, None]
    penalty = gradient_penalty(lambda image: image.square().flatten(1).sum(1) / 2, real, torch.zeros_like(real), mix)
    assert penalty.item() == pytest.approx((1 + 0.25 + 0 + 1) / 4, rel=1e-12)


def test_gradient_of_the_penalty_of_a_linear_critic_has_its_closed_form():
    weight = torch.tensor([[[3.0]], [[0.0]], [[4.0]]], dtype=torch.float64, requires_grad=True)
    image = torch.zeros(2, 3, 1, 1, dtype=torch.float64)
    mix = torch.zeros(2, 1, 1, 1, dtype=torch.float64)
    gradient_penalty(lambda given: (given * weight).sum((1, 2, 3)), image, image, mix).backward()
    assert weight.grad.flatten().tolist() == pytest.approx([2 * (5 - 1) * 3 / 5, 0, 2 * (5 - 1) * 4 / 5])


def test_attention_terms_of_a_checkerboard_have_closed_forms():
    board = ((torch.arange(6)[:, None] + torch.arange(6)) % 2).double()[None, None]
    assert total_variation_l1_sum(board).item() == 2 * 6 * 5
    assert attention_norm(board).item() == pytest.approx(18**0.5)
