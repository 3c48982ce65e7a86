"""A person's head as pieces of mesh that morph: skin, eyes and mouth, each with what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.morphable.albedo import paint_skin
from mienkit.morphable.bust import Bust, Matter, load_bust
from mienkit.morphable.chart import Chart
from mienkit.morphable.gltf import Material, Piece
from mienkit.morphable.iris import IRIS_RATIO, Eyes
from mienkit.morphable.looks import Looks, roll_looks
from mienkit.morphable.shading import vertex_normals
from mienkit.morphable.skylight import look_around, spread_directions
from mienkit.morphable.studio import MOUTH_FALL_CM, MOUTH_FRONT_CM, SUNKEN
from mienkit.morphable.wrap import compact, lay_round

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

METRES = 0.01
"""In a centimetre."""
CHART_ROWS, EYE_SIDE = 1024, 256
"""Of the pictures that are laid over skin and eyes."""
QUALITY = 92
"""Of JPEG."""
PLAIN = 12
"""The person whose complexion and eyes the mean head is given."""
EYE_REACH = 0.45
"""From the middle of an eye's picture to where the eyeball's rim stands, seen from the front; in sides."""
RIM = 0.05
"""How broad the dark rim of an iris is, and how softly it ends, in radii of the eyeball."""
GLANCES, UNCOVERING = 48, ("eyeBlink_L", "eyeBlink_R", "jawOpen")
"""In how many directions vertices look for light, and the shapes that move what hides others at rest."""
HOLLOW, DARKEST = 0.35, 0.08
"""Share of the sky's light below which a place is a hollow; and what the deepest one keeps of its colour."""
CHEEKS, GUMS = (0.16, 0.035, 0.035), (0.40, 0.115, 0.11)
"""Colours of the inside of the mouth, as in rendered pictures."""


@dataclass(frozen=True, eq=False)
class Figure:
    """The bare head of a person and what moves it; V vertices, K shapes. Centimetres in the head's frame."""

    bust: Bust
    looks: Looks
    rest: Floats
    """(V, 3)."""
    moves: Floats
    """(K, V, 3): what each shape that is used adds where it is strongest."""

    @cached_property
    def normals(self) -> Floats:
        """(V, 3) at rest."""
        return vertex_normals(self.rest, self.bust.triangles)

    @cached_property
    def turns(self) -> Floats:
        """(K, V, 3): what each shape adds to the normals."""
        moved = [vertex_normals(self.rest + move, self.bust.triangles) for move in self.moves]
        return np.stack(moved) - self.normals

    def cut(self, material: Material, rows: Ints, triangles: Ints) -> Piece:
        """Cut out some vertices, (v,), and the triangles between these, (t, 3)."""
        return Piece(
            material=material,
            positions=METRES * self.rest[rows],
            normals=self.normals[rows],
            triangles=triangles,
            moves=METRES * self.moves[:, rows],
            turns=self.turns[:, rows],
        )

    def made_of(self, *matter: Matter) -> Ints:
        """Return the triangles of some kinds, (t, 3)."""
        return self.bust.triangles[np.isin(self.bust.matter, matter)].astype(np.int64)


def looks_of(person: int | None) -> Looks:
    """Return what a person looks like, shaved, because hair is no mesh; None is the mean head, with plain skin."""
    looks = replace(roll_looks(PLAIN if person is None else person), cut="shaved")
    if person is not None:
        return looks
    mean = np.zeros_like(looks.identity)
    return replace(looks, identity=mean, beard=0.0, freckles=0.0, make_up=0.0, age=0.2)


def sculpt(looks: Looks, reaches: Mapping[str, float]) -> Figure:
    """Build a person's head.

    Args:
        looks: the person.
        reaches: name of each shape that is used -> the weight at which it is to be strongest.

    Raises:
        AssetError: the head model is missing.
        UnknownNameError: there is no such shape.
    """
    bust = load_bust()
    rest = bust.model.shape(looks.identity)
    moves = np.stack([reach * bust.model.expression[bust.model.index(name)] for name, reach in reaches.items()])
    for row, (name, reach) in enumerate(reaches.items()):
        if name.startswith("eyeBlink"):  # some people's eyeballs would pierce lids that are shut
            eye = bust.eye_vertices["LR".index(name[-1])]
            moves[row, eye] += min(reach, 1) * SUNKEN * (rest[eye].mean(0) - rest[eye])
    return Figure(bust, looks, rest, moves)


