"""Correcting where landmarks lie on the head by what photographs of resting faces say.

Drawn heads teach a landmarker's habit except where their paint is a guess: painted brows sit 3.5 mm too high, and the
hairline is nowhere. A person at rest defines zero for all expression shapes, so what resting faces are off by on
average, when only pose and identity are fitted, is the table's fault.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mienkit.morphable.camera import Doubles, Floats
from mienkit.morphable.correspondence import LIPS, Correspondence
from mienkit.morphable.head import HeadModel
from mienkit.morphable.learn_correspondence import on_surface, symmetric
from mienkit.morphable.score_prior import Prior
from mienkit.morphable.search import load_basis, misses, search, set_task
from mienkit.weights.atomic import replacing

ROUNDS = 4
HELD = 1e6
"""Precision of a prior that keeps the expression at zero."""
RESTING: Mapping[str, float] = {
    "browDown": 0.40, "browInnerUp": 0.12, "browOuterUp": 0.20, "eyeBlink": 0.30, "eyeSquint": 0.60, "jawOpen": 0.04,
    "mouthFrown": 0.05, "mouthFunnel": 0.05, "mouthLowerDown": 0.10, "mouthPress": 0.30, "mouthPucker": 0.30,
    "mouthShrugLower": 0.30, "mouthSmile": 0.08, "mouthStretch": 0.10, "mouthUpperUp": 0.10,
}  # fmt: skip
"""MediaPipe's scores up to which a face is at rest."""


def is_resting(scores: Mapping[str, float]) -> bool:
    """Say whether blendshape scores are those of a face at rest."""
    stems = ((name.removesuffix("Left").removesuffix("Right"), score) for name, score in scores.items())
    return all(score <= RESTING.get(stem, np.inf) for stem, score in stems)


def refine_correspondence(table: Correspondence, resting: Sequence[Floats], model: HeadModel) -> Correspondence:
    """Move landmarks to where faces at rest show them.

    The lips stay: the head's own are parted at rest, people's are not.

    Args:
        table: of all landmarks.
        resting: (N, 2) or (N, 3) pixels of each face; a hundred or more.
        model: the head.
    """
    moves = ~table.among(LIPS)
    for _ in range(ROUNDS):
        off = np.mean([_off_cm(table, landmarks, model) for landmarks in resting], axis=0)
        places = np.asarray(table.pick(model.neutral) + off * moves[:, None], np.float64)
        table = on_surface(symmetric(places), table.deviation, model)
    return table


def write_correspondence(path: Path, table: Correspondence, landmarks68: Sequence[int]) -> None:
    """Write a table that ``load_correspondence`` reads, with the numbers of the 68 landmarks among all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            vertices=table.vertices,
            shares=table.shares,
            deviation=table.deviation,
            landmarks68=np.array(landmarks68, np.int32),
        )


def _off_cm(table: Correspondence, landmarks: Floats, model: HeadModel) -> Doubles:
    """Return what landmarks are off by, (N, 3) cm on the head, when a face is fitted without any expression."""
    basis = load_basis(model, table)
    none = np.zeros(len(basis.shapes))
    task = set_task(basis, np.asarray(landmarks[:, :2], np.float64), Prior(none, none + HELD, none), None)
    state = search(task)
    flat = misses(task, state) / state.pose.scale * (1, -1)
    return np.asarray(np.pad(flat, ((0, 0), (0, 1))) @ state.pose.matrix)
