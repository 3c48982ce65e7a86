"""The critic of VGAN and TGAN, which halves a clip in space and time until four pixels a side are left.

Source: Vondrick et al. 2016 (VGAN), section 3.4; Saito et al. 2017 (TGAN), table 1.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.nn.deconvolution import START

Norm = Callable[[int], nn.Module]


class ClipCritic(nn.Module):
    """Scores clips; it may be told what they are said to show."""

    def __init__(
        self, width: int, levels: int, *, duration: int, outputs: int = 1, labels: int = 0, norm: Norm = nn.BatchNorm3d
    ) -> None:
        """Build the layers.

        Args:
            width: channels of the first level; each has twice as many as the one before.
            levels: halvings of every side.
            duration: instants that the last layer looks at together, of those that are left.
            outputs: numbers that it returns for each.
            labels: kinds of clips that it can be told, laid as planes before its last halving; not in the papers.
            norm: of features, at every level but the first.
        """
        super().__init__()
        self.labels = labels
        widths = [width << level for level in range(levels)]
        self.first = nn.Conv3d(3, width, 4, 2, 1)
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv3d(i + labels * (o == widths[-1]), o, 4, 2, 1), norm(o), nn.LeakyReLU(0.2))
            for i, o in pairwise(widths)
        )
        self.last = nn.Conv3d(widths[-1], outputs, (duration, START, START))

    def forward(self, clip: Tensor, label: Tensor | None = None) -> Tensor:
        """Look at clips, (B, T, 3, H, W) in [-1, 1], said to be of kinds, (B,) int64: (B, outputs, instants)."""
        seen = clip.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)  # a third faster on a CPU
        features = F.leaky_relu(self.first(seen), 0.2)
        for level in self.levels:
            told = self.labels and level is self.levels[-1]
            features = level(with_label(features, label, self.labels) if told else features)
        return self.last(features).flatten(2).float()


def with_label(features: Tensor, label: Tensor | None, labels: int) -> Tensor:
    """Lay what clips are said to be, one of some kinds, as planes behind features, (B, C, T, H, W)."""
    assert label is not None
    planes = F.one_hot(label, labels)[:, :, None, None, None].expand(-1, -1, *features.shape[2:])
    return torch.cat([features, planes.to(features)], 1)
