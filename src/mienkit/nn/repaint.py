"""How a U-Net redraws a face whose landmarks shall stand elsewhere.

Two ways beside the plain one are ours: what is painted may be added to the face, and the face may first be moved by a
thin-plate spline, so that the network paints only what no movement shows: teeth, lids, folds.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.core.task import Edited, Motion
from mienkit.nn.field import face_oval, meant
from mienkit.nn.key_points import draw_key_points
from mienkit.nn.landmark_flow import landmark_flow
from mienkit.nn.unet import UNet
from mienkit.nn.warp import move

Paints: TypeAlias = Literal["picture", "change"]
DETAIL_STAYS = -1.5
"""What the U-Net begins by telling of fine detail, before its tangent: 5 % of it goes."""
FINE = 9
"""Pixels within which detail is fine: teeth, lashes, folds of a smile."""
BEGINNING = 1e-3
"""Spread of the last layer's weights where the U-Net begins by changing next to nothing."""


@dataclass(frozen=True, kw_only=True)
class Painted:
    """What the U-Net made, and from what."""

    image: Tensor
    """(B, 3, H, W) in [-1, 1]."""
    points: Tensor
    """The landmarks that it was told, drawn; (B, 1, H, W)."""
    base: Tensor
    """What a change is added to, (B, 3, H, W): the face, moved if it is moved first."""
    flow: Tensor | None = None
    """By which it was moved, (B, 2, H, W); see ``core.task.Motion``."""
    gone: Tensor | None = None
    """How much of the moved face's fine detail goes, (B, 1, H, W) in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Repainter:
    """One way to redraw; the U-Net that does it is given with every call, so that its weights stay the model's own."""

    image_size: int
    radius: float
    """Of a landmark's disc, in sides of the picture."""
    paints: Paints = "picture"
    """``change``: what the U-Net paints is added to the face, whose details a small one would blur."""
    moves: bool = False
    """Whether what it is added to is the face moved to the landmarks. The U-Net sees that, too, and tells where its
    fine detail goes."""
    floor: float = 0.0
    """At use, what is painted fades out where it is fainter than that, on the scale of [-1, 1], and outside of the
    face; 0 = nowhere."""

    def network(self, *, levels: int, width: int, up: Literal["transpose", "resize"], dropout: float) -> UNet:
        """Build a U-Net that can redraw so; where it adds a change it begins with next to none."""
        unet = UNet(1 + 3 * (1 + self.moves), 3 + self.moves, levels=levels, width=width, up=up, dropout=dropout)
        if self.paints == "change":
            unet.begin_faint(BEGINNING, [0.0] * 3 + [DETAIL_STAYS] * self.moves)
        return unet

    def draw(self, unet: UNet, image: Tensor, landmarks: Tensor, aims: Tensor, key: Tensor | None = None) -> Painted:
        """Redraw faces, (B, 3, H, W), whose landmarks, (B, 68, 2) in pixels, shall stand elsewhere.

        Args:
            unet: from ``network``.
            image: the faces.
            landmarks: where theirs are.
            aims: where they shall be.
            key: the samples' keys, for the dropout of a training.
        """
        points = draw_key_points(aims, self.image_size, self.radius).to(image)
        if not self.moves:
            colour = unet(torch.cat([points, image], 1), key)
            painted = colour if self.paints == "picture" else (image + 2 * colour).clamp(-1, 1)
            return Painted(image=painted, points=points, base=image)
        flow = landmark_flow(landmarks, aims, self.image_size).to(image.device)
        base = move(image, flow).to(image.dtype)
        told = unet(torch.cat([points, image, base], 1), key)
        colour, gone = told[:, :3], (told[:, 3:] + 1) / 2
        picture = (base - gone * fine_detail(base) + 2 * colour).clamp(-1, 1)
        return Painted(image=picture, points=points, base=base, flow=flow, gone=gone)

    def paint(self, unet: UNet, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """See ``core.task.Painter``; the whole crop is redrawn, or with a floor what is meant within the face."""
        painted = self.draw(unet, image, landmarks, aims)
        change = torch.ones_like(image[:, :1])
        if self.floor:
            change = meant(painted.image - painted.base, self.floor) * face_oval(aims.to(image), self.image_size)
        if painted.flow is None or painted.gone is None:
            return Edited(image=torch.lerp(image, painted.image, change), change=change)
        colour = change * (painted.image - painted.base)
        motion = Motion(flow=painted.flow, colour=colour, fresh=change * painted.gone)
        moved = painted.flow.any(1, keepdim=True).to(change)
        return Edited(image=painted.base + colour, change=torch.maximum(change, moved), motion=motion)


def fine_detail(image: Tensor) -> Tensor:
    """Return what of pictures, (B, C, H, W), a mean over ``FINE`` x ``FINE`` pixels does not hold."""
    return image - F.avg_pool2d(image, FINE, 1, FINE // 2, count_include_pad=False)
