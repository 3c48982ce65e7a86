"""Drawing tools that work on a whole batch: soft blobs, curves as tables, windows into pictures, anti-aliased edges.

Pixels are continuous coordinates: the first pixel's centre is at 0.5. Everything is written so that a row's result does
not depend on the other rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mienkit.core.noise import normal

PIXEL_SIGMA = 0.42
"""A pixel's own blur, as a standard deviation: what keeps thin lines from flickering at small sizes."""
TILE = 256
TABLE = 512
"""Directions in a table of radii."""


def centres(size: int) -> Tensor:
    """Return the pixel centres along one side, (size,)."""
    return torch.arange(size, dtype=torch.float32) + 0.5


def edge(distance: Tensor) -> Tensor:
    """Cover a pixel by how far inside of a border its centre lies, in pixels: 0 outside, 1 inside, smooth between."""
    return (distance + 0.5).clamp(0, 1)


def over(image: Tensor, color: Tensor, alpha: Tensor) -> None:
    """Lay a colour, (N, 3) or (N, 3, H, W), over an image, (N, 3, H, W), where alpha, (N, H, W), says; in place."""
    color = color[:, :, None, None] if color.ndim == 2 else color
    image.lerp_(color.expand_as(image), alpha[:, None].expand_as(image))


def blobs(middle: Tensor, sigma: Tensor, amount: Tensor, size: int) -> Tensor:
    """Sum Gaussian blobs as pixels see them.

    Being separable, they are a product of matrices; drawn one by one they would cost twenty times as much.

    Args:
        middle: (N, K, 2) in pixels.
        sigma: (N, K) or (N, K, 2) in pixels.
        amount: (N, C, K), the height in each of C maps.
        size: side of the maps.

    Returns:
        (N, C, size, size).
    """
    sigma = sigma[..., None].expand_as(middle) if sigma.ndim == 2 else sigma
    sharp = torch.rsqrt(sigma.square() + PIXEL_SIGMA**2)
    amount = amount * (sigma * sharp).prod(2)[:, None]
    lines = ((centres(size) - middle[..., side, None]).mul_(sharp[..., side, None]) for side in range(2))
    across, down = (bell_(line) for line in lines)
    maps = [torch.bmm((down * part[..., None]).transpose(1, 2), across) for part in amount.unbind(1)]
    return torch.stack(maps, 1)


def bell_(away: Tensor) -> Tensor:
    """Replace distances in standard deviations by a Gaussian's height, in place.

    The tails stay above 1e-9: products of smaller numbers would be denormal, which processors multiply very slowly.
    """
    return away.mul_(away).mul_(-0.5).clamp_(min=-20).exp_()


