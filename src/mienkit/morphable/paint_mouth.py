"""The inside of a redrawn mouth: the photo's own where it showed it, else teeth, gums and a dark that deepens."""

import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur, fetch
from mienkit.morphable.portrait import Portrait, shrink
from mienkit.morphable.scene import Scene
from mienkit.morphable.surface import Kind

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

GUMS = np.array([0.72, 0.34, 0.35], np.float32)
SOCKET = np.array([0.29, 0.105, 0.105], np.float32)
"""Shares of the light inside the mouth."""
FALL_CM, TEETH_FALL_CM = 3.2, 0.8
"""Depth over which light falls to a third, behind the front teeth; cheeks shade the molars."""
DARKEST_TOOTH = 0.1
HIDDEN_CM = 0.25
"""What lay further back than this in the photo was hidden by something else."""


def paint_mouth(portrait: Portrait, scene: Scene, image: Floats, fresh: Floats) -> tuple[Floats, Floats]:
    """Paint the mouth's inside; returns the picture and what is new in it."""
    rows, columns = np.nonzero(scene.mouth)
    if not len(rows):
        return image, fresh
    box = _around(rows, columns, len(image), margin=round(0.1 * portrait.width) + 4)
    inside = scene.mouth[box]
    paint = soften(new_colours(portrait, scene, box), inside, max(0.8, 0.005 * portrait.width))
    share = photo_share(portrait, scene, box)[..., None]
    source = scene.source[box]
    seen = fetch(portrait.image, np.ascontiguousarray(source[..., 0]), np.ascontiguousarray(source[..., 1]))
    image[box] = np.where(inside[..., None], share * seen + (1 - share) * paint, image[box])
    fresh[box] = np.where(inside, 1 - share[..., 0], fresh[box])
    return image, fresh


def new_colours(portrait: Portrait, scene: Scene, box: tuple[slice, slice]) -> Floats:
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
    return np.where((kind == Kind.TEETH)[..., None], portrait.teeth * enamel[..., None], flesh).astype(np.float32)


def soften(colours: Floats, inside: Mask, sigma: float) -> Floats:
    """Blur a little within the mouth, so that gaps between teeth do not look like braces."""
    weight = inside.astype(np.float32)
    total = blur(colours * weight[..., None], sigma)
    return np.asarray(total / np.maximum(blur(weight, sigma), 1e-3)[..., None], np.float32)


def photo_share(portrait: Portrait, scene: Scene, box: tuple[slice, slice]) -> Floats:
    """Say how much of the photo's own mouth to show, (h, w): where the same place was seen in it."""
    source, side = scene.source[box], len(portrait.image)
    column, row = (np.clip(source[..., axis].astype(np.int64), 0, side - 1) for axis in (0, 1))
    shown = shrink(portrait.kind >= Kind.SOCKET)[row, column]
    shown &= portrait.raster.depth[row, column] - source[..., 2] < HIDDEN_CM
    moved = np.maximum(np.abs(source[..., 0] - scene.columns[box]), np.abs(source[..., 1] - scene.rows[box]))
    same = (moved < 0.6) & (portrait.kind[box] >= Kind.SOCKET)
    inside = scene.mouth[box]
    weight = inside.astype(np.float32)
    known = blur((shown | same) * weight, 1.5) / np.maximum(blur(weight, 1.5), 1e-3)
    return np.where(same, 1, np.clip(1.6 * known - 0.3, 0, 1)).astype(np.float32)


def _around(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], side: int, margin: int) -> tuple[slice, slice]:
    """Return a box of the picture around some pixels."""
    return (
        slice(max(0, int(rows.min()) - margin), min(side, int(rows.max()) + margin + 1)),
        slice(max(0, int(columns.min()) - margin), min(side, int(columns.max()) + margin + 1)),
    )
