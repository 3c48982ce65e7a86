"""How the landmarks of heads move when action units do: exact curves of many people at once, without a picture."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mienkit.core.action_unit import AU_INDEX, NUM_AUS, SIDED_UNITS
from mienkit.morphable.action_units import CLOSING_CM, expression_of, join_halves, lip_seal
from mienkit.morphable.head import EXPRESSION_NAMES
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.marked_head import LOWER_LIDS, UPPER_LIDS, MarkedHead, in_picture, load_marked_head
from mienkit.morphable.studio import MOST_BLINK

Floats = npt.NDArray[np.float32]

CLOSE = EXPRESSION_NAMES.index("mouthClose")
BLINKS = [EXPRESSION_NAMES.index(f"eyeBlink_{side}") for side in "LR"]


def head_curves(people: Sequence[int], aus: Floats) -> Floats:
    """Move the landmarks of people who do not exist, as exactly as their pictures would show.

    Lips touch at rest, and everybody's lids shut at AU45 = 1, as in ``mien render``.

    Args:
        people: (N,) numbers as of ``roll_looks``.
        aus: (N, T, 17) in [0, 1], or (N, T, 34) for both halves of the face, in the order of SIDED_UNITS.

    Returns:
        (N, T, 68, 3): a pre-shape for each frame, x right, y down, depth towards the viewer.

    Raises:
        AssetError: the head model is missing.
        ValueError: the shapes do not fit each other.
    """
    if aus.ndim != 3 or len(aus) != len(people) or aus.shape[2] not in (NUM_AUS, len(SIDED_UNITS)):
        raise ValueError(f"{len(people)} people need units of shape (N, T, 17) or (N, T, 34), not {aus.shape}")
    head = load_marked_head()
    identity = np.stack([roll_looks(int(person)).identity for person in people])
    weights = shown_by(head, identity, aus)
    moved = np.tensordot(weights, head.expression, 1)
    return in_picture(head.rest(identity)[:, None] + moved)


def shown_by(head: MarkedHead, identity: Floats, aus: Floats) -> Floats:
    """Turn the units of people, (N, T, 17 or 34), into weights of the expression shapes, (N, T, 57)."""
    left, right = (aus[..., ::2], aus[..., 1::2]) if aus.shape[-1] == len(SIDED_UNITS) else (aus, aus)
    rows = [expression_of(half.reshape(-1, NUM_AUS)) for half in (left, right)]
    weights = join_halves(*rows).reshape(*aus.shape[:2], -1)
    shut = np.stack([left[..., AU_INDEX["AU45"]], right[..., AU_INDEX["AU45"]]], -1)
    weights[..., BLINKS] += (blinks_of(head, identity)[:, None, None] - 1) * shut
    return touching(head, identity[:, None], weights, np.minimum(lip_seal(left), lip_seal(right)))


def touching(head: MarkedHead, identity: Floats, weights: Floats, seal: Floats) -> Floats:
    """Bring the lips of people, (..., K), who show something, (..., 57), together as far as a seal, (...), says."""
    gap = np.maximum(head.lip_gap(identity, weights), 0)
    closed = weights.copy()
    closed[..., CLOSE] += seal * gap / CLOSING_CM
    return closed


def blinks_of(head: MarkedHead, identity: Floats) -> Floats:
    """Say how far people, (N, K), must shut the lids until they are as close as the mean head's, (N,)."""
    moved = head.expression[BLINKS].sum(0)
    rest = head.rest(identity)
    wide, shut, aim = (_lids_apart(points) for points in (rest, rest + moved, head.neutral + moved))
    return np.asarray(np.clip((wide - aim) / np.maximum(wide - shut, 1e-3), 1.0, MOST_BLINK), np.float32)


def _lids_apart(points: Floats) -> Floats:
    upper, lower = ([row for side in rows.values() for row in side] for rows in (UPPER_LIDS, LOWER_LIDS))
    return np.asarray(np.linalg.norm(points[..., upper, :] - points[..., lower, :], axis=-1).mean(-1), np.float32)
