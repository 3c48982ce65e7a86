"""Learning where a landmarker's points lie on the head: it reads drawn heads, whose every pixel's place is known."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from mienkit.core.image import Picture
from mienkit.morphable.camera import Angles, Doubles, Floats, pose_of_angles, project
from mienkit.morphable.correspondence import LEFT_IRIS, RIGHT_IRIS, Correspondence
from mienkit.morphable.head import NARROW_FACE, HeadModel, Triangles
from mienkit.morphable.raster import Raster, rasterise

FindLandmarks = Callable[[Picture], Floats | None]
"""Reads (N, 2) or (N, 3) pixels from a picture with one face; None where it finds no face."""

SIZE = 400
"""Pixels of a drawn picture's side."""
SCALE = SIZE / 34
"""Pixels a centimetre, so that a whole head fits."""
TURN_DEGREES = (12.6, 6.9, 3.4)
"""Standard deviations of yaw, pitch and roll."""
NEAREST_PX = 5
"""A landmark that lies further from what it should lie on has missed."""
KEPT_SHARE = 0.8
"""The nearest places to the median that count; the others slid along a silhouette."""
FEWEST_HITS = 20
NEIGHBOURS = 40
"""Triangles whose middles are nearest to a place; it lies on one of them."""
DRAWN_PARTS = ("face", "head", "mouth_socket", "left_eye_socket", "right_eye_socket", "gums", "teeth")
EYEBALLS = ("left_sclera", "right_sclera")
IRISES = frozenset((*RIGHT_IRIS, *LEFT_IRIS))
SKIN, LIP, BROW, INSIDE, TOOTH = (205, 155, 130), (165, 80, 80), (60, 42, 35), (110, 40, 42), (225, 220, 205)
WHITE, IRIS, PUPIL = (225, 220, 218), (85, 60, 45), (15, 12, 12)
IRIS_CM, PUPIL_CM = 0.62, 0.27
BROW_CM = 0.28
"""Half the height of a painted brow."""
MOVED: tuple[tuple[tuple[str, float], ...], ...] = (
    (),
    (("jawOpen", 0.6), ("mouthSmile", 0.8)),
    (("browInnerUp", 0.8), ("browDown", 0.5), ("mouthSmile", 1.0), ("mouthUpperUp", 0.4), ("mouthLowerDown", 0.5)),
)
"""What the drawn faces do, in turn, with the most that they do it. Open mouths tell the upper lip from the lower."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawn head and what each of its pixels shows."""

    picture: Picture
    raster: Raster


def learn_correspondence(
    find: FindLandmarks, model: HeadModel, *, num_landmarks: int = 478, renders: int = 400, seed: int = 0
) -> Correspondence:
    """Find where each landmark lies on a head.

    Each is looked up in ``renders`` drawn heads of random people, poses and expressions, averaged on the neutral mesh
    (after the fifth that lies furthest away is dropped) with its mirror image's, and put on the nearest triangle.

    Raises:
        ValueError: the landmarker found a landmark on fewer than 20 heads.
    """
    places: list[list[Doubles]] = [[] for _ in range(num_landmarks)]
    colours, random = paint_head(model), np.random.default_rng(seed)
    for number in range(renders):
        drawing = draw_head(model, colours, random, MOVED[number % len(MOVED)])
        landmarks = find(drawing.picture)
        if landmarks is not None:
            for name, place in look_up(drawing.raster, landmarks[:, :2], model).items():
                places[name].append(place)
    poor = [name for name, found in enumerate(places) if len(found) < FEWEST_HITS]
    if poor:
        raise ValueError(f"{len(poor)} landmarks were found on fewer than {FEWEST_HITS} heads, the first is {poor[0]}")
    middles, deviation = zip(*(summarise(np.array(found)) for found in places), strict=True)
    return on_surface(symmetric(np.array(middles)), np.array(deviation), model)


