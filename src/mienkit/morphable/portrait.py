"""A photo of a face, understood: the head in it, what each pixel shows, and its skin without the openings.

Everything that a redrawing needs of the photo and that no expression changes; computed once a photo.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.camera import project, turn
from mienkit.morphable.correspondence import LEFT_IRIS, RIGHT_IRIS
from mienkit.morphable.fill import blur, distance_inside, grow, push_pull
from mienkit.morphable.fit import Fit
from mienkit.morphable.head import HeadModel, Vertices, load_head_model
from mienkit.morphable.raster import Raster, rasterise
from mienkit.morphable.shading import Light, fit_light, vertex_normals
from mienkit.morphable.surface import FaceSurface, Kind, load_surface
from mienkit.morphable.tint import EyeColours, eye_colours, inner_light, teeth_colour

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
JAW_ENDS = (1, 15)
"""Of the 68 landmarks: their distance is the face's width."""
LASHES = 0.03
"""How far lashes reach above an eye, in widths of the face."""
LIP_LINE = 0.010
CURVATURE_PER_CM = 8.0
LIGHT_NEIGHBOURS = 1.5
"""How much more a light neighbour tells of a lid's colour than a dark one."""
LID_HUE, LID_LIGHT = 0.6, 0.93
"""How much of a lid's hue is the whole face's, and how light it then is beside its surroundings."""
CHEEK_BELOW = 0.2
"""From an eye to plain skin, in widths of the face."""
MOST_GRAIN = 5.0
"""Levels of 255."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A face in a square crop of side S; v vertices of the surface."""

    image: Floats
    """(S, S, 3) in 0..255."""
    fit: Fit
    model: HeadModel
    surface: FaceSurface
    width: float
    """Of the face, pixels."""
    screen: Vertices
    """(v, 3) pixels, and depth in cm."""
    normals: Vertices
    """(v, 3) towards the camera."""
    curvature: Floats
    """(v,), positive in folds."""
    raster: Raster
    kind: npt.NDArray[np.uint8]
    """(S, S) of ``Kind``."""
    skin: Floats
    """(S, S, 3): the photo, its eyes and mouth filled with the skin around."""
    bare: Floats
    """The same without lashes and without the rim of the lips: what a lid shows that closes."""
    grain: Floats
    """(S, S): the fine structure of the cheeks, at the height of the eyes, in levels of 255."""
    light: Light
    eyes: tuple[EyeColours, EyeColours]
    """Right and left."""
    teeth: Floats
    """(3,) in 0..255."""
    inner_light: float
    """How light enamel would be, 0..255."""


def sit(image: Floats, fit: Fit) -> Portrait:
    """Understand a square crop, (S, S, 3) in 0..255, whose head was fitted in its pixels.

    Raises:
        AssetError: the head model is missing.
        MissingExtraError: numba is not installed.
    """
    side, model, surface = len(image), load_head_model(), load_surface()
    shape = surface.shape(fit.identity, fit.expression)
    screen = on_screen(shape, fit, surface)
    normals = vertex_normals(np.asarray(turn(shape, fit.pose), np.float32), surface.triangles)
    raster = rasterise(screen, surface.triangles, side, side)
    kind = kinds_seen(raster, surface)
    ends = surface.place[model.landmarks68[list(JAW_ENDS)]]
    width = float(np.hypot(*(screen[ends[1], :2] - screen[ends[0], :2])))
    luma = image @ LUMA
    is_skin = kind == Kind.SKIN
    eyes = look_into_eyes(image, kind, screen, surface, np.median(image[is_skin], 0))
    upper = float(np.percentile(luma[is_skin], 75))
    glow = inner_light(eyes, upper)
    shown = distance_inside(kind >= Kind.SOCKET) > max(1.0, LIP_LINE * width)
    skin = push_pull(image, (kind <= Kind.SKIN).astype(np.float32))
    return Portrait(
        image=image,
        fit=fit,
        model=model,
        surface=surface,
        width=width,
        screen=screen,
        normals=normals,
        curvature=curvature(shape, surface),
        raster=raster,
        kind=kind,
        skin=skin,
        bare=bare_skin(image, skin, kind, width),
        grain=grain(luma, width),
        light=fit_light(luma, raster.interpolate(normals), is_skin),
        eyes=eyes,
        teeth=teeth_colour(image, shown, eyes, glow),
        inner_light=glow,
    )


