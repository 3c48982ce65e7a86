"""Moving the projected head the last millimetres onto the landmarks, smoothly: a thin plate laid over the mesh.

A displacement d of the vertices makes small

    STIFFNESS |L d|^2 + TENSION d'L d + sum of w_q |d_q - r_q|^2,

where L is the mesh's Laplacian (1 / edge length, rows of sum 1) and d_q what it is at landmark q. On the mesh the lips
lie far apart, so they part as they should although they touch in the picture. The matrix is the same for all faces.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from mienkit.morphable.camera import Doubles, Floats
from mienkit.morphable.correspondence import (
    INNER_CORNERS,
    LEFT_EYE,
    LEFT_IRIS,
    LIP_PAIRS,
    LIPS,
    RIGHT_EYE,
    RIGHT_IRIS,
    Correspondence,
    load_correspondence,
)
from mienkit.morphable.head import HeadModel

SOFT_PARTS = ("face", "head", "mouth_socket", "left_eye_socket", "right_eye_socket")
STIFFNESS = 3.0
TENSION = 0.004
HOLD = 1e-5
"""Holds what hangs on no landmark."""
FINE_WEIGHT = 3.0
STRAY_CM = 0.3
"""Landmarks that stray as far as this count half."""
SHORTEST_EDGE_CM = 0.02
UPPER_SHARE = 0.45
"""Of a gap between the lips is closed by the upper one; the rest by the lower one, which is softer."""
RIGID_PARTS: tuple[tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]], ...] = (
    (("right_sclera", "right_iris", "right_lashes"), tuple(RIGHT_IRIS), RIGHT_EYE),
    (("left_sclera", "left_iris", "left_lashes"), tuple(LEFT_IRIS), LEFT_EYE),
    (("gums", "teeth"), (), LIPS),
)
"""Parts that move as one, the landmarks that they follow, and those that they follow where the former are not known."""


@dataclass(frozen=True, eq=False)
class Plate:
    """The factorised system of one head and one set of landmarks."""

    model: HeadModel
    correspondence: Correspondence
    soft: npt.NDArray[np.int64]
    """(S,) vertices that may move on their own."""
    reader: sparse.csr_matrix
    """(N, S): reads a displacement at the landmarks."""
    weights: Doubles
    """(N,)."""
    factors: SuperLU

    def displace(self, residual: Floats) -> npt.NDArray[np.float32]:
        """Spread what the landmarks are off by, (N, 2) px, over the whole head: (V, 2) px.

        Eyeballs follow their irises, gums and teeth the lips, each as one.
        """
        whole = np.zeros((len(self.model.neutral), 2), np.float32)
        whole[self.soft] = self.spread(self.weights[:, None] * residual)
        for parts, followed, otherwise in RIGID_PARTS:
            rows = self.correspondence.rows(followed) or self.correspondence.rows(otherwise)
            for part in parts:
                if part in self.model.parts and rows:
                    whole[self.model.part(part)] = residual[rows].mean(0)
        return whole

    def spread(self, pull: Floats) -> Doubles:
        """Solve for the displacement of the soft vertices, (S, K), when the landmarks pull, (N, K)."""
        return np.asarray(self.factors.solve(np.ascontiguousarray(self.reader.T @ pull)))


@lru_cache(maxsize=8)
def load_plate(model: HeadModel, correspondence: Correspondence) -> Plate:
    """Lay a plate over a head; it takes a third of a second, once a process."""
    soft = np.concatenate(
        [np.arange(*model.parts[part]) for part in SOFT_PARTS if part in model.parts] or [np.zeros(0, np.int64)]
    )
    reader = landmark_reader(correspondence, soft, len(model.neutral))
    weights = np.where(correspondence.fine, FINE_WEIGHT, 1 / (1 + (correspondence.deviation / STRAY_CM) ** 2))
    weights = weights * ~correspondence.among((*RIGHT_IRIS, *LEFT_IRIS))
    bend = laplacian(model, soft)
    system = (
        STIFFNESS * (bend.T @ bend)
        + TENSION * (bend + bend.T) / 2
        + reader.T @ sparse.diags(weights) @ reader
        + HOLD * sparse.identity(len(soft))
    )
    factors = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return Plate(model, correspondence, soft, reader, weights, factors)


def landmark_reader(
    correspondence: Correspondence, soft: npt.NDArray[np.int64], num_vertices: int
) -> sparse.csr_matrix:
    """Build the matrix, (N, S), that reads a displacement of the soft vertices at the landmarks."""
    rows = np.repeat(np.arange(len(correspondence)), 3)
    whole = sparse.csr_matrix(
        (correspondence.shares.ravel().astype(np.float64), (rows, correspondence.vertices.ravel())),
        (len(correspondence), num_vertices),
    )
    return whole[:, soft].tocsr()


def laplacian(model: HeadModel, soft: npt.NDArray[np.int64]) -> sparse.csr_matrix:
    """Build the Laplacian, (S, S), of the mesh of the soft vertices; every row adds up to 0."""
    corners = model.triangles
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    length = np.linalg.norm(model.neutral[edges[:, 0]] - model.neutral[edges[:, 1]], axis=1)
    count = len(model.neutral)
    stiff = 1 / np.maximum(length.astype(np.float64), SHORTEST_EDGE_CM)
    near = sparse.coo_matrix((stiff, (edges[:, 0], edges[:, 1])), (count, count))
    near = (near + near.T).tocsr()[soft][:, soft]
    total = np.maximum(np.asarray(near.sum(1)).ravel(), 1e-6)
    return sparse.csr_matrix(sparse.identity(len(soft)) - sparse.diags(1 / total) @ near)


@dataclass(frozen=True, eq=False)
class Seal:
    """What closes the lips: a displacement for each pair of points of the inner lips."""

    plate: Plate
    upper: list[int]
    """Rows of the landmarks on the inner upper lip."""
    lower: list[int]
    corners: list[int]
    """Rows of the mouth's inner corners."""
    response: Doubles
    """(S, pairs): how far the soft vertices move along the gap when a pair is pulled together."""
    closing: Doubles
    """(pairs, pairs): how much of each pair's gap such a pull closes."""


