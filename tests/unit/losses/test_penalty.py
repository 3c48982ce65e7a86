import pytest
import torch
from torch import nn

from mienkit.core.noise import uniform
from mienkit.losses.penalty import gradient_penalty, zero_centred_penalty


def images(*seeds: int) -> list[torch.Tensor]:
    return [torch.rand(4, 3, 5, 5, generator=torch.Generator().manual_seed(seed)) * 2 - 1 for seed in seeds]


def half(real: torch.Tensor) -> torch.Tensor:
    return torch.full((len(real), 1, 1, 1), 0.5)


def test_norm_is_taken_for_each_sample():
    real, fake = images(0, 1)
    factor = torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None, None, None] / 75**0.5  # slopes of norm 1, 2, 3, 4
    penalty = gradient_penalty(lambda image: image * factor, real, fake, half(real))
    assert penalty.item() == pytest.approx((0 + 1 + 4 + 9) / 4, rel=1e-5)


def test_slope_is_taken_between_real_and_fake():
    real, fake = torch.ones(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    mix = torch.tensor([0.25, 1.0])[:, None, None, None]
    seen = []
    gradient_penalty(lambda image: (seen.append(image.detach()), image.square())[1], real, fake, mix)
    assert torch.equal(seen[0], mix.expand(-1, 3, 4, 4))


def test_penalty_of_a_critic_is_differentiable_in_its_weights():
    real, fake = images(0, 1)
    critic = nn.Conv2d(3, 1, 3)
    gradient_penalty(critic, real, fake, half(real)).backward()
    assert critic.weight.grad.abs().sum() > 0


def test_images_get_no_gradient():
    real, fake = (image.requires_grad_(True) for image in images(0, 1))
    gradient_penalty(lambda image: image.square(), real, fake, half(real)).requires_grad_(True).backward()
    assert real.grad is None
    assert fake.grad is None


def test_autocast_is_left_for_the_penalty():
    real, fake = images(0, 1)
    critic = nn.Conv2d(3, 1, 3)
    expected = gradient_penalty(critic, real, fake, half(real))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = gradient_penalty(critic, real, fake.bfloat16().float(), half(real).bfloat16())
    assert inside.dtype == torch.float32
    assert inside.item() == pytest.approx(expected.item(), rel=1e-5)


def test_half_precision_images_are_raised_and_double_kept():
    real, fake = images(0, 1)
    types = []

    def critic(image):
        types.append(image.dtype)
        return image.square()

    gradient_penalty(critic, real.bfloat16(), fake.bfloat16(), half(real))
    gradient_penalty(critic, real.double(), fake.double(), half(real))
    assert types == [torch.float32, torch.float64]


def test_parts_of_a_batch_have_the_mean_of_their_penalties():
    real, fake = images(0, 1)
    key = torch.arange(4)
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 1, 3))

    def part(rows):
        return gradient_penalty(critic, real[rows], fake[rows], uniform(key[rows], 1, 1, 1)).item()

    assert part(slice(0, 4)) == pytest.approx((part(slice(0, 2)) + part(slice(2, 4))) / 2, rel=1e-5)


def test_the_zero_centred_penalty_is_the_mean_squared_norm_of_each_slope():
    (real,) = images(0)
    factor = torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None, None, None] / 75**0.5  # slopes of norm 1, 2, 3, 4
    assert zero_centred_penalty(lambda image: image * factor, real).item() == pytest.approx(30 / 4, rel=1e-5)


def test_the_zero_centred_penalty_moves_the_critic_and_not_the_image():
    (real,) = images(0)
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.SiLU(), nn.Conv2d(4, 1, 3))
    zero_centred_penalty(critic, real.requires_grad_(True)).backward()
    assert critic[0].weight.grad.abs().sum() > 0
    assert real.grad is None