def on_screen(shape: Vertices, fit: Fit, surface: FaceSurface) -> Vertices:
    """Project a face, (v, 3) cm, as the photo shows it, (v, 3): camera, then what the landmarks said beyond the fit."""
    screen = np.asarray(project(shape, fit.pose), np.float32)
    screen[:, :2] += fit.snap[surface.vertices]
    return screen


def kinds_seen(raster: Raster, surface: FaceSurface) -> npt.NDArray[np.uint8]:
    """Say what each pixel shows, (H, W) of ``Kind``."""
    return np.where(raster.covered, surface.kind[np.maximum(raster.triangle, 0)], Kind.NONE).astype(np.uint8)


def curvature(shape: Vertices, surface: FaceSurface) -> Floats:
    """Return how far a vertex lies below its neighbours, (v,), per centimetre: positive in folds.

    Source: the umbrella operator of Desbrun et al. 1999, along the normal.
    """
    lift = surface.ring @ shape - shape
    normals = vertex_normals(shape, surface.triangles)
    return np.asarray((lift * normals).sum(1) * CURVATURE_PER_CM, np.float32)


def look_into_eyes(
    image: Floats, kind: npt.NDArray[np.uint8], screen: Vertices, surface: FaceSurface, skin: Floats
) -> tuple[EyeColours, EyeColours]:
    """Read the colours of the right and the left eye."""
    points = surface.marks.pick(screen[:, :2])
    eyes = []
    for which, iris in ((Kind.RIGHT_EYE, RIGHT_IRIS), (Kind.LEFT_EYE, LEFT_IRIS)):
        centre, ring = points[iris[0]], points[list(iris[1:])]
        radius = float(np.hypot(*(ring - centre).T).mean())
        eyes.append(eye_colours(image, shrink(kind == which), centre, radius, skin))
    return eyes[0], eyes[1]


def bare_skin(image: Floats, skin: Floats, kind: npt.NDArray[np.uint8], width: float) -> Floats:
    """Return the photo without eyes and mouth, and without lashes and the lips' rim, (S, S, 3).

    What fills an eye comes more from light neighbours, so that lash, crease and make-up do not bleed into the lid. But
    these glisten, so that the hue is the whole face's.
    """
    eye, mouth = np.isin(kind, (Kind.RIGHT_EYE, Kind.LEFT_EYE)), kind >= Kind.SOCKET
    reach = max(2, round(LASHES * width))
    lashes = grow(eye, reach // 3, upwards=reach)
    lips = grow(mouth, max(1, round(LIP_LINE * width)))
    holes = lashes | lips | eye
    luma = image.mean(2)
    lightness = np.clip(luma / (blur(luma, 0.04 * width) + 1), 0.2, 1.0) ** LIGHT_NEIGHBOURS
    weight = np.where(grow(lashes, reach), lightness, 1.0) * ~holes
    filled = push_pull(image, weight.astype(np.float32))
    hue = np.median(image[::4, ::4][kind[::4, ::4] == Kind.SKIN], 0)
    lid = filled.mean(2, keepdims=True) * (LID_LIGHT * hue / max(float(hue.mean()), 1.0))
    filled += LID_HUE * (lashes | eye)[..., None] * (lid - filled)
    soft = blur(holes.astype(np.float32), 0.006 * width)[..., None]
    return np.asarray(np.where(holes[..., None], filled, image) * soft + skin * (1 - soft), np.float32)


def grain(luma: Floats, width: float) -> Floats:
    """Return the fine structure of the skin a little below every place, (S, S)."""
    fine = np.clip(luma - blur(luma, 0.012 * width), -MOST_GRAIN, MOST_GRAIN)
    return np.asarray(np.roll(fine, -round(CHEEK_BELOW * width), axis=0), np.float32)


def shrink(mask: Mask) -> Mask:
    """Take the outermost pixel off a mask."""
    return np.asarray(distance_inside(mask) > 1.0)
