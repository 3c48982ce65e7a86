"""The mouth: lips, teeth, tongue and the dark behind them."""

import math

import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.data.drawn.anatomy import SIDE
from mienkit.data.drawn.brush import Chord, Window, bell_, edge, lookup, over, spline
from mienkit.data.drawn.sitting import Sitting

SEVEN = spline(7, 5)
UPPER_OUTER = [48, 49, 50, 51, 52, 53, 54]
UPPER_INNER = [48, 61, 62, 63, 54]
LOWER_INNER = [48, 67, 66, 65, 54]
FIVE = spline(5, 6)
LOWER_OUTER = [48, 59, 58, 57, 56, 55, 54]
WINDOW = (104, 84)
"""Width and height in template pixels."""
ZOOM = 1.25
UPPER_TEETH = torch.tensor([[128.0, 161.0, 8.0]])
LOWER_TEETH = torch.tensor([[128.0, 163.5, 6.0]])
JAW_DROP = 12.0
"""How far AU26 lowers the lower teeth, template pixels."""


def paint_mouth(image: Tensor, sitting: Sitting) -> None:
    """Paint the mouth into the image."""
    width, height = (math.ceil(side * ZOOM * sitting.size / SIDE) for side in WINDOW)
    points, unit = sitting.points, sitting.view.unit[:, None, None]
    middle = points[:, 48:60].mean(1)
    window = Window(middle, width, height, sitting.size)
    patch = window.read(image)
    chord = Chord.between(points[:, 48], points[:, 54])
    along, above = chord.see(window.x, window.y)
    curves = [
        lookup(chord.table(points[:, order], weights), along)
        for order, weights in ((UPPER_OUTER, SEVEN), (UPPER_INNER, FIVE), (LOWER_INNER, FIVE), (LOWER_OUTER, SEVEN))
    ]
    length = chord.length[:, None, None]
    within = edge(along * length) * edge((1 - along) * length)
    _, upper, lower, _ = curves
    gap = edge(upper - above) * edge(above - lower) * within * ((upper - lower) / unit - 0.4).clamp_(0, 1)
    over(patch, cavity(sitting, chord, along, above), gap)
    paint_lips(patch, sitting, (along, above / unit), tuple(curve / unit for curve in curves), within)
    window.write(image, patch)


def paint_lips(
    patch: Tensor, sitting: Sitting, place: tuple[Tensor, Tensor], curves: tuple[Tensor, ...], within: Tensor
) -> None:
    """Paint both lips and the line between them; distances in template pixels."""
    along, above = place
    roof, upper, lower, floor = curves
    unit, person = sitting.view.unit[:, None, None], sitting.person
    sideways = 1.1 * (along - 0.5)
    for is_upper, (high, low) in enumerate(((lower, floor), (roof, upper))):
        height = (high - low).clamp(min=0.3)
        share = ((above - low) / height).clamp(0, 1)
        down = 0.75 - 0.9 * share if is_upper else 0.75 - 1.5 * share
        facing, up = sitting.light_up(sideways, down)
        scene = sitting.scene
        light = scene.key_color[:, :, None, None] * facing.clamp(min=0)[:, None]
        light = light + (scene.ambient[:, :, None, None] * (1 + scene.ambient_tilt[:, None, None] * up)[:, None])
        gloss = facing.clamp(min=0).square().square().square()
        shine = 0.10 * (gloss * gloss * (0 if is_upper else 1))[:, None]
        crack = (
            1 - 0.25 * torch.exp(-share * height / 0.8)
            if is_upper
            else 1 - 0.2 * torch.exp(-(1 - share) * height / 0.8)
        )
        color = (person.lips[:, :, None, None] * light + shine) * crack[:, None]
        cover = edge((high - above) * unit * 0.8) * edge((above - low) * unit) * within
        over(patch, color, cover * ((high - low) / 0.8).clamp(0, 1))
    soft = torch.sqrt(1 + (0.45 / unit).square())
    line = bell_((above - 0.5 * (upper + lower)) / (0.75 * soft)) / soft
    shut = (1 - (upper - lower) / 3).clamp(0, 1) * edge((along + 0.04) * 40 * unit) * edge((1.04 - along) * 40 * unit)
    over(patch, 0.10 * person.lips, 0.85 * line * shut)


def cavity(sitting: Sitting, chord: Chord, along: Tensor, above: Tensor) -> Tensor:
    """Return the colours inside an open mouth, (N, 3, H, W)."""
    unit, scene = sitting.view.unit[:, None, None], sitting.scene
    rows = len(unit)
    jaw = torch.zeros(rows, 1, 3)
    jaw[:, 0, 1] = JAW_DROP * sitting.aus[:, AU_INDEX["AU26"]]
    tips = sitting.view.project(torch.cat([UPPER_TEETH.expand(rows, 1, 3), LOWER_TEETH + jaw], 1))
    tip_along, tip_above = chord.see(tips[..., 0], tips[..., 1])
    bow = 9 * (along - tip_along[:, :1, None]).square()
    x = (along - tip_along[:, :1, None]) * chord.length[:, None, None] / unit
    gap = 1 - 0.28 * torch.exp(-((torch.remainder(x, 6.6) - 3.3).abs() - 3.3).square() * 3.0)
    aside = (1 - (x / 26).square()).clamp(0.12, 1)
    light = (scene.ambient + 0.6 * scene.key_color)[:, :, None, None]
    enamel = torch.tensor([0.74, 0.70, 0.60])[:, None, None] * light * (gap * aside)[:, None]
    dark = torch.tensor([0.030, 0.008, 0.008])[:, None, None] * light
    tongue_top = tip_above[:, 1:, None] - 1.0 * unit
    tongue = torch.tensor([0.30, 0.075, 0.07])[:, None, None] * light * aside[:, None]
    inside = dark.expand_as(enamel).clone()
    over(inside, tongue.expand_as(enamel), 0.75 * ((tongue_top - above) / (5 * unit) + 0.5).clamp(0, 1))
    over(inside, 0.7 * enamel, edge(tip_above[:, 1:, None] - 2 * unit - bow * unit - above) * 0.8)
    over(inside, enamel, edge(above - tip_above[:, :1, None] - bow * unit))
    return inside
