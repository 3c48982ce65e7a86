"""A person's skin on the chart: colour, gloss and height, from what skin is made of; nobody's photograph is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.bust import Bust
from mienkit.morphable.chart import Chart, unroll
from mienkit.morphable.complexion import skin_colour
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.growth import paint_beard, paint_brows, paint_scalp
from mienkit.morphable.looks import Looks

Floats = npt.NDArray[np.float32]

OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
"""MediaPipe's points around the red of the lips."""
UPPER_LIDS = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (263, 466, 388, 387, 386, 385, 384, 398, 362))
LOWER_LIDS = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (263, 249, 390, 373, 374, 380, 381, 382, 362))
NECKLINE = -10.4
"""Where clothes begin, centimetres below the head's middle, at the sides."""


@dataclass(eq=False)
class Skin:
    """Maps of a person's skin on a chart, (rows, columns[, 3])."""

    colour: Floats
    """Linear light reflected."""
    gloss: Floats
    height: Floats
    """Centimetres."""

    def blend(self, share: Floats, colour: Sequence[float] | Floats) -> None:
        """Cover the skin with a colour, as far as ``share``, (rows, columns), says."""
        from mienkit.morphable import vertex_kernel

        paint = np.asarray(colour, np.float32)
        vertex_kernel.blend_colour(
            np.asarray(share, np.float32), paint.reshape(1, 1, 3) if paint.ndim == 1 else paint, self.colour
        )

    def packed(self) -> Floats:
        """Lay the maps side by side, (rows, columns, 5), as the shader reads them."""
        return np.concatenate([self.colour, self.gloss[..., None], self.height[..., None]], 2).astype(np.float32)


def paint_skin(bust: Bust, looks: Looks, chart: Chart) -> Skin:
    """Paint a person's skin."""
    dice = looks.dice(1)
    lips = _lip_map(bust, chart)
    skin = Skin(
        colour=skin_colour(*_melanin_and_blood(looks, chart, lips, dice)),
        gloss=_gloss(looks, chart, lips, dice),
        height=_height(looks, chart, lips, dice),
    )
    _paint_lips(looks, lips, skin)
    _paint_lids(bust, looks, chart, skin)
    paint_scalp(looks, chart, skin)
    paint_beard(looks, chart, skin, lips)
    paint_brows(bust, looks, chart, skin)
    _paint_clothes(looks, chart, skin)
    return skin


def outline(bust: Bust, names: tuple[int, ...]) -> Floats:
    """Find MediaPipe's points on the chart, (N, 2) cm."""
    table = load_correspondence()
    return unroll(table.only(list(names)).pick(bust.model.neutral))


def _lip_map(bust: Bust, chart: Chart) -> Floats:
    return chart.fill(outline(bust, OUTER_LIPS), 0.07)


