"""From light to pixels: the lens's blur, the sensor's noise, exposure and gamma."""

import torch
from torch import Tensor

from mienkit.data.drawn.brush import FINE, cut_tile
from mienkit.data.drawn.sitting import Sitting

NOISE = torch.stack([0.75 * FINE + 0.45 * FINE.roll((61 * k + 17, 101 * k + 40), (0, 1)) for k in range(3)], 2)
"""(TILE, TILE, 3) sensor noise: mostly the same in all colours."""


def expose(image: Tensor, sitting: Sitting) -> Tensor:
    """Turn linear light, (N, 3, S, S), into photographs, uint8 (N, S, S, 3)."""
    scene = sitting.scene
    image = image.mul_(scene.exposure[:, None, None, None]).clamp_(min=0)
    # highlights roll off as film's do, instead of clipping
    pixels = (image * torch.rsqrt(1 + 0.45 * image.square())).sqrt_()
    pixels = soften(soften(pixels, scene.blur, 3), scene.blur, 2)
    noise = cut_tile(NOISE, scene.key, sitting.size, sitting.size)
    strength = 255 * 0.5 * (0.009 + 0.045 * scene.noise)[:, None, None, None]
    return torch.addcmul(pixels.permute(0, 2, 3, 1) * 255 + 0.5, noise, strength).clamp_(0, 255).to(torch.uint8)


def soften(pixels: Tensor, share: Tensor, side: int) -> Tensor:
    """Blend in a binomial blur along one side, by a share, (N,); the border stays."""
    count = pixels.shape[side]
    inner = pixels.narrow(side, 1, count - 2)
    around = (pixels.narrow(side, 2, count - 2) + pixels.narrow(side, 0, count - 2)).mul_(0.5)
    result = pixels.clone()
    result.narrow(side, 1, count - 2).lerp_(around, (0.5 * share)[:, None, None, None].expand_as(inner))
    return result
