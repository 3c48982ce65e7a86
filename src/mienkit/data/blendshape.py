"""MediaPipe's blendshape scores turned into action units, as far as the scores can see them.

A score is not an intensity. Each unit takes the score above the level of a relaxed face (``rest``) and divides it by
the change that the unit at full strength makes (``response``), left and right averaged, clipped to [0, 1].

- ``response`` is the change measured on rendered heads with one unit at full strength, where it was measured there
  (AU1 0.40, AU4 0.34, AU12 0.89, AU15 0.25, AU17 0.77, AU20 0.67, AU26 0.64, AU45 0.46; AU23 0.2). AU2 0.31 is the
  slope over photographs moved by exact amounts, where AU23 gave 0.27 and AU45 0.50.
- ``rest`` is about the upper quartile over 570 photographs whose expression was removed: browInnerUp 0.07, browOuterUp
  0.11, browDown 0.33, eyeSquint 0.49, mouthPress 0.14, mouthShrugLower 0.12, eyeBlink 0.14, mouthDimple 0.01,
  mouthSmile 0.03 (95 %). So three resting faces in four read 0, and lined or heavy-lidded ones a little.
- AU25 is the largest of what three scores say, because no score is the gap between the lips: over 3,006 photographs
  it correlates 0.89 with that gap, against 0.78 without ``mouthUpperUp``.
- AU7 and AU14 are weak: the scores hardly follow exact changes (correlation 0.19 and 0.15), and eyeSquint rises with
  blinks and smiles. Trust them little.
- AU5, AU6, AU9 and AU10 are unknown: ``eyeWide``, ``cheekSquint`` and ``noseSneer`` are dead in this model, and none
  stands for AU10. They are NaN, never 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.core.errors import DataError
from mienkit.data.row import Floats

MEASURER = "mediapipe blendshapes, mapping 1"

BLENDSHAPES: tuple[str, ...] = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""In the order of Face Landmarker; left and right are the person's own."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one score tells of one unit."""

    shape: str
    """Without ``Left`` and ``Right``."""
    rest: float
    response: float


READINGS: Mapping[str, tuple[Reading, ...]] = {
    "AU1": (Reading(shape="browInnerUp", rest=0.08, response=0.40),),
    "AU2": (Reading(shape="browOuterUp", rest=0.12, response=0.31),),
    "AU4": (Reading(shape="browDown", rest=0.35, response=0.34),),
    "AU7": (Reading(shape="eyeSquint", rest=0.50, response=0.30),),
    "AU12": (Reading(shape="mouthSmile", rest=0.03, response=0.89),),
    "AU14": (Reading(shape="mouthDimple", rest=0.02, response=0.30),),
    "AU15": (Reading(shape="mouthFrown", rest=0.02, response=0.25),),
    "AU17": (Reading(shape="mouthShrugLower", rest=0.12, response=0.77),),
    "AU20": (Reading(shape="mouthStretch", rest=0.04, response=0.67),),
    "AU23": (Reading(shape="mouthPress", rest=0.15, response=0.30),),
    "AU25": (
        Reading(shape="mouthLowerDown", rest=0.0, response=0.32),
        Reading(shape="jawOpen", rest=0.03, response=0.25),
        Reading(shape="mouthUpperUp", rest=0.0, response=0.90),
    ),
    "AU26": (Reading(shape="jawOpen", rest=0.03, response=0.64),),
    "AU45": (Reading(shape="eyeBlink", rest=0.15, response=0.46),),
}
"""Action unit -> scores that tell of it; the largest counts."""


def blendshape_aus(scores: Floats, names: Sequence[str] = BLENDSHAPES) -> Floats:
    """Turn blendshape scores, (N, 52) in [0, 1], into action units, (N, 17) in [0, 1]; NaN where the scores are blind.

    Args:
        scores: one row a face.
        names: what the columns are.

    Raises:
        DataError: there are not as many scores as names.
    """
    if scores.ndim != 2 or scores.shape[1] != len(names):
        raise DataError(f"{len(names)} blendshape scores a face are needed, not an array of shape {scores.shape}")
    columns = {name: scores[:, index] for index, name in enumerate(names)}
    aus = np.full((len(scores), NUM_AUS), np.nan, np.float32)
    for name, readings in READINGS.items():
        levels = [(both_sides(columns, r.shape) - r.rest) / r.response for r in readings]
        aus[:, AU_INDEX[name]] = np.clip(np.max(levels, axis=0), 0, 1)
    return aus


def both_sides(columns: Mapping[str, Floats], shape: str) -> Floats:
    """Average the left and right scores of a shape, or take its only one."""
    if shape in columns:
        return columns[shape]
    return np.asarray((columns[f"{shape}Left"] + columns[f"{shape}Right"]) / 2, np.float32)
