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
    for side in (3, 2):
        soften_(pixels, 0.5 * scene.blur, side)
    noise = cut_tile(NOISE, scene.key, sitting.size, sitting.size)
    strength = 255 * 0.5 * (0.009 + 0.045 * scene.noise)[:, None, None, None]
    return torch.addcmul(pixels.permute(0, 2, 3, 1) * 255 + 0.5, noise, strength).clamp_(0, 255).to(torch.uint8)


def soften_(pixels: Tensor, share: Tensor, side: int) -> None:
    """Mix each pixel with the mean of its neighbours along one side, by a share, (N,), in place; the border stays."""
    count = pixels.shape[side] - 2
    around = (pixels.narrow(side, 2, count) + pixels.narrow(side, 0, count)).mul_(0.5)
    inner = pixels.narrow(side, 1, count)
    inner.lerp_(around, share[:, None, None, None].expand_as(inner))
