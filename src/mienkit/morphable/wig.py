"""Hair of a rendered head: a shell over the scalp, with strands on it, that hangs at the sides where it is long."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from mienkit.morphable.bust import EARS_BEYOND, Bust, load_bust
from mienkit.morphable.growth import forehead, hairline
from mienkit.morphable.head import Triangles
from mienkit.morphable.looks import Looks

Floats = npt.NDArray[np.float32]

MIDDLE = np.array([0.0, 5.0, 1.5], np.float32)
"""Inside of the head; the shell is told by directions from here."""
COLUMNS, ROWS, FALLING = 96, 26, 14
"""Of the grid: around, from the crown to the hairline, and below that where hair is long."""
STRANDS = 320
"""Around the head; a multiple of the grain's side."""
GRAIN = 64
BOUND = 8
"""Vertices of the head that a place of the shell follows when identity moves them."""
EARS_FROM, EARS_TO = -4.0, 6.2
"""Heights between which ears, or hair above them, stand out."""
TUCKED = 0.8
"""Share of their width that ears lose under hair."""
HANGING = ("bob", "long")
NECK = 0.12
"""How much hair falls inwards, to the neck, as a share of the head's width."""
FALL_FROM = 3.0
"""Height from which long hair hangs."""


@dataclass(frozen=True, eq=False)
class Wig:
    """A shell of hair; n vertices."""

    vertices: Floats
    """(n, 3) cm."""
    triangles: Triangles
    """(m, 3)."""
    strand: Floats
    """(n, 4): which strand, how far along it, how much it covers, how light the place is."""
    paint: Floats
    """(8,), see ``strand_kernel.shade_strands``."""


@dataclass(frozen=True)
class Cut:
    """How hair is cut."""

    top: float
    """Thickness above, cm."""
    sides: float
    fall: float
    """Height at which hanging hair ends, cm; above ``FALL_FROM``, nothing hangs."""
    front: float
    """How much lower than the hairline the front ends, cm."""
    opening: float
    """Radians from the middle of the face at which hanging hair begins."""
    sweep: float
    """How many strands aside the front is combed."""
    ragged: float
    """How uneven hair ends, as a share of its length."""
    aside: float = 0.0
    """How far the front falls over one side of the forehead, cm; negative over the person's right."""


def roll_cut(looks: Looks, dice: np.random.Generator) -> Cut:
    """Roll the measures of a person's cut."""
    top, sides = float(dice.uniform(0.5, 1.5)), float(dice.uniform(0.3, 0.8))
    opening = float(np.radians(dice.uniform(50, 84)))
    side = float(dice.choice([-1, 1]))
    combed, ragged = side * float(dice.uniform(25, 60)), float(dice.uniform(0.05, 0.085))
    aside = side * float(dice.choice([0.0, 1.0, 1.0]) * dice.uniform(0.6, 2.2))
    front = float(dice.choice([0.0, 0.0, 2.3]))
    if front:
        aside = 0.0
    return {
        "short": Cut(top, sides, 9.0, 0.0, opening, 0.3 * combed, ragged),
        "side": Cut(top + 0.9, sides + 0.1, 9.0, 0.0, opening, combed, ragged, 0.8 * aside),
        "fringe": Cut(top + 0.3, sides + 0.4, 9.0, float(dice.uniform(1.4, 3.0)), opening, 0.3 * combed, 1.5 * ragged),
        "bob": Cut(top + 0.3, 1.1, float(dice.uniform(-6.5, -2.5)), front, opening, 0.8 * combed, ragged, aside),
        "long": Cut(top, 1.1, float(dice.uniform(-16, -10)), front, opening, 0.8 * combed, ragged, aside),
        "cap": Cut(1.0, 0.7, 9.0, float(dice.uniform(1.4, 2.4)), opening, 0.0, 0.05),
    }[looks.cut]


def dress(looks: Looks, shape: Floats) -> Wig | None:
    """Make a person's hair.

    Args:
        looks: the person.
        shape: (V, 3) their head at rest, which the hair follows.
    """
    if looks.cut == "shaved":
        return None
    dice, scalp = looks.dice(7), load_scalp()
    cut = roll_cut(looks, dice)
    directions, ends = _grow(scalp, looks, cut)
    root, strand = _shell(scalp, directions, ends, cut, dice)
    root, strand = _hang(root, strand, cut, dice)
    flat = root.reshape(-1, 3)
    bust = load_bust()
    moved = (shape - bust.model.neutral)[scalp.skin[scalp.tree.query(flat, k=BOUND)[1]]].mean(1)
    return Wig((flat + moved).astype(np.float32), _weave(*root.shape[:2]), strand.reshape(-1, 4), _paint(looks, dice))


