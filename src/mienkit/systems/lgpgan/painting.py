"""What the networks of LGP-GAN make, and how it becomes one picture.

As published, a network paints a part anew, and its attention says where the picture stays. Ours moves the part and
paints over it; its attention says how much of both happens.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import torch
from torch import Tensor, nn

from mienkit.core.task import Motion
from mienkit.nn.field import field_of, meant
from mienkit.nn.moving import MovingUNet
from mienkit.nn.warp import move
from mienkit.systems.lgpgan.regions import Region

RIM = 4
"""Pixels over which what a moving network makes of the whole face fades out, at the border of where it works."""
FRESH = 0.3
"""Where so much is added to a moved picture, on the scale of [-1, 1], its fine detail goes: teeth, folds of a smile."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """By what a moving network changes a picture: it is fetched by a flow, then something is added."""

    flow: Tensor
    """(B, 2, h, w), pixels of the crop, right and down."""
    colour: Tensor
    """(B, 3, h, w), on the scale of [-1, 1]."""

    def of(self, image: Tensor, corner: tuple[int, int] = (0, 0)) -> Tensor:
        """Change pictures, (B, 3, H, W), of which this is the part at a corner."""
        return (move(image, self.flow, corner) + self.colour).clamp(-1, 1)

    def then(self, later: "Change") -> "Change":
        """Return the one change that does the same as this one and then another."""
        return Change(
            flow=move(self.flow, later.flow) + later.flow, colour=move(self.colour, later.flow) + later.colour
        )


@dataclass(frozen=True, kw_only=True)
class Painted:
    """What one network made."""

    colour: Tensor
    """(B, 3, h, w) in [-1, 1]."""
    keep: Tensor
    """Attention A, (B, 1, h, w) in [0, 1]; 1 keeps the pixel, as in GANimation."""
    image: Tensor
    """(1 - A) colour + A base, (B, 3, h, w); of a moving network what ``made_by`` makes of the base."""
    composite: Tensor | None = None
    """Of the whole face: the picture with the local results laid in."""
    change: Tensor | None = None
    """Of the whole face: where it differs from the picture that came in, (B, 1, H, W) in [0, 1]."""
    made_by: Change | None = None
    """Of a moving network; of the whole face: from the picture that came in."""


def paint_part(
    network: nn.Module, region: Region, image: Tensor, target: Tensor, base: Tensor, reach: float
) -> Painted:
    """Let one network work on its part of faces.

    Args:
        network: whose part it is.
        region: where it lies.
        image: what the network sees of the whole crops, (B, C, H, W).
        target: the expressions, (B, 8).
        base: the crops that it changes, (B, 3, H, W).
        reach: pixels that one unit of a moving network's flow moves.
    """
    seen, under = region.cut(image), region.cut(base)
    if not isinstance(network, MovingUNet):
        colour, keep = network(seen, target)
        return Painted(colour=colour, keep=keep, image=(1 - keep) * colour + keep * under)
    corner = (region.top, region.left)
    paint, attention, flow = network.edit_field(seen, target)
    keep, added, flow = torch.sigmoid(attention), 2 * torch.tanh(paint), flow * reach
    made_by = Change(flow=(1 - keep) * flow, colour=(1 - keep) * added)
    whole = Change(flow=flow, colour=added)
    return Painted(colour=whole.of(base, corner), keep=keep, image=made_by.of(base, corner), made_by=made_by)


def lay_in(
    parts: Mapping[str, Painted], regions: Mapping[str, Region], pixels: int, image: Tensor
) -> tuple[Tensor, Tensor, Change | None]:
    """Lay local results into crops, (B, 3, H, W), fading out over some pixels at each box's border.

    Returns:
        The composite; where it was changed, (B, 1, H, W); of moving networks by what, so that what fades out is how far
        something moves, and nothing is seen twice.
    """
    height, width = image.shape[2:]

    def spread(name: str, part: Tensor) -> Tensor:
        return regions[name].spread(regions[name].mask(pixels, image.device) * part, height, width)

    changed = total(spread(name, 1 - part.keep) for name, part in parts.items())
    moved = {name: part.made_by for name, part in parts.items() if part.made_by is not None}
    if moved:
        made_by = Change(
            flow=total(spread(name, change.flow) for name, change in moved.items()),
            colour=total(spread(name, change.colour) for name, change in moved.items()),
        )
        return made_by.of(image), changed, made_by
    laid = total(spread(name, part.image - regions[name].cut(image)) for name, part in parts.items())
    return image + laid, changed, None


def total(maps: Iterable[Tensor]) -> Tensor:
    """Add up maps of one shape."""
    return reduce(torch.add, maps)


def paint_face(
    network: nn.Module, parts: Mapping[str, Painted], regions: Mapping[str, Region], pixels: int,
    image: Tensor, target: Tensor, *, keeps_composite: bool, reach: float,
) -> Painted:  # fmt: skip
    """Lay the local results into crops, (B, 3, H, W), and let the network of the whole face work on them.

    Args:
        network: of the whole face; it sees the crops with the composites behind them.
        parts: what the local networks made.
        regions: where they work.
        pixels: over which their results fade out at the borders.
        image: the crops.
        target: the expressions, (B, 8).
        keeps_composite: whether what the attention keeps is the composite, or the crop.
        reach: pixels that one unit of a moving network's flow moves.
    """
    height, width = image.shape[2:]
    composite, changed, first = lay_in(parts, regions, pixels, image)
    seen = torch.cat([image, composite], 1)
    if first is None:
        base = composite if keeps_composite else image
        face = paint_part(network, Region(0, height, 0, width), seen, target, base, reach)
        held = face.keep * (1 - changed.clamp(max=1)) if keeps_composite else face.keep
        return replace(face, composite=composite, change=1 - held)
    field = Region(*field_of(height, width))
    face = paint_part(network, field, seen, target, composite, reach)
    assert face.made_by is not None
    flow, colour, opened, painted = (
        field.spread(field.mask(RIM, image.device) * part, height, width)
        for part in (face.made_by.flow, face.made_by.colour, 1 - face.keep, face.colour)
    )
    made_by = first.then(Change(flow=flow, colour=colour))
    return Painted(
        colour=painted, keep=1 - opened, image=made_by.of(image), composite=composite,
        change=torch.maximum(changed.clamp(max=1), opened), made_by=made_by,
    )  # fmt: skip


def motion_of(image: Tensor, made_by: Change) -> Motion:
    """Return a change of pictures, (B, 3, H, W), so that a photo is changed at its own resolution."""
    colour = made_by.of(image) - move(image, made_by.flow)
    return Motion(flow=made_by.flow, colour=colour, fresh=meant(colour, FRESH))