def cut_up(figure: Figure) -> list[Piece]:
    """Cut a head into pieces of one material each.

    Raises:
        MissingExtraError: numba is not installed.
    """
    mouth = (
        (Material("mouth", CHEEKS, 0.5), Matter.MOUTH),
        (Material("gums and tongue", GUMS, 0.35), Matter.GUMS),
        (Material("teeth", figure.looks.teeth, 0.25), Matter.TEETH),
    )
    return [cut_skin(figure), cut_eyes(figure), *(cut_dark(figure, material, matter) for material, matter in mouth)]


def cut_skin(figure: Figure) -> Piece:
    """Cut out the skin with its picture, the chart."""
    chart, bust = Chart(CHART_ROWS), figure.bust
    colour = paint_skin(bust, figure.looks, chart).colour
    rows, triangles, places = lay_round(bust, figure.made_of(Matter.SKIN))
    skin = Material("skin", (1.0, 1.0, 1.0), 0.6, jpeg(colour))
    laid = np.asarray(chart.texels(places) / chart.shape[::-1], np.float32)
    return replace(figure.cut(skin, rows, triangles), places=laid, shade=hollow_shade(figure)[rows])


def cut_eyes(figure: Figure) -> Piece:
    """Cut out both eyeballs, which share a picture."""
    rows, triangles = compact(figure.made_of(Matter.LEFT_EYE, Matter.RIGHT_EYE))
    places = np.zeros((len(figure.rest), 2), np.float32)
    for eye, centre in zip(figure.bust.eye_vertices, figure.bust.eye_centres, strict=True):
        places[eye] = eye_places(figure.bust.model.neutral[eye] - centre)
    eyes = Material("eyes", (1.0, 1.0, 1.0), 0.15, jpeg(paint_eye_map(figure.looks.eyes)))
    return replace(figure.cut(eyes, rows, triangles), places=places[rows])


def cut_dark(figure: Figure, material: Material, matter: Matter) -> Piece:
    """Cut out something of the mouth, which is the darker the deeper it lies: viewers know no shadows there."""
    rows, triangles = compact(figure.made_of(matter))
    deep = np.maximum(MOUTH_FRONT_CM - figure.rest[rows, 2], 0)
    return replace(figure.cut(material, rows, triangles), shade=np.exp(-deep / MOUTH_FALL_CM))


def hollow_shade(figure: Figure) -> Floats:
    """Say how much light comes into nostrils and behind ears, (V,) in [0, 1]; all else is left to the viewer's lamps.

    What lids or the jaw uncover is not dark.
    """
    bust, directions = figure.bust, spread_directions(GLANCES)
    moved = bust.model.expression[[bust.model.index(name) for name in UNCOVERING]].sum(0)
    received = [look_around(bust, shape, directions)[1].sum(1) for shape in (figure.rest, figure.rest + moved)]
    return np.asarray(np.clip(np.maximum(*received) / HOLLOW, DARKEST, 1), np.float32)


def eye_places(points: Floats) -> Floats:
    """Say where points of an eyeball, (N, 3) from its centre, lie on its picture, (N, 2): as seen from the front."""
    towards = points / np.linalg.norm(points, axis=1, keepdims=True)
    side = towards[:, :2]
    behind = towards[:, 2:] < 0  # all of it is as white as the rim
    side = np.where(behind, side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6), side)
    return np.asarray(0.5 + EYE_REACH * side * (1, -1), np.float32)


def paint_eye_map(eyes: Eyes) -> Floats:
    """Paint an eye as seen from the front, (S, S, 3) linear."""
    steps = (np.arange(EYE_SIDE) + 0.5) / EYE_SIDE - 0.5
    far = np.hypot(*np.meshgrid(steps, steps)).astype(np.float32)[..., None] / EYE_REACH
    across = np.clip(far / IRIS_RATIO, 0, 1)
    inner, outer, white = (np.asarray(colour, np.float32) for colour in (eyes.inner, eyes.outer, eyes.sclera))
    iris = inner + across * (outer - inner)
    iris = iris * np.clip(1.3 - np.exp(-(IRIS_RATIO - far) / RIM), 0.25, 1)
    pupil = np.clip((across - eyes.pupil) / RIM + 0.5, 0, 1)
    outside = np.clip((far - IRIS_RATIO) / RIM + 0.5, 0, 1)
    shown = 0.004 + pupil * (iris - 0.004)
    return np.asarray(shown + outside * (white - shown), np.float32)


def jpeg(linear: Floats) -> bytes:
    """Write linear light, (H, W, 3), as a JPEG in sRGB."""
    light = np.clip(linear, 0, 1)
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    picture = np.round(255 * curved[..., ::-1]).astype(np.uint8)  # OpenCV's channels go blue, green, red
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
