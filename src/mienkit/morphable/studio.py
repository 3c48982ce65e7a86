"""Pictures of rendered heads: a person sits down, a scene is lit, a picture is taken."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable import camera
from mienkit.morphable.action_units import close_lips, expression_of, lip_seal
from mienkit.morphable.albedo import paint_skin
from mienkit.morphable.backdrop import paint_backdrop
from mienkit.morphable.bust import Bust, load_bust
from mienkit.morphable.camera import Angles, Pose
from mienkit.morphable.chart import Chart
from mienkit.morphable.complexion import skin_colour
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.darkroom import Film, develop, roll_film
from mienkit.morphable.head import HeadModel
from mienkit.morphable.lamp import Daylight, Lighting, roll_lighting, shine
from mienkit.morphable.looks import Looks
from mienkit.morphable.raster import load_kernels, rasterise
from mienkit.morphable.skylight import load_skylight
from mienkit.morphable.strands import Layer, comb_hair, draw_lashes, grow_lashes
from mienkit.morphable.wig import Wig, dress, load_scalp, roll_grain, tuck_ears
from mienkit.morphable.wrinkle import fold_depths, load_folds

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Align = Callable[[Doubles], Doubles]
"""Landmarks, (68, 2) px -> (2, 3) similarity into the product's template for a picture of side 1."""

SCENE = 0x7363656E
STRAIGHT = 5.0
"""Degrees of pitch at which the model looks straight ahead."""
OVERSAMPLING = 2
GROOVE_CM = 0.20
"""Depth of a groove from which hardly any light comes back."""
SHOULDERS_FROM = (7.0, -8.5)
"""Centimetres to the side, and height."""
MOUTH_FALL_CM = 1.7
MOUTH_FRONT_CM = 10.9
MOST_BLINK = 1.3
UPPER_LIDS, LOWER_LIDS = (37, 38, 43, 44), (41, 40, 47, 46)
"""Of the 68 landmarks."""
SUNKEN = 0.08
"""Share of their radius by which eyeballs draw back under shut lids, which some people's would else pierce."""
LARGEST_ANGLES = (28.0, 15.0, 12.0)
EXPOSURE = 0.40
DARKEST = 0.05
"""Of the sky's light, what reaches a nostril: light also comes through the skin."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything about a picture but the person and the expression."""

    angles: Angles
    """Before alignment, which takes most of the roll."""
    gaze: tuple[float, float]
    """Degrees that the eyes turn in the head: to the image's right, and down."""
    lighting: Lighting
    backdrop: Floats
    """(2 size, 2 size, 3) linear."""
    exposure: float
    seed: int


@dataclass(frozen=True, eq=False)
class Sitter:
    """A person made ready to be rendered at one size."""

    looks: Looks
    size: int
    chart: Chart
    shape: Floats
    """(V, 3) at rest, cm."""
    blink: float
    """Of the model's closed lids, how much shuts this person's."""
    skin: Floats
    """(rows, columns, 5)."""
    texels: Floats
    """(V, 2) where vertices are on the chart."""
    wig: Wig | None
    lashes: Floats
    """(V, 10), see ``strand_kernel``."""
    grain: Floats


@dataclass(frozen=True, eq=False)
class Shot:
    """What all pictures of a person in a scene share: where the camera stands, the light, the hair."""

    pose: Pose
    large: Pose
    """In the picture before it is made smaller."""
    daylight: Daylight
    eyes: Floats
    """(2, 32), see ``iris.Eyes``."""
    hair: Layer | None
    film: Film


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture and what is known of it."""

    picture: npt.NDArray[np.uint8]
    """(S, S, 3)."""
    landmarks: Floats
    """(68, 2) pixels."""
    angles: Angles


def prepare_studio(size: int) -> None:
    """Load what every picture of a size needs, so that threads find it there.

    Raises:
        AssetError: the head model is missing.
        MissingExtraError: numba is not installed.
    """
    _ = load_skylight(), load_scalp().meridians, load_folds(Chart.for_picture(size).rows), load_bust().mouth


def roll_scene(number: int, size: int) -> Scene:
    """Roll the light, the background and how the head is turned."""
    dice = np.random.default_rng([SCENE, number])
    yaw, pitch, roll = (float(np.clip(dice.normal(0, 0.45), -1, 1)) * most for most in LARGEST_ANGLES)
    pitch += STRAIGHT
    gaze = np.array([-0.75 * yaw, -0.75 * pitch]) if dice.random() < 0.7 else dice.normal(0, 1, 2) * (9, 5)
    lighting = roll_lighting(dice)
    backdrop = paint_backdrop(dice, OVERSAMPLING * size)
    look = np.clip(gaze, (-22, -14), (22, 14))
    exposure = float(np.exp(dice.normal(0, 0.16)))
    return Scene(Angles(yaw, pitch, roll), (float(look[0]), float(look[1])), lighting, backdrop, exposure, number)


def seat(looks: Looks, size: int) -> Sitter:
    """Prepare a person: the shape, the skin and the hair, which every picture of them shares."""
    bust, chart = load_bust(), Chart.for_picture(size)
    shape = tuck_ears(looks, broaden(bust.model.shape(looks.identity), bust.model))
    return Sitter(
        looks=looks,
        size=size,
        chart=chart,
        shape=shape,
        blink=blink_of(shape, bust.model),
        skin=paint_skin(bust, looks, chart).packed(),
        texels=chart.texels(bust.places),
        wig=dress(looks, shape),
        lashes=grow_lashes(bust, looks.make_up),
        grain=roll_grain(looks.dice(8)),
    )


def blink_of(shape: Floats, model: HeadModel) -> float:
    """Say how far a person, (V, 3) cm at rest, must shut the lids until they are as close as the mean head's."""
    marks = load_correspondence(68)
    moved = marks.pick(model.expression[[model.index("eyeBlink_L"), model.index("eyeBlink_R")]]).sum(0)
    rest, mean = marks.pick(shape), marks.pick(model.neutral)
    wide, shut, aim = (_lids_apart(points) for points in (rest, rest + moved, mean + moved))
    return float(np.clip((wide - aim) / max(wide - shut, 1e-3), 1.0, MOST_BLINK))


