"""The skin's relief as a sum of soft blobs along lines: the face's fixed forms, and folds that muscles make."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from mienkit.core.noise import uniform
from mienkit.data.drawn.anatomy import FOLDS, MIDDLE, SIDE, Fold, unit_weights
from mienkit.data.drawn.brush import PIXEL_SIGMA, blobs
from mienkit.data.drawn.sitting import Sitting, attachment

FORMS: Sequence[Fold] = (
    Fold([(74, 67), (92, 64.5), (113, 71)], 6.5, 2.2, rest=1),  # brow ridge
    Fold([(113, 80)], 6.5, -4.2, 0.17, rest=1),  # inner corner of the eye's socket
    Fold([(92, 76)], 6, -1.6, 0.06, rest=1),
    Fold([(96, 86)], 8.5, 3.2, rest=1),  # eyeball
    Fold([(87, 96), (99, 100), (110, 97)], 3.2, -0.9, 0.07, rest=0.5, age=1),  # under the eye
    Fold([(77, 114)], 12, 5.0, rest=1),  # cheekbone
    Fold([(76, 146)], 13, -4.0, 0.05, rest=1),  # hollow of the cheek
    Fold([(64, 84)], 9, -2.5, rest=1),  # temple
    Fold([(128, 80), (128, 112)], 5.4, 9.0, rest=1),  # bridge of the nose
    Fold([(128, 119)], 7.0, 9.5, -0.06, rest=1),  # tip
    Fold([(116.5, 126)], 4.6, 4.6, rest=1),  # wing
    Fold([(110, 119), (109.5, 127), (112.5, 132)], 2.0, -1.6, 0.20, rest=1),
    Fold([(118, 96), (115.5, 112)], 4.0, 0.0, 0.10, rest=1),  # side of the nose
    Fold([(118.8, 131.0), (123.4, 132.2)], 1.9, -0.8, 0.80, rest=1),  # nostril
    Fold([(117, 136.5), (139, 136.5)], 3.0, -0.8, 0.22, rest=1),  # shade under the nose
    Fold([(128, 138), (128, 146)], 2.4, -1.2, 0.06, rest=1),  # philtrum
    Fold([(122.5, 140), (121, 146)], 2.0, 0.6, rest=1),
    Fold([(114, 172), (142, 172)], 3.4, -1.4, 0.15, rest=1),  # under the lower lip
    Fold([(99, 158)], 4.0, -1.0, 0.10, rest=1),  # corner of the mouth
    Fold([(110, 160)], 14, 2.2, rest=1),  # the muzzle over the teeth
    Fold([(60, 150), (72, 175), (94, 195), (128, 206)], 6.0, 0.0, 0.12, rest=1),  # under the jaw's edge
)
"""Forms of the image's left half, on every face. Lines that cross the middle are not mirrored."""

BLEND = 8.0
"""Template pixels beside the midline over which the folds of one half give way to those of the other."""
FRECKLES = torch.tensor([(x, y) for y in range(96, 128, 8) for x in range(66, 194, 9)], dtype=torch.float32)


@dataclass(frozen=True, kw_only=True)
class Blobs:
    """The blobs that all folds come down to; K of them."""

    places: Tensor
    """(K, 2) in the template."""
    weights: Tensor
    """(K, 79), see ``attachment``."""
    width: Tensor
    """(K, 2) across and down, template pixels."""
    height: Tensor
    shade: Tensor
    rest: Tensor
    age: Tensor
    units: Tensor
    """(K, 17)."""


def string(points: Sequence[tuple[float, float]], width: float, pixel: float) -> tuple[Tensor, Tensor, float]:
    """Space blobs along a broken line: far apart and long where it runs level or upright, round and close elsewhere.

    Args:
        points: the line's corners in the template.
        width: of the line, standard deviation in template pixels.
        pixel: a picture's pixel in template pixels; blobs need not lie closer than it shows.

    Returns:
        Places, (M, 2), widths, (M, 2), and how much the blobs add up to on the line.
    """
    corners = torch.tensor(points, dtype=torch.float32)
    if len(corners) == 1:
        return corners, torch.full((1, 2), float(width)), 1.0
    seen = (width**2 + (PIXEL_SIGMA * pixel) ** 2) ** 0.5
    places, widths, total = [], [], 0.0
    for start, step in zip(corners[:-1], corners.diff(dim=0), strict=True):
        length = float(step.norm())
        lean = abs(2 * float(step[0] * step[1])) / length**2
        count = max(1, round(length * max(lean, 0.36) / (1.8 * seen)))
        gap = length / count
        stretch = max(0.0, (0.5 * gap) ** 2 - width**2)
        parts = (torch.arange(count) + 0.5) / count
        places.append(start + parts[:, None] * step)
        widths.append(torch.sqrt(width**2 + stretch * (step / length).square()).expand(count, 2))
        total = max(total, 2.507 * max(width, 0.5 * gap) / gap)
    return torch.cat(places), torch.cat(widths), max(1.0, total)


