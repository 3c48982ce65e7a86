"""The part of the head that is drawn over a photo: which triangles, what they are made of, how they are joined."""

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mienkit.morphable.correspondence import Correspondence, load_correspondence
from mienkit.morphable.head import NARROW_FACE, HeadModel, Triangles, Vertices, load_head_model
from mienkit.morphable.shading import vertex_normals

Floats = npt.NDArray[np.float32]


class Kind(IntEnum):
    """What a pixel of a face shows."""

    NONE = 0
    SKIN = 1
    RIGHT_EYE = 2
    LEFT_EYE = 3
    SOCKET = 4
    GUMS = 5
    TEETH = 6


INSIDE = {
    "mouth_socket": Kind.SOCKET,
    "left_eye_socket": Kind.SKIN,
    "right_eye_socket": Kind.SKIN,
    "gums": Kind.GUMS,
    "teeth": Kind.TEETH,
    "left_sclera": Kind.LEFT_EYE,
    "right_sclera": Kind.RIGHT_EYE,
}
"""What is drawn behind the skin. The folds of the eyes' sockets are the rims of the lids, so they count as skin."""
CHIN = 8
"""Of the 68 landmarks."""
UNDER_CHIN_CM = 1.5
FACING_DOWN = 0.12
"""Below the chin's height plus UNDER_CHIN_CM, skin that faces the camera less than this is not drawn: a sliver of it
would stay behind when the jaw opens, and look like a second chin."""


@dataclass(frozen=True, eq=False)
class FaceSurface:
    """A mesh of the face's front with what lies behind lids and lips; v vertices, t triangles."""

    vertices: npt.NDArray[np.int64]
    """(v,) indices of the head model."""
    triangles: Triangles
    """(t, 3)."""
    kind: npt.NDArray[np.uint8]
    """(t,) of ``Kind``."""
    neutral: Vertices
    """(v, 3)."""
    identity: Floats
    """(100, 3 v)."""
    expression: Floats
    """(57, 3 v)."""
    ring: sparse.csr_array
    """(v, v): mean over the neighbours on the skin."""
    place: npt.NDArray[np.int64]
    """(V,) of the head model's vertices -> here; -1 for those that are not drawn."""
    marks: Correspondence
    """MediaPipe's 478 points on this mesh."""

    def shape(self, identity: Floats, expression: Floats) -> Vertices:
        """Build the face, (v, 3) cm."""
        used = np.flatnonzero(expression)
        moved = np.asarray(identity, np.float32) @ self.identity[: len(identity)]
        moved += np.asarray(expression[used], np.float32) @ self.expression[used]
        return np.asarray(self.neutral + moved.reshape(-1, 3), np.float32)

    def of(self, *kinds: Kind) -> npt.NDArray[np.bool_]:
        """Say which vertices belong to triangles of some kinds, (v,)."""
        chosen = np.zeros(len(self.vertices), bool)
        chosen[self.triangles[np.isin(self.kind, kinds)].ravel()] = True
        return chosen


@cache
def load_surface() -> FaceSurface:
    """Build the surface of the head model, once a process.

    Raises:
        AssetError: the head model is missing.
    """
    return build_surface(load_head_model())


def build_surface(model: HeadModel) -> FaceSurface:
    """Choose what is drawn of a head."""
    skin = front_of_face(model)
    pieces, kinds = [skin], [np.full(len(skin), Kind.SKIN, np.uint8)]
    for part, what in INSIDE.items():
        inside = model.triangles_of(part)
        pieces.append(inside)
        kinds.append(np.full(len(inside), what, np.uint8))
    triangles, kind = np.concatenate(pieces), np.concatenate(kinds)
    vertices = np.unique(triangles).astype(np.int64)
    place = np.full(len(model.neutral), -1, np.int64)
    place[vertices] = np.arange(len(vertices))
    marks = load_correspondence()
    local = place[triangles].astype(np.int32)
    return FaceSurface(
        vertices=vertices,
        triangles=local,
        kind=kind,
        neutral=model.neutral[vertices],
        identity=np.ascontiguousarray(model.identity[:, vertices].reshape(len(model.identity), -1)),
        expression=np.ascontiguousarray(model.expression[:, vertices].reshape(len(model.expression), -1)),
        ring=neighbour_mean(local[kind == Kind.SKIN], len(vertices)),
        place=place,
        marks=replace(marks, vertices=np.maximum(place[marks.vertices], 0).astype(np.int32)),
    )


def front_of_face(model: HeadModel) -> Triangles:
    """Return the triangles of the face without ears, neck and the underside of the chin, (T, 3)."""
    normals = vertex_normals(model.neutral, model.triangles)
    chin = model.neutral[model.landmarks68[CHIN], 1]
    under = (normals[:, 2] < FACING_DOWN) & (model.neutral[:, 1] < chin + UNDER_CHIN_CM)
    keep = (model.triangles.max(1) < NARROW_FACE) & ~under[model.triangles].any(1)
    return np.ascontiguousarray(model.triangles[keep])


def neighbour_mean(triangles: Triangles, count: int) -> sparse.csr_array:
    """Return the matrix, (count, count), that averages over the neighbours of each vertex."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    both = np.concatenate([edges, edges[:, ::-1]])
    joined = sparse.coo_array((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), (count, count)).tocsr()
    joined.data[:] = 1
    share = 1 / np.maximum(np.asarray(joined.sum(1)).ravel(), 1)
    return sparse.csr_array(sparse.diags_array(share.astype(np.float32)) @ joined)