@lru_cache(maxsize=2)
def load_seal(model: HeadModel) -> Seal:
    """Prepare the sealing of a head's lips, once a process."""
    correspondence = load_correspondence()
    plate = load_plate(model, correspondence)
    upper = correspondence.rows([pair[0] for pair in LIP_PAIRS])
    lower = correspondence.rows([pair[1] for pair in LIP_PAIRS])
    pull = np.zeros((len(correspondence), len(LIP_PAIRS)))
    pull[upper, np.arange(len(upper))] = UPPER_SHARE
    pull[lower, np.arange(len(lower))] = UPPER_SHARE - 1
    response = plate.spread(plate.weights[:, None] * pull)
    moved = plate.reader @ response
    return Seal(plate, upper, lower, correspondence.rows(INNER_CORNERS), response, moved[upper] - moved[lower])


def seal_lips(points: Floats, model: HeadModel, strength: float = 1.0) -> npt.NDArray[np.float32]:
    """Return the displacement, (V, 2) px, that closes the lips of a projected head.

    Args:
        points: (V, 2) or (V, 3) pixels.
        model: whose vertices they are.
        strength: the share of the gap that is closed, in [0, 1].
    """
    seal = load_seal(model)
    places = seal.plate.correspondence.pick(np.asarray(points[:, :2], np.float64))
    along = places[seal.corners[1]] - places[seal.corners[0]]
    down = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    gap = (places[seal.lower] - places[seal.upper]) @ down
    pull = np.linalg.solve(seal.closing, strength * gap)
    whole = np.zeros((len(model.neutral), 2), np.float32)
    whole[seal.plate.soft] = np.outer(seal.response @ pull, down)
    return whole