def spline(count: int, steps: int, closed: bool = False) -> Tensor:
    """Return the weights of a Catmull-Rom curve through ``count`` points, ``steps`` samples a segment, (M, count)."""
    segments = count if closed else count - 1
    weights = torch.zeros(segments * steps + (not closed), count)
    for row in range(len(weights)):
        segment, part = min(row // steps, segments - 1), row / steps - min(row // steps, segments - 1)
        cubic = (
            -0.5 * part + part**2 - 0.5 * part**3,
            1 - 2.5 * part**2 + 1.5 * part**3,
            0.5 * part + 2 * part**2 - 1.5 * part**3,
            -0.5 * part**2 + 0.5 * part**3,
        )
        for offset, weight in zip((-1, 0, 1, 2), cubic, strict=True):
            index = segment + offset
            weights[row, index % count if closed else min(max(index, 0), count - 1)] += weight
    return weights


def resample(position: Tensor, value: Tensor, at: Tensor) -> Tensor:
    """Interpolate values, (N, M), known at rising positions, (N, M), at others, (T,), flat beyond the ends: (N, T)."""
    position = torch.cummax(position, 1).values.contiguous()
    wanted = at.expand(len(position), -1).contiguous()
    upper = torch.searchsorted(position, wanted).clamp(1, position.shape[1] - 1)
    low, high = position.gather(1, upper - 1), position.gather(1, upper)
    part = ((wanted - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)
    return torch.lerp(value.gather(1, upper - 1), value.gather(1, upper), part)


def lookup(table: Tensor, place: Tensor, smooth: bool = False) -> Tensor:
    """Read a table, (N, T), at places in [0, 1], (N, H, W): the nearest entry or between two; the ends go on."""
    last = table.shape[1] - 1
    exact = (place * last).clamp_(0, last)
    index = (exact if smooth else exact.add_(0.5)).to(torch.int64).flatten(1)
    found = table.gather(1, index).view_as(place)
    if not smooth:
        return found
    step = torch.cat([table.diff(dim=1), torch.zeros_like(table[:, :1])], 1).gather(1, index).view_as(place)
    return found.add_(step.mul_(exact.frac_()))


def radial_table(points: Tensor, centre: Tensor, entries: int = TABLE) -> Tensor:
    """Describe a closed curve, (N, M, 2), by its radius over the angle about a centre, (N, 2): (N, entries).

    The first entry stands for -180 degrees (left), then clockwise over the top.
    """
    away = points - centre[:, None]
    turn, order = torch.sort(torch.atan2(away[..., 1], away[..., 0]), dim=1)
    radius = away.norm(dim=2).gather(1, order)
    turn = torch.cat([turn[:, -2:] - 2 * math.pi, turn, turn[:, :2] + 2 * math.pi], 1)
    radius = torch.cat([radius[:, -2:], radius, radius[:, :2]], 1)
    return resample(turn, radius, torch.linspace(-math.pi, math.pi, entries))


@dataclass(frozen=True, kw_only=True)
class Polar:
    """Every pixel as seen from a centre."""

    x: Tensor
    """(N, H, W) pixels to the right of the centre, as all."""
    y: Tensor
    radius: Tensor
    place: Tensor
    """The angle as a place in a radial table, 0 to 1."""


def polar(centre: Tensor, size: int) -> Polar:
    """See a picture's pixels from a centre, (N, 2)."""
    line = centres(size)
    x = (line - centre[:, :1])[:, None].expand(-1, size, -1).contiguous()
    y = (line - centre[:, 1:])[:, :, None].expand(-1, -1, size).contiguous()
    turn = torch.atan2(y, x)
    return Polar(x=x, y=y, radius=torch.sqrt(x * x + y * y), place=turn * (0.5 / math.pi) + 0.5)


class Window:
    """A rectangle of each picture, placed by row and kept inside; the rest of the picture is not touched."""

    def __init__(self, middle: Tensor, width: int, height: int, size: int) -> None:
        width, height = min(width, size), min(height, size)
        left = (middle[:, 0] - width / 2).round().long().clamp(0, size - width)
        top = (middle[:, 1] - height / 2).round().long().clamp(0, size - height)
        columns = left[:, None] + torch.arange(width)
        rows = top[:, None] + torch.arange(height)
        self._shape = (len(middle), -1, height, width)
        self._index = (rows[:, :, None] * size + columns[:, None, :]).flatten(1)
        self.x = (columns + 0.5)[:, None, :].expand(-1, height, -1)
        self.y = (rows + 0.5)[:, :, None].expand(-1, -1, width)

    def read(self, image: Tensor) -> Tensor:
        """Copy the window out of images, (N, C, H, W)."""
        index = self._index[:, None].expand(-1, image.shape[1], -1)
        return image.flatten(2).gather(2, index).view(self._shape)

    def write(self, image: Tensor, patch: Tensor) -> None:
        """Put a window's pixels back in place."""
        index = self._index[:, None].expand(-1, image.shape[1], -1)
        image.view(*image.shape[:2], -1).scatter_(2, index, patch.flatten(2))


@dataclass(frozen=True, kw_only=True)
class Chord:
    """Pixels in the frame of a line between two points: ``along`` is 0 to 1 between them, ``above`` in pixels."""

    origin: Tensor
    axis: Tensor
    upright: Tensor
    length: Tensor

    @staticmethod
    def between(first: Tensor, second: Tensor) -> "Chord":
        """Lay a chord from one point to another, (N, 2) each; above is up in the picture."""
        span = second - first
        length = span.norm(dim=1).clamp(min=1e-3)
        axis = span / length[:, None]
        upright = torch.stack([axis[:, 1], -axis[:, 0]], 1) * torch.sign(axis[:, :1])
        return Chord(origin=first, axis=axis, upright=upright, length=length)

    def see(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return (along, above) of points given as x and y, (N, ...)."""
        shape = (-1,) + (1,) * (x.ndim - 1)
        x, y = x - self.origin[:, 0].view(shape), y - self.origin[:, 1].view(shape)
        along = (x * self.axis[:, 0].view(shape) + y * self.axis[:, 1].view(shape)) / self.length.view(shape)
        return along, x * self.upright[:, 0].view(shape) + y * self.upright[:, 1].view(shape)

    def table(self, points: Tensor, weights: Tensor, entries: int = 96) -> Tensor:
        """Describe a curve through points, (N, P, 2), by its height above the chord: (N, entries)."""
        along, above = self.see(*torch.einsum("mp,npc->nmc", weights, points).unbind(2))
        return resample(along, above, torch.linspace(0, 1, entries))


def make_tile(octaves: Sequence[int]) -> Tensor:
    """Make a texture that repeats, (1, 1, TILE, TILE), of noise at several grains (side of a cell in tile pixels)."""
    total = torch.zeros(1, 1, TILE, TILE)
    for level, cell in enumerate(octaves):
        coarse = normal(torch.tensor([7000 + level]), TILE // cell, TILE // cell)[:, None]
        padded = torch.nn.functional.pad(coarse, (1, 1, 1, 1), mode="circular")
        grown = torch.nn.functional.interpolate(padded, scale_factor=cell, mode="bilinear", align_corners=False)
        total += grown[..., cell:-cell, cell:-cell] / len(octaves) ** 0.5
    return total[0, 0] / total.std()


FINE = make_tile([1])
SOFT = make_tile([2, 4, 8])
CLOUD = make_tile([16, 32, 64])


def cut_tile(tile: Tensor, key: Tensor, height: int, width: int) -> Tensor:
    """Cut pieces of a repeating texture, (TILE, TILE, ...), where keys, (N,) int64, say: (N, height, width, ...)."""
    rows = ((key & 0xFF)[:, None] + torch.arange(height)) % TILE
    columns = (((key >> 8) & 0xFF)[:, None] + torch.arange(width)) % TILE
    return tile[rows[:, :, None], columns[:, None, :]]


def stretch_tile(tile: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Read a repeating texture at fractional places, (N, H, W) in tile pixels, to the nearest pixel."""
    return tile[v.to(torch.int64) & (TILE - 1), u.to(torch.int64) & (TILE - 1)]
