"""Our generator for GANimation: its colour image begins as the face itself, moved.

Expressions move skin. A network that must paint every moved edge anew blurs lips and leaves ghosts of the old ones; one
that may move them paints only what was hidden before. What each part is worth is in docs/models/ganimation.md.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.core.action_unit import NUM_AUS
from mienkit.nn.field import feather, field_of
from mienkit.nn.modulation import ModulatedBlock, ModulatedLayer, layer
from mienkit.nn.warp import double, move

NOTICED = 0.1
"""Largest change of a unit from which the mask is fully open; no change asked for is none made, exactly."""
REACH = 4.0
"""Pixels of a 128 px crop that one unit of the flow's output moves."""


class MovingGenerator(nn.Module):
    """The task of the published generator for a laptop: a U-Net on the middle of the crop.

    The outermost layers work on 2 x 2 blocks of pixels. The face is encoded without the condition, which modulates the
    norms behind the bottleneck. Out come an attention mask, a flow at half the side, and what is painted over the moved
    face to give the colour image.

    Source: ours, after Pumarola et al. 2018; modulation after Perez et al. 2018 (FiLM), the moved colour after Zhou et
    al. 2016 (appearance flow).
    """

    def __init__(self, conv_dim: int = 32, repeat: int = 2) -> None:
        """Build it.

        Args:
            conv_dim: channels at half the crop's side; twice and four times as many at a quarter and an eighth.
            repeat: residual blocks at an eighth of the side.
        """
        super().__init__()
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.fold = nn.PixelUnshuffle(2)
        self.outer = layer(12, conv_dim)
        self.middle = layer(conv_dim, wide, kernel=4, stride=2)
        self.inner = layer(wide, widest, kernel=4, stride=2)
        self.blocks = nn.ModuleList(ModulatedBlock(widest) for _ in range(repeat))
        self.up_middle = ModulatedLayer(widest + wide, wide)
        self.up_outer = ModulatedLayer(wide + conv_dim, conv_dim)
        self.last = layer(conv_dim, conv_dim)
        self.heads, self.unfold = nn.Conv2d(conv_dim, 4 * 4 + 2, 3, 1, 1), nn.PixelShuffle(2)
        self.widths = [2 * width for width in (*[widest] * repeat, wide, conv_dim)]
        self.style = nn.Sequential(nn.Linear(NUM_AUS, 64), nn.SiLU(), nn.Linear(64, sum(self.widths)))
        nn.init.normal_(self.heads.weight, 0, 1e-3)
        with torch.no_grad():  # begin by moving and painting next to nothing, and by keeping most of the picture
            self.heads.bias.copy_(torch.tensor([0.0] * 12 + [1.0] * 4 + [0.0] * 2))  # type: ignore[union-attr]

    def forward(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return colour, (B, 3, H, W) in [-1, 1], and attention, (B, 1, H, W) in [0, 1]."""
        height, width = image.shape[2:]
        top, bottom, left, right = field_of(height, width)
        paint, keep, flow = self.edit_field(image[..., top:bottom, left:right], condition)
        rim = feather(bottom - top, right - left, image.device)
        asked = (condition.abs().amax(1) / NOTICED).clamp(max=1)[:, None, None, None]
        around = (left, width - right, top, height - bottom)
        change = F.pad(torch.sigmoid(-keep) * rim * asked, around)
        moved = move(image, F.pad(flow * rim * (REACH * height / 128), around))
        return (moved + F.pad(2 * torch.tanh(paint), around)).clamp(-1, 1), 1 - change

    def edit_field(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return paint, (B, 3, h, w), attention, (B, 1, h, w), and flow, (B, 2, h, w), before any non-linearity."""
        styles = self.style(condition.to(image)).split(self.widths, 1)
        outer = self.outer(self.fold(image).contiguous(memory_format=torch.channels_last))
        middle = self.middle(outer)
        features = self.inner(middle)
        for block, style in zip(self.blocks, styles, strict=False):
            features = block(features, style)
        features = self.up_middle(torch.cat([double(features), middle], 1), styles[-2])
        features = self.up_outer(torch.cat([double(features), outer], 1), styles[-1])
        painted, flow = self.heads(self.last(features)).float().split([16, 2], 1)
        painted = self.unfold(painted)
        return painted[:, :3], painted[:, 3:], double(flow)
