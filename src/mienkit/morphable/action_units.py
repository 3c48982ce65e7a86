"""The 17 action units as movements of the head model, and back: the one table that everything 3-D uses.

How the table was made: each unit's movement was rendered alone and beside its neighbours, and judged by what the FACS
manual says must move and what must not; sizes were set by the model's displacement in centimetres, so that intensity 1
is the strongest that most people can do (FACS E).

- AU1, AU2: ``browOuterUp`` also lifts the inner end by 0.40 cm, which AU2 does not; AU2 takes a part of it back.
- AU4: the model's ``browDown`` moves the brows by only 0.3 cm, so it is exaggerated.
- AU6 and AU7 differ in the cheek: AU6 lifts it by 0.5 cm and the lower lid with it, AU7 moves both lids alone.
- AU9: ``noseSneer`` also bares the teeth, which is AU10's work; the upper lip is let down again.
- AU10: ``mouthUpperUp``, which lifts the lip in two wings and deepens the fold beside the nose as a levator does. The
  model's own table says ``mouthShrugUpper`` (and gives ``mouthUpperUp`` to AU11), but that shape lifts the middle of
  the lip only and leaves fold and nostrils as they were.
- AU23: the lips roll in, press and narrow; ``mouthPress`` alone is AU24.
- AU25 and AU26: a jaw that drops keeps the lips near each other (``mouthClose``) as far as AU25 does not part them, so
  that AU26 alone opens the lips by 0.5 cm, AU25 by 0.7 cm, and both together by 2 cm.

Three things are not linear: that, closed lids, which hide AU5, and AU9 beside AU10. Both lift the same lip, so that
together each does less than alone; their sum would be a snarl with bared gums.

Source: Ekman, Friesen and Hager 2002 (FACS manual); names of the shapes as in ICT-FaceKit, which has them from ARKit.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.morphable.head import EXPRESSION_NAMES, HeadModel

Floats = npt.NDArray[np.float32]
Side: TypeAlias = Literal["left", "right"]
"""The person's own."""

AU_SHAPES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "AU1": {"browInnerUp": 1.15},
        "AU2": {"browOuterUp": 1.1, "browInnerUp": -0.35},
        "AU4": {"browDown": 1.4},
        "AU5": {"eyeWide": 1.0},
        "AU6": {"cheekSquint": 0.7, "cheekRaiser": 0.6},
        "AU7": {"eyeSquint": 1.0, "eyeBlink": 0.12},
        "AU9": {"noseSneer": 0.85, "mouthShrugUpper": -0.45, "mouthClose": 0.06},
        "AU10": {"mouthUpperUp": 0.6},
        "AU12": {"mouthSmile": 1.0},
        "AU14": {"mouthDimple": 1.0},
        "AU15": {"mouthFrown": 1.2},
        "AU17": {"mouthShrugLower": 0.9},
        "AU20": {"mouthStretch": 1.1},
        "AU23": {"mouthPress": 0.6, "mouthRollLower": 0.45, "mouthRollUpper": 0.35, "mouthPucker": 0.35},
        "AU25": {"mouthLowerDown": 0.4, "mouthUpperUp": 0.25, "jawOpen": 0.08},
        "AU26": {"jawOpen": 0.5},
        "AU45": {"eyeBlink": 1.0},
    }
)
"""Action unit -> shape, without its side -> weight at intensity 1. The first shape leads: a face is read by it."""

ANTAGONISTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AU2": ("browDown",),
        "AU4": ("browOuterUp",),
        "AU5": ("eyeBlink", "eyeSquint", "cheekSquint", "cheekRaiser"),
        "AU6": ("eyeWide",),
        "AU7": ("eyeWide",),
        "AU10": ("mouthPress", "mouthRollUpper", "mouthShrugLower", "mouthFrown"),
        "AU12": ("mouthFrown", "mouthPucker", "mouthFunnel", "mouthShrugLower"),
        "AU14": ("mouthPucker", "mouthFunnel", "mouthFrown"),
        "AU15": ("mouthSmile", "mouthDimple", "mouthUpperUp", "mouthLowerDown"),
        "AU17": ("mouthSmile", "mouthUpperUp", "mouthLowerDown", "jawOpen"),
        "AU20": ("mouthSmile", "mouthPucker", "mouthFunnel", "mouthDimple"),
        "AU23": ("mouthSmile", "mouthUpperUp", "mouthLowerDown", "mouthFunnel", "mouthStretch", "jawOpen"),
        "AU25": ("mouthPress", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthClose"),
        "AU26": ("mouthPress", "mouthRollLower", "mouthRollUpper", "mouthShrugLower"),
        "AU45": ("eyeWide",),
    }
)
"""Action unit -> shapes, without their side, that it cannot stand beside. AU1 and AU4 can: that is sadness."""

LOWEST, HIGHEST = -0.5, 1.5
"""Weights beyond these tear the mesh."""
LIPS_FOLLOW = 0.56
"""``mouthClose`` for each ``jawOpen`` of AU26: a dropped jaw leaves the lips a third of the way apart."""
PARTED = 5.1
"""AU25 for each ``mouthClose`` that a dropped jaw lacks: 3.6 cm of gap against the 0.7 cm of AU25."""
SNEER_YIELDS, LIFT_YIELDS = 0.25, 0.5
"""How much less AU9 does beside a full AU10, and AU10 beside a full AU9."""
FOLLOWER = 0.1
"""How much a shape that leads no unit counts when a face is read: fits tell it badly."""
PARTING = 0.2
"""From this intensity on, the opening of AU10, AU25 or AU26 is the model's own, and lips are no longer sealed."""
OPENING_AUS = ("AU10", "AU25", "AU26")
CLOSING_CM = 3.65
"""How far ``mouthClose`` moves the lips towards each other."""
UPPER_LIP, LOWER_LIP = (61, 62, 63), (67, 66, 65)
"""Of the 68 landmarks: three pairs on the inner rims."""

_LEFT, _RIGHT = (np.array([name.endswith(ending) for name in EXPRESSION_NAMES]) for ending in ("_L", "_R"))
_SHAPE = {name: index for index, name in enumerate(EXPRESSION_NAMES)}
_CLOSE, _SHRUG = _SHAPE["mouthClose"], _SHAPE["mouthShrugUpper"]
_AU5, _AU9, _AU10, _AU25, _AU26, _AU45 = (AU_INDEX[name] for name in ("AU5", "AU9", "AU10", "AU25", "AU26", "AU45"))


def shapes_called(stem: str, side: Side | None = None) -> list[int]:
    """List where a shape stands: once if it has no sides, else both or the side asked for.

    Raises:
        ValueError: there is no such shape, or no such side.
    """
    if side is not None and side not in get_args(Side):
        raise ValueError(f"a side is 'left', 'right' or None, not {side!r}")
    endings = ("", "_L", "_R") if side is None else ("", f"_{side[0].upper()}")
    found = [_SHAPE[stem + ending] for ending in endings if stem + ending in _SHAPE]
    if not found:
        raise ValueError(f"no expression shape is called {stem!r}")
    return found


def units_shown(aus: npt.NDArray[np.floating]) -> Floats:
    """Return what a face shows that is asked for action units, (..., 17) in [0, 1]: closing lids hide AU5."""
    shown = np.array(aus, np.float32)
    shown[..., _AU5] *= 1 - shown[..., _AU45]
    return shown


