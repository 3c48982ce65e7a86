"""The inside of a redrawn mouth: the photo's own where it showed it, else teeth, gums and a dark that deepens."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur, distance_inside, fetch, grow, push_pull, smoothstep
from mienkit.morphable.portrait import LUMA, Portrait, shrink
from mienkit.morphable.scene import Scene, onset
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice]

GUMS = np.array([0.72, 0.34, 0.35], np.float32)
SOCKET = np.array([0.29, 0.105, 0.105], np.float32)
"""Shares of the light inside the mouth."""
FALL_CM, TEETH_FALL_CM = 3.2, 0.8
"""Depth over which light falls to a third, behind the front teeth; cheeks shade the molars."""
DARKEST_TOOTH = 0.1
TOOTH_HIDDEN, TOOTH_SEEN = 0.12, 0.6
"""Teeth that get less than the first share of the light look like the flesh around; from the second on, like teeth."""
HIDDEN_CM = 0.25
"""What lay further back than this in the photo was hidden by something else."""
STILL_PX = 0.6
WET_LIP = 0.014
"""How far the inside of a lip can be followed into the mouth, in widths of the face."""
WET_LIP_COLOUR = np.array([0.62, 0.40, 0.40], np.float32)
"""Of the lip's own."""
SPECK = 0.03
"""What the photo shows of tongue and gums in patches narrower than this, in widths of the face, is left out."""
BESIDE, ABOVE, STRAY_ABOVE = 0.08, 0.02, 0.03
"""How far beside its corners, above and below them the photo's mouth can reach out of the modelled one, in widths of
the face."""
CORNERS = 0.75
"""From the middle of the mouth to its corners: where these begin."""
PARTED = 0.015
"""Lips that are apart by less than twice this, in widths of the face, show no teeth."""
DARK_CORNER = 0.72
"""Darker than this share of the lips around is the inside."""
ENAMEL_LIGHT = 0.42
"""Teeth are no darker than this share of the lightest ones."""
ENAMEL_RED, PALER = 1.22, 0.93
"""How much redder than the lightest teeth others are at most, and how much less red than the lips around."""
EVEN = 0.05
"""Notches narrower than this, in widths of the face, are no part of a mouth's outline."""
GAP = 0.03
"""Dark between two teeth is narrower, in widths of the face."""
THIN_END = 0.055
"""Height of the ends that are taken off an opened mouth, in widths of the face."""
NARROW = 0.15
"""Share of its width that a mouth loses when it is no smile any more."""
INNER_CORNERS = (78, 308)
"""Of MediaPipe's points."""
CORNER_CM = 2.5
"""How deep the dark beside the teeth is."""
SHARE_OF_HEIGHT = 0.4
"""But no more than this share of the mouth's."""
JAW_DROPPED = 0.05
"""Widths of the face that teeth go down when a mouth is another one than the photo's."""


@dataclass(frozen=True, eq=False)
class OwnMouth:
    """Of the photo, (S, S)."""

    inside: Mask
    """Where the photo shows the inside of the mouth."""
    beside: Mask
    """Where it does so beside the modelled lips."""
    stray: Mask
    """The same with every tooth and shadow that sticks out: what lips must not carry along."""
    upper: Mask
    """The upper teeth."""
    dropped: float
    """In [0, 1]: how far the jaw goes down from where it was."""
    narrowed: float
    """In [0, 1]: how far the corners come together from where they were."""


def paint_mouth(portrait: Portrait, scene: Scene, image: Floats, fresh: Floats, own: OwnMouth) -> tuple[Floats, Floats]:
    """Paint the mouth's inside; returns the picture and what is new in it."""
    if not scene.mouth.any():
        return image, fresh
    box = _around(scene.mouth, margin=round(0.1 * portrait.width) + 4)
    inside = scene.mouth[box]
    paint = new_colours(portrait, scene, box)
    paint = wet_lips(paint, image[box], scene.kind[box], portrait.width)
    paint = soften(paint, inside, max(0.8, 0.005 * portrait.width))
    share, still = photo_share(portrait, scene, own, box)
    source = scene.source[box]
    x = np.where(still, scene.columns[box], source[..., 0])
    y = np.where(still, scene.rows[box], source[..., 1])
    seen = fetch(portrait.image, np.ascontiguousarray(x), np.ascontiguousarray(y))
    mixed = share[..., None] * seen + (1 - share[..., None]) * paint
    image[box] = np.where(inside[..., None], mixed, image[box])
    fresh[box] = np.where(inside, 1 - share, fresh[box])
    return image, fresh


