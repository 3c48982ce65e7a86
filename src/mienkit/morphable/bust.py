"""The head with neck and shoulders as it is rendered: one mesh, what it is made of, where it is on the chart."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from mienkit.morphable.chart import unroll
from mienkit.morphable.head import HeadModel, Triangles, Vertices, load_head_model

Floats = npt.NDArray[np.float32]


class Matter(IntEnum):
    """What a triangle is made of."""

    SKIN = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    MOUTH = 3
    GUMS = 4
    TEETH = 5


MADE_OF = {
    "face": Matter.SKIN,
    "head": Matter.SKIN,
    "left_eye_socket": Matter.SKIN,
    "right_eye_socket": Matter.SKIN,
    "mouth_socket": Matter.MOUTH,
    "gums": Matter.GUMS,
    "teeth": Matter.TEETH,
    "left_sclera": Matter.LEFT_EYE,
    "right_sclera": Matter.RIGHT_EYE,
}
EARS_BEYOND = 7.5
"""Centimetres from the middle at which the ears begin."""
LASHES = ("left_lashes", "right_lashes")


@dataclass(frozen=True, eq=False)
class Bust:
    """The rendered part of the head model; v vertices, t triangles."""

    model: HeadModel
    triangles: Triangles
    """(t, 3) into the head model's vertices."""
    matter: npt.NDArray[np.uint8]
    """(t,)."""
    places: Floats
    """(V, 2) on the chart, cm."""
    eye_centres: Floats
    """(2, 3) of the neutral head: left, right."""
    eye_vertices: tuple[slice, slice]
    lashes: Triangles
    """(L, 3)."""
    lash_places: Floats
    """(V, 2): how far along a lash a vertex lies, 0 at the lid and 1 at the tip; and the angle around the eye."""

    @cached_property
    def mouth(self) -> npt.NDArray[np.int64]:
        """Return the vertices of everything inside the mouth."""
        return np.unique(self.triangles[self.matter >= Matter.MOUTH]).astype(np.int64)


@cache
def load_bust() -> Bust:
    """Choose what is rendered of the head model, once a process.

    Raises:
        AssetError: the head model is missing.
    """
    return build_bust(load_head_model())


def build_bust(model: HeadModel) -> Bust:
    """Choose what is rendered of a head."""
    pieces = [model.triangles_of(part) for part in MADE_OF]
    kinds = [np.full(len(piece), MADE_OF[part], np.uint8) for part, piece in zip(MADE_OF, pieces, strict=True)]
    eyes = (model.part("left_sclera"), model.part("right_sclera"))
    return Bust(
        model=model,
        triangles=np.ascontiguousarray(np.concatenate(pieces), np.int32),
        matter=np.concatenate(kinds),
        places=place_ears(model, unroll(model.neutral)),
        eye_centres=np.stack([ball_centre(model.neutral[eye]) for eye in eyes]),
        eye_vertices=eyes,
        lashes=model.triangles_of(*LASHES),
        lash_places=place_lashes(model, eyes),
    )


def place_ears(model: HeadModel, places: Floats) -> Floats:
    """Move the ears to a part of the chart where no hair grows: on the cylinder, they would share the scalp's."""
    x, y = model.neutral[:, 0], model.neutral[:, 1]
    ears = (np.abs(x) > EARS_BEYOND) & (y < 4.6) & (y > -2.0)
    ears[: model.parts["face"][0]] = ears[model.parts["face"][1] :] = False
    moved = places.copy()
    moved[ears, 0] = np.sign(x[ears]) * (11.6 + 0.4 * np.clip(np.abs(places[ears, 0]) - 11.0, 0, 5))
    return moved


def ball_centre(points: Vertices) -> Floats:
    """Fit a sphere to points, (N, 3), by least squares and return its centre, (3,)."""
    design = np.column_stack([2 * points, np.ones(len(points))]).astype(np.float64)
    answer = np.linalg.lstsq(design, (points.astype(np.float64) ** 2).sum(1), rcond=None)[0]
    return np.asarray(answer[:3], np.float32)


def place_lashes(model: HeadModel, eyes: tuple[slice, slice]) -> Floats:
    """Say where each vertex of the lashes lies along them and around the eye, (V, 2)."""
    from scipy.spatial import cKDTree

    result = np.zeros((len(model.neutral), 2), np.float32)
    skin = cKDTree(model.neutral[model.part("face")])
    for part, eye in zip(LASHES, eyes, strict=True):
        lashes, centre = model.part(part), ball_centre(model.neutral[eye])
        points = model.neutral[lashes]
        along = skin.query(points)[0]
        result[lashes, 0] = np.clip(along / np.quantile(along, 0.97), 0, 1)
        result[lashes, 1] = np.arctan2(points[:, 1] - centre[1], points[:, 0] - centre[0])
    return result
