"""A U-Net that moves a picture, and paints over what it moved.

Expressions move skin. A network that must paint every moved edge anew blurs lips and leaves ghosts of the old ones; one
that may move them paints only what was hidden before. What each part is worth is in docs/models/ganimation.md.
"""

import torch
from torch import Tensor, nn

from mienkit.nn.modulation import ModulatedBlock, ModulatedLayer, layer
from mienkit.nn.warp import double

REACH = 4.0
"""Pixels of a 128 px crop that one unit of the flow's output moves."""


class MovingUNet(nn.Module):
    """Tells what to paint, where to, and by what flow the picture moves.

    The outermost layers work on 2 x 2 blocks of pixels. The picture is encoded without the condition, which modulates
    the norms behind the bottleneck. The flow is made at half the side.

    Source: ours; modulation after Perez et al. 2018 (FiLM), the flow after Zhou et al. 2016 (appearance flow).
    """

    def __init__(self, labels: int, conv_dim: int = 32, repeat: int = 2, channels: int = 3) -> None:
        """Build it.

        Args:
            labels: numbers of a condition.
            conv_dim: channels at half the side; twice and four times as many at a quarter and an eighth.
            repeat: residual blocks at an eighth of the side.
            channels: of what it sees.
        """
        super().__init__()
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.channels = channels
        self.fold = nn.PixelUnshuffle(2)
        self.outer = layer(4 * channels, conv_dim)
        self.middle = layer(conv_dim, wide, kernel=4, stride=2)
        self.inner = layer(wide, widest, kernel=4, stride=2)
        self.blocks = nn.ModuleList(ModulatedBlock(widest) for _ in range(repeat))
        self.up_middle = ModulatedLayer(widest + wide, wide)
        self.up_outer = ModulatedLayer(wide + conv_dim, conv_dim)
        self.last = layer(conv_dim, conv_dim)
        self.heads, self.unfold = nn.Conv2d(conv_dim, 4 * 4 + 2, 3, 1, 1), nn.PixelShuffle(2)
        self.widths = [2 * width for width in (*[widest] * repeat, wide, conv_dim)]
        self.style = nn.Sequential(nn.Linear(labels, 64), nn.SiLU(), nn.Linear(64, sum(self.widths)))
        self.begin_faint()

    def begin_faint(self) -> None:
        """Let the heads begin by moving and painting next to nothing, and by keeping most of the picture."""
        nn.init.normal_(self.heads.weight, 0, 1e-3)
        with torch.no_grad():
            self.heads.bias.copy_(torch.tensor([0.0] * 12 + [1.0] * 4 + [0.0] * 2))  # type: ignore[union-attr]

    def edit_field(self, image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Look at pictures, (B, channels, h, w), whose sides are multiples of 8, with a condition, (B, labels).

        Returns:
            Paint, (B, 3, h, w), attention, (B, 1, h, w), and flow, (B, 2, h, w), before any non-linearity.
        """
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