def tuck_ears(looks: Looks, shape: Floats) -> Floats:
    """Lay the ears, which the shell does not know, close to the head, (V, 3) cm, where hair hangs over them."""
    if looks.cut not in HANGING:
        return shape
    bust = load_bust()
    first, last = bust.model.parts["face"][0], bust.model.parts["head"][1]
    x, y = bust.model.neutral[first:last, 0], bust.model.neutral[first:last, 1]
    beyond = np.maximum(np.abs(x) - EARS_BEYOND, 0) * ((y > EARS_FROM) & (y < EARS_TO))
    tucked = shape.copy()
    tucked[first:last, 0] -= TUCKED * np.sign(x) * beyond
    return tucked


@dataclass(frozen=True, eq=False)
class Scalp:
    """The mean head without ears, as a distance in every direction."""

    skin: npt.NDArray[np.int64]
    """Vertices of the head."""
    tree: cKDTree
    """Of their places."""
    rays: cKDTree
    """Of their directions from MIDDLE."""
    reach: Floats
    """How far they are from MIDDLE."""

    @cached_property
    def meridians(self) -> tuple[Floats, Floats]:
        """Walk down from the crown: angles, (120,), and places on the skin, (120, COLUMNS, 3)."""
        steps = np.linspace(0.02, 2.7, 120, dtype=np.float32)
        rays = _rays(steps[:, None], _turns()[None])
        return steps, np.asarray(MIDDLE + rays * self.distance(rays)[..., None], np.float32)

    def distance(self, directions: Floats) -> Floats:
        """Return how far the skin is in some directions, (..., 3)."""
        away, near = self.rays.query(directions, k=5)
        weights = 1 / (away + 0.01)
        return np.asarray((weights * self.reach[near]).sum(-1) / weights.sum(-1), np.float32)


@cache
def load_scalp() -> Scalp:
    """Measure the mean head, once a process."""
    bust = load_bust()
    return measure_scalp(bust)


def measure_scalp(bust: Bust) -> Scalp:
    """Measure a head."""
    neutral = bust.model.neutral
    first, last = bust.model.parts["face"][0], bust.model.parts["head"][1]
    skin = np.arange(first, last)
    ears = (np.abs(neutral[skin, 0]) > EARS_BEYOND) & (neutral[skin, 1] < EARS_TO) & (neutral[skin, 1] > EARS_FROM)
    skin = skin[~ears & (neutral[skin, 1] > -8)]
    away = neutral[skin] - MIDDLE
    reach = np.linalg.norm(away, axis=1)
    return Scalp(skin, cKDTree(neutral[skin]), cKDTree(away / reach[:, None]), reach)


def _grow(scalp: Scalp, looks: Looks, cut: Cut) -> tuple[Floats, Floats]:
    """Lay directions from the crown to the hairline, (ROWS, COLUMNS, 3), and tell the angle at its end, (COLUMNS,)."""
    turn = _turns()
    steps, places = scalp.meridians
    around = 9.0 * np.arctan2(places[..., 0], places[..., 2] - 1.0)
    line = hairline(around, *forehead(looks)) - cut.front * np.exp(-((around / 5.0) ** 4))
    line = line - abs(cut.aside) * np.exp(-(((around - 4.2 * np.sign(cut.aside)) / 3.4) ** 2))
    if looks.cut == "cap":
        line = np.minimum(line, 5.5 + 2.0 * np.cos(around / 9.0))
    hanging = (cut.fall < FALL_FROM) & (np.abs(turn) > cut.opening - 0.1)
    line = np.where(hanging, np.minimum(line, FALL_FROM), line)
    ends = steps[np.argmax(places[..., 1] < line, axis=0)]
    ends = np.convolve(np.concatenate([ends[-2:], ends, ends[:2]]), np.ones(5) / 5, "valid").astype(np.float32)
    share = np.linspace(0.0, 1.0, ROWS, dtype=np.float32)[:, None] ** 0.85
    return _rays(share * ends, np.broadcast_to(turn, (ROWS, COLUMNS))), ends


def _shell(
    scalp: Scalp, directions: Floats, ends: Floats, cut: Cut, dice: np.random.Generator
) -> tuple[Floats, Floats]:
    """Lift hair off the scalp: places, (ROWS, COLUMNS, 3), and what strands need, (ROWS, COLUMNS, 4)."""
    share = np.linspace(0.0, 1.0, ROWS, dtype=np.float32)[:, None] * np.ones((1, COLUMNS), np.float32)
    below = (1 - share) * ends
    overhang = 0.5 * np.clip(cut.front + abs(cut.aside), 0, 1) * (np.cos(_turns()) > 0.4) + 0.5 * _hangs(cut)
    rise = 0.02 + overhang + (0.98 - overhang) * np.clip(below / 0.40, 0, 1) ** 1.2
    up = np.clip(directions[..., 1] * 1.3, 0, 1)
    thick = cut.sides + (cut.top - cut.sides) * up
    locks = _locks(dice, 9) * np.clip(3 * share * (1 - 0.5 * share), 0, 1)
    lift = thick * rise * (1 + 0.22 * locks) + 0.06
    places = MIDDLE + directions * (scalp.distance(directions) + lift)[..., None]
    turn = np.broadcast_to(_turns(), share.shape)
    ragged = cut.ragged * (1 + 0.45 * _locks(dice, 23))
    cover = np.clip((1 - share) / ragged, 0, 1.6) * 1.5 - 0.45
    light = (0.62 + 0.38 * np.clip(below / 0.22, 0, 1)) * (1 + 0.12 * locks)
    across = STRANDS * (turn / (2 * np.pi) + 0.5) + cut.sweep * share * np.exp(-((turn / 0.9) ** 2))
    strand = np.stack([across, share, cover, light], -1)
    return places.astype(np.float32), strand.astype(np.float32)


