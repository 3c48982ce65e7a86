"""Eyes of a redrawn face: the photo's where it showed them, their colours where lids uncover more, and lash lines."""

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur, distance_inside, fetch, smoothstep
from mienkit.morphable.half import changes, halves, spread
from mienkit.morphable.portrait import Portrait
from mienkit.morphable.scene import Scene, onset
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

LASH_SHADOW = 0.018
"""How far the shadow of the lashes reaches into the eye, in widths of the face."""
UNDER_UPPER_LID, UNDER_LOWER_LID = 0.55, 0.9
"""How light the eye is right at the lids."""
LASH_COLOUR = np.array([0.28, 0.22, 0.20], np.float32)
"""Of the skin below it."""
RIGHT_UPPER_LID = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_UPPER_LID = (263, 466, 388, 387, 386, 385, 384, 398, 362)
"""Among MediaPipe's points, from the outer corner to the inner."""
SHUT_FROM, SHUT_OVER = 0.8, 0.15
LASHES_FROM = 0.15
"""Change of a lid from which its lashes are drawn anew."""


def paint_eyes(portrait: Portrait, scene: Scene, image: Floats, fresh: Floats) -> tuple[Floats, Floats]:
    """Paint both eyeballs; returns the picture and what is new in it."""
    rows, columns = np.nonzero(scene.eyes)
    if not len(rows):
        return image, fresh
    source = scene.source[rows, columns]
    colours = np.zeros((len(rows), 3), np.float32)
    for which, eye in zip((Kind.RIGHT_EYE, Kind.LEFT_EYE), portrait.eyes, strict=True):
        here = scene.kind[rows, columns] == which
        colours[here] = eye.at(source[here, 0], source[here, 1])
    band = LASH_SHADOW * portrait.width
    depth = distance_inside(scene.eyes)[rows, columns]
    colours *= lash_shadow(scene, rows, columns, depth / band)[:, None]
    share = photo_share(portrait, source, depth, band)[:, None]
    seen = fetch(portrait.image, source[None, :, 0].copy(), source[None, :, 1].copy())[0]
    shut = shut_share(scene, scene.kind[rows, columns] == Kind.RIGHT_EYE)[:, None]
    eye_colour = share * seen + (1 - share) * colours
    lid = portrait.bare[rows, columns]
    image[rows, columns] = (1 - shut) * eye_colour + shut * lid
    fresh[rows, columns] = np.maximum(1 - share, shut)[:, 0]
    return image, fresh


def shut_share(scene: Scene, right: Mask) -> Floats:
    """Say how far lids hide places of eyeballs, (N,), which lie in the right eye or in the left one."""
    weights = halves(scene, "eyeBlink", scene.expression, scene.strongest("eyeBlink"))
    shut = weights.map(lambda weight: onset(weight - SHUT_FROM, SHUT_OVER))
    return np.where(right, shut.right, shut.left).astype(np.float32)


def photo_share(portrait: Portrait, source: Floats, depth: Floats, band: float) -> Floats:
    """Say how much of the photo's own eye to show, (N,): not the shadow of lashes that have moved away."""
    side = len(portrait.image)
    column, row = (np.clip(source[:, axis].astype(np.int64), 0, side - 1) for axis in (0, 1))
    before = distance_inside(np.isin(portrait.kind, (Kind.RIGHT_EYE, Kind.LEFT_EYE)))[row, column]
    clear = smoothstep(before / band)
    still = 1 - smoothstep((depth - before - 0.5) / (0.25 * band))
    return np.maximum(clear, still) * (before > 0.5)


def lash_shadow(scene: Scene, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], depth: Floats) -> Floats:
    """Darken what lies just under the upper lid of either eye, (N,); ``depth`` in widths of the shadow."""
    floor = np.ones(len(rows), np.float32)
    for which in (Kind.RIGHT_EYE, Kind.LEFT_EYE):
        here = scene.kind[rows, columns] == which
        if here.any():
            upper = smoothstep(1 - (rows[here] - rows[here].min()) / max(np.ptp(rows[here]), 1))
            floor[here] = UNDER_LOWER_LID + (UNDER_UPPER_LID - UNDER_LOWER_LID) * upper
    return np.asarray(floor + (1 - floor) * smoothstep(depth), np.float32)


def paint_lash_lines(portrait: Portrait, scene: Scene, image: Floats) -> Floats:
    """Draw the lashes of lids that close."""
    if scene.most("eyeBlink") < LASHES_FROM:
        return image
    blink = changes(scene, "eyeBlink").map(lambda change: onset(change, 0.62) if change >= LASHES_FROM else 0.0)
    line = np.zeros_like(scene.rows)
    thickness = max(1, round(0.012 * portrait.width))
    points = portrait.surface.marks.pick(scene.screen[:, :2]) - 0.5
    for lid in (RIGHT_UPPER_LID, LEFT_UPPER_LID):
        lashes = np.round(8 * points[list(lid[:-1])]).astype(np.int32)  # none grow in the inner corner
        cv2.polylines(line, [lashes], False, 1.0, thickness, cv2.LINE_AA, 3)
    share = (blur(line, 0.006 * portrait.width) * 0.75 * spread(blink, portrait, scene))[..., None]
    return np.asarray(image * (1 - share + share * LASH_COLOUR), np.float32)
