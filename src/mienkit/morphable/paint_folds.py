"""What a smile takes along when it falls: its folds leave the cheeks, and the shadows of calm lips come."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur
from mienkit.morphable.half import Halves, halves, spread
from mienkit.morphable.paint_skin import TINT
from mienkit.morphable.portrait import Portrait
from mienkit.morphable.scene import Scene, onset
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]

RIGHT_FOLD = (203, 206, 216, 212)
LEFT_FOLD = (423, 426, 436, 432)
"""From the wing of the nose round the corner of the mouth, among MediaPipe's points."""
ACROSS, AROUND = 0.045, 0.03
"""Half width of the skin on both sides of a fold, and how softly it ends, in widths of the face."""
FINEST, COARSEST = 0.008, 0.05
"""What a fold is: nothing as fine as pores, nothing as coarse as the cheek; standard deviations in widths of the
face."""
GONE = 0.9
"""Share of a fold that leaves with a whole smile: with age some of it stays."""
WHOLE_SMILE = 0.6
"""Weight of the smile's shape that counts as one."""
LOPSIDED = 0.15
"""A smile that is more crooked by less falls as one: fits are not that sure of either half."""

UNDER_LIP, BELOW_CORNER = 0.3, 0.2
"""How much darker than beside a smile, of which the light on the model knows nothing, the skin under the lower lip and
just outside of the corners is. 51 calm photographs without a beard measure 0.34 and 0.24 at the darkest place, against
107 smiles taken off."""
LIP_DEPTH, LIP_UP, LIP_DOWN, LIP_ACROSS = 0.095, 0.045, 0.02, 0.11
"""How far under the line of the mouth it is darkest, and how fast that ends, in widths of the face."""
CORNER_OUT, CORNER_ACROSS, CORNER_DOWN = 1.15, 0.035, 0.02
"""Where it is darkest, in half widths of the mouth from its middle, and how fast that ends, in widths of the face."""
CORNERS, MIDDLE = (78, 308), (13, 14)
"""Of the inner lips, among MediaPipe's points."""


def without_folds(portrait: Portrait, scene: Scene) -> Portrait:
    """Flatten the folds beside the mouth where a smile falls."""
    strength = fallen_smile(scene).map(lambda fallen: GONE * onset(fallen, WHOLE_SMILE))
    if max(strength) <= 0:
        return portrait
    box, near = beside_mouth(portrait)
    fading = spread(strength, portrait, scene, box) * near
    skin, bare = portrait.skin.copy(), portrait.bare.copy()
    for picture in (skin, bare):
        part = picture[box]
        flat = blur(part, COARSEST * portrait.width) - blur(part, FINEST * portrait.width)
        picture[box] = part + fading[..., None] * flat
    return replace(portrait, skin=skin, bare=bare)


def paint_calm_shadows(portrait: Portrait, scene: Scene, image: Floats) -> Floats:
    """Darken the skin under the lower lip and outside of the corners where a smile falls, (S, S, 3)."""
    strength = fallen_smile(scene).map(lambda fallen: onset(fallen, WHOLE_SMILE))
    if max(strength) <= 0:
        return image
    width, points = portrait.width, portrait.surface.marks.pick(scene.screen[:, :2])
    right, left = points[list(CORNERS)]
    middle = points[list(MIDDLE)].mean(0)
    half = max(float(np.linalg.norm(left - right)) / 2, 1.0)
    along = (left - right) / (2 * half)
    reach = half + 5 * CORNER_ACROSS * width
    top, bottom = max(int(middle[1] - 0.6 * reach), 0), int(middle[1] + 0.9 * reach)
    box = np.s_[top:bottom, max(int(middle[0] - reach), 0) : int(middle[0] + reach)]
    x, y = scene.columns[box] - middle[0], scene.rows[box] - middle[1]
    across, down = x * along[0] + y * along[1], y * along[0] - x * along[1]
    below = down / width - LIP_DEPTH
    lip = np.exp(-((below / np.where(below < 0, LIP_UP, LIP_DOWN)) ** 2) / 2 - (across / (LIP_ACROSS * width)) ** 2 / 2)
    dark = UNDER_LIP * lip
    for corner, side in ((right, -1), (left, 1)):
        sunk = (corner - middle) @ np.array([-along[1], along[0]])
        outwards = (across - side * CORNER_OUT * half) / (CORNER_ACROSS * width)
        dark += BELOW_CORNER * np.exp(-(outwards**2 + ((down - sunk) / (CORNER_DOWN * width)) ** 2) / 2)
    dark *= spread(strength, portrait, scene, box) * (scene.kind[box] == Kind.SKIN)
    image[box] *= (1 - dark[..., None]) ** TINT
    return image


def fallen_smile(scene: Scene) -> Halves:
    """Say by how much the weight of the smile's shape fell on each half, 0 or more."""
    smiles = [name.startswith("mouthSmile") for name in scene.names]
    rise = halves(scene, "mouthSmile", scene.change, float(scene.change[smiles].mean()), LOPSIDED)
    return rise.map(lambda change: max(-change, 0.0))


def beside_mouth(portrait: Portrait) -> tuple[tuple[slice, slice], Floats]:
    """Return a box of the photo, and how near to a fold its pixels are, (h, w) in [0, 1]."""
    points = portrait.surface.marks.pick(portrait.screen[:, :2])
    lines = [points[list(fold)] for fold in (RIGHT_FOLD, LEFT_FOLD)]
    margin = (ACROSS + 3 * AROUND) * portrait.width
    ends = np.concatenate(lines)
    left, top = np.maximum(ends.min(0) - margin, 0).astype(int)
    right, bottom = (ends.max(0) + margin).astype(int)
    box = slice(top, bottom), slice(left, right)
    near = np.zeros(portrait.image[box].shape[:2], np.float32)
    wide = max(1, round(2 * ACROSS * portrait.width))
    places = [np.round(line - (left, top) - 0.5).astype(np.int32) for line in lines]
    cv2.polylines(near, places, False, 1.0, wide, cv2.LINE_8)
    return box, blur(near, AROUND * portrait.width)