def spread(points: Sequence[tuple[float, float]], gap: float) -> Tensor:
    """Place points along a broken line, at most ``gap`` apart, (M, 2)."""
    corners = torch.tensor(points, dtype=torch.float32)
    pieces = []
    for start, step in zip(corners[:-1], corners.diff(dim=0), strict=True):
        count = math.ceil(float(step.norm()) / gap)
        pieces.append(start + ((torch.arange(count) + 0.5) / count)[:, None] * step)
    return torch.cat(pieces)


@cache
def surface(size: int) -> Blobs:
    """Turn all forms and folds into blobs on both sides, as fine as a picture of that size shows."""
    rows: dict[str, list[Tensor]] = {
        name: [] for name in ("places", "width", "height", "shade", "rest", "age", "units")
    }
    for fold in (*FORMS, *FOLDS):
        half, width, total = string(fold.points, fold.width, SIDE / size)
        twin = (half[:, 0] - MIDDLE).abs() > 0.5
        if float(half[:, 0].max()) > MIDDLE + 1:
            twin = torch.zeros_like(twin)
        other = torch.stack([2 * MIDDLE - half[:, 0], half[:, 1]], 1)[twin]
        places = torch.cat([half, other])
        rows["places"].append(places)
        rows["width"].append(torch.cat([width, width[twin]]))
        rows["units"].append(unit_weights(fold.units).expand(len(places), -1))
        numbers = {"height": fold.height / total, "shade": fold.shade / total, "rest": fold.rest, "age": fold.age}
        for name, value in numbers.items():
            rows[name].append(torch.full((len(places),), float(value)))
    joined = {name: torch.cat(parts) for name, parts in rows.items()}
    return Blobs(weights=attachment(joined["places"]), **joined)


FRECKLES_WEIGHTS = attachment(FRECKLES)


def freckles(sitting: Sitting) -> tuple[Tensor, Tensor, Tensor]:
    """Return places in pixels, (N, F, 2), widths in template pixels, (N, F), and darkness, (N, F), of freckles."""
    rolled = uniform(sitting.person.key, len(FRECKLES), 4, stream=5)
    middle = sitting.carry(FRECKLES + 8 * (rolled[..., :2] - 0.5), FRECKLES_WEIGHTS)
    return middle, 0.7 + 0.6 * rolled[..., 2], 0.5 * sitting.person.freckles[:, None] * rolled[..., 3].square()


def relief(sitting: Sitting) -> tuple[Tensor, Tensor, Tensor]:
    """Return how the skin's normal leans right and down because of its forms, and how dark its folds are, (N, H, W)."""
    person, skin, unit = sitting.person, surface(sitting.size), sitting.view.unit
    strength = skin.rest + person.age[:, None] * skin.age + sitting.aus @ skin.units.T
    strength += (sitting.tilt @ skin.units.T) * ((skin.places[:, 0] - MIDDLE) / BLEND).clamp(-1, 1)
    spots, spot_width, spot_shade = freckles(sitting)
    middle = torch.cat([sitting.carry(skin.places, skin.weights), spots], 1)
    width = torch.cat([skin.width.expand(len(unit), -1, -1), spot_width[..., None].expand(-1, -1, 2)], 1)
    sigma = width * unit[:, None, None]
    height = strength * person.relief * skin.height * unit[:, None]
    amount = torch.stack(
        [
            torch.cat([height, torch.zeros_like(spot_shade)], 1),
            torch.cat([strength * skin.shade, spot_shade], 1),
        ],
        1,
    )
    raised, dark = blobs(middle, sigma, amount, sitting.size).unbind(1)
    return -slope(raised, 2), -slope(raised, 1), dark


def slope(height: Tensor, side: int) -> Tensor:
    """Differentiate a height map, (N, H, W), along a side by central differences; flat at the border."""
    result = torch.zeros_like(height)
    count = height.shape[side]
    ahead, behind = height.narrow(side, 2, count - 2), height.narrow(side, 0, count - 2)
    result.narrow(side, 1, count - 2).copy_(ahead).sub_(behind).mul_(0.5)
    return result
