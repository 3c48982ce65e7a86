"""Pictures of rendered heads: a person sits down, a scene is lit, a picture is taken."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
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
from mienkit.morphable.head import HeadModel
from mienkit.morphable.lamp import Lighting, light_vertices, roll_lighting
from mienkit.morphable.looks import Looks
from mienkit.morphable.raster import Raster, rasterise
from mienkit.morphable.shading import vertex_normals
from mienkit.morphable.skylight import load_skylight
from mienkit.morphable.wig import COLUMNS, Wig, dress, load_scalp, roll_grain
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
CONTRAST, SATURATION = 0.55, 1.05
MOUTH_FALL_CM = 1.7
MOUTH_FRONT_CM = 10.9
LASH_STRANDS = 24.0
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
    skin: Floats
    """(rows, columns, 5)."""
    wig: Wig | None
    grain: Floats


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
    shape = broaden(bust.model.shape(looks.identity), bust.model)
    skin = paint_skin(bust, looks, chart).packed()
    return Sitter(looks, size, chart, shape, skin, dress(looks, shape), roll_grain(looks.dice(8)))


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


def frame(sitter: Sitter, scene: Scene, aus: Floats, align: Align) -> Pose:
    """Place the camera so that a face stands in the template."""
    points = np.asarray(load_correspondence(68).pick(shape_of(sitter, scene, aus)), np.float64)
    pose = camera.pose_of_angles(scene.angles, 1.0, np.zeros(2))
    return aligned(pose, sitter.size * align(np.asarray(camera.project(points, pose)[:, :2], np.float64)))


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
    down = scene.gaze[1] / 30.0 * (1 - float(aus[16]))
    name = "eyeLookDown" if down > 0 else "eyeLookUp"
    for side in "LR":
        weights[model.index(f"{name}_{side}")] += abs(down)
    return weights


def shape_of(sitter: Sitter, scene: Scene, aus: Floats) -> Floats:
    """Build the head, (V, 3) cm."""
    return sitter.shape + load_bust().model.shape(None, expression_in(sitter, scene, aus)) - load_bust().model.neutral


def render(sitter: Sitter, scene: Scene, aus: Floats, pose: Pose) -> Rendered:
    """Take a picture of a person who shows action units, (17,) in [0, 1]."""
    from mienkit.morphable import shade_kernel

    bust = load_bust()
    side = OVERSAMPLING * sitter.size
    shape = shape_of(sitter, scene, aus)
    large = pose.in_picture(OVERSAMPLING, np.zeros(2))
    points = np.asarray(camera.project(shape, large), np.float32)
    raster = rasterise(points, bust.triangles, side, side)
    result = np.array(scene.backdrop)
    corners = light_bust(bust, sitter, scene, aus, shape, large)
    shade_kernel.shade_bust(
        (raster.triangle, raster.bary), (raster.triangles, bust.matter, corners), creased(sitter, aus),
        pack_eyes(bust, sitter, scene, large), scene.lighting.lamps, mouth_paints(sitter), result,
    )  # fmt: skip
    lay_hair(sitter, scene, large, raster, result)
    lay_lashes(bust, sitter, scene, (shape, points), large, raster, result)
    landmarks = np.asarray(load_correspondence(68).pick(points)[:, :2] / OVERSAMPLING, np.float32)
    return Rendered(develop(sitter, scene, result), landmarks, pose.angles)


def light_bust(bust: Bust, sitter: Sitter, scene: Scene, aus: Floats, shape: Floats, pose: Pose) -> Floats:
    """Lay out what the shader needs of every vertex, (V, 13); see there."""
    turning = pose.matrix.astype(np.float32)
    moved = {"eyeBlink_L": float(aus[16]), "jawOpen": float(max(aus[15], 0.5 * aus[14]))}
    ambient, lit = light_vertices(load_skylight(), scene.lighting, turning, moved)
    corners = np.empty((len(shape), 13), np.float32)
    corners[:, 0:3] = camera.turn(shape, pose)
    corners[:, 3:6] = vertex_normals(shape, bust.triangles) @ turning.T
    corners[:, 6:9] = np.maximum(ambient, DARKEST * scene.lighting.above)
    corners[:, 9:11] = lit
    corners[:, 11:13] = sitter.chart.texels(bust.places)
    deep = np.exp(-np.maximum(MOUTH_FRONT_CM - shape[bust.mouth, 2], 0) / MOUTH_FALL_CM)[:, None]
    corners[bust.mouth, 6:9] = 0.55 * (scene.lighting.above + scene.lighting.below) * deep
    corners[bust.mouth, 9:11] = 0.75 * deep
    for eye in bust.eye_vertices:
        corners[eye, 9:11] = 0.25 + 0.75 * corners[eye, 9:11]
    return corners


def creased(sitter: Sitter, aus: Floats) -> Floats:
    """Fold the skin as action units do, and shade the grooves."""
    depths = fold_depths(aus, sitter.looks.age)
    place, folds = load_folds(sitter.chart.rows)
    deep = np.flatnonzero(depths)
    skin = sitter.skin.copy()
    total = sum((depths[fold] * folds[fold] for fold in deep), np.zeros(folds.shape[1:], np.float32))
    skin[place][..., 4] += total
    skin[place][..., :3] *= (1 - np.clip(-total / GROOVE_CM, 0, 0.5))[..., None]
    return skin


def pack_eyes(bust: Bust, sitter: Sitter, scene: Scene, pose: Pose) -> Floats:
    """Turn the eyes towards what they look at; (2, 32) as the shader needs it."""
    right, down = np.radians(scene.gaze)
    axis = np.array([np.sin(right), -np.sin(down), 1.0])
    axis = (axis / np.linalg.norm(axis)) @ pose.matrix.T
    moved = np.stack([(sitter.shape - bust.model.neutral)[eye].mean(0) for eye in bust.eye_vertices])
    centres = camera.turn((bust.eye_centres + moved).astype(np.float32), pose)
    axes = np.stack([axis, axis]).astype(np.float32)
    return sitter.looks.eyes.packed(np.asarray(centres, np.float32), axes, 1.0)


def mouth_paints(sitter: Sitter) -> Floats:
    """Return the colours of the inside of the cheeks, of gums and tongue, and of teeth, (3, 3)."""
    return np.array([(0.16, 0.035, 0.035), (0.40, 0.115, 0.11), sitter.looks.teeth], np.float32)


def lay_hair(sitter: Sitter, scene: Scene, pose: Pose, below: Raster, result: Floats) -> None:
    """Lay the hair over the head."""
    wig = sitter.wig
    if wig is None:
        return
    corners = np.empty((len(wig.vertices), 10), np.float32)
    turning = pose.matrix.astype(np.float32)
    corners[:, 0:3] = vertex_normals(wig.vertices, wig.triangles) @ turning.T
    along = np.asarray(np.gradient(wig.vertices.reshape(-1, COLUMNS, 3), axis=0), np.float32)
    corners[:, 3:6] = along.reshape(-1, 3) @ turning.T
    corners[:, 6:10] = wig.strand
    points = np.asarray(camera.project(wig.vertices, pose), np.float32)
    _lay((points, wig.triangles, corners), sitter.grain, scene.lighting, wig.paint, below, result)


def lay_lashes(
    bust: Bust, sitter: Sitter, scene: Scene, head: tuple[Floats, Floats], pose: Pose, below: Raster, result: Floats
) -> None:
    """Lay the lashes over the eyes."""
    shape, points = head
    along, angle = bust.lash_places.T
    corners = np.zeros((len(shape), 10), np.float32)
    corners[:, 2] = 1.0
    corners[:, 4] = 1.0
    corners[:, 6] = LASH_STRANDS * angle
    corners[:, 7] = along
    upper = np.clip(0.5 + 2 * np.sin(angle), 0.25, 1)
    corners[:, 8] = (0.9 + 0.3 * sitter.looks.make_up - 1.2 * along) * upper
    corners[:, 9] = 0.5
    colour = [0.35 * channel for channel in sitter.looks.hair]
    paint = np.array([*colour, 0.0, 0.3, 1.0, 0.9, 0.8], np.float32)
    _lay((points, bust.lashes, corners), sitter.grain, scene.lighting, paint, below, result)


def _lay(
    mesh: tuple[Floats, npt.NDArray[np.int32], Floats], grain: Floats, lighting: Lighting, paint: Floats, below: Raster,
    result: Floats,
) -> None:  # fmt: skip
    from mienkit.morphable import strand_kernel

    points, triangles, corners = mesh
    above = rasterise(points, triangles, len(result), len(result), cull=False)
    seen = (above.triangle, above.bary, above.depth)
    strand_kernel.shade_strands(seen, (triangles, corners), below.depth, grain, lighting.packed(), paint, result)


def develop(sitter: Sitter, scene: Scene, linear: Floats) -> npt.NDArray[np.uint8]:
    """Turn light into a picture: exposure, a camera's blur, curve and noise."""
    dice = np.random.default_rng([SCENE, 1, scene.seed])
    size = sitter.size
    small = cv2.resize(linear, (size, size), interpolation=cv2.INTER_AREA)
    gain = scene.exposure * EXPOSURE / (scene.lighting.strength * brightness_of(sitter) + 1e-3)
    small = cv2.GaussianBlur(small, (0, 0), float(dice.uniform(0.25, 0.55)))
    curve = film(np.maximum(small * gain, 0))
    noise = dice.normal(0, float(dice.uniform(0.002, 0.012)), (size, size, 3))
    return np.asarray(np.clip(np.rint(255 * (curve + noise)), 0, 255), np.uint8)


def film(light: Floats) -> Floats:
    """Turn linear light into sRGB as cameras do: with a shoulder, some contrast and some saturation."""
    grey = light.mean(-1, keepdims=True)
    bright = 1.25 * (1 - np.exp(-np.maximum(grey + SATURATION * (light - grey), 0) / 1.1))
    curve = np.where(bright < 0.0031308, 12.92 * bright, 1.055 * np.maximum(bright, 1e-6) ** (1 / 2.4) - 0.055)
    curve = np.minimum(curve, 1)
    return np.asarray(curve + CONTRAST * (curve * curve * (3 - 2 * curve) - curve), np.float32)


def brightness_of(sitter: Sitter) -> float:
    """Say what the camera takes the skin for: an automatic exposure makes up for half of its darkness."""
    complexion = sitter.looks.complexion
    reflected = float(skin_colour(np.array(complexion.melanin), np.array(complexion.blood)).mean())
    return float(reflected**0.5)
