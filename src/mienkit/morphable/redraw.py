"""A photo of a face with another expression: its fitted head moves, and the photo is its own texture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.camera import turn
from mienkit.morphable.fill import blur
from mienkit.morphable.head import Vertices
from mienkit.morphable.paint_eye import paint_eyes, paint_lash_lines
from mienkit.morphable.paint_folds import paint_calm_shadows, without_folds
from mienkit.morphable.paint_lips import close_slits, paint_lip_line
from mienkit.morphable.paint_mouth import look_into_mouth, open_beside, paint_mouth, round_corners, without_beside
from mienkit.morphable.paint_skin import paint_skin
from mienkit.morphable.portrait import Portrait, curvature, kinds_seen, on_screen
from mienkit.morphable.raster import rasterise
from mienkit.morphable.scene import Scene
from mienkit.morphable.shading import vertex_normals
from mienkit.morphable.snap import seal_lips
from mienkit.morphable.surface import Kind
from mienkit.morphable.warp import spread_flow

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BORDER_PX = 0.9
"""How soft the borders of lids and lips are."""


@dataclass(frozen=True, eq=False)
class Redrawn:
    """A face with another expression, in a square crop of side S."""

    image: Floats
    """(S, S, 3) in 0..255."""
    flow: Floats
    """(S, S, 2) pixels: where each pixel of the skin and around came from, minus where it is."""
    fresh: Floats
    """(S, S) in [0, 1]: what the photo did not show, such as the inside of a mouth or a closed lid."""
    screen: Vertices
    """(v, 3) of the surface: pixels, and depth in cm."""
    kind: npt.NDArray[np.uint8]
    """(S, S) of ``Kind``."""


def redraw(portrait: Portrait, expression: Floats, seal: float = 0.0) -> Redrawn:
    """Give a face another expression.

    Args:
        portrait: the photo, understood.
        expression: (57,) weights of the expression shapes; those of ``portrait.fit`` give the photo back.
        seal: how far the lips are closed over the teeth, in [0, 1].

    Raises:
        MissingExtraError: numba is not installed.
    """
    scene = stage(portrait, expression, seal)
    own = look_into_mouth(portrait, scene)
    scene = round_corners(portrait, open_beside(portrait, scene, own), own)
    image, fresh = paint_skin(without_folds(without_beside(portrait, own), scene), scene)
    image = paint_calm_shadows(portrait, scene, image)
    image, fresh = paint_eyes(portrait, scene, image, fresh)
    image = paint_lash_lines(portrait, scene, image)
    image, fresh = paint_mouth(portrait, scene, image, fresh, own)
    image, fresh = paint_lip_line(portrait, scene, image, fresh)
    image = soften_borders(image, scene.kind > Kind.SKIN, scene.fits(portrait))
    flow = np.where(scene.fits(portrait)[..., None], 0, scene.flow).astype(np.float32)
    return Redrawn(
        image=np.clip(image, 0, 255).astype(np.float32), flow=flow, fresh=fresh, screen=scene.screen, kind=scene.kind
    )


def soften_borders(image: Floats, openings: Mask, still: Mask) -> Floats:
    """Smooth the picture, (S, S, 3), along lids and lips, which are drawn with hard pixels; not where nothing moved."""
    rows, columns = np.flatnonzero(openings.any(1)), np.flatnonzero(openings.any(0))
    if not len(rows):
        return image
    around = np.s_[max(rows[0] - 4, 0) : rows[-1] + 5, max(columns[0] - 4, 0) : columns[-1] + 5]
    cover = blur(openings[around].astype(np.float32), BORDER_PX)
    share = np.clip(6 * cover * (1 - cover), 0, 1) * ~still[around]
    part = image[around]
    image[around] = part + share[..., None] * (blur(part, BORDER_PX) - part)
    return image


def stage(portrait: Portrait, expression: Floats, seal: float) -> Scene:
    """Move the head and look at it: what each pixel shows and where that was in the photo."""
    side, surface, fit, model = len(portrait.image), portrait.surface, portrait.fit, portrait.model
    weights = np.asarray(expression, np.float32)
    shape = surface.shape(fit.identity, weights)
    screen = on_screen(shape, fit, surface)
    if seal > 0:
        head = np.zeros((len(model.neutral), 2), np.float32)
        head[surface.vertices] = screen[:, :2]
        screen[:, :2] += seal_lips(head, model, seal)[surface.vertices]
    raster = rasterise(screen, surface.triangles, side, side)
    normals = vertex_normals(np.asarray(turn(shape, fit.pose), np.float32), surface.triangles)
    bend = np.clip(curvature(shape, surface) - portrait.curvature, -1, 1)
    seen = raster.interpolate(
        np.column_stack([portrait.screen, normals, portrait.normals, surface.ring @ bend, shape[:, 2]])
    )
    drawn = kinds_seen(raster, surface)
    rows, columns = np.mgrid[:side, :side].astype(np.float32) + np.float32(0.5)
    skin = drawn == Kind.SKIN
    flow = (seen[..., :2] - np.stack([columns, rows], -1)) * skin[..., None]
    return Scene(
        shape=shape,
        names=model.expression_names,
        change=weights - np.asarray(fit.expression, np.float32),
        expression=weights,
        screen=screen,
        raster=raster,
        kind=close_slits(drawn, seal, portrait.width),
        rows=rows,
        columns=columns,
        source=np.ascontiguousarray(seen[..., :3]),
        normals=seen[..., 3:6],
        normals_before=seen[..., 6:9],
        bend=seen[..., 9],
        forward=seen[..., 10],
        flow=spread_flow(flow, skin, drawn > Kind.SKIN, seen[..., 5], portrait.width),
    )
