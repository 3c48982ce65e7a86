"""Eyes, brows and glasses."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.data.drawn.anatomy import SIDE
from mienkit.data.drawn.brush import Chord, Window, bell_, blobs, centres, edge, lookup, over, spline
from mienkit.data.drawn.sitting import Sitting

LID_SPLINE = spline(4, 8)
BROW_SPLINE = spline(5, 4)
BROW_WIDTH = torch.tensor([1.4, 1.5, 1.7, 1.9, 2.1, 2.2, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 2.9, 2.9, 2.9, 2.8, 2.5])
"""Of the brow from the outer end to the inner, standard deviation in template pixels."""
EYES = ([36, 37, 38, 39, 40, 41], [45, 44, 43, 42, 47, 46])
BROWS = torch.tensor([[17, 18, 19, 20, 21], [26, 25, 24, 23, 22]])
IRIS_RADIUS = 6.0
WINDOW = (58, 46)
"""Width and height in template pixels around an eye."""
ZOOM = 1.25
"""The largest scale that jitter gives a face."""


def paint_eyes(image: Tensor, sitting: Sitting) -> None:
    """Paint both eyes into the image; they are computed as one batch, the person's right ones first."""
    width, height = (math.ceil(side * ZOOM * sitting.size / SIDE) for side in WINDOW)
    contours = [sitting.points[:, order] for order in EYES]
    windows = [Window(contour[:, [0, 3]].mean(1), width, height, sitting.size) for contour in contours]
    patch = torch.cat([window.read(image) for window in windows])
    x, y = (torch.cat([getattr(window, name) for window in windows]) for name in ("x", "y"))
    rows = torch.arange(len(image)).repeat(2)
    halves = torch.cat([sitting.aus - sitting.tilt, sitting.aus + sitting.tilt])
    paint_eye(patch, (x, y), replace(sitting.take(rows), aus=halves), torch.cat(contours))
    for window, part in zip(windows, patch.chunk(2), strict=True):
        window.write(image, part)


def paint_eye(patch: Tensor, place: tuple[Tensor, Tensor], sitting: Sitting, contour: Tensor) -> None:
    """Paint an eye into windows at pixels ``place``; its contour, (N, 6, 2), starts outside and goes over the top."""
    unit = sitting.view.unit[:, None, None]
    chord = Chord.between(contour[:, 0], contour[:, 3])
    along, above = chord.see(*place)
    top = lookup(chord.table(contour[:, :4], LID_SPLINE), along)
    bottom = lookup(chord.table(contour[:, [0, 5, 4, 3]], LID_SPLINE), along)
    length = chord.length[:, None, None]
    within = edge(along * length) * edge((1 - along) * length)
    opening = edge(top - above) * edge(above - bottom) * within * ((top - bottom) / (0.8 * unit)).clamp_(0, 1)
    over(patch, eyeball(place, sitting, contour[:, [0, 3]].mean(1), (top - above) / unit, along), opening)
    paint_lids(patch, sitting, along, above / unit, top / unit, bottom / unit)


def eyeball(place: tuple[Tensor, Tensor], sitting: Sitting, middle: Tensor, depth: Tensor, along: Tensor) -> Tensor:
    """Return the colours of an eye, (N, 3, H, W): white, iris, pupil and the lamp's reflection."""
    person, scene, unit = sitting.person, sitting.scene, sitting.view.unit[:, None]
    facing = 0.25 + 0.75 * scene.light[:, 2].clamp(min=0)
    light = scene.ambient + 0.75 * facing[:, None] * scene.key_color
    centre = middle + unit * (scene.gaze * torch.tensor([4.6, 2.0]) + torch.tensor([0.0, -1.4]))
    x = (place[0] - centre[:, 0, None, None]) / unit[..., None]
    y = (place[1] - centre[:, 1, None, None]) / unit[..., None]
    radius = torch.sqrt(x.square() + y.square())
    lid_shadow = 0.5 + 0.5 * (depth / 4.5).clamp(0, 1)
    roundness = lid_shadow * (1 - 1.3 * (along - 0.5).square())
    sharp = unit[..., None]
    white = torch.tensor([0.72, 0.66, 0.63])[None, :, None, None] * roundness[:, None]
    ring = (0.35 + 0.9 * ((radius - 2.0) / 3.6).clamp(0, 1)) * (1 - 0.65 * ((radius - 4.6) / 1.6).clamp(0, 1))
    colored = white.expand(-1, -1, *x.shape[1:]).clone()
    over(
        colored,
        person.iris[:, :, None, None] * (ring * lid_shadow)[:, None] * 1.5,
        edge((IRIS_RADIUS - radius) * sharp),
    )
    over(colored, torch.full_like(person.iris, 0.006), edge((2.7 - radius) * sharp))
    lit = colored * light[:, :, None, None]
    glint = scene.light[:, :2, None, None] * 2.4
    spot = torch.sqrt((x - glint[:, 0]).square() + (y - glint[:, 1]).square())
    over(lit, torch.full_like(person.iris, 0.95), 0.9 * edge((1.25 - spot) * sharp) * (depth * 2).clamp(0, 1))
    return lit


