"""The network of Duchenne: a face is encoded once, and each change of its units costs a small decoder.

Out come three smooth maps: a flow (where skin moves), a colour (what is added to the moved skin) and a map of what is
new (the inside of a mouth, a closed lid). They make the picture of the crop, and they can be enlarged and applied to
the photo's own pixels (``face.movement``).
"""

import math
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mienkit.core.action_unit import NUM_AUS
from mienkit.nn.field import feather, field_of
from mienkit.nn.modulation import ModulatedBlock, ModulatedLayer, layer, spread
from mienkit.nn.warp import double, move

NOTICED = 0.1
"""Largest change of a unit from which all maps are fully open; no change asked for is none made, exactly."""
CLOSED = -2.0
"""Where the map of what is new begins, before the sigmoid: at 0.12, mostly shut but with a slope."""
FOREHEAD = 0.125
"""Where the field begins, in sides of the crop: skin far above raised brows moves with them."""
RIM = 10 / 128
"""Over how much of the crop's side an edit fades out to the field's border: a collar beside the face bends, no step."""
SOFT = 32
"""Squares across a crop, about, whose means are what is left of what new things hide: each is half an iris."""
COLOURLESS = 0.02
"""Mean distance of a picture's channels from their mean, in [-1, 1], under which it counts as more and more grey."""
SHAPE_CHANNELS, SHAPE_GRID = 16, (7, 6)
"""Features and places of which the numbers are made that tell a face's shape."""
FLOW_GRID = (28, 24)
"""Places of the flows that are common to all faces: a quarter of the field's side at 128 px."""
STYLE = 64
"""Width of the layer between the change and the scales and shifts."""

Features: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]
"""What is known of a face before anything is asked: features at a half, a quarter and an eighth of the field's side,
and the flow of each unit, (B, 2 K, h, w), at a quarter."""


class Moved(NamedTuple):
    """An edited face and the maps that made it, all at the size of the crop."""

    image: Tensor
    """(B, 3, H, W) in [-1, 1]."""
    flow: Tensor
    """(B, 2, H, W), pixels right and down from where each pixel is fetched."""
    colour: Tensor
    """(B, 3, H, W): what was added."""
    fresh: Tensor
    """(B, 1, H, W) in [0, 1]: how much of the place is new, and how far ``colour`` may go there."""


