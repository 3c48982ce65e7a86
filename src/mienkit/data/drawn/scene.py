"""Where a person is drawn: pose, gaze, light, background and camera; all that two pictures of one scene share."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mienkit.data.drawn.dice import Dice
from mienkit.data.drawn.person import palette

BACKDROP = palette("d9dde0", "8a929a", "3a4048", "6a7f95", "9fb0a0", "b99f80", "7a5a4a", "2a3a30", "c8b8c8", "a0c0e0")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """N scenes; a tensor is (N,) unless its comment says otherwise."""

    pose: Tensor
    """(N, 3) yaw, pitch, roll in degrees, before the face is aligned."""
    gaze: Tensor
    """(N, 2) where the irises look, right and down, in [-1, 1]."""
    jitter: Tensor
    """(N, 4) in [-1, 1]: shift right, shift down, scale, roll."""
    light: Tensor
    """(N, 3) unit vector towards the lamp: right, down, to the viewer."""
    key_color: Tensor
    """(N, 3)."""
    ambient: Tensor
    """(N, 3)."""
    ambient_tilt: Tensor
    backdrop: Tensor
    """(N, 2, 3) the colours of the gradient."""
    backdrop_angle: Tensor
    patches: Tensor
    """(N, P, 7): x, y, half width, half height (of the frame), then by how much it brightens red, green and blue."""
    texture: Tensor
    blur: Tensor
    noise: Tensor
    exposure: Tensor
    key: Tensor
    """(N,) int64."""


def set_scene(key: Tensor, pose: bool) -> Scene:
    """Return the scenes with these keys, (N,) int64; without ``pose`` every head looks straight ahead."""
    dice = Dice(key)
    angles = torch.stack([dice.bell(0, 12), dice.bell(2, 7), dice.bell(0, 3)], 1)
    limits = torch.tensor([30.0, 20.0, 8.0])
    warmth = dice.bell(0, 0.07)[:, None] * torch.tensor([1.0, 0.15, -1.0])
    tint = dice.bell(0, 0.06)[:, None] * torch.tensor([-1.0, 0.1, 1.0])
    contrast = dice.between(0.25, 1)[:, None]
    return Scene(
        key=key,
        pose=angles.clamp(-limits, limits) * float(pose),
        gaze=torch.stack([dice.bell(0, 0.35), dice.bell(0.05, 0.22)], 1).clamp(-1, 1),
        jitter=torch.stack([dice.between(-1, 1) for _ in range(4)], 1),
        light=lamp(dice),
        key_color=(0.34 + 0.66 * contrast) * (1 + warmth),
        ambient=(0.58 - 0.38 * contrast) * (1 + tint - 0.5 * warmth),
        ambient_tilt=dice.between(0, 0.35),
        backdrop=torch.stack([dice.ramp(BACKDROP), dice.ramp(BACKDROP)], 1) * dice.between(0.25, 1.0)[:, None, None],
        backdrop_angle=dice.between(0, 2 * math.pi),
        patches=backdrop_patches(dice),
        texture=dice.roll() ** 2,
        blur=dice.roll() ** 2,
        noise=dice.roll() ** 2,
        exposure=dice.bell(1.0, 0.12),
    )


def lamp(dice: Dice) -> Tensor:
    """Roll the direction to the key light: mostly from above and in front, (N, 3)."""
    azimuth = dice.bell(0, 0.62)
    height = dice.bell(0.5, 0.32)
    return torch.stack([azimuth.sin() * height.cos(), -height.sin(), azimuth.cos() * height.cos()], 1)


def backdrop_patches(dice: Dice, count: int = 4) -> Tensor:
    """Roll soft shapes behind the person, (N, count, 7)."""
    place = dice.roll(count, 2)
    half = 0.04 + 0.3 * dice.roll(count, 2) ** 1.5
    grey = dice.bell(0, 0.3, count, 1)
    return torch.cat([place, half, grey + dice.bell(0, 0.12, count, 3)], 2)
