"""MobileFace V2: a small face recognition network whose embedding tells people apart.

Its weights are an optional file (``mien fetch mobileface``). As a metric it judges identity; being plain convolutions,
it can also serve as a loss, but never both in one table.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIZE = 112
EMBEDDING = 256
EPS = 0.001
BLOCKS: tuple[tuple[int, int, int, int], ...] = (
    (32, 96, 32, 2), (32, 96, 32, 1), (32, 96, 32, 1),
    (32, 96, 32, 2), (32, 96, 32, 1), (32, 96, 32, 1),
    (32, 96, 64, 2), (64, 192, 64, 1), (64, 192, 64, 1),
    (64, 192, 128, 2), (128, 384, 128, 1), (128, 384, 128, 1),
)  # fmt: skip
"""In, expanded and out channels, stride."""


class NormalisedConv(nn.Module):
    """A convolution and its batch norm, named as in the weights file."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1, *, groups: int = 1, bias: bool = False):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=bias)
        self.bn = nn.BatchNorm2d(out, eps=EPS)

    def forward(self, features: Tensor) -> Tensor:
        return self.bn(self.conv(features))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project (Sandler et al. 2018)."""

    def __init__(self, channels: int, expanded: int, out: int, stride: int) -> None:
        super().__init__()
        self.expand = NormalisedConv(channels, expanded, 1)
        self.depthwise = NormalisedConv(expanded, expanded, 3, stride, groups=expanded)
        self.project = NormalisedConv(expanded, out, 1)
        self.residual = channels == out and stride == 1

    def forward(self, features: Tensor) -> Tensor:
        inner = F.relu6(self.depthwise(F.relu6(self.expand(features))))
        return features + self.project(inner) if self.residual else self.project(inner)


class MobileFace(nn.Module):
    """Embeds faces; the cosine of two embeddings says how alike two people are.

    Source: github.com/becauseofAI/MobileFace, ``MobileFace_Identification_V2`` (MIT).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = NormalisedConv(3, 32, 3, 2, bias=True)
        self.blocks = nn.ModuleList(InvertedResidual(*sizes) for sizes in BLOCKS)
        self.fc = nn.Linear(BLOCKS[-1][2] * 16, EMBEDDING, bias=False)
        self.fc_bn = nn.BatchNorm1d(EMBEDDING, eps=EPS)

    def forward(self, image: Tensor) -> Tensor:
        """Embed faces in its own alignment, (B, 3, 112, 112) in [-1, 1], as unit vectors, (B, 256)."""
        # The file's first layer takes 0..255 and subtracts 127.5 times 0.0078125: 127.5/128 of our range.
        features = F.relu6(self.stem(image * (127.5 / 128)))
        for block in self.blocks:
            features = block(features)
        return F.normalize(self.fc_bn(self.fc(features.flatten(1))), dim=1)


def build_mobileface(state: Mapping[str, Tensor]) -> MobileFace:
    """Build the network from the tensors of its file, frozen.

    Raises:
        RuntimeError: the tensors do not fit.
    """
    network = MobileFace()
    missing, unexpected = network.load_state_dict(dict(state), strict=False)
    wanted = [name for name in missing if not name.endswith("num_batches_tracked")]
    if wanted or unexpected:
        raise RuntimeError(f"missing {wanted[:3]}, unexpected {list(unexpected)[:3]}")
    return network.eval().requires_grad_(False)


def mobileface_template() -> Tensor:
    """Return where its five points stand, (5, 2) in pixels: eyes (image left, right), nose tip, mouth corners."""
    return torch.tensor(
        [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
    )
