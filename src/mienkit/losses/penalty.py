"""Penalties on a critic's slope."""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Push the critic's gradient norm, one norm a sample, to 1 between real and fake.

    Runs in float32 (or float64) even inside autocast: second derivatives in bfloat16 are noise. Neither image gets a
    gradient from it, so that it may stand beside terms of a generator.

    Args:
        critic: scores images; may return scores of shape (B, ...), which are summed.
        real: (B, 3, H, W) in [-1, 1].
        fake: same shape as ``real``.
        mix: share of ``real`` in each sample's mixture, (B, 1, 1, 1) in [0, 1]: ``uniform(batch.key, 1, 1, 1)`` of
            ``core.noise``.

    Source: Gulrajani et al. 2017, eq. 3.
    """
    with torch.autocast(real.device.type, enabled=False):
        real, fake = full_precision(real.detach()), full_precision(fake.detach())
        between = torch.lerp(fake, real, mix.to(real)).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()


def zero_centred_penalty(critic: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Push the critic's squared gradient norm at real images to 0: R1.

    Runs in float32 (or float64) even inside autocast, as ``gradient_penalty``.

    Args:
        critic: scores images; may return scores of shape (B, ...), which are summed.
        real: (B, 3, H, W) in [-1, 1].

    Source: Mescheder et al. 2018, eq. 9.
    Differs: no factor 1/2.
    """
    with torch.autocast(real.device.type, enabled=False):
        image = full_precision(real.detach()).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(image).sum(), image, create_graph=True)
        return slope.square().flatten(1).sum(1).mean()


def full_precision(value: Tensor) -> Tensor:
    """Return float64 as it is and any other float as float32."""
    return value if value.dtype == torch.float64 else value.float()