def draw_head(
    model: HeadModel, colours: Floats, random: np.random.Generator, moves: tuple[tuple[str, float], ...]
) -> Drawing:
    """Draw a random person in a random pose, lit from somewhere in front."""
    expression = np.zeros(len(model.expression), np.float32)
    for stem, most in moves:
        amount = random.uniform(0, most)
        for index, name in enumerate(model.expression_names):
            expression[index] += amount * (name in (stem, f"{stem}_L", f"{stem}_R"))
    shape = model.shape(0.8 * random.normal(size=len(model.identity)), expression)
    pose = pose_of_angles(Angles(*(random.normal(size=3) * TURN_DEGREES)), SCALE, np.array([SIZE / 2, SIZE / 2]))
    triangles = model.triangles_of(*DRAWN_PARTS, *EYEBALLS)
    raster = rasterise(project(shape, pose), triangles, SIZE, SIZE)
    light = np.array([random.uniform(-0.5, 0.5), random.uniform(0.1, 0.5), 1.0])
    shade = 0.45 + 0.6 * np.clip(normals(shape @ pose.matrix.T, triangles) @ (light / np.linalg.norm(light)), 0, 1)
    lit = raster.interpolate(colours * shade[:, None] * random.uniform(0.55, 1.05), background=0)
    lit[~raster.covered] = (120, 130, 140)
    return Drawing(np.clip(lit, 0, 255).astype(np.uint8), raster)


def normals(points: Floats, triangles: Triangles) -> Doubles:
    """Return unit normals of vertices, (V, 3)."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    total = np.zeros((len(points), 3))
    for corner in range(3):
        np.add.at(total, triangles[:, corner], np.cross(b - a, c - a))
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9))


def paint_head(model: HeadModel) -> Floats:
    """Choose rough colours of vertices, (V, 3) in [0, 255]: enough for a landmarker to see a face."""
    colours = np.tile(np.array(SKIN, np.float32), (len(model.neutral), 1))
    flat = model.neutral[:, :2]
    front = np.zeros(len(flat), bool)
    front[model.part("face")] = model.neutral[model.part("face"), 2] > 3
    marks = flat[model.landmarks68]
    colours[front & inside(flat, marks[48:60])] = LIP
    for brow in (marks[17:22], marks[22:27]):
        colours[front & inside(flat, np.concatenate([brow + (0, BROW_CM), brow[::-1] - (0, BROW_CM)]))] = BROW
    for part, colour in (("mouth_socket", INSIDE), ("gums", INSIDE), ("teeth", TOOTH)):
        colours[model.part(part)] = colour
    for part in EYEBALLS:
        eyeball = model.neutral[model.part(part)]
        out = np.linalg.norm(eyeball[:, :2] - eyeball[:, :2].mean(0), axis=1)
        out[eyeball[:, 2] < eyeball[:, 2].mean()] = np.inf
        colours[model.part(part)] = np.where(
            out[:, None] < PUPIL_CM, PUPIL, np.where(out[:, None] < IRIS_CM, IRIS, WHITE)
        )
    return colours


def inside(points: Floats, polygon: Floats) -> npt.NDArray[np.bool_]:
    """Say which points, (N, 2), lie in a polygon."""
    line = np.ascontiguousarray(polygon, np.float32)[:, None]
    return np.array([cv2.pointPolygonTest(line, (float(x), float(y)), False) >= 0 for x, y in points])


def look_up(raster: Raster, landmarks: Floats, model: HeadModel) -> dict[int, Doubles]:
    """Say on which place of the neutral head, (3,) cm, each landmark lies; those that miss are left out."""
    part = np.full(len(model.neutral), 0, np.int8)
    part[model.part("face")] = 1
    for eyeball in EYEBALLS:
        part[model.part(eyeball)] = 2
    seen = np.where(raster.covered, part[raster.triangles[:, 0]][raster.triangle], 0)
    found: dict[int, Doubles] = {}
    for kind in (1, 2):
        rows, columns = np.nonzero(seen == kind)
        names = [name for name in range(len(landmarks)) if (name in IRISES) == (kind == 2)]
        if not len(rows) or not names:
            continue
        far, nearest = cKDTree(np.stack([columns, rows], 1) + 0.5).query(landmarks[names])
        found |= {
            name: surface_point(raster, rows[pixel], columns[pixel], model.neutral)
            for name, distance, pixel in zip(names, far, nearest, strict=True)
            if distance <= NEAREST_PX
        }
    return found


def surface_point(raster: Raster, row: int, column: int, neutral: Floats) -> Doubles:
    """Return the place on the neutral head, (3,) cm, of what a pixel shows."""
    second, third = raster.bary[row, column]
    corners = neutral[raster.triangles[raster.triangle[row, column]]]
    return np.asarray(np.array([1 - second - third, second, third]) @ corners, np.float64)


def summarise(places: Doubles) -> tuple[Doubles, float]:
    """Average places, (M, 3), without the fifth that is furthest from the median; also how far they stray, rms."""
    away = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    kept = away <= max(float(np.quantile(away, KEPT_SHARE)), 0.05)
    return places[kept].mean(0), float(np.sqrt((away[kept] ** 2).mean()))


def symmetric(places: Doubles) -> Doubles:
    """Average places, (N, 3), with their mirror images, for those landmarks that have a partner."""
    flipped = places * (-1, 1, 1)
    partner = np.empty(len(places), np.int64)
    irises = np.array([name in IRISES for name in range(len(places))])
    for group in (irises, ~irises):
        rows = np.flatnonzero(group)
        partner[rows] = rows[cKDTree(flipped[rows]).query(places[rows])[1]] if len(rows) else rows
    mutual = partner[partner] == np.arange(len(places))
    return np.asarray(np.where(mutual[:, None], (places + flipped[partner]) / 2, places), np.float64)


def on_surface(places: Doubles, deviation: Floats, model: HeadModel) -> Correspondence:
    """Put places, (N, 3), on the nearest triangle of the face, those of the irises on the eyeballs'."""
    skin = model.triangles_of("face")
    vertices = np.empty((len(places), 3), np.int32)
    shares = np.empty((len(places), 3), np.float32)
    irises = np.isin(np.arange(len(places)), list(IRISES))
    for rows, mesh in ((~irises, skin[skin.max(1) < NARROW_FACE]), (irises, model.triangles_of(*EYEBALLS))):
        vertices[rows], shares[rows] = nearest_on(places[rows], mesh, model.neutral)
    return Correspondence(vertices, shares, np.asarray(deviation, np.float32), tuple(range(len(places))))