def paint_lids(patch: Tensor, sitting: Sitting, along: Tensor, above: Tensor, top: Tensor, bottom: Tensor) -> None:
    """Draw lash lines, the crease above and the rim below; distances in template pixels."""
    person, unit = sitting.person, sitting.view.unit[:, None, None]
    raised, shut = (sitting.aus[:, AU_INDEX[name], None, None] for name in ("AU5", "AU45"))
    span = (4 * along * (1 - along)).clamp(min=0)
    ends = edge((along + 0.06) * 30 * unit) * edge((1.02 - along) * 30 * unit)
    soft = torch.sqrt(1 + (0.5 / unit).square())
    gain = 1 / soft

    crease_at = top + 3.6 + 1.2 * span - 1.6 * raised + 1.2 * shut
    crease = bell_((above - crease_at) / (0.9 * soft)) * span.sqrt() * gain
    patch *= 1 - (0.42 * (1 - 0.45 * shut) * crease)[:, None]
    lid = bell_((above - top - 2.2) / 1.4) * span.sqrt()
    patch *= 1 + (0.10 * lid * (0.5 + shut))[:, None]

    thickness = (0.75 + 0.55 * person.lashes[:, None, None]) * (1.25 - 0.5 * along) * soft
    lashes = bell_((above - top - 0.35) / thickness) * ends * gain
    over(patch, 0.10 * person.brow, 0.92 * lashes)
    rim = bell_((above - bottom + 0.3) / (0.7 * soft)) * ends * gain
    over(patch, 0.25 * person.skin * torch.tensor([1.0, 0.7, 0.65]), 0.55 * rim)


def paint_brows(image: Tensor, sitting: Sitting) -> None:
    """Paint both brows as hair along their landmarks."""
    person, unit = sitting.person, sitting.view.unit[:, None]
    middle = torch.einsum("mp,nbpc->nbmc", BROW_SPLINE, sitting.points[:, BROWS]).flatten(1, 2)
    width = BROW_WIDTH.repeat(2) * unit * person.brow_thick[:, None]
    middle[..., 1] += 0.9 * unit
    sigma = torch.stack([torch.maximum(1.15 * width, 2.4 * unit), 0.8 * width], 2)
    field = blobs(middle, sigma, torch.full_like(width, 0.55)[:, None], sitting.size)[:, 0]
    cover = (1.35 * field - 0.16) * (1 + 0.18 * sitting.grain)
    over(image, person.brow * (sitting.scene.ambient + 0.6 * sitting.scene.key_color), cover.clamp_(0, 0.88))


def paint_glasses(image: Tensor, sitting: Sitting) -> None:
    """Paint frames and a faint glare where glasses are worn."""
    wearing = torch.nonzero(sitting.person.glasses)[:, 0]
    if not len(wearing):
        return
    faces, sitting = image[wearing], sitting.take(wearing)
    person, unit = sitting.person, sitting.view.unit[:, None, None]
    line = centres(sitting.size)
    half_x, half_y, thick, roundness = (person.frame[:, k, None, None] for k in range(4))
    right, left = (sitting.view.project(sitting.neutral[:, list(pair)]).mean(1) for pair in ((36, 39), (42, 45)))
    corner = half_y * (0.35 + 0.6 * roundness)
    nearest = torch.full((len(unit), sitting.size, sitting.size), 1e3)
    for eye in (right, left):
        x = ((line - eye[:, :1])[:, None, :] / unit).abs() - half_x + corner
        y = ((line - eye[:, 1:])[:, :, None] / unit - 2.0).abs() - half_y + corner
        outside = torch.sqrt(x.clamp(min=0).square() + y.clamp(min=0).square())
        nearest = torch.minimum(nearest, outside + torch.maximum(x, y).clamp(max=0) - corner)
    middle = (right + left) / 2
    gap = (left - right).norm(dim=1)[:, None, None] / unit / 2 - half_x
    x = (line - middle[:, :1])[:, None, :] / unit
    y = (line - middle[:, 1:])[:, :, None] / unit
    bridge = torch.minimum(thick - (y + 1.0).abs(), gap - x.abs())
    faces.mul_((1 - 0.06 * edge(-nearest * unit))[:, None])
    color = person.frame_color * (sitting.scene.ambient + 0.6 * sitting.scene.key_color) + 0.01
    over(faces, color, edge(torch.maximum(thick - nearest.abs(), bridge) * unit))
    image[wearing] = faces