def _lids_apart(landmarks: Floats) -> float:
    return float(np.linalg.norm(landmarks[list(UPPER_LIDS)] - landmarks[list(LOWER_LIDS)], axis=1).mean())


def broaden(shape: Floats, model: HeadModel) -> Floats:
    """Stretch the shoulders, which the model cuts off like a bust's, beyond the picture's border."""
    wide = np.abs(shape[:, 0]) - SHOULDERS_FROM[0]
    low = np.clip((SHOULDERS_FROM[1] - shape[:, 1]) / 2, 0, 1)
    stretch = np.where(np.arange(len(shape)) >= model.parts["head"][0], np.maximum(wide, 0) * low, 0)
    stretch[model.parts["head"][1] :] = 0
    broad = shape.copy()
    broad[:, 0] += np.sign(shape[:, 0]) * 1.6 * stretch
    broad[:, 1] -= 0.35 * stretch
    return broad


def frame(sitter: Sitter, scene: Scene, aus: Floats, align: Align) -> Shot:
    """Place the camera so that a face stands in the template, and prepare what no expression changes."""
    points = np.asarray(load_correspondence(68).pick(shape_of(sitter, scene, aus)), np.float64)
    straight = camera.pose_of_angles(scene.angles, 1.0, np.zeros(2))
    pose = aligned(straight, sitter.size * align(np.asarray(camera.project(points, straight)[:, :2], np.float64)))
    large, wig, side = pose.in_picture(OVERSAMPLING, np.zeros(2)), sitter.wig, OVERSAMPLING * sitter.size
    gain = scene.exposure * EXPOSURE / (scene.lighting.strength * brightness_of(sitter) + 1e-3)
    return Shot(
        pose=pose,
        large=large,
        daylight=shine(load_skylight(), scene.lighting, large.matrix.astype(np.float32)),
        eyes=pack_eyes(load_bust(), sitter, scene, large),
        hair=comb_hair(wig, sitter.grain, scene.lighting, large, side) if wig else None,
        film=roll_film(np.random.default_rng([SCENE, 1, scene.seed]), sitter.size, gain),
    )


def aligned(pose: Pose, matrix: Doubles) -> Pose:
    """Move a pose by a similarity of the picture, (2, 3)."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    yaw, pitch, roll = pose.angles
    turned = roll - float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    shift = matrix[:, :2] @ pose.shift + matrix[:, 2]
    return camera.pose_of_angles(Angles(yaw, pitch, turned), pose.scale * scale, shift)


def expression_in(sitter: Sitter, scene: Scene, aus: Floats) -> Floats:
    """Return the weights of the model's shapes, (57,): units, lips that touch at rest, lids that follow the eyes."""
    model = load_bust().model
    weights = close_lips(model, sitter.looks.identity, expression_of(aus), float(lip_seal(aus)))
    for name in ("eyeBlink_L", "eyeBlink_R"):
        weights[model.index(name)] += (sitter.blink - 1) * aus[16]
    down = scene.gaze[1] / 30.0 * (1 - float(aus[16]))
    name = "eyeLookDown" if down > 0 else "eyeLookUp"
    for side in "LR":
        weights[model.index(f"{name}_{side}")] += abs(down)
    return weights


def shape_of(sitter: Sitter, scene: Scene, aus: Floats) -> Floats:
    """Build the head, (V, 3) cm."""
    from mienkit.morphable import vertex_kernel

    shape, modes = np.empty_like(sitter.shape), load_bust().model.expression
    flat = modes.reshape(len(modes), -1)
    vertex_kernel.add_shapes(sitter.shape.ravel(), flat, expression_in(sitter, scene, aus), shape.ravel())
    for eye in load_bust().eye_vertices:
        shape[eye] += np.float32(SUNKEN * aus[16]) * (shape[eye].mean(0) - shape[eye])
    return shape


