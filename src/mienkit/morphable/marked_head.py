"""The head as its 68 landmarks know it: their places, how identities and expressions move them, and pictures' axes.

The landmarks are where ``correspondence`` says that landmarkers see them, as in every rendered table. In a picture x
points right, y down and the depth towards the viewer; in the head's frame x points to the person's left, which is the
picture's right, and y up. A pre-shape is centred and has Frobenius norm 1, so a length of 1 is about half a metre.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch

from mienkit.geometry.preshape import PreShape
from mienkit.morphable.action_units import LOWER_LIP, UPPER_LIP
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.head import HeadModel, load_head_model

Floats = npt.NDArray[np.float32]

AXES = np.array([1, -1, 1], np.float32)
"""From the head's axes to a picture's, and back."""
UPPER_LIDS, LOWER_LIDS = {"R": (37, 38), "L": (43, 44)}, {"R": (41, 40), "L": (47, 46)}
"""Of the 68 landmarks: two pairs on the rims of each eye's lids."""


@dataclass(frozen=True, eq=False)
class MarkedHead:
    """Landmarks of the neutral head and how they can move, centimetres in the head's frame."""

    model: HeadModel
    neutral: Floats
    """(68, 3)."""
    identity: Floats
    """(I, 68, 3)."""
    expression: Floats
    """(57, 68, 3)."""

    @classmethod
    def of(cls, model: HeadModel) -> "MarkedHead":
        """Mark a head.

        Raises:
            ValueError: the head is not the one whose landmarks were learned.
        """
        marks = load_correspondence(68)
        if marks.vertices.max() >= len(model.neutral):
            raise ValueError(f"the landmarks of a head of {len(model.neutral)} vertices are not known")
        return cls(model, marks.pick(model.neutral), marks.pick(model.identity), marks.pick(model.expression))

    def rest(self, identity: Floats) -> Floats:
        """Return the landmarks of people at rest, (..., 68, 3) cm, of up to I weights each, (..., K)."""
        used = self.identity[: identity.shape[-1]]
        return np.asarray(self.neutral + np.tensordot(identity, used, 1), np.float32)

    def lip_gap(self, identity: Floats, expression: Floats) -> Floats:
        """Say how far the rims of lips are apart, (...) cm, of people, (..., K), who show something, (..., 57)."""
        return self.gap(UPPER_LIP, LOWER_LIP, identity, expression)

    def lid_gap(self, side: str, identity: Floats, expression: Floats) -> Floats:
        """Say how far the lids of the ``L`` or ``R`` eye are apart, (...) cm, as ``lip_gap`` does."""
        return self.gap(UPPER_LIDS[side], LOWER_LIDS[side], identity, expression)

    def gap(self, upper: tuple[int, ...], lower: tuple[int, ...], identity: Floats, expression: Floats) -> Floats:
        """Return the mean height of some landmarks' vertices above others', (...) cm; negative where they overlap.

        The vertices themselves lie on the rims; what landmarkers see is up to 1 mm beside them.
        """
        above, below = self.model.landmarks68[list(upper)], self.model.landmarks68[list(lower)]

        def apart(shapes: Floats) -> Floats:
            return np.asarray((shapes[..., above, 1] - shapes[..., below, 1]).mean(-1), np.float32)

        people = identity @ apart(self.model.identity[: identity.shape[-1]])
        return np.asarray(apart(self.model.neutral) + people + expression @ apart(self.model.expression), np.float32)


@cache
def load_marked_head() -> MarkedHead:
    """Mark the head model, once a process.

    Raises:
        AssetError: the head model is missing.
    """
    return MarkedHead.of(load_head_model())


def in_picture(points: Floats) -> Floats:
    """Turn landmarks of a head, (..., 68, 3) cm, into pre-shapes in a picture's axes, (..., 68, 3)."""
    return PreShape.of(torch.from_numpy(np.ascontiguousarray(points * AXES, np.float32))).points.numpy()


def in_head(shapes: Floats) -> Floats:
    """Turn pre-shapes in a picture's axes, (..., 68, 3), into the head's axes; place and size stay lost."""
    return np.asarray(shapes * AXES, np.float32)
