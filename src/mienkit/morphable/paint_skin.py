"""The skin of a redrawn face: the photo's own, moved; what lids and lips uncover; light on new slopes and folds."""

import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur, distance_inside, fetch, grow, smoothstep
from mienkit.morphable.half import Halves, changes, spread
from mienkit.morphable.portrait import LASHES, Portrait
from mienkit.morphable.scene import Scene, onset
from mienkit.morphable.surface import Kind
from mienkit.morphable.warp import stretched

Floats = npt.NDArray[np.float32]

SHADING = 0.75
"""Power of the ratio of light after and before: faces are lit from more sides than one lamp can say."""
CREASE = 0.7
"""How much a fold that deepens by 1 per cm darkens the skin."""
DARKEST, LIGHTEST = 0.6, 1.15
LID_EDGE, LID_SHADE = 0.03, 0.22
"""How far the shade along a lid's crease and lashes reaches, in widths of the face, and how dark it is."""
LID_SOFT = 0.007
"""How softly a shut lid goes over into the skin around, in widths of the face."""
CREASE_GONE = 0.8
"""Share of a lid's crease that is gone when it is shut."""
LID_LIT = 0.6
"""Share of a shut lid's new light that is left out: what it is painted with is lit as it is."""
PAINTED = 16.0
"""Levels of 255 from which what replaces the photo's own skin counts as new."""
TINT = np.array([0.85, 1.0, 1.1], np.float32)
"""Shadows on skin are warmer than the skin: they change red least."""


def paint_skin(portrait: Portrait, scene: Scene) -> tuple[Floats, Floats]:
    """Return the picture without eyes and mouth, (S, S, 3), and how much of each pixel is new, (S, S)."""
    x, y = np.ascontiguousarray(scene.from_x), np.ascontiguousarray(scene.from_y)
    image = fetch(portrait.skin, x, y)
    lids, lips, shut = lid_share(portrait, scene), lip_share(portrait, scene), shut_share(portrait, scene)
    lids = np.maximum(lids, shut)
    share = np.maximum(lids, lips)
    new = lids
    if share.max() > 0:
        bare = fetch(portrait.bare, x, y)
        # Around the lips most of it is the very same skin; only where teeth were taken out is it another.
        new = np.maximum(lids, lips * np.clip(np.abs(bare - image).max(2) / PAINTED, 0, 1))
        if lids.max() > 0:
            bare = round_lids(bare + shut[..., None] * (portrait.bare - bare), lids, portrait)
        image += share[..., None] * (bare - image)
    light = shade(portrait, scene)
    return image * (light + LID_LIT * shut[..., None] * (1 - light)), new * (scene.kind == Kind.SKIN)


def lid_share(portrait: Portrait, scene: Scene) -> Floats:
    """Say where a lid unrolls that was in its crease or under its lashes, (S, S) in [0, 1]."""
    width, screen = portrait.width, portrait.screen
    unrolled = np.clip(1.6 * stretched(scene.flow, width), 0, 1) * (scene.kind == Kind.SKIN)
    blink = changes(scene, "eyeBlink").map(lambda change: onset(change, 0.4))
    inner, outer = changes(scene, "browInnerUp"), changes(scene, "browOuterUp")
    lift = Halves(*map(max, inner, outer)).map(lambda change: 0.7 * onset(change, 0.67))
    share = np.zeros_like(scene.rows)
    for which in (Kind.RIGHT_EYE, Kind.LEFT_EYE):
        middle = screen[portrait.surface.of(which), :2].mean(0)
        share = np.maximum(share, scene.window(middle, 0.16 * width, 0.09 * width))
    apart = smoothstep((distance_inside(~scene.eyes) / width - 0.012) / 0.015)
    lids = np.maximum(spread(blink, portrait, scene), spread(lift, portrait, scene) * apart)
    return np.asarray(unrolled * share * lids, np.float32)


def shut_share(portrait: Portrait, scene: Scene) -> Floats:
    """Say where lids lie now before an eye that the photo shows, (S, S) in [0, 1].

    Of a lid the photo shows the thin strip below its crease, which is too dark, and lashes. What it has around the eye
    is nearer to it, and goes over into it without a border; of the crease above, a little remains.
    """
    closing = changes(scene, "eyeBlink").map(lambda change: onset(change, 0.4))
    if max(closing) <= 0:
        return np.zeros_like(scene.rows)
    eye = np.isin(portrait.kind, (Kind.RIGHT_EYE, Kind.LEFT_EYE))
    above = grow(eye, 1, upwards=max(2, round(LASHES * portrait.width)))
    soft = max(1.0, LID_SOFT * portrait.width)
    before = np.maximum(blur(grow(eye, 1).astype(np.float32), soft), CREASE_GONE * blur(above.astype(np.float32), soft))
    return np.asarray(spread(closing, portrait, scene) * before * (scene.kind == Kind.SKIN), np.float32)


def round_lids(skin: Floats, lids: Floats, portrait: Portrait) -> Floats:
    """Darken lids that unroll, towards crease and lashes: they lie on a ball. And skin without grain is plastic."""
    inner = blur(lids, LID_EDGE * portrait.width)
    dark = 1 - LID_SHADE * np.clip(1 - inner, 0, 1) * np.minimum(4 * lids, 1)
    return np.asarray(skin * dark[..., None] ** TINT + (lids * portrait.grain)[..., None], np.float32)


def lip_share(portrait: Portrait, scene: Scene) -> Floats:
    """Say where teeth of the photo, just outside of the modelled lips, must not stick to lips that move."""
    lips = portrait.screen[portrait.surface.of(Kind.SOCKET), :2]
    middle = np.median(lips, 0)
    reach = 0.35 * portrait.width
    around = scene.window(middle, reach, reach)
    moved = float(np.abs(scene.flow * around[..., None]).max())
    return around * (around > 0.02) * onset(moved, 0.02 * portrait.width)


def shade(portrait: Portrait, scene: Scene) -> Floats:
    """Return by how much the light on the skin changes, (S, S, 3)."""
    width, skin = portrait.width, scene.kind == Kind.SKIN
    ratio = portrait.light.ratio(scene.normals, scene.normals_before) ** SHADING
    ratio = ratio * np.exp(-CREASE * np.clip(scene.bend, -0.2, 0.6))
    ratio = blur(np.where(skin, np.clip(ratio, DARKEST, LIGHTEST), 1).astype(np.float32), 0.006 * width)
    inner = blur((scene.kind != Kind.NONE).astype(np.float32), 0.02 * width)
    ratio = 1 + (ratio - 1) * np.clip(2 * inner - 1, 0, 1)
    return np.asarray(ratio[..., None] ** TINT, np.float32)