def expression_of(aus: npt.NDArray[np.floating], side: Side | None = None) -> Floats:
    """Turn action units, (17,) or (N, 17) in [0, 1], into weights of the expression shapes, (57,) or (N, 57).

    Args:
        aus: intensities.
        side: move one half of the face only; shapes without sides, such as the jaw, move all the same.
    """
    rows = _rows(aus, NUM_AUS)
    weights = _yielding(units_shown(rows)) @ _table(side)
    weights[:, _CLOSE] += _lips_that_follow(rows)
    weights[:, _SHRUG] *= 1 - rows[:, _AU10]  # the lip that AU9 lets down again is the one that AU10 lifts
    return np.asarray(weights.reshape(*np.shape(aus)[:-1], -1), np.float32)


def action_units_of(expression: npt.NDArray[np.floating], side: Side | None = None) -> Floats:
    """Read action units, (17,) or (N, 17) in [0, 1], off weights of the expression shapes, (57,) or (N, 57).

    What ``expression_of`` made comes back, unless closed lids hid AU5. Shapes of no unit (a pucker) are not read.

    Args:
        expression: weights of the shapes.
        side: read one half of the face; None takes the mean of both.

    Source: Lawson and Hanson 1974, non-negative least squares.
    """
    rows = _rows(expression, len(EXPRESSION_NAMES))
    table = _table(side).copy()
    table[:, [_CLOSE, _SHRUG]] = 0
    counts = _counts(side)
    aus = np.array([nnls((table * counts).T, row * counts)[0] for row in rows]).reshape(-1, NUM_AUS)
    kept = rows[:, _CLOSE] - aus @ _table(side)[:, _CLOSE]
    _undo_yielding(aus)
    aus[:, _AU25] += PARTED * np.maximum(_lips_that_follow(aus) - np.maximum(kept, 0), 0)
    return np.asarray(np.clip(aus, 0, 1).reshape(*np.shape(expression)[:-1], -1), np.float32)


def with_units(expression: npt.NDArray[np.floating], aus: npt.NDArray[np.floating], side: Side | None = None) -> Floats:
    """Change an expression, (57,), so that it, or one half of it, shows action units, (17,).

    What no unit speaks of stays; a face that already shows them stays exactly as it is.
    """
    before = np.asarray(expression, np.float32)
    change = expression_of(aus, side) - expression_of(action_units_of(before, side), side)
    after = np.where(np.abs(change) < 1e-5, before, before + change)
    return np.asarray(np.clip(after, np.minimum(before, LOWEST), np.maximum(before, HIGHEST)), np.float32)