def _hang(places: Floats, strand: Floats, cut: Cut, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Let the sides and the back hang down from the shell's rim."""
    if cut.fall >= FALL_FROM:
        return places, strand
    hangs = _hangs(cut)
    share = np.linspace(0, 1, FALLING + 1, dtype=np.float32)[1:, None]
    rim = places[-1]
    length = np.maximum(rim[:, 1] - (cut.fall + 0.5 * _locks(dice, 15)[-1]), 0) * hangs
    down = np.repeat(rim[None], FALLING, 0)
    down[..., 1] -= share * length
    wave = (
        float(dice.uniform(0, 0.35)) * np.sin(share * float(dice.uniform(4, 11)) + 3 * _turns())
        + 0.25 * _locks(dice, 11)[-1]
    )
    swell = 1 + (0.03 * np.sin(np.pi * share) + 0.02 * wave * share) * hangs
    down[..., 0] *= swell - NECK * hangs * np.clip(2 * share, 0, 1)
    down[..., 2] = MIDDLE[2] + (down[..., 2] - MIDDLE[2]) * swell - 0.5 * share * hangs
    total = np.ones((FALLING, COLUMNS), np.float32)
    cover = np.clip((1 - share) / 0.18, 0, 1.6) * 1.6 - 0.5
    cover = np.where(hangs > 0.5, cover, -1.0) * total
    light = (0.95 - 0.25 * share) * (1 + 0.10 * _locks(dice, 19)[-1]) * total
    upper = strand.copy()
    upper[..., 2] = np.where(hangs > 0.5, np.maximum(strand[..., 2], 1.3), strand[..., 2])
    upper[..., 1] *= 0.5
    across = strand[-1, :, 0] * total
    lower = np.stack([across, 0.5 + 0.5 * share * total, cover, light], -1).astype(np.float32)
    return np.concatenate([places, down]).astype(np.float32), np.concatenate([upper, lower])


def _hangs(cut: Cut) -> Floats:
    """Say where around the head hair hangs, (COLUMNS,) in [0, 1]."""
    if cut.fall >= FALL_FROM:
        return np.zeros(COLUMNS, np.float32)
    return np.asarray(1 / (1 + np.exp(-(np.abs(_turns()) - cut.opening) / 0.03)), np.float32)


def _paint(looks: Looks, dice: np.random.Generator) -> Floats:
    if looks.cut == "cap":
        colour = 0.8 * np.asarray(looks.cloth) + 0.01
        return np.array([*colour, 0.05, 0.25, 40.0, 0.15, 1.0], np.float32)
    gloss = float(dice.uniform(0.5, 1.1))
    return np.array([*looks.hair, gloss, 0.55, float(dice.uniform(3, 9)), 0.8, 1.0], np.float32)


def _locks(dice: np.random.Generator, count: int) -> Floats:
    """Roll smooth ups and downs around the head that drift along strands, (ROWS, COLUMNS) within about +-1."""
    phases = dice.uniform(0, 2 * np.pi, 3)
    waves = np.array([count, count * 0.6 // 1 + 2, count * 1.7 // 1])
    drift = np.linspace(0, 1.2, ROWS)[:, None, None]
    return np.asarray(np.sin(_turns()[:, None] * waves + phases + drift).mean(-1) * 1.4, np.float32)


def _turns() -> Floats:
    return np.linspace(-np.pi, np.pi, COLUMNS, dtype=np.float32)


def _rays(down: Floats, turn: Floats) -> Floats:
    """Return unit vectors at an angle from straight up and a turn around, (..., 3)."""
    ring = np.sin(down)
    parts = np.broadcast_arrays(ring * np.sin(turn), np.cos(down), ring * np.cos(turn))
    return np.stack(parts, -1).astype(np.float32)


def _weave(rows: int, columns: int) -> Triangles:
    """Join a grid into triangles, counter-clockwise from outside."""
    corner = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def roll_grain(dice: np.random.Generator) -> Floats:
    """Roll the noise that tells strands apart, (GRAIN, GRAIN) in [0, 1]."""
    return dice.random((GRAIN, GRAIN), np.float32)
