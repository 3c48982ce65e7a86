"""The head: its outline, shaded skin, ears, and hair that grows on the face."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mienkit.data.drawn.brush import Polar, blobs, edge, lookup, over, polar, radial_table, spline
from mienkit.data.drawn.relief import relief, spread
from mienkit.data.drawn.sitting import Sitting, attachment

OVAL = (*range(17), *range(78, 67, -1))
OVAL_SPLINE = spline(len(OVAL), 4, closed=True)
SKULL = torch.tensor([128.0, 92.0, -62.0])
SKULL_HALF = torch.tensor([74.0, 88.0, 92.0])
MASK = torch.tensor([128.0, 116.0, -30.0])
MASK_HALF = torch.tensor([61.0, 78.0, 54.0])
"""The round of the face itself: what shows behind the far eye when the head turns."""
MIDFACE = torch.tensor([[128.0, 118.0, 0.0]])
EAR = torch.tensor([[48.0, 106.0, -72.0], [208.0, 106.0, -72.0]])
EAR_HALF = (9.5, 19.0)
EAR_TINT = torch.tensor([1.0, 0.84, 0.80])
CIRCLE = torch.linspace(0, 2 * torch.pi, 49)[:-1]

WRAP = torch.tensor([0.28, 0.19, 0.15])
"""How far light creeps round the terminator under the skin, most in red."""
FOLD_TINT = torch.tensor([0.88, 1.04, 1.08])
"""Folds and freckles darken blue more than red."""
BLUSH_TINT = torch.tensor([-0.02, -0.17, -0.13])


def both_sides(half: Tensor) -> Tensor:
    """Mirror template places, (K, 2), and keep the originals."""
    return torch.cat([half, half * torch.tensor([-1.0, 1.0]) + torch.tensor([256.0, 0.0])])


BLUSH = torch.tensor([(86.0, 120.0), (170.0, 120.0), (128.0, 121.0), (128.0, 200.0), (96.0, 92.0), (160.0, 92.0)])
BEARD = both_sides(spread([(59, 126), (63, 150), (73, 172), (92, 190), (110, 198), (124, 201)], 9))
CHIN_BEARD = both_sides(torch.tensor([(104.0, 183.0), (118.0, 188.0), (103.0, 171.0)]))
MOUSTACHE = both_sides(spread([(101, 151), (108, 145), (118, 141.5), (126, 142)], 5))
PIGMENT = torch.cat([BLUSH, BEARD, CHIN_BEARD, MOUSTACHE])
PIGMENT_WEIGHTS = attachment(PIGMENT)
COUNTS = (len(BLUSH), len(BEARD), len(CHIN_BEARD), len(MOUSTACHE))
PIGMENT_WIDTH = torch.cat(
    [
        torch.tensor([13.0, 13.0, 9.0, 14.0, 8.0, 8.0]),
        *(torch.full((count,), width) for count, width in zip(COUNTS[1:], (7.5, 8.5, 3.3), strict=True)),
    ]
)
IS_BLUSH, IS_CHIN, IS_LIP = (
    torch.cat([torch.full((count,), value) for count, value in zip(COUNTS, values, strict=True)])
    for values in ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
)
BLUSH_AMOUNT = IS_BLUSH * torch.cat([torch.tensor([1.0, 1.0, 0.8, 0.4, 0.4, 0.4]), torch.zeros(sum(COUNTS[1:]))])


@dataclass(frozen=True, kw_only=True)
class Head:
    """A head's outline in the picture."""

    polar: Polar
    centre: Tensor
    """(N, 2) px."""
    mask: Tensor
    """(N, T) radius by angle of the face without temples and skull."""
    share: Tensor
    """(N, H, W) radius of a pixel against the outline's: 1 on it."""
    inside: Tensor
    """(N, H, W) coverage."""


def find_head(sitting: Sitting) -> Head:
    """Join the face's oval and the skull's outline."""
    centre = sitting.view.project(MIDFACE.expand(len(sitting.points), 1, 3))[:, 0]
    oval = torch.einsum("mp,npc->nmc", OVAL_SPLINE, sitting.points[:, list(OVAL)])
    skull = round_outline(sitting, SKULL, SKULL_HALF)
    mask = radial_table(round_outline(sitting, MASK, MASK_HALF), centre)
    outline = torch.maximum(torch.maximum(radial_table(oval, centre), radial_table(skull, centre)), mask)
    around = polar(centre, sitting.size)
    radius = lookup(outline, around.place)
    return Head(
        polar=around, centre=centre, mask=mask, share=around.radius / radius, inside=edge(radius - around.radius)
    )