def join_halves(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> Floats:
    """Make one expression, (57,), of one for the left and one for the right half of the face, (57,) each.

    A shape without sides, such as the jaw, takes the mean.
    """
    return np.asarray(np.where(_LEFT, left, np.where(_RIGHT, right, (left + right) / 2)), np.float32)


def without_antagonists(
    expression: npt.NDArray[np.floating], aus: npt.NDArray[np.floating], share: float = 1.0
) -> Floats:
    """Relax the shapes of an expression, (57,), that units, (17,), cannot stand beside.

    Args:
        expression: weights of the shapes.
        aus: units that are about to be raised, in [0, 1]; a unit at 1 relaxes its antagonists fully.
        share: how much of that is done, in [0, 1].
    """
    against = (_OPPOSED * np.clip(aus, 0, 1)[:, None]).max(0)
    return np.asarray(expression * (1 - share * against), np.float32)


def lip_seal(aus: npt.NDArray[np.floating]) -> Floats:
    """Say how far the lips must be brought together, (...,) in [0, 1], for units, (..., 17).

    At rest, human lips touch; the model's are 0.1 cm apart. It falls steadily, so that clips do not jump.
    """
    opening = np.max(np.asarray(aus, np.float32)[..., [AU_INDEX[name] for name in OPENING_AUS]], -1)
    return np.asarray(np.clip(1 - opening / PARTING, 0, 1), np.float32)


def close_lips(model: HeadModel, identity: npt.NDArray[np.floating], expression: Floats, seal: float) -> Floats:
    """Add the ``mouthClose`` to an expression, (57,), that makes a person's lips touch; lips that meet stay.

    Args:
        model: the head.
        identity: (K,) weights; every person's lips rest at another distance.
        expression: weights of the shapes.
        seal: the part of the gap that is closed, in [0, 1]; see ``lip_seal``.
    """
    rims = model.landmarks68[[*UPPER_LIP, *LOWER_LIP]]
    height = model.neutral[rims, 1] + expression @ model.expression[:, rims, 1]
    height += np.asarray(identity, np.float32) @ model.identity[: len(identity), rims, 1]
    gap = float((height[:3] - height[3:]).mean())
    closed = np.array(expression, np.float32)
    closed[_CLOSE] += seal * max(gap, 0.0) / CLOSING_CM
    return closed


def _lips_that_follow(aus: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the ``mouthClose``, (N,), with which the lips follow a jaw that AU26 drops."""
    dropped = AU_SHAPES["AU26"]["jawOpen"] * aus[:, _AU26]
    return np.asarray(LIPS_FOLLOW * dropped * np.clip(1 - aus[:, _AU25], 0, 1))


def _yielding(aus: Floats) -> Floats:
    """Lower AU9 and AU10, (N, 17), as far as both are there."""
    both = aus[:, _AU9] * aus[:, _AU10]
    done = aus.copy()
    done[:, _AU9] -= SNEER_YIELDS * both
    done[:, _AU10] -= LIFT_YIELDS * both
    return done


def _undo_yielding(aus: npt.NDArray[np.float64]) -> None:
    """Raise AU9 and AU10, (N, 17), by what ``_yielding`` took: their product solves a quadratic equation."""
    sneer, lift = aus[:, _AU9], aus[:, _AU10]
    half = (1 - LIFT_YIELDS * sneer - SNEER_YIELDS * lift) / 2
    root = np.sqrt(np.maximum(half**2 - SNEER_YIELDS * LIFT_YIELDS * sneer * lift, 0))
    both = sneer * lift / np.maximum(half + root, 0.1)
    aus[:, _AU9] += SNEER_YIELDS * both
    aus[:, _AU10] += LIFT_YIELDS * both


def _rows(values: npt.NDArray[np.floating], width: int) -> npt.NDArray[np.float64]:
    rows = np.asarray(values, np.float64)
    if rows.ndim not in (1, 2) or rows.shape[-1] != width:
        raise ValueError(f"({width},) or (N, {width}) values are needed, not {rows.shape}")
    return rows.reshape(-1, width)


def _table(side: Side | None) -> npt.NDArray[np.float64]:
    """Return the linear part, (17, 57)."""
    return _TABLES[side]


def _counts(side: Side | None) -> npt.NDArray[np.float64]:
    """Return how much each shape counts when a face is read, (57,); the other half of the face does not."""
    return np.where(np.any(_TABLES[side] != 0, axis=0), _LEADS, 0)


def _build_table(side: Side | None) -> npt.NDArray[np.float64]:
    table = np.zeros((NUM_AUS, len(EXPRESSION_NAMES)))
    for name, shapes in AU_SHAPES.items():
        for stem, weight in shapes.items():
            table[AU_INDEX[name], shapes_called(stem, side)] = weight
    return table


def _build_leads() -> npt.NDArray[np.float64]:
    leads = np.full(len(EXPRESSION_NAMES), np.sqrt(FOLLOWER))
    for shapes in AU_SHAPES.values():
        leads[shapes_called(next(iter(shapes)))] = 1
    return leads


def _build_opposed() -> npt.NDArray[np.float64]:
    opposed = np.zeros((NUM_AUS, len(EXPRESSION_NAMES)))
    for name, stems in ANTAGONISTS.items():
        for stem in stems:
            opposed[AU_INDEX[name], shapes_called(stem)] = 1
    return opposed


_TABLES: Mapping[Side | None, npt.NDArray[np.float64]] = {side: _build_table(side) for side in (None, "left", "right")}
_LEADS = _build_leads()
_OPPOSED = _build_opposed()
