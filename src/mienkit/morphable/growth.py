"""Hair that is painted on the skin: brows hair by hair, beards from a shade to full, and the roots on the scalp."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mienkit.morphable.bust import Bust
from mienkit.morphable.chart import Chart, unroll
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.looks import Looks

Floats = npt.NDArray[np.float32]

BROWS = (
    ((55, 107), (65, 66), (52, 105), (53, 63), (46, 70)),
    ((285, 336), (295, 296), (282, 334), (283, 293), (276, 300)),
)
"""MediaPipe's points below and above a brow, from the nose outwards; the person's right and left."""
BROW_HAIRS = 190
BEARD_HAIRS = 5000


class Canvas(Protocol):
    """Skin that can be painted on."""

    colour: Floats
    gloss: Floats
    height: Floats

    def blend(self, share: Floats, colour: Sequence[float] | Floats) -> None:
        """Cover the skin with a colour."""


def paint_brows(bust: Bust, looks: Looks, chart: Chart, skin: Canvas) -> None:
    """Paint both brows: a soft shade, and hairs that rise at the nose and lie down towards the temples."""
    dice = looks.dice(3)
    half = float(dice.uniform(0.20, 0.30) + 0.14 * looks.masculine * dice.random())
    dense = float(dice.uniform(0.55, 1.0))
    lift, tilt = float(dice.uniform(-0.25, 0.10)), float(dice.normal(0.05, 0.05))
    middle = brow_line(bust)
    middle[0, 0] += float(dice.uniform(-0.25, 0.35))
    middle[:, 1] += lift + tilt * (middle[:, 0] - 3.5)
    hairs = []
    for side in (-1, 1):
        hairs += [hair * (side, 1) for hair in _brow_hairs(middle, half, dice)]
    thick = chart.strokes(hairs, 0.045)
    soft = chart.blur(thick, 0.16)
    shade = np.clip(np.float32(dense) * (0.75 * thick + 0.75 * soft), 0, 0.93).astype(np.float32)
    light = float(np.mean(looks.hair))
    colour = [0.75 * channel + 0.004 for channel in looks.hair] if light < 0.1 else [0.4 * c for c in looks.hair]
    skin.blend(shade, np.asarray(colour, np.float32))
    skin.gloss *= 1 - 0.6 * soft
    skin.height += np.asarray(0.012 * thick, np.float32)


def brow_line(bust: Bust) -> npt.NDArray[np.float64]:
    """Find the middle of the left brow on the chart, from the nose outwards, (5, 2) cm."""
    names = [name for side in BROWS for pair in side for name in pair]
    places = unroll(load_correspondence().only(names).pick(bust.model.neutral)).astype(np.float64)
    sides = places.reshape(2, 5, 2, 2).mean(2)
    return np.asarray((sides[0] * (-1, 1) + sides[1]) / 2)


def _brow_hairs(
    middle: npt.NDArray[np.float64], half: float, dice: np.random.Generator
) -> list[npt.NDArray[np.float64]]:
    """Roll the hairs of the left brow, each (3, 2) cm."""
    along = dice.random(BROW_HAIRS) ** 0.85
    at = along * (len(middle) - 1)
    x, y = (np.interp(at, np.arange(len(middle)), middle[:, axis]) for axis in (0, 1))
    slope = np.interp(at, np.arange(len(middle) - 1) + 0.5, np.arctan2(*np.diff(middle, axis=0).T[::-1]))
    width = half * np.clip(1.15 - 0.95 * along**2, 0.15, 1) * np.clip(0.55 + 3 * along, 0, 1)
    off = dice.uniform(-1, 1, BROW_HAIRS)
    length = dice.uniform(0.35, 0.7, BROW_HAIRS) * (1 - 0.35 * along)
    rising = np.where(off < 0, 1.15, 0.75) * np.exp(-2.4 * along) - 0.45 * np.maximum(off, 0) * along
    angle = slope + rising + dice.normal(0, 0.10, BROW_HAIRS)
    root = np.stack([x, y + off * width], 1)
    middle_of_hair = root + 0.5 * length[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    bent = angle - 0.35
    tip = middle_of_hair + 0.5 * length[:, None] * np.stack([np.cos(bent), np.sin(bent)], 1)
    return list(np.stack([root, middle_of_hair, tip], 1))


def beard_area(chart: Chart, lips: Floats) -> Floats:
    """Say where a beard grows, (rows, columns) in [0, 1]."""
    around, up = chart.grid
    side = np.abs(around)
    cheek_line = np.interp(side, [0, 2.6, 4.5, 7.0, 9.5, 11.0], [-1.5, -1.7, -3.2, -2.2, 1.5, 4.0])
    below = 1 / (1 + np.exp((up - cheek_line) / 0.32))
    above_neck = 1 / (1 + np.exp((-8.6 - up) / 0.5))
    before_ears = 1 / (1 + np.exp((side - 10.6) / 0.35))
    bald = chart.both_sides((1.75, -4.9), (0.45, 0.35)) + 0.5 * chart.spot((0, -2.0), (0.25, 0.4))
    return np.asarray(
        np.clip(below * above_neck * before_ears * (1 - np.minimum(bald, 1)) * (1 - lips) ** 2, 0, 1), np.float32
    )


def paint_beard(looks: Looks, chart: Chart, skin: Canvas, lips: Floats) -> None:
    """Paint the shade of shaved hair, stubble or a beard."""
    if looks.beard <= 0:
        return
    dice = looks.dice(4)
    area = beard_area(chart, lips)
    uneven = np.clip(1 + 0.15 * chart.noise(dice, 0.9), 0.4, 1.5)
    dots = np.clip(chart.noise(dice, 0.07) - 0.2, 0, 1.5)
    thick = max(0.0, looks.beard - 0.3) / 0.7
    dark = float(np.clip(1.1 - 2.2 * np.mean(looks.hair), 0.25, 1))
    shade = area * uneven * dark * (0.22 * min(looks.beard / 0.3, 1) + 0.30 * thick)
    skin.blend(np.clip(shade + area * dots * (0.10 + 0.30 * thick) * dark, 0, 0.8).astype(np.float32), _shadow(looks))
    if thick > 0.5:
        hairs = chart.strokes(_beard_hairs(dice), 0.05) * area
        soft = chart.blur(hairs, 0.10)
        cover = np.clip((1.1 * hairs + 1.1 * soft + 0.55 * area) * thick * uneven, 0, 0.96)
        skin.blend(cover.astype(np.float32), np.asarray(looks.hair, np.float32) * (0.8 + 0.5 * hairs)[..., None])
        skin.height += np.asarray(thick * (0.03 * hairs + 0.05 * area), np.float32)
    skin.gloss *= np.asarray(1 - area * (0.25 + 0.6 * thick), np.float32)


def _shadow(looks: Looks) -> tuple[float, float, float]:
    """Return the colour of hair seen through skin: bluish."""
    red, green, blue = (0.6 * channel for channel in looks.hair)
    return red + 0.02, green + 0.023, blue + 0.028


def _beard_hairs(dice: np.random.Generator) -> list[npt.NDArray[np.float64]]:
    root = np.stack([dice.uniform(-11, 11, BEARD_HAIRS), dice.uniform(-9, 3.5, BEARD_HAIRS)], 1)
    angle = -np.pi / 2 + 0.07 * root[:, 0] + dice.normal(0, 0.25, BEARD_HAIRS)
    length = dice.uniform(0.3, 0.6, BEARD_HAIRS)[:, None]
    return list(np.stack([root, root + length * np.stack([np.cos(angle), np.sin(angle)], 1)], 1))


def hairline(around: npt.NDArray[np.floating], high: float, recede: float) -> Floats:
    """Return how high the scalp's hair begins, cm, at places around the chart.

    Args:
        around: centimetres from the middle of the face.
        high: of the middle of the forehead.
        recede: how far the temples recede, 0 to 1.
    """
    side = np.abs(around)
    line = np.interp(side, [0, 3.0, 5.5, 8.0, 9.6, 10.6, 11.2, 12.0, 14.0, 16.0, 20.0],
                     [high, high + 0.1, high - 0.5, 6.2, 4.0, 2.0, 2.6, 4.5, 4.7, 0.5, -3.5])  # fmt: skip
    return np.asarray(line + recede * 1.8 * np.exp(-(((side - 5.4) / 1.9) ** 2)), np.float32)


def forehead(looks: Looks) -> tuple[float, float]:
    """Return where a person's hair begins above the forehead, cm, and how far the temples recede."""
    dice = looks.dice(5)
    return float(dice.uniform(9.0, 10.4)), float(dice.random() * (0.5 + 0.9 * looks.masculine * looks.age))


def paint_scalp(looks: Looks, chart: Chart, skin: Canvas) -> None:
    """Darken the skin under hair, and paint the stubble of a shaved head."""
    dice = looks.dice(6)
    around, up = chart.grid
    line = hairline(around, *forehead(looks)) + 0.12 * chart.noise(dice, 0.25)
    inside = np.clip((up - line) / 0.9 + 0.3, 0, 1).astype(np.float32)
    if looks.cut == "shaved":
        dots = np.clip(0.75 + 0.35 * chart.noise(dice, 0.08), 0, 1)
        skin.blend(np.asarray(inside * dots * 0.62, np.float32), _shadow(looks))
        skin.gloss *= 1 - 0.4 * inside
        return
    skin.blend(0.85 * inside, tuple(0.55 * channel for channel in looks.hair))
    skin.gloss *= 1 - 0.8 * inside
