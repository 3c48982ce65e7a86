"""From 68 landmarks that move in three dimensions to the head's expression shapes, and so to every vertex.

The shapes move landmarks linearly, so the weights are those of a least-squares problem, in closed form but for their
signs: none is negative, and few are used. Pre-shapes tell neither place nor size, and a jaw that drops moves both;
so each frame is compared with the head up to a shift and a scale.

How far the face's 6706 vertices are off, in millimetres, mean (95 %), for 400 held-out people who show action units as
drawn faces do, or one to four shapes at random; "noisy" landmarks are 0.25 mm off along each axis:

|                               | units         | units, noisy  | shapes        | shapes, noisy |
|-------------------------------|---------------|---------------|---------------|---------------|
| this                          | 0.070 (0.225) | 0.148 (0.395) | 0.020 (0.100) | 0.123 (0.333) |
| ridge, weights in [-0.5, 1.5] | 0.076 (0.227) | 0.235 (0.581) | 0.068 (0.224) | 0.234 (0.571) |
| ridge, weights in [0, 1.5]    | 0.118 (0.431) | 0.387 (1.156) | 0.113 (0.401) | 0.394 (1.147) |
| a head that does not move     | 1.70 (6.47)   |               | 1.86 (8.14)   |               |

Source: Tibshirani 1996 and Zou & Hastie 2005 (elastic net); Lawson & Hanson 1974 (non-negative least squares).
Differs: Otberdout et al. 2022 (S2D) learn a spiral network from scans instead; the head model's shapes are such scans'.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from mienkit.morphable.action_units import CLOSING_CM, HIGHEST
from mienkit.morphable.curves import BLINKS, CLOSE, touching
from mienkit.morphable.head import EXPRESSION_NAMES
from mienkit.morphable.marked_head import MarkedHead, in_head, in_picture, load_marked_head

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

SPARSENESS, RIDGE = 0.005, 0.003
"""Square centimetres: what a weight of 1 costs, and its square."""
UNSEEN = ("PupilDilate", "eyeLook")
"""Landmarks do not tell where eyes look, though lids that follow them look like a blink's."""
SHUT_CM = 0.04
"""Between lids of the mean head that are shut."""
SHUTTING_CM = 0.79
"""How far ``eyeBlink`` moves the lids of its eye towards each other."""
FAINT = 0.002
"""Weights below this are rounding."""


@dataclass(frozen=True, eq=False)
class LandmarkDecoder:
    """Reads the expression of one person's landmarks."""

    head: MarkedHead
    identity: Floats
    """(K,) weights."""

    @cached_property
    def seal(self) -> Floats:
        """Return the weights, (57,), with which this person's lips touch at rest."""
        calm = np.zeros(len(EXPRESSION_NAMES), np.float32)
        return touching(self.head, self.identity, calm, np.ones((), np.float32))

    @cached_property
    def rest(self) -> Floats:
        """Return the landmarks at rest, lips touching: a pre-shape in a picture's axes, (68, 3)."""
        return in_picture(self.head.rest(self.identity) + np.tensordot(self.seal, self.head.expression, 1))

    def decode(self, motion: Floats) -> Floats:
        """Say what a person shows whose landmarks move.

        Args:
            motion: (T, 68, 3), by how much each pre-shape differs from the one at rest, in a picture's axes; the
                person at rest may be another one than this.

        Returns:
            (T, 57) weights in [0, HIGHEST], the seal that lips have at rest among them.

        Raises:
            ValueError: it is no motion of 68 landmarks in three dimensions, or not finite.
        """
        if motion.ndim != 3 or motion.shape[1:] != (68, 3) or not np.isfinite(motion).all():
            raise ValueError(f"a motion is (T, 68, 3) finite numbers, not an array of shape {motion.shape}")
        shapes = in_head(self.rest + motion).astype(np.float64)
        weights = np.stack([self._solve(shape) for shape in shapes]).astype(np.float32)
        return self.kept_apart(np.where(weights < FAINT, np.float32(0), weights))

    def kept_apart(self, weights: Floats) -> Floats:
        """Let lids and lips of a face, (..., 57) weights, meet but not pass through each other: what shuts them yields.

        Other shapes may overlap lips, as a raised chin does, which pushes the lower one up before the upper one.
        """
        held, head = weights.copy(), self.head
        held[..., BLINKS] = 0
        for blink, side in zip(BLINKS, "LR", strict=True):
            room = np.maximum(head.lid_gap(side, self.identity, held) - SHUT_CM, 0)
            held[..., blink] = np.clip(weights[..., blink], 0, room / SHUTTING_CM)
        held[..., CLOSE] = 0
        room = np.maximum(head.lip_gap(self.identity, held), 0)
        held[..., CLOSE] = np.clip(weights[..., CLOSE], 0, room / CLOSING_CM)
        return held

    def _solve(self, shape: Doubles) -> Doubles:
        """Find the weights, (57,), with which the head has a shape, (68, 3), up to place and size."""
        aim = (shape - shape.mean(0)).ravel()
        aim /= np.linalg.norm(aim)
        neutral, moves = self._centred
        seen = moves - np.outer(aim, aim @ moves)
        wanted = aim * (aim @ neutral) - neutral
        # The elastic net with weights that are not negative, as a least-squares problem.
        root = np.linalg.cholesky(seen.T @ seen + RIDGE * np.eye(moves.shape[1]))
        found = nnls(root.T, np.linalg.solve(root, seen.T @ wanted - SPARSENESS))[0]
        weights = np.zeros(len(EXPRESSION_NAMES))
        weights[self._seen] = np.minimum(found, HIGHEST)
        return weights

    @cached_property
    def _seen(self) -> list[int]:
        return [index for index, name in enumerate(EXPRESSION_NAMES) if not name.startswith(UNSEEN)]

    @cached_property
    def _centred(self) -> tuple[Doubles, Doubles]:
        """Return the landmarks without their mean, (204,) cm, and how they move with the shapes that are seen."""
        neutral = self.head.rest(self.identity).astype(np.float64)
        moves = self.head.expression[self._seen].astype(np.float64)
        moves -= moves.mean(1, keepdims=True)
        return (neutral - neutral.mean(0)).ravel(), moves.reshape(len(moves), -1).T


def decoder_of(identity: Floats) -> LandmarkDecoder:
    """Make the decoder of a person of up to 100 identity weights, (K,).

    Raises:
        AssetError: the head model is missing.
    """
    return LandmarkDecoder(load_marked_head(), np.asarray(identity, np.float32))
