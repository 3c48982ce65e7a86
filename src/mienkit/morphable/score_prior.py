"""What MediaPipe's blendshape scores say of the head's expression shapes, as far as they can be believed.

A score is not an intensity (see ``mienkit.data.blendshape``), so it only says around which weight to look: the score
above a relaxed face's, times a gain, give or take a deviation. Shapes without a score are sparse: a small push towards
zero keeps them silent where the landmarks do not ask for them.

Without any scores the landmarks must tell everything, so the priors of shapes that they show are wide. That was chosen
on 30 photographs, where weights from 68 landmarks alone came nearest to those from 478 and scores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.morphable.camera import Doubles

HIDDEN_DEVIATION, HIDDEN_PUSH = 0.2, 2.0
"""Of shapes that no score tells of and that landmarks hardly show."""
UNSCORED_DEVIATION, UNSCORED_PUSH = 0.35, 0.5
"""Of shapes that a score would tell of."""
NEVER_FITTED = ("PupilDilate", "mouthClose", "cheekRaiser", "jawForward", "cheekPuff", "eyeWide")
"""Landmarks cannot see these, or another shape does the same to them."""


@dataclass(frozen=True)
class Belief:
    """How a score tells of a weight."""

    gain: float
    deviation: float
    rest: float = 0.0
    """Score of a relaxed face."""


BELIEFS: Mapping[str, Belief] = {
    "browDown": Belief(0.7, 0.15, rest=0.35),
    "browInnerUp": Belief(0.7, 0.20, rest=0.10),
    "browOuterUp": Belief(0.6, 0.20, rest=0.15),
    "eyeBlink": Belief(0.8, 0.25, rest=0.10),
    "eyeLookDown": Belief(0.8, 0.25),
    "eyeLookIn": Belief(0.8, 0.25),
    "eyeLookOut": Belief(0.8, 0.25),
    "eyeLookUp": Belief(0.8, 0.25),
    "eyeSquint": Belief(0.3, 0.25, rest=0.30),
    "jawLeft": Belief(0.5, 0.15),
    "jawOpen": Belief(1.0, 0.15),
    "jawRight": Belief(0.5, 0.15),
    "mouthFrown": Belief(0.8, 0.20),
    "mouthFunnel": Belief(0.7, 0.30),
    "mouthLeft": Belief(0.6, 0.15),
    "mouthLowerDown": Belief(0.7, 0.30),
    "mouthPress": Belief(0.4, 0.25, rest=0.10),
    "mouthPucker": Belief(0.7, 0.30),
    "mouthRight": Belief(0.6, 0.15),
    "mouthRollLower": Belief(0.6, 0.20),
    "mouthRollUpper": Belief(0.6, 0.20),
    "mouthShrugLower": Belief(0.5, 0.20),
    "mouthSmile": Belief(0.9, 0.25),
    "mouthStretch": Belief(0.6, 0.25),
    "mouthUpperUp": Belief(0.7, 0.30),
}
"""Stem of a shape's name -> what its score tells. Scores that are missing here are dead or blind."""


@dataclass(frozen=True, eq=False)
class Prior:
    """Where the weights of E expression shapes are looked for."""

    mean: Doubles
    """(E,) in [0, 1]."""
    precision: Doubles
    """(E,) one over the squared deviation."""
    push: Doubles
    """(E,) slope of the cost towards zero."""


def score_prior(names: Sequence[str], scores: Mapping[str, float] | None) -> Prior:
    """Turn scores, such as ``mouthSmileLeft``, into a prior of shapes, such as ``mouthSmile_L``."""
    rows = [_belief(name, scores or {}) for name in names]
    mean, deviation, push = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    return Prior(mean, deviation**-2, push)


def _belief(name: str, scores: Mapping[str, float]) -> tuple[float, float, float]:
    """Return the mean, the deviation and the push of one shape."""
    stem, _, side = name.partition("_")
    if stem not in BELIEFS:
        return 0.0, HIDDEN_DEVIATION, HIDDEN_PUSH
    score = scores.get(stem + {"L": "Left", "R": "Right"}.get(side, ""), scores.get(stem))
    if score is None:
        return 0.0, UNSCORED_DEVIATION, UNSCORED_PUSH
    belief = BELIEFS[stem]
    return min(max(belief.gain * (score - belief.rest), 0.0), 1.0), belief.deviation, 0.0


def is_fitted(name: str) -> bool:
    """Say whether landmarks can tell how much of a shape there is."""
    return not name.startswith(NEVER_FITTED)
