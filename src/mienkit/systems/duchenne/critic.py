"""The critics of Duchenne: one for the whole crop, one for the eyes and one for the mouth.

Source: local critics for eyes and mouth are the idea of LGP-GAN (Xia et al. 2022); patches that of Isola et al. 2017.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import TypeAlias

from torch import Tensor, nn

Region: TypeAlias = tuple[float, float, float, float]

REGIONS: Mapping[str, Region] = {
    "whole": (0.0, 1.0, 0.0, 1.0),
    "eyes": (0.1875, 0.4375, 0.1875, 0.8125),
    "mouth": (0.5, 0.8125, 0.25, 0.75),
}
"""Critic -> top, bottom, left and right of what it sees, in sides of the aligned crop: brows to lower lids, and the
base of the nose to the chin."""


class RegionCritics(nn.Module):
    """Three critics that never look at one another's features."""

    def __init__(self, conv_dim: int = 32, depth: int = 3) -> None:
        """Build them.

        Args:
            conv_dim: channels of each first layer.
            depth: halvings of the side of each.
        """
        super().__init__()
        self.critics = nn.ModuleDict({name: PatchCritic(conv_dim, depth) for name in REGIONS})

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Score the patches of faces, (B, 3, H, W) in [-1, 1]: critic -> (B, 1, h, w)."""
        return {name: critic(cut(image, REGIONS[name])) for name, critic in self.critics.items()}


class PatchCritic(nn.Module):
    """Scores patches as photographed or not; no norm, which would tie the samples of a batch together."""

    def __init__(self, conv_dim: int, depth: int) -> None:
        super().__init__()
        widths = [3] + [min(conv_dim * 2**level, 4 * conv_dim) for level in range(depth)]
        self.body = nn.Sequential(
            *(part for i, o in pairwise(widths) for part in (nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.2)))
        )
        self.score = nn.Conv2d(widths[-1], 1, 3, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return patch scores, (B, 1, h, w)."""
        return self.score(self.body(image)).float()


def cut(image: Tensor, region: Region) -> Tensor:
    """Cut a region out of aligned crops, (B, 3, H, W)."""
    height, width = image.shape[2:]
    top, bottom = (round(share * height) for share in region[:2])
    left, right = (round(share * width) for share in region[2:])
    return image[..., top:bottom, left:right]