def round_outline(sitting: Sitting, middle: Tensor, half: Tensor) -> Tensor:
    """Return the outline of an ellipsoid of the turned head, its half axes (3,) or (N, 3), (N, M, 2) px."""
    axes = half.repeat(len(sitting.points), 1) if half.ndim == 1 else half.clone()
    axes[:, 0] *= sitting.person.width
    spread = sitting.view.rotation @ torch.diag_embed(axes.square()) @ sitting.view.rotation.transpose(1, 2)
    first = spread[:, 0, 0].sqrt()
    lean = spread[:, 0, 1] / first
    second = (spread[:, 1, 1] - lean.square()).clamp(min=1).sqrt()
    x = first[:, None] * CIRCLE.cos()
    y = -(lean[:, None] * CIRCLE.cos() + second[:, None] * CIRCLE.sin())
    place = sitting.view.project(middle.expand(len(axes), 1, 3))
    real, imaginary = sitting.view.similarity[:, :1], sitting.view.similarity[:, 1:2]
    return place + torch.stack([real * x - imaginary * y, imaginary * x + real * y], 2)


def paint_head(image: Tensor, sitting: Sitting, head: Head) -> None:
    """Paint the head without eyes, mouth and hair."""
    paint_ears(image, sitting, head)
    bare, matt = albedo(sitting)
    over(image, shade(bare, matt, sitting, head), head.inside)


def shade(bare: Tensor, matt: Tensor, sitting: Sitting, head: Head) -> Tensor:
    """Light a skin, (N, 3, H, W), on the round of the head and the relief of the face; ``matt`` parts do not shine."""
    scene = sitting.scene
    right, down, dark = relief(sitting)
    share = head.share.clamp(max=1.05)
    square = share.square()
    edgewise = square.square()
    bend = (0.18 + 1.5 * edgewise) * share / head.polar.radius.clamp(min=1e-3)
    flat = 0.8 - 0.64 * square
    turn = torch.tan(torch.deg2rad(scene.pose))[:, :, None, None]
    right += head.polar.x * bend + flat * turn[:, 0]
    down += head.polar.y * bend + flat * turn[:, 1]
    facing, up = sitting.light_up(right, down)
    fill = (1 + scene.ambient_tilt[:, None, None] * up) * (1 - 0.3 * edgewise)
    light = (facing[:, None] + WRAP[:, None, None]).clamp_(min=0)
    light *= (scene.key_color / (1 + WRAP))[:, :, None, None]
    light += fill[:, None] * scene.ambient[:, :, None, None]
    light *= bare
    gloss = facing.clamp(min=0).square().square()
    gloss = gloss.square() * gloss * (0.5 * sitting.person.gloss[:, None, None]) * (1 - matt)
    light += gloss[:, None] * scene.key_color[:, :, None, None]
    light *= (1 - dark[:, None] * FOLD_TINT[:, None, None]).clamp_(0.05, 1.2)
    return light


def albedo(sitting: Sitting) -> tuple[Tensor, Tensor]:
    """Return the colour of skin and the hair on it without light, (N, 3, H, W), and how much is hair, (N, H, W)."""
    person, grain = sitting.person, sitting.grain
    middle = sitting.carry(PIGMENT, PIGMENT_WEIGHTS)
    sigma = PIGMENT_WIDTH * sitting.view.unit[:, None]
    red = BLUSH_AMOUNT * (0.3 + 0.7 * person.blush[:, None])
    full = person.beard[:, None] * IS_CHIN + person.moustache[:, None] * IS_LIP
    short = person.stubble[:, None] * (IS_CHIN + IS_LIP)
    red, full, short = blobs(middle, sigma, torch.stack([red, full, short], 1), sitting.size).unbind(1)
    tint = (1 + 0.02 * grain)[:, None] + red[:, None] * BLUSH_TINT[:, None, None]
    bare = tint.mul_(person.skin[:, :, None, None])
    thin = (short * 0.8 - 0.15).clamp_(0, 0.7) * (0.40 + 0.10 * grain)
    over(bare, 0.5 * person.skin * person.skin.mean(1, keepdim=True) + 0.4 * person.hair, thin)
    thick = ((full * 1.5 - 0.35) * (1 + 0.22 * grain)).clamp_(0, 0.94)
    over(bare, person.hair[:, :, None, None] * (1 + 0.3 * grain[:, None]).clamp_(min=0.2), thick)
    return bare, thick


def paint_ears(image: Tensor, sitting: Sitting, head: Head) -> None:
    """Paint both ears; the head will cover what lies behind it."""
    middle = sitting.view.project(EAR.expand(len(sitting.points), 2, 3))
    unit, scene = sitting.view.unit[:, None, None], sitting.scene
    color = sitting.person.skin * (scene.ambient + 0.45 * scene.key_color) * EAR_TINT
    nearest = torch.full_like(head.inside, 9.0)
    for side in range(2):
        x = (head.polar.x + (head.centre[:, 0] - middle[:, side, 0])[:, None, None]) / (EAR_HALF[0] * unit)
        y = (head.polar.y + (head.centre[:, 1] - middle[:, side, 1])[:, None, None]) / (EAR_HALF[1] * unit)
        nearest = torch.minimum(nearest, torch.sqrt(x.square_() + y.square_()))
    rim = 0.55 + 0.45 * ((nearest - 0.62).abs() * 2.4).clamp_(0, 1)
    over(image, color[:, :, None, None] * rim[:, None], edge((1 - nearest) * EAR_HALF[0] * unit))