def _melanin_and_blood(looks: Looks, chart: Chart, lips: Floats, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Lay out melanin and blood, each (rows, columns)."""
    mottle = 0.06 * chart.noise(dice, 1.6) + 0.05 * chart.noise(dice, 0.45) + 0.04 * chart.noise(dice, 0.15)
    mottle *= 1 - 0.65 * looks.complexion.darkness
    eyes = chart.both_sides((3.1, 2.3), (1.1, 0.45)) + 0.5 * chart.both_sides((3.1, 4.4), (1.2, 0.45))
    log_melanin = mottle + eyes * (0.10 + 0.25 * looks.age) + 0.30 * lips * looks.complexion.darkness
    log_melanin = log_melanin + looks.freckles * _freckles(chart, dice) + _moles(looks, chart, dice)
    warm = 0.9 * chart.both_sides((4.2, 0.4), (1.5, 1.2)) + 0.9 * chart.spot((0, 0.4), (0.9, 0.9))
    warm += 0.5 * chart.both_sides((1.3, -0.4), (0.5, 0.6)) + 0.35 * chart.spot((0, -6.3), (1.3, 1.0))
    warm += 0.45 * chart.both_sides((2.6, 4.2), (1.3, 0.5)) + 0.5 * chart.both_sides((2.2, 2.4), (0.7, 0.35))
    warm += 0.8 * chart.both_sides((14.0, 1.5), (1.8, 3.0)) - 0.2 * chart.spot((0, 7.8), (4.5, 1.6))
    ruddy = float(dice.uniform(0.25, 0.9))
    patchy = 1 + 0.16 * chart.noise(dice, 0.8) + 0.12 * chart.noise(dice, 0.3)
    blood = looks.complexion.blood * np.clip(patchy * (1 + ruddy * warm), 0.3, None) * (1 + 3.4 * lips)
    return looks.complexion.melanin * np.exp(log_melanin), blood


def _freckles(chart: Chart, dice: np.random.Generator) -> Floats:
    grains = chart.noise(dice, 0.16)
    where = chart.both_sides((3.2, 1.2), (2.2, 1.6)) + chart.spot((0, 1.6), (1.2, 1.6)) + 0.3
    return np.asarray(1.3 * np.clip(grains - 1.0, 0, 1) * np.minimum(where, 1.2), np.float32)


def _moles(looks: Looks, chart: Chart, dice: np.random.Generator) -> Floats:
    result = np.zeros(chart.shape, np.float32)
    for _ in range(int(dice.integers(0, 4))):
        place = (float(dice.uniform(-6.5, 6.5)), float(dice.uniform(-6, 8)))
        result += float(dice.uniform(0.8, 1.6)) * chart.spot(place, (0.09, 0.09))
    return result * (1 - 0.6 * looks.complexion.darkness)


def _gloss(looks: Looks, chart: Chart, lips: Floats, dice: np.random.Generator) -> Floats:
    """Say how oily or wet skin is; 1 is what skin is on average."""
    oily = chart.spot((0, 7.6), (3.4, 1.3)) + 1.2 * chart.spot((0, 1.4), (0.7, 2.0))
    oily += 0.5 * chart.both_sides((4.3, 1.5), (1.1, 0.7)) + 0.4 * chart.spot((0, -6.4), (1.0, 0.6))
    fine = np.clip(1 + 0.10 * chart.noise(dice, 0.12), 0.4, 1.6)
    return np.asarray(
        (0.45 + looks.oil * (0.25 + 0.8 * oily)) * fine * (1 + (0.4 + 0.8 * looks.make_up) * lips), np.float32
    )


def _height(looks: Looks, chart: Chart, lips: Floats, dice: np.random.Generator) -> Floats:
    """Lay out pores, unevenness and the grooves of the lips, cm."""
    pores = 0.0035 * chart.noise(dice, 0.10) * (0.6 + chart.both_sides((2.4, 1.0), (1.6, 1.6)))
    uneven = (0.0015 + 0.005 * looks.age) * chart.noise(dice, 0.35) + 0.006 * chart.noise(dice, 1.2)
    around, _ = chart.grid
    grooves = 0.010 * np.sin(26 * around + 2.2 * chart.noise(dice, 0.4)) * lips
    return np.asarray((pores + uneven) * (1 - lips) + grooves, np.float32)


def _paint_lips(looks: Looks, lips: Floats, skin: Skin) -> None:
    skin.blend(lips * looks.make_up * 0.75, looks.lip_colour)


def _paint_lids(bust: Bust, looks: Looks, chart: Chart, skin: Skin) -> None:
    """Paint the wet red rims, the dark roots of the lashes, and what a pencil adds."""
    upper = [outline(bust, lid).astype(np.float64) for lid in UPPER_LIDS]
    lower = [outline(bust, lid).astype(np.float64) for lid in LOWER_LIDS]
    skin.blend(0.35 * chart.blur(chart.strokes(lower, 0.16), 0.06), (0.42, 0.17, 0.14))
    dark = (0.5 + 0.5 * looks.make_up) * chart.blur(chart.strokes(upper, 0.10 + 0.08 * looks.make_up), 0.035)
    dark += (0.15 + 0.4 * looks.make_up) * chart.blur(chart.strokes(lower, 0.07), 0.035)
    skin.blend(np.minimum(dark, 0.9), tuple(0.4 * channel for channel in looks.hair))
    shadow = looks.make_up * 0.35 * chart.both_sides((3.1, 4.35), (1.1, 0.35))
    skin.colour *= 1 - np.minimum(shadow, 1)[..., None] * np.array([0.55, 0.7, 0.6], np.float32)


def _paint_clothes(looks: Looks, chart: Chart, skin: Skin) -> None:
    """Paint what covers the shoulders, with a weave and folds."""
    dice = looks.dice(2)
    around, up = chart.grid
    opening = float(dice.uniform(0.0, 3.0)) * np.exp(-((around / float(dice.uniform(3, 7))) ** 2))
    line = NECKLINE + float(dice.uniform(-0.8, 0.9)) - opening + 0.05 * chart.noise(dice, 2.0)
    inside = np.clip((line - up) / 0.12 + 0.5, 0, 1).astype(np.float32)
    rim = np.exp(-(((line - up - 0.25) / 0.12) ** 2))
    folds = 0.05 * chart.noise(dice, 1.8) + 0.025 * chart.noise(dice, 0.25) - 0.25 * rim
    colour = np.asarray(looks.cloth, np.float32) * np.clip(1 + folds, 0.3, 2)[..., None]
    shadow = 0.5 * np.exp(-np.maximum(up - line, 0) / 0.35) * (1 - inside)
    skin.colour *= (1 - shadow)[..., None].astype(np.float32)
    skin.blend(inside, colour.astype(np.float32))
    skin.gloss *= 1 - 0.85 * inside
    skin.height += inside * np.asarray(0.02 * chart.noise(dice, 1.0), np.float32)