class Mover(nn.Module):
    """A U-Net on the middle of the crop; the change modulates the norms of its second half only.

    The outermost layers work on 2 x 2 blocks of pixels. The sizes are for two CPU cores: at 128 px the encoder takes
    about 0.23 and the decoder 0.21 billion multiplications.

    Source: ours; modulation after Perez et al. 2018 (FiLM), the moved picture after Zhou et al. 2016 (appearance flow).
    """

    def __init__(
        self,
        conv_dim: int = 32,
        repeat: int = 2,
        reach: float = 4.0,
        mapped: bool = True,
        shape: int = 32,
        units: int = NUM_AUS,
    ) -> None:
        """Build it.

        Args:
            conv_dim: channels at half the crop's side; twice and four times as many at a quarter and an eighth.
            repeat: residual blocks of the encoder at an eighth of the side.
            reach: pixels of a 128 px crop that one unit of the flow's output moves; 0 moves nothing.
            mapped: False lets the colour act everywhere, as if everything were new.
            shape: numbers that tell a face's shape, as far as its flow depends on it.
            units: number of units, K.
        """
        super().__init__()
        self.reach, self.mapped, self.units = reach, mapped, units
        wide, widest = 2 * conv_dim, 4 * conv_dim
        self.fold, self.unfold = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
        self.outer = nn.Sequential(layer(12, conv_dim), layer(conv_dim, conv_dim))
        self.middle = nn.Sequential(layer(conv_dim, wide, kernel=4, stride=2), Residual(wide))
        self.inner = nn.Sequential(
            layer(wide, widest, kernel=4, stride=2), *(Residual(widest) for _ in range(max(1, repeat)))
        )
        self.flows = UnitFlows(widest, units, shape)
        self.block = ModulatedBlock(widest)
        self.up_middle = ModulatedLayer(widest + wide, wide)
        self.narrow = layer(wide, conv_dim, kernel=1)
        self.up_outer = ModulatedLayer(2 * conv_dim, conv_dim)
        self.last = layer(conv_dim, conv_dim)
        self.heads = nn.Conv2d(conv_dim, 3 * 4 + 1 + 2, 3, 1, 1)
        self.widths = [2 * width for width in (widest, wide, conv_dim)]
        self.style = nn.Sequential(nn.Linear(units, STYLE), nn.SiLU(), nn.Linear(STYLE, sum(self.widths)))
        nn.init.normal_(self.heads.weight, 0, 1e-3)
        with torch.no_grad():  # begin by moving, painting and renewing next to nothing, all four of a block alike
            self.heads.weight[:12] = self.heads.weight[:12:4].repeat_interleave(4, 0)
            self.heads.bias.copy_(torch.tensor([0.0] * 12 + [CLOSED, 0.0, 0.0]))  # type: ignore[union-attr]

    def forward(self, image: Tensor, change: Tensor) -> Moved:
        """Edit faces, (B, 3, H, W) in [-1, 1], by changes of their units, (B, K) or (B, 2 K) in [-1, 1].

        A change is that of the mean of both sides of the face and, where they differ, by how much that of the person's
        left is more.
        """
        return self.apply_maps(image, change, *self.decode(self.encode(image), change))

    def encode(self, image: Tensor) -> Features:
        """Look at faces, (B, 3, H, W) in [-1, 1], whatever will be asked of them."""
        top, bottom, left, right = field_of(image.shape[2], image.shape[3], FOREHEAD)
        folded = self.fold(image[..., top:bottom, left:right])
        outer = self.outer(folded.contiguous(memory_format=torch.channels_last))
        middle = self.middle(outer)
        inner = self.inner(middle)
        return outer, middle, inner, self.flows(inner, middle.shape[2:])

    def decode(self, features: Features, change: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return flow, colour and what is new, before any non-linearity.

        The colour has the field's side; the others have half of it, which keeps them smooth.
        """
        outer, middle, inner, flows = features
        told = self.halves_of(change)
        styles = self.style(told).split(self.widths, -1)
        deep = self.block(inner, styles[0])
        deep = self.up_middle(torch.cat([double(deep), middle], 1), styles[1])
        deep = self.up_outer(torch.cat([double(self.narrow(deep)), outer], 1), styles[2])
        colour, fresh, flow = self.heads(self.last(deep)).float().split([12, 1, 2], 1)
        shares = spread(told.repeat_interleave(2, -1), flows.shape[-1])
        linear = (flows * shares).float().unflatten(1, (self.units, 2)).sum(1)
        return flow + double(linear), self.unfold(colour), fresh

    def halves_of(self, change: Tensor) -> Tensor:
        """Return what a change, (B, K), asks; or, of (B, 2 K), what it asks of both halves of the picture, (B, 2, K).

        Each half is told its own units by the same weights, so that what was learned from whole faces is known of
        sides. The person's left is on the picture's right.
        """
        change = change.to(next(self.style.parameters()))
        if change.shape[1] > self.units:
            mean, tilt = change.chunk(2, 1)
            change = torch.stack([mean - tilt, mean + tilt], 1)
        return change

    def apply_maps(self, image: Tensor, change: Tensor, flow: Tensor, colour: Tensor, fresh: Tensor) -> Moved:
        """Move and paint faces by what ``decode`` returned; all of it is 0 where no unit changes."""
        height, width = image.shape[2:]
        top, bottom, left, right = field_of(height, width, FOREHEAD)
        asked = (change.float().abs().amax(1) / NOTICED).clamp(max=1)[:, None, None, None]
        gate = asked * feather(bottom - top, right - left, image.device, max(1, round(RIM * width)))
        flow = double(flow) * gate * (self.reach * height / 128)
        fresh = double(fresh)
        fresh = (torch.sigmoid(fresh) if self.mapped else torch.ones_like(fresh)) * gate
        moved = move(image, flow, (top, left))
        beneath = softened(moved, square_of(width))
        colour = fresh * (beneath - moved + 2 * as_colourful(torch.tanh(colour), image))
        edited = (moved + colour).clamp(-1, 1)
        around = (left, width - right, top, height - bottom)
        # A warp by a flow of 0 is the picture but for rounding: what is not asked for must be the very same bits.
        whole = torch.where(F.pad(gate, around) > 0, F.pad(edited, around), image.float())
        return Moved(whole, F.pad(flow, around), F.pad(colour, around), F.pad(fresh, around))


class UnitFlows(nn.Module):
    """Where each unit moves the skin of a face of this shape, pixel by pixel: what is common to all faces.

    Exact flows are nearly linear in the change and in the shape: a ridge regression on the products of the change and
    25 principal components of the landmarks comes nearer to them than a network which the change only modulates.

    Source: ours; bilinear models of faces after Vlasic et al. 2005, and Tenenbaum & Freeman 2000.
    """

    def __init__(self, channels: int, units: int, shape: int) -> None:
        """Build it for features of some channels, and so many numbers for the shape."""
        super().__init__()
        self.units = units
        self.look = nn.Sequential(
            layer(channels, SHAPE_CHANNELS, kernel=1), nn.AdaptiveAvgPool2d(SHAPE_GRID), nn.Flatten()
        )
        self.shape = nn.Linear(SHAPE_CHANNELS * SHAPE_GRID[0] * SHAPE_GRID[1], shape)
        self.common = nn.Parameter(1e-3 * torch.randn(1 + shape, 2 * units * FLOW_GRID[0] * FLOW_GRID[1]))

    def forward(self, features: Tensor, side: tuple[int, int]) -> Tensor:
        """Return the flow of each unit at 1, (B, 2 K, *side), in units of the network's reach."""
        shape = self.shape(self.look(features))
        flows = torch.addmm(self.common[0], shape, self.common[1:]).unflatten(1, (2 * self.units, *FLOW_GRID))
        return F.interpolate(flows, side, mode="bilinear", align_corners=False)


def square_of(width: int) -> int:
    """Return the side of the squares for a crop, in pixels: a power of two, as the field's sides are multiples of 8."""
    return 1 << min(3, max(0, round(math.log2(width / SOFT))))


def softened(image: Tensor, side: int) -> Tensor:
    """Blur pictures, (B, 3, H, W), by the means of squares with a side that divides theirs.

    What is new lies on the colours of what it hides, not on its edges: else a lid had to undo an iris pixel by pixel.
    """
    return F.interpolate(F.avg_pool2d(image, side), image.shape[2:], mode="bilinear", align_corners=False)


def as_colourful(colour: Tensor, image: Tensor) -> Tensor:
    """Take the hue out of what is added to faces without any, (B, 3, H, W) each: a grey photograph stays grey."""
    grey = colour.mean(1, keepdim=True)
    hue = (image.float() - image.float().mean(1, keepdim=True)).abs().mean((1, 2, 3), keepdim=True)
    return grey + (colour - grey) * (hue / COLOURLESS).clamp(max=1)


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(layer(channels, channels), layer(channels, channels)[:2])

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)