def nearest_on(places: Doubles, triangles: Triangles, neutral: Floats) -> tuple[Triangles, Doubles]:
    """Return the corners, (N, 3), and their shares, (N, 3), of the points on a mesh nearest to places, (N, 3)."""
    near = cKDTree(neutral[triangles].mean(1)).query(places, k=min(NEIGHBOURS, len(triangles)))[1]
    corners = neutral[triangles[near]].astype(np.float64)
    shares = clamped_shares(places[:, None], corners)
    found = np.einsum("ntc,ntcx->ntx", shares, corners)
    best = np.argmin(np.linalg.norm(found - places[:, None], axis=2), axis=1)
    row = np.arange(len(places))
    return triangles[near[row, best]], shares[row, best]


def clamped_shares(places: Doubles, corners: Doubles) -> Doubles:
    """Return the shares, (..., 3), of triangles' corners, (..., 3, 3), that come near places without leaving them."""
    edges = corners[..., 1:, :] - corners[..., :1, :]
    normal = edges @ np.swapaxes(edges, -1, -2) + 1e-12 * np.eye(2)
    away = (places - corners[..., 0, :])[..., None]
    two = np.clip(np.linalg.solve(normal, edges @ away)[..., 0], 0, 1)
    two /= np.maximum(two.sum(-1, keepdims=True), 1)
    return np.concatenate([np.maximum(1 - two.sum(-1, keepdims=True), 0), two], axis=-1)