def new_colours(portrait: Portrait, scene: Scene, box: Box) -> Floats:
    """Colour gums, teeth and the dark behind them, (h, w, 3), by how far back they lie."""
    kind, normals = scene.kind[box], scene.normals[box]
    teeth_vertices = portrait.surface.of(Kind.TEETH)
    front = float(scene.shape[teeth_vertices, 2].max())
    behind = np.clip(front - scene.forward[box], 0, None)
    rim = blur(scene.mouth[box].astype(np.float32), 0.03 * portrait.width)
    deep = np.maximum(np.exp(-behind / FALL_CM), 0.12) * np.clip(0.55 + 0.6 * rim, 0, 1)
    deep *= np.clip(0.75 + 0.3 * normals[..., 2], 0.4, 1)
    enamel = DARKEST_TOOTH + (1 - DARKEST_TOOTH) * np.exp(-np.clip(behind - 0.7, 0, None) / TEETH_FALL_CM)
    enamel = enamel * np.clip(0.72 + 0.35 * rim, 0, 1) * np.clip(0.72 + 0.32 * normals[..., 2], 0.35, 1)
    flesh = np.where((kind == Kind.GUMS)[..., None], GUMS, SOCKET) * portrait.inner_light * deep[..., None]
    shown = smoothstep((enamel - TOOTH_HIDDEN) / (TOOTH_SEEN - TOOTH_HIDDEN))[..., None]
    dusk = 0.5 * (GUMS + SOCKET) * portrait.inner_light * deep[..., None]
    teeth = shown * portrait.teeth * enamel[..., None] + (1 - shown) * dusk
    return np.where((kind == Kind.TEETH)[..., None], teeth, flesh).astype(np.float32)


def wet_lips(colours: Floats, image: Floats, kind: npt.NDArray[np.uint8], width: float) -> Floats:
    """Let lips end softly: their wet inside goes over into the dark, (h, w, 3), though not over light teeth."""
    inside = kind >= Kind.SOCKET
    reach = WET_LIP * width
    outside = (kind == Kind.SKIN).astype(np.float32)
    lips = blur(image * outside[..., None], 2 * reach) / np.maximum(blur(outside, 2 * reach), 1e-2)[..., None]
    light = colours.mean(2) / np.maximum(lips.mean(2), 1)
    share = np.exp(-((distance_inside(inside) / reach) ** 2)) * smoothstep(2 * (0.85 - light)) * inside
    return np.asarray(colours + share[..., None] * (WET_LIP_COLOUR * lips - colours), np.float32)


def soften(colours: Floats, inside: Mask, sigma: float) -> Floats:
    """Blur a little within the mouth, so that gaps between teeth do not look like braces."""
    weight = inside.astype(np.float32)
    total = blur(colours * weight[..., None], sigma)
    return np.asarray(total / np.maximum(blur(weight, sigma), 1e-3)[..., None], np.float32)


def photo_share(portrait: Portrait, scene: Scene, own: OwnMouth, box: Box) -> tuple[Floats, Mask]:
    """Say how much of the photo's own mouth to show, (h, w), and where it has not moved, (h, w).

    Upper teeth stay where they are whatever the lips and the jaw do. What rides on the jaw is taken from where it was,
    unless the photo showed upper teeth there, before a tongue or gums that only the model knows of.
    """
    source, side, inside = scene.source[box], len(portrait.image), scene.mouth[box]
    column, row = (np.clip(source[..., axis].astype(np.int64), 0, side - 1) for axis in (0, 1))
    shown = shrink(portrait.kind >= Kind.SOCKET)[row, column]
    shown &= portrait.raster.depth[row, column] - source[..., 2] < HIDDEN_CM
    moved = np.maximum(np.abs(source[..., 0] - scene.columns[box]), np.abs(source[..., 1] - scene.rows[box]))
    same = (moved < STILL_PX) & (own.inside if own.dropped > 0 else portrait.kind >= Kind.SOCKET)[box]
    if own.dropped > 0:
        shown &= (portrait.kind[row, column] == scene.kind[box]) & ~grow(own.upper, 2)[row, column]
        across = 2 * max(1, round(SPECK * portrait.width / 2)) + 1
        oval = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
        shown = cv2.morphologyEx((shown & inside).astype(np.uint8), cv2.MORPH_OPEN, oval) > 0
    upper = own.upper[box] & inside
    weight = inside.astype(np.float32)
    known = blur((shown | same | upper) * weight, 1.5) / np.maximum(blur(weight, 1.5), 1e-3)
    share = np.where(same & (own.dropped == 0), 1, np.clip(1.6 * known - 0.3, 0, 1))
    return share.astype(np.float32), np.asarray(same | upper)


