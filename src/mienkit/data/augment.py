"""Pictures moved and coloured at random, as cameras, detectors and light would; landmarks and pose move along."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.data.chance import Chance

FACE_CENTRE = (0.5, 0.47)
"""Of the aligned crop, as a share of its side: between the eyes and the mouth."""


@dataclass(frozen=True, kw_only=True)
class Shake:
    """How far crops stray from the template, each uniform."""

    shift: float
    """Share of the side, in either direction."""
    scale: float
    """The face grows or shrinks by up to this share."""
    roll_deg: float


ALIGNED = Shake(shift=0.02, scale=0.04, roll_deg=3.0)
"""What is left after alignment."""
DETECTED = Shake(shift=0.15, scale=0.25, roll_deg=30.0)
"""What raw boxes of a detector do."""


@dataclass(frozen=True, kw_only=True)
class Motion:
    """A similarity, or one of wider faces, for each sample: p -> matrix p + offset, in pixels."""

    matrix: Tensor
    """(B, 2, 2)."""
    offset: Tensor
    """(B, 2)."""
    roll_deg: Tensor
    """(B,): by how much the head's roll falls; a picture turned clockwise lowers the eye on its right."""

    def widened(self, factor: Tensor, middle: float) -> "Motion":
        """Return the motion of pictures that first become wider or narrower about a column; it is no similarity then.

        Args:
            factor: (B,), by how much.
            middle: x of that column, in pixels.
        """
        across = self.matrix[..., 0]
        matrix = torch.stack([across * factor[:, None], self.matrix[..., 1]], -1)
        return replace(self, matrix=matrix, offset=self.offset + across * (middle * (1 - factor))[:, None])

    def scaled(self, share: float) -> "Motion":
        """Return the same motion for pictures of another resolution."""
        return replace(self, offset=self.offset * share)

    def move_points(self, points: Tensor) -> Tensor:
        """Move points, (B, N, 2)."""
        return points @ self.matrix.transpose(1, 2) + self.offset[:, None]

    def move_pose(self, pose: Tensor) -> Tensor:
        """Turn head poses, (B, 3) in degrees."""
        return torch.cat([pose[:, :2], pose[:, 2:] - self.roll_deg[:, None]], 1)

    def move_images(self, images: Tensor) -> Tensor:
        """Warp pictures, (B, C, S, S), bilinearly with mirrored borders."""
        side = images.shape[-1]
        half = side / 2
        inverse = torch.linalg.inv(self.matrix)
        origin = ((inverse @ (half - self.offset)[..., None])[..., 0] - half) / half
        place = (torch.arange(side) + 0.5) / half - 1
        # The same as F.affine_grid, whose product of thin matrices takes as long as the warp itself.
        across, down = (inverse[:, None, :, axis] * place[:, None] for axis in range(2))
        grid = across[:, None] + (down + origin[:, None])[:, :, None]
        return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def draw_motion(chance: Chance, size: int, detected: Tensor) -> Motion:
    """Draw a similarity for each sample: ``DETECTED`` where ``detected``, (B,) bool, else ``ALIGNED``."""

    def spread(name: str, loose: float, tight: float, *shape: int) -> Tensor:
        width = torch.where(detected, loose, tight).reshape(-1, *(1 for _ in shape))
        return (2 * chance.uniform(name, *shape) - 1) * width

    scale = torch.exp(spread("scale", math.log(1 + DETECTED.scale), math.log(1 + ALIGNED.scale)))
    angle = torch.deg2rad(spread("roll", DETECTED.roll_deg, ALIGNED.roll_deg))
    shift = spread("shift", DETECTED.shift, ALIGNED.shift, 2) * size
    cosine, sine = scale * torch.cos(angle), scale * torch.sin(angle)
    matrix = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    centre = torch.tensor(FACE_CENTRE) * size
    return Motion(matrix=matrix, offset=centre + shift - matrix @ centre, roll_deg=torch.rad2deg(angle))


def recolour(chance: Chance, images: Tensor, grain: float = 0.03) -> Tensor:
    """Change contrast, light, tint, colourfulness and sharpness and add noise; (B, 3, S, S) in [-1, 1] in and out.

    Args:
        chance: the samples' random numbers.
        images: of the samples.
        grain: largest standard deviation of the noise.
    """

    def between(name: str, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * chance.uniform(name, *shape)

    mean = images.mean((1, 2, 3))[:, None, None]
    contrast = between("contrast", 0.7, 1.35, 1, 1)
    colour = torch.where(between("grey", 0, 1, 1, 1) < 0.08, 0.0, between("colour", 0.6, 1.3, 1, 1))
    light = (mean + 1) * between("light", 0.75, 1.2, 1, 1) * between("tint", 0.92, 1.08, 3, 1) - 1 - contrast * mean
    # All of it is one affine map of each pixel's colour, so the picture is read and written once.
    mix = colour * torch.eye(3) + (1 - colour) / 3
    changed = torch.baddbmm(mix @ light, contrast * mix, images.flatten(2)).view_as(images)
    soft = (between("blur", 0, 1) < 0.15).nonzero()[:, 0]
    if len(soft):
        changed[soft] = F.interpolate(F.avg_pool2d(changed[soft], 2), scale_factor=2.0, mode="bilinear")
    if grain:
        changed += torch.randn(images.shape, generator=chance.generator()) * between("grain", 0, grain, 1, 1, 1)
    return changed.clamp_(-1, 1)
