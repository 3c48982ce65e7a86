"""The search for the head that explains the landmarks of one face: pose, identity and expression together.

Minimised, over the pose, identity weights a and expression weights w in [0, 1], is

    sum over landmarks of rho(|W_q (p_q - l_q)|) + |a|^2 + sum of ((w_j - mean_j) / deviation_j)^2 + 2 push_j w_j,

by Gauss-Newton steps, each solved in the box by an active set. rho is Huber's; of the outline, along which landmarks
slide, W_q counts almost only what is across it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mienkit.morphable.camera import POSE_SIZE, Doubles, Floats, Pose, estimate_pose, slopes, spread, turn
from mienkit.morphable.correspondence import OVAL, Correspondence
from mienkit.morphable.head import HeadModel
from mienkit.morphable.score_prior import Prior, is_fitted

NUM_IDENTITIES = 100
"""Identity modes that are fitted."""
STEPS = 8
"""Gauss-Newton steps at most."""
STILL = 0.5
"""A step that should lower the cost by less is the last."""
READING_CM = 0.12
"""How far a landmark is off by itself."""
STRAY_SHARE = 0.6
"""Of what the landmarker strayed on drawn heads, on top of that."""
FINE_GAIN = 1.6
"""Lips and eyelids count as much more."""
OUTLINE_CM = 0.35
ALONG_OUTLINE = 0.15
"""What a way along the outline counts, against one across it."""
OUTLIER_CM = 0.35
"""From here on the cost grows linearly."""
SHARED_ERROR = {478: 0.6, 68: 1.0}
"""Neighbours among 478 landmarks err alike, so each counts less."""
ROUNDS = 6
"""Of the active set in one step."""


@dataclass(frozen=True, eq=False)
class Basis:
    """The head at its landmarks only."""

    model: HeadModel
    correspondence: Correspondence
    neutral: Doubles
    """(N, 3)."""
    modes: npt.NDArray[np.float32]
    """(N, 3, K): identity modes, then the expression shapes that are fitted."""
    num_identities: int
    shapes: npt.NDArray[np.int64]
    """(E,) which expression shapes are fitted."""

    @property
    def names(self) -> list[str]:
        """(E,) names of the fitted shapes."""
        return [self.model.expression_names[shape] for shape in self.shapes]

    def place(self, weights: Doubles) -> Doubles:
        """Return the landmarks, (N, 3) cm, of identity and expression weights, (K,)."""
        return self.neutral + self.modes @ weights.astype(np.float32)


@dataclass(frozen=True, eq=False)
class State:
    """Where the search stands."""

    pose: Pose
    weights: Doubles
    """(K,) identity and fitted expression."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is fitted to what."""

    basis: Basis
    seen: Doubles
    """(N, 2) landmarks in pixels."""
    counts: Doubles
    """(N, 2, 2) takes what a landmark is off by, in cm, to what it counts."""
    mean: Doubles
    """(K,) of the prior of all weights."""
    precision: Doubles
    push: Doubles


@lru_cache(maxsize=4)
def load_basis(model: HeadModel, correspondence: Correspondence) -> Basis:
    """Read the head's modes at the landmarks, once a process."""
    shapes = np.array([place for place, name in enumerate(model.expression_names) if is_fitted(name)])
    identity = correspondence.pick(model.identity[:NUM_IDENTITIES])
    modes = np.concatenate([identity, correspondence.pick(model.expression[shapes])])
    return Basis(
        model,
        correspondence,
        correspondence.pick(model.neutral).astype(np.float64),
        np.ascontiguousarray(modes.transpose(1, 2, 0), np.float32),
        len(identity),
        shapes,
    )


def search(task: Task) -> State:
    """Find the head that explains the landmarks; three or four steps do."""
    state = first_state(task)
    for _ in range(STEPS):
        state, gain = improved(task, state)
        if gain < STILL:
            break
    return state


def set_task(basis: Basis, seen: Doubles, expression: Prior, identity: Floats | None) -> Task:
    """Put together what is minimised; a known identity is held fast."""
    free = np.zeros(basis.num_identities)
    known = free if identity is None else np.asarray(identity, np.float64)[: basis.num_identities]
    return Task(
        basis,
        seen,
        landmark_counts(basis.correspondence, seen),
        np.concatenate([known, expression.mean]),
        np.concatenate([free + (1.0 if identity is None else 1e8), expression.precision]),
        np.concatenate([free, expression.push]),
    )


def landmark_counts(correspondence: Correspondence, seen: Doubles) -> Doubles:
    """Return what each landmark counts, (N, 2, 2) per cm; of the outline almost only what is across it."""
    trust = 1 / np.hypot(READING_CM, STRAY_SHARE * correspondence.deviation)
    trust = np.where(correspondence.fine, FINE_GAIN * trust, trust)
    counts = trust[:, None, None] * np.eye(2)
    across = outline_normals(correspondence, seen)
    along = np.eye(2) - across
    counts[correspondence.outline] = (across + ALONG_OUTLINE * along) / OUTLINE_CM
    return counts * SHARED_ERROR.get(len(correspondence), 1.0)