def render(sitter: Sitter, scene: Scene, aus: Floats, shot: Shot) -> Rendered:
    """Take a picture of a person who shows action units, (17,) in [0, 1]."""
    from mienkit.morphable import shade_kernel

    bust, side = load_bust(), OVERSAMPLING * sitter.size
    corners, points = place_bust(bust, sitter, scene, aus, shot)
    raster = rasterise(points, bust.triangles, side, side)
    result = np.array(scene.backdrop)
    shade_kernel.shade_bust(
        (shot.hair.hidden(raster) if shot.hair else raster.triangle, raster.bary),
        (raster.triangles, bust.matter, corners), creased(sitter, aus), shot.eyes,
        scene.lighting.lamps, mouth_paints(sitter), result,
    )  # fmt: skip
    if shot.hair:
        shot.hair.cover(raster, result)
    draw_lashes((points, bust.lashes, sitter.lashes), sitter.grain, scene.lighting, sitter.looks.hair, side).cover(
        raster, result
    )
    landmarks = np.asarray(load_correspondence(68).pick(points)[:, :2] / OVERSAMPLING, np.float32)
    return Rendered(develop(shot.film, result), landmarks, shot.pose.angles)


def place_bust(bust: Bust, sitter: Sitter, scene: Scene, aus: Floats, shot: Shot) -> tuple[Floats, Floats]:
    """Lay out what the shader needs of every vertex, (V, 13), see there; and where it is in the picture, (V, 3)."""
    from mienkit.morphable import vertex_kernel

    shape, pose = shape_of(sitter, scene, aus), shot.large
    sums = np.zeros_like(shape)
    load_kernels().add_normals(shape, bust.triangles, sums)
    moved = {"eyeBlink_L": float(aus[16]), "jawOpen": float(max(aus[15], 0.5 * aus[14]))}
    corners, points = np.empty((len(shape), 13), np.float32), np.empty((len(shape), 3), np.float32)
    lens = [[pose.scale, *pose.shift], [camera.DISTANCE, 0, 0]]
    view = np.concatenate([pose.matrix, camera.PIVOT[None], lens]).astype(np.float32)
    least = np.asarray(DARKEST * scene.lighting.above, np.float32)
    vertex_kernel.place_vertices((shape, sums), view, shot.daylight.on(moved), least, corners, points)
    corners[:, 11:13] = sitter.texels
    deep = np.exp(-np.maximum(MOUTH_FRONT_CM - shape[bust.mouth, 2], 0) / MOUTH_FALL_CM)[:, None]
    corners[bust.mouth, 6:9] = 0.55 * (scene.lighting.above + scene.lighting.below) * deep
    corners[bust.mouth, 9:11] = 0.75 * deep
    for eye in bust.eye_vertices:
        corners[eye, 9:11] = 0.25 + 0.75 * corners[eye, 9:11]
    return corners, points


def creased(sitter: Sitter, aus: Floats) -> Floats:
    """Fold the skin as action units do, and shade the grooves."""
    from mienkit.morphable import vertex_kernel

    (rows, columns), folds = load_folds(sitter.chart.rows)
    depths, skin = fold_depths(aus, sitter.looks.age), sitter.skin.copy()
    vertex_kernel.fold_skin(folds, depths, (rows.start, columns.start), GROOVE_CM, skin)
    return skin


def pack_eyes(bust: Bust, sitter: Sitter, scene: Scene, pose: Pose) -> Floats:
    """Turn the eyes towards what they look at; (2, 32) as the shader needs it."""
    right, down = np.radians(scene.gaze)
    axis = np.array([np.sin(right), -np.sin(down), 1.0])
    axis = (axis / np.linalg.norm(axis)) @ pose.matrix.T
    moved = np.stack([(sitter.shape[eye] - bust.model.neutral[eye]).mean(0) for eye in bust.eye_vertices])
    centres = camera.turn((bust.eye_centres + moved).astype(np.float32), pose)
    axes = np.stack([axis, axis]).astype(np.float32)
    return sitter.looks.eyes.packed(np.asarray(centres, np.float32), axes, 1.0)


def mouth_paints(sitter: Sitter) -> Floats:
    """Return the colours of the inside of the cheeks, of gums and tongue, and of teeth, (3, 3)."""
    return np.array([(0.16, 0.035, 0.035), (0.40, 0.115, 0.11), sitter.looks.teeth], np.float32)


def brightness_of(sitter: Sitter) -> float:
    """Say what the camera takes the skin for: an automatic exposure makes up for half of its darkness."""
    complexion = sitter.looks.complexion
    reflected = float(skin_colour(np.array(complexion.melanin), np.array(complexion.blood)).mean())
    return float(reflected**0.5)
