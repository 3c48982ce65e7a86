"""Hair on the head: between the bare skin's outline and the hair's own, both as radii about the face's middle."""

import torch
from torch import Tensor

from mienkit.core.noise import uniform
from mienkit.data.drawn.brush import SOFT, TABLE, edge, lookup, over, radial_table, spline, stretch_tile
from mienkit.data.drawn.person import Person
from mienkit.data.drawn.sitting import Sitting
from mienkit.data.drawn.skin import SKULL, SKULL_HALF, Head, round_outline

HAIRLINE = (
    (127, 27, 10), (110, 27, 8), (90, 32, 0), (73, 42, -14), (63, 56, -28), (61, 70, -38), (57, 84, -46),
    (55, 100, -56), (52, 117, -64),
)  # fmt: skip
"""Where the bare skin ends, from the middle of the forehead to the lower end of the sideburn: x, y, depth."""
BELOW_SHORT = ((30, 128, -64), (10, 160, -64), (10, 230, -64), (60, 300, -64), (100, 310, -64), (127, 320, -64))
BESIDE_LONG = ((58, 100, -54), (58, 117, -58))
"""Long hair covers the ears and leaves no gap beside the cheeks."""
BELOW_LONG = ((57, 134, -60), (65, 154, -54), (75, 172, -42), (88, 194, -36), (92, 300, -40), (127, 380, -46))
FALL = ((-36, 8, -62), (-66, 48, -62), (-77, 96, -62), (-80, 130, -62), (-80, 160, -60), (-76, 0, -58), (-34, 8, -58))
"""The outer edge of long hair, from the crown down, x from the middle; the last two hang below by its length."""
FALL_ROOT = 160.0
RAGGED = 64
"""Locks around the head."""


BESIDE = torch.sin(torch.linspace(-torch.pi, torch.pi, TABLE)) > -0.66
"""Directions in which hair at the far temple lies behind the face."""


ABOVE = (torch.sin(torch.linspace(-torch.pi, torch.pi, TABLE)) < -0.7).float()


def closed(half: tuple[tuple[float, ...], ...], middle: float) -> Tensor:
    """Mirror a half curve from the top to the bottom into a closed one, (2 K, 3)."""
    left = torch.tensor(half, dtype=torch.float32)
    right = left.flip(0) * torch.tensor([-1.0, 1.0, 1.0]) + torch.tensor([2 * middle, 0.0, 0.0])
    return torch.cat([left, right])


SHORT = closed((*HAIRLINE, *BELOW_SHORT), 128)
LONG = closed((*HAIRLINE[:-2], *BESIDE_LONG, *BELOW_LONG), 128)
CURVE = spline(len(SHORT), 4, closed=True)
LOOP = closed(FALL, 0)
HANGING = [len(FALL) - 2, len(FALL) - 1, len(FALL), len(FALL) + 1]
LOOP_CURVE = spline(len(LOOP), 5, closed=True)
LINE = [*range(len(HAIRLINE)), *range(len(SHORT) - len(HAIRLINE), len(SHORT))]
"""Which points of SHORT and LONG belong to the hairline."""
TOP = ((70 - SHORT[LINE, 1]) / 40).clamp(0, 1)
FRINGE = ((52 - SHORT[LINE, 1]) / 20).clamp(0, 1)


def bare_outline(sitting: Sitting, centre: Tensor) -> Tensor:
    """Return the radius up to which skin is bare, (N, T)."""
    person = sitting.person
    points = torch.where(person.long[:, None, None] > 0, LONG, SHORT)
    moved = shift_hairline(points, person)
    return radial_table(torch.einsum("mp,npc->nmc", CURVE, sitting.view.project(moved)), centre)


def shift_hairline(points: Tensor, person: Person) -> Tensor:
    """Move an average hairline, (N, K, 3), to a person's: higher, bald, or under a fringe."""
    x, y = points[:, LINE, 0], points[:, LINE, 1]
    y = y - (person.hairline + person.forehead + 70 * person.bald)[:, None] * TOP
    sweep = 0.6 + 0.4 * torch.tanh((x - 128) / 20 * person.parting[:, None])
    points[:, LINE, 1] = y + 25 * person.fringe[:, None] * sweep * FRINGE
    points[:, :, 0] = 128 + (points[:, :, 0] - 128) * person.width[:, None]
    return points


def hair_outline(sitting: Sitting, centre: Tensor) -> Tensor:
    """Return the radius up to which hair reaches, (N, T)."""
    person = sitting.person
    around = radial_table(round_outline(sitting, SKULL, SKULL_HALF + person.volume[:, None]), centre)
    loop = LOOP.repeat(len(centre), 1, 1)
    loop[:, HANGING, 1] += FALL_ROOT + person.length[:, None]
    loop[:, :, 0] = 128 + (loop[:, :, 0] + torch.sign(loop[:, :, 0]) * person.volume[:, None]) * person.width[:, None]
    long = radial_table(torch.einsum("mp,npc->nmc", LOOP_CURVE, sitting.view.project(loop)), centre)
    return torch.where(person.long[:, None] > 0, torch.maximum(around, long), around)


def ragged(sitting: Sitting, entries: int) -> Tensor:
    """Return a wavy edge by angle, (N, entries), about -1 to 1."""
    knots = uniform(sitting.person.key, RAGGED, stream=9) * 2 - 1
    return torch.nn.functional.interpolate(knots[:, None], size=entries, mode="linear")[:, 0]


def paint_hair(image: Tensor, sitting: Sitting, head: Head) -> None:
    """Paint the hair over head, shoulders and background."""
    person, scene, unit = sitting.person, sitting.scene, sitting.view.unit[:, None, None]
    around = head.polar
    bare, outer = bare_outline(sitting, head.centre), hair_outline(sitting, head.centre)
    bare = torch.where(BESIDE, torch.maximum(bare, 0.97 * head.mask), bare)
    rough = ragged(sitting, bare.shape[1]) * sitting.view.unit[:, None]
    bare = bare + rough * (1.0 + 3 * person.fringe[:, None] * ABOVE)
    outer = outer + rough * (0.8 + 4 * person.curl.square()[:, None])
    start = lookup(bare, around.place, smooth=True)
    thickness = lookup(outer, around.place, smooth=True) - start
    past = around.radius - start
    cover = edge(past / 1.6 + 0.3) * edge((thickness - past) / 1.2)

    # strands run outwards; the curlier, the shorter
    turn = around.place * (2.5 * 256) + (person.key & 255)[:, None, None]
    reach = around.radius / unit * (0.06 + 0.5 * person.curl.square()[:, None, None])
    strand = stretch_tile(SOFT, turn + 3 * reach, reach)
    depth = (past / thickness.clamp(min=1)).clamp_(0, 1)
    scale = (0.2 + 1.5 * depth.square()) / around.radius.clamp(min=1)
    facing, up = sitting.light_up(around.x * scale, around.y * scale)
    facing = facing.clamp_(min=0)
    body = (0.5 + 0.5 * (depth * 3).clamp_(max=1)) * (1 + 0.22 * strand).clamp_(min=0.2)
    lit = ((0.15 + 0.85 * facing) * body)[:, None] * (person.hair * scene.key_color)[:, :, None, None]
    lit += ((1 + 0.5 * up) * body)[:, None] * (person.hair * scene.ambient)[:, :, None, None]
    sheen = facing.square().square().square() * (1 + 0.6 * strand)
    lit += sheen[:, None] * (0.06 * person.hair.sqrt() * scene.key_color)[:, :, None, None]
    over(image, lit.clamp_(min=0), cover)