def outline_normals(correspondence: Correspondence, seen: Doubles) -> Doubles:
    """Return for each landmark of the outline the projection, (M, 2, 2), on the direction across it."""
    line = seen[correspondence.outline]
    if len(line) < 2:
        return np.zeros((len(line), 2, 2))
    closed = len(line) == len(OVAL)
    along = np.roll(line, -1, 0) - np.roll(line, 1, 0) if closed else np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    return across[:, :, None] * across[:, None, :]


def first_state(task: Task) -> State:
    """Guess the pose of the mean head with the prior's weights."""
    trust = task.basis.correspondence.skin.astype(np.float64)
    return State(estimate_pose(task.basis.place(task.mean), task.seen, trust), task.mean.copy())


def improved(task: Task, state: State) -> tuple[State, float]:
    """Take one Gauss-Newton step; also say by how much it should lower the cost, times two."""
    turned = np.asarray(turn(task.basis.place(state.weights), state.pose), np.float64)
    off = (spread(turned, state.pose) - task.seen) / state.pose.scale
    count = task.counts * huber_root(off)[:, None, None]
    slope = jacobian(task, state.pose, turned, count)
    owed = (count @ off[:, :, None]).reshape(-1).astype(np.float32)
    normal, gradient = (slope.T @ slope).astype(np.float64), (slope.T @ owed).astype(np.float64)
    diagonal = np.arange(POSE_SIZE, len(normal))
    normal[diagonal, diagonal] += task.precision
    normal[np.arange(POSE_SIZE), np.arange(POSE_SIZE)] *= 1 + 1e-6
    gradient[POSE_SIZE:] += task.precision * (state.weights - task.mean) + task.push
    step = box_step(normal, gradient, *limits(task, state))
    return State(state.pose.moved(step[:POSE_SIZE]), state.weights + step[POSE_SIZE:]), -float(gradient @ step)


def huber_root(off: Doubles) -> Doubles:
    """Return the roots of Huber's weights, (N,), of what landmarks are off by, (N, 2) cm."""
    return np.asarray(np.sqrt(1 / np.maximum(1, np.linalg.norm(off, axis=1) / OUTLIER_CM)))


def jacobian(task: Task, pose: Pose, turned: Doubles, count: Doubles) -> npt.NDArray[np.float32]:
    """Differentiate what the landmarks are off by, as it counts: (2N, 6 + K)."""
    by_place, by_pose = slopes(turned, pose)
    unit = count / pose.scale
    result = np.empty((len(turned), 2, POSE_SIZE + task.basis.modes.shape[2]), np.float32)
    result[:, :, :POSE_SIZE] = unit @ by_pose
    np.matmul((unit @ by_place @ pose.matrix).astype(np.float32), task.basis.modes, out=result[:, :, POSE_SIZE:])
    return result.reshape(2 * len(turned), -1)


def limits(task: Task, state: State) -> tuple[Doubles, Doubles]:
    """Return how far each unknown may step down and up, (6 + K,): expression weights stay in [0, 1]."""
    free = POSE_SIZE + task.basis.num_identities
    expression = state.weights[task.basis.num_identities :]
    return (
        np.concatenate([np.full(free, -np.inf), -expression]),
        np.concatenate([np.full(free, np.inf), 1 - expression]),
    )


def box_step(normal: Doubles, gradient: Doubles, lowest: Doubles, highest: Doubles) -> Doubles:
    """Minimise step' normal step / 2 + gradient' step in a box that holds 0, nearly.

    What stands at a wall and would go through it stays; what hits a wall stops there, and the rest is solved again.
    What stopped too early goes on in the next Gauss-Newton step.
    """
    stuck = ((lowest >= 0) & (gradient > 0)) | ((highest <= 0) & (gradient < 0))
    step = np.zeros(len(gradient))
    for _ in range(ROUNDS):
        free = np.flatnonzero(~stuck)
        owed = gradient[free] + normal[np.ix_(free, np.flatnonzero(stuck))] @ step[stuck]
        step[free] = -np.linalg.solve(normal[np.ix_(free, free)], owed)
        outside = (step < lowest) | (step > highest)
        step = np.clip(step, lowest, highest)
        if not outside.any():
            break
        stuck |= outside
    return step


def misses(task: Task, state: State) -> Doubles:
    """Return how far the head's landmarks are from those seen, (N, 2) px; of the outline only what is across it."""
    off = task.seen - spread(turn(task.basis.place(state.weights), state.pose), state.pose)
    outline = task.basis.correspondence.outline
    off[outline] = (outline_normals(task.basis.correspondence, task.seen) @ off[outline][:, :, None])[:, :, 0]
    return off