def look_into_mouth(portrait: Portrait, scene: Scene) -> OwnMouth:
    """Find the photo's own mouth."""
    modelled = portrait.kind >= Kind.SOCKET
    beside, stray, upper = (np.zeros_like(modelled) for _ in range(3))
    dropped = jaw_drop(portrait, scene)
    if dropped > 0 and float(distance_inside(modelled).max()) > PARTED * portrait.width:
        box = _around(modelled, round(2 * BESIDE * portrait.width))
        beside[box], stray[box] = outside_lips(portrait.image[box], modelled[box], portrait.teeth, portrait.width)
        upper[box] = upper_teeth(portrait.image[box], (modelled | beside)[box], portrait.teeth, portrait.width)
    return OwnMouth(modelled | beside, beside, stray, upper, dropped, narrowing(portrait, scene))


def narrowing(portrait: Portrait, scene: Scene) -> float:
    """Say how far the corners of the mouth came together, in [0, 1]."""
    corners = [
        portrait.surface.marks.pick(screen[:, :2])[list(INNER_CORNERS)] for screen in (portrait.screen, scene.screen)
    ]
    before, now = (float(np.linalg.norm(one[1] - one[0])) for one in corners)
    return onset(1 - now / max(before, 1.0), NARROW)


def open_beside(portrait: Portrait, scene: Scene, own: OwnMouth) -> Scene:
    """Open the mouth as far beside the modelled lips as the photo's was, less where its corners come together."""
    if not own.beside.any():
        return scene
    far = distance_inside(portrait.kind < Kind.SOCKET)
    kept = own.beside & (far <= (1 - own.narrowed) * float(far[own.beside].max()))
    x, y = np.ascontiguousarray(scene.from_x), np.ascontiguousarray(scene.from_y)
    opened = (fetch(kept[..., None].astype(np.float32), x, y)[..., 0] > 0.5) & (scene.kind == Kind.SKIN)
    opened = _smooth(opened | scene.mouth, EVEN * portrait.width) & (scene.kind == Kind.SKIN)
    deep = np.where(opened, float(scene.shape[portrait.surface.of(Kind.TEETH), 2].max()) - CORNER_CM, scene.forward)
    kind = np.where(opened, np.uint8(Kind.SOCKET), scene.kind)
    return replace(scene, kind=kind, forward=deep.astype(np.float32))


def round_corners(portrait: Portrait, scene: Scene, own: OwnMouth) -> Scene:
    """Take the thin ends off a mouth whose jaw dropped: the upper lip of a smile sags there, and no lip is so sharp."""
    if not own.upper.any():
        return scene
    height = min(THIN_END * portrait.width, SHARE_OF_HEIGHT * 2 * float(distance_inside(scene.mouth).max()))
    across = 2 * round(height * own.dropped * own.narrowed / 2) + 1
    oval = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    blunt = cv2.morphologyEx(scene.mouth.astype(np.uint8), cv2.MORPH_OPEN, oval) > 0
    return replace(scene, kind=np.where(scene.mouth & ~blunt, np.uint8(Kind.SKIN), scene.kind))


def jaw_drop(portrait: Portrait, scene: Scene) -> float:
    """Say how far the lower teeth went down, in [0, 1]."""
    teeth = portrait.surface.of(Kind.TEETH)
    moved = (scene.screen - portrait.screen)[teeth, 1]
    return onset(float(moved.max()) - 0.5, JAW_DROPPED * portrait.width)


