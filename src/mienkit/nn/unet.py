"""The U-Net of pix2pix: halve the side again and again, then come back with what each level saw on the way.

Source: Isola et al. 2017 (pix2pix), section 6.1.1; layer table of the official code (``unet_256``).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.core.noise import uniform

Norm: TypeAlias = Literal["batch", "instance"]
DROPOUT_STREAM = 7
"""Streams of a sample's key from here on, one a level, serve the dropout."""


class UNet(nn.Module):
    """Maps pictures to pictures of the same side, which must be a multiple of 2 to the number of levels.

    Source: Isola et al. 2017; the official code, whose parameter count it has.
    Differs: the dropout's mask comes from each sample's key, so that a resumed or divided training meets the same one.
    """

    def __init__(
        self,
        channels: int = 3,
        out: int = 3,
        *,
        levels: int = 8,
        width: int = 64,
        up: Literal["transpose", "resize"] = "transpose",
        norm: Norm = "batch",
        dropout: float = 0.5,
    ) -> None:
        """Build the levels.

        Args:
            channels: of the input.
            out: channels of the output.
            levels: how often the side is halved; 8 take 256 pixels to 1.
            width: channels of the first level; each has twice as many as the one before, up to 8 times these.
            up: ``transpose``: a transposed convolution of 4 pixels; ``resize``: the nearest neighbour, then a
                convolution of 3, which leaves no checkerboard.
            norm: behind every convolution but the first, the innermost and the last.
            dropout: share of features that are zeroed in the levels of full width on the way up, the innermost left
                out; 0 for none.
        """
        super().__init__()
        widths = [channels, *(width * min(2**level, 8) for level in range(levels))]
        biased = norm == "instance"
        last = levels - 1
        self.downs = nn.ModuleList(
            down_level(i, o, norm=norm if 0 < level < last else None, active=level > 0, bias=biased)
            for level, (i, o) in enumerate(pairwise(widths))
        )
        self.ups = nn.ModuleList(
            up_level(widths[level + 1] * (1 if level == last else 2), widths[level] if level else out, up,
                     norm=norm if level else None, bias=biased or level == 0)
            for level in reversed(range(levels))
        )  # fmt: skip
        self.dropout, self.dropped = dropout, range(1, max(1, levels - 4))
        self.apply(initialise)

    def begin_faint(self, spread: float, start: Sequence[float] = ()) -> None:
        """Draw the last convolution's weights from N(0, spread), so that at first ``start`` is painted, nearly.

        Args:
            spread: of the weights.
            start: of each output channel, before its tangent; none for 0.
        """
        last = next(m for m in self.ups[-1].modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d))
        nn.init.normal_(last.weight, 0, spread)
        with torch.no_grad():
            last.bias.copy_(torch.tensor(start or 0.0))  # type: ignore[union-attr]

    def forward(self, image: Tensor, key: Tensor | None = None) -> Tensor:
        """Return pictures, (B, out, H, W) in [-1, 1].

        Args:
            image: (B, channels, H, W) in [-1, 1].
            key: (B,) int64, the samples' keys; in training mode features are dropped only where it is given.
        """
        seen: list[Tensor] = []
        for down in self.downs:
            image = down(image)
            seen.append(image)
        features = seen.pop()
        for number, up in enumerate(self.ups):
            features = up(F.relu(features))
            if key is not None and self.dropout and self.training and number in self.dropped:
                features = drop(features, key, self.dropout, DROPOUT_STREAM + number)
            if seen:
                features = torch.cat([seen.pop(), features], 1)
        return torch.tanh(features.float())


def down_level(channels: int, out: int, *, norm: Norm | None, active: bool, bias: bool) -> nn.Sequential:
    """Activate, halve the side, normalise."""
    convolution = nn.Conv2d(channels, out, 4, 2, 1, bias=bias)
    return nn.Sequential(*([nn.LeakyReLU(0.2)] if active else []), convolution, *norms(norm, out))


def up_level(channels: int, out: int, up: str, *, norm: Norm | None, bias: bool) -> nn.Sequential:
    """Double the side, normalise."""
    if up == "transpose":
        return nn.Sequential(nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=bias), *norms(norm, out))
    return nn.Sequential(nn.Upsample(scale_factor=2.0), nn.Conv2d(channels, out, 3, 1, 1, bias=bias), *norms(norm, out))


def norms(norm: Norm | None, channels: int) -> list[nn.Module]:
    """Return the norm in a list, empty for none."""
    if norm is None:
        return []
    return [nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels)]


def drop(features: Tensor, key: Tensor, share: float, stream: int) -> Tensor:
    """Zero a share of each sample's features and scale the others up, by numbers that belong to the sample."""
    kept = uniform(key, *features.shape[1:], stream=stream) >= share
    return features * kept.to(features.dtype) / (1 - share)


def initialise(module: nn.Module) -> None:
    """Draw weights of convolutions from N(0, 0.02) and of norms from N(1, 0.02), as the code of pix2pix does."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)
