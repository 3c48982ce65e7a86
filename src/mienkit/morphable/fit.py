"""Fitting the head to the landmarks of one face, and laying it onto them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.errors import FaceError
from mienkit.morphable.camera import Doubles, Floats, Pose, project
from mienkit.morphable.correspondence import Correspondence, load_correspondence
from mienkit.morphable.head import HeadModel, load_head_model
from mienkit.morphable.score_prior import score_prior
from mienkit.morphable.search import State, Task, load_basis, misses, search, set_task
from mienkit.morphable.snap import load_plate

SMALLEST_PX = 8
"""Landmarks that span less say nothing of a face's shape."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A head that looks like a face in a picture."""

    pose: Pose
    identity: npt.NDArray[np.float32]
    """(100,) weights, about N(0, 1)."""
    expression: npt.NDArray[np.float32]
    """(57,) weights in [0, 1]."""
    residual_cm: float
    """How far landmarks on the skin are off before the snap, rms; above 0.2 something is wrong."""
    snap: npt.NDArray[np.float32]
    """(V, 2) pixels to add to every projected vertex, so that the landmarks are met."""
    misses_px: npt.NDArray[np.float32]
    """(N, 2) pixels by which each landmark was off; of the outline only what is across it."""

    def points(self, model: HeadModel, expression: Floats | None = None) -> Floats:
        """Project the head, as it is or with other expression weights, (57,): (V, 3) px and depth, snapped."""
        placed = project(model.shape(self.identity, self.expression if expression is None else expression), self.pose)
        placed[:, :2] += self.snap
        return placed


def fit_head(
    landmarks: Floats,
    *,
    scores: Mapping[str, float] | None = None,
    model: HeadModel | None = None,
    correspondence: Correspondence | None = None,
    identity: Floats | None = None,
) -> Fit:
    """Fit the head to a face.

    Args:
        landmarks: (478, 2) or (478, 3) of MediaPipe or (68, 2) of 300-W, pixels; a third column is not used.
        scores: MediaPipe's blendshape scores by name, such as ``mouthSmileLeft``, where there are any.
        model: the head; None loads it.
        correspondence: where the landmarks lie on it; None takes the learned table.
        identity: (100,) weights of a known person: only pose and expression are fitted.

    Raises:
        AssetError: the head model's file is missing.
        FaceError: a landmark is not a number, or the face is tiny.
        ValueError: there are neither 68 nor 478 landmarks.
    """
    table = correspondence or load_correspondence(len(landmarks))
    basis = load_basis(model or load_head_model(), table)
    task = set_task(basis, checked(landmarks, len(table)), score_prior(basis.names, scores), identity)
    return finished(task, search(task))


def checked(landmarks: Floats, count: int) -> Doubles:
    """Return x and y of the landmarks, (N, 2)."""
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 2 or len(points) != count or points.shape[1] not in (2, 3):
        raise ValueError(f"({count}, 2) landmarks are needed, not an array of shape {points.shape}")
    if not np.isfinite(points[:, :2]).all():
        raise FaceError("a landmark is not a number, so no head can be fitted; measure the face again")
    if np.ptp(points[:, :2], axis=0).min() < SMALLEST_PX:
        raise FaceError(
            f"the landmarks span less than {SMALLEST_PX} pixels, so no head can be fitted; take a larger picture"
        )
    return points[:, :2]


def finished(task: Task, state: State) -> Fit:
    """Say what was found, and lay the head onto the landmarks."""
    basis = task.basis
    off = misses(task, state)
    skin = off[basis.correspondence.skin] / state.pose.scale
    identity = np.zeros(len(basis.model.identity), np.float32)
    identity[: basis.num_identities] = state.weights[: basis.num_identities]
    expression = np.zeros(len(basis.model.expression), np.float32)
    expression[basis.shapes] = state.weights[basis.num_identities :]
    return Fit(
        state.pose,
        identity,
        expression,
        float(np.sqrt((skin**2).sum(1).mean())),
        load_plate(basis.model, basis.correspondence).displace(off),
        off.astype(np.float32),
    )