def outside_lips(image: Floats, modelled: Mask, teeth: Floats, width: float) -> tuple[Mask, Mask]:
    """Find what the photo shows of its mouth beside the modelled one: as an even outline, and every pixel of it."""
    columns = np.flatnonzero(modelled.any(0))
    middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
    far = np.abs(np.arange(image.shape[1]) - middle) > CORNERS * half
    near, nearer = (_stretch(modelled, round(BESIDE * width), round(above * width)) for above in (STRAY_ABOVE, ABOVE))
    lips = push_pull(image, (~near).astype(np.float32))
    redness, around = _redness(image), _redness(lips)
    dark = image @ LUMA < DARK_CORNER * (lips @ LUMA)
    found = near & far & (dark | enamel(image, teeth) & (redness < PALER * around)) & ~modelled
    _, parts = cv2.connectedComponents((found | modelled).astype(np.uint8), connectivity=8)
    found &= np.isin(parts, np.unique(parts[modelled]))
    even = _smooth(found & nearer | modelled, EVEN * width) & ~modelled & nearer & far
    return even, found | even


def enamel(image: Floats, teeth: Floats) -> Mask:
    """Say which pixels have the colour of teeth, whose lightest ones have ``teeth``."""
    light = image @ LUMA > ENAMEL_LIGHT * float(teeth @ LUMA)
    return np.asarray(light & (_redness(image) < ENAMEL_RED * float(_redness(teeth))))


def upper_teeth(image: Floats, inside: Mask, teeth: Floats, width: float) -> Mask:
    """Find the upper teeth: enamel that begins in the upper half of the mouth, down to the first dark or lip."""
    tall = np.ones((3, 1), np.uint8)
    white = cv2.morphologyEx((enamel(image, teeth) & inside).astype(np.uint8), cv2.MORPH_CLOSE, tall) > 0
    begun = np.maximum.accumulate(white, 0)
    ended = np.maximum.accumulate(begun & ~white, 0)
    run = white & ~ended
    begin, top, height = run.argmax(0), inside.argmax(0), inside.sum(0)
    run &= begin - top <= 0.5 * height
    wide = np.ones((1, 2 * max(1, round(GAP * width / 2)) + 1), np.uint8)
    whole = cv2.morphologyEx(run.astype(np.uint8), cv2.MORPH_CLOSE, wide)
    whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((3, wide.shape[1]), np.uint8))
    return np.asarray((whole > 0) & inside)


def without_beside(portrait: Portrait, own: OwnMouth) -> Portrait:
    """Take teeth and dark off the lips beside the modelled mouth, which would ride along with them."""
    if own.dropped <= 0 or not own.stray.any():
        return portrait
    box = _around(own.inside | own.stray, round(BESIDE * portrait.width))
    rim = max(1, round(0.008 * portrait.width))
    stray = grow(own.stray[box], rim)
    skin, bare = portrait.skin.copy(), portrait.bare.copy()
    filled = push_pull(portrait.image[box], (~(stray | grow(own.inside[box], rim))).astype(np.float32))
    share = own.dropped * np.clip(1.5 * blur(stray.astype(np.float32), rim), 0, 1)[..., None]
    for picture in (skin, bare):
        picture[box] += share * (filled - picture[box])
    return replace(portrait, skin=skin, bare=bare)


def _stretch(mask: Mask, across: int, up: int) -> Mask:
    oval = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * across + 1, 2 * up + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), oval) > 0)


def _smooth(mouth: Mask, across: float) -> Mask:
    """Close notches of a mouth, and take off what sticks out by half as much."""
    notch, spike = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(one / 2) + 1,) * 2) for one in (across, across / 2)
    )
    closed = cv2.morphologyEx(mouth.astype(np.uint8), cv2.MORPH_CLOSE, notch)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, spike) > 0)


def _redness(image: Floats) -> Floats:
    return np.asarray(image[..., 0] / (image[..., 1] + 8), np.float32)


def _around(mask: Mask, margin: int) -> Box:
    """Return a box of the picture around a mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )
