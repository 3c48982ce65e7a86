"""The average face as numbers: where its points are, how each action unit moves them, and where skin folds.

Units are pixels of the 256 px template, x to the image's right, y down, depth towards the viewer. Tables list the
image's left half (the person's right); ``mirrored`` makes the other one.

Source: positions are rounded averages over neutral faces of the photo table; movements follow the FACS manual (Ekman &
Friesen 1978), and their sizes agree with the blendshapes of ICT-FaceKit (Li et al. 2020) within a few pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.landmark import MIRROR, NUM_LANDMARKS

MIDDLE = 128.0
EYES_Y = 86.0
MOUTH_Y = 156.0
SIDE = 256.0

Point = tuple[float, float]
Point3 = tuple[float, float, float]

HALF_FACE: Mapping[int, Point3] = {
    0: (56, 73, -48), 1: (54, 101, -64), 2: (55, 117, -64), 3: (62, 149, -57), 4: (69, 164, -48), 5: (78, 177, -37),
    6: (97, 194.5, -21), 7: (114, 203.5, -10), 8: (128, 206, -8),
    17: (65.5, 66, -21), 18: (75, 63.5, 0), 19: (85, 60.5, 6), 20: (97.5, 61.5, 12), 21: (112.5, 65, 15),
    27: (128, 83, 14), 28: (128, 98.5, 22), 29: (128, 112, 33), 30: (128, 121, 36),
    31: (114.5, 129.5, 13), 32: (120, 133, 15), 33: (128, 134, 16.5),
    36: (82, 85.5, -9), 37: (89.5, 80.5, -2), 38: (100, 80, 0), 39: (110, 87, -4), 40: (101, 89.8, -2),
    41: (91, 90, -4),
    48: (102, 156, -4), 49: (113, 150, 11), 50: (120.5, 147.5, 15), 51: (128, 149, 16), 57: (128, 167.5, 10),
    58: (120, 166.8, 10), 59: (112.5, 164, 7), 60: (104.5, 156, -2), 61: (120, 155.6, 9), 62: (128, 156, 9.5),
    66: (128, 156.4, 9), 67: (120, 156.1, 8.5),
}  # fmt: skip
"""Landmark of the image's left half or the midline -> (x, y, depth)."""

HALF_BROW_ARCH: Sequence[Point3] = ((60, 58, -36), (67, 47, -22), (78, 38, -9), (92, 31, 2), (109, 27, 9))
"""The face's oval above the jaw line, from the temple to next to the middle; the middle itself is ``FOREHEAD_TOP``."""
FOREHEAD_TOP: Point3 = (128, 25, 11)

HALF_MOVES: Mapping[str, Mapping[int, Point3]] = {
    "AU1": {18: (0, -1.2, 0), 19: (0, -3.5, 0), 20: (0.5, -6, 0), 21: (0.8, -7, 0)},
    "AU2": {17: (-1, -6, -1), 18: (-1.5, -8, -2), 19: (-1, -7.5, -1), 20: (-0.3, -3.5, 0), 21: (0, -0.8, 0)},
    "AU4": {17: (1, 1.2, 0), 18: (2.5, 2.8, 0), 19: (4, 4.5, 1), 20: (4.5, 5.2, 2), 21: (4.5, 5.2, 2)},
    "AU6": {2: (0, -1, 1), 3: (0, -1.5, 1), 17: (0.3, 0.8, 0), 18: (0, 0.8, 0), 36: (0.6, -0.2, 0)},
    "AU9": {
        19: (0.4, 1.2, 0), 20: (0.8, 2, 0), 21: (0.8, 2.5, 0), 28: (0, -0.8, 0), 29: (0, -1.4, 0), 30: (0, -2.2, 0),
        31: (-0.8, -4.2, 0), 32: (-0.3, -2.6, 0), 33: (0, -1.7, 0), 48: (0, -0.6, 0), 49: (-0.4, -2.8, 0),
        50: (-0.2, -3, 0), 51: (0, -2.8, 0), 61: (0, -1.2, 0), 62: (0, -1.1, 0),
    },
    "AU10": {
        31: (-1, -2, 0), 32: (-0.5, -1.2, 0), 33: (0, -0.8, 0), 48: (-0.3, -1.2, 0), 49: (-0.8, -4.6, 0),
        50: (-0.5, -5.6, 0), 51: (0, -4.8, 0), 60: (-0.2, -0.9, 0), 61: (-0.4, -3.9, 0), 62: (0, -3.6, 0),
    },
    "AU12": {
        3: (-1.5, -1.5, 0), 4: (-1.8, -2, 0), 5: (-1, -2, 0), 31: (-1.8, -1, 0), 48: (-8, -8.5, -5),
        49: (-5.5, -4.6, -3), 50: (-2.4, -1.6, -2), 51: (0, -0.8, -1.5), 57: (0, -0.8, -1.5),
        58: (-2.6, -2, -2), 59: (-5, -5, -3), 60: (-8, -8.3, -5), 61: (-4, -2.2, -2),
        62: (0, -0.8, -1.5), 66: (0, -0.7, -1.5), 67: (-3.8, -2, -2),
    },
    "AU14": {48: (2.2, -1.2, -4), 49: (1, 0.3, -1), 59: (1, -0.8, -2), 60: (2.2, -1.2, -4), 6: (-0.5, -0.5, 0)},
    "AU15": {
        48: (-1, 6.5, -1), 49: (-0.6, 2.2, 0), 50: (0, 0.6, 0), 59: (-1, 3.6, 0), 60: (-1, 6.2, -1), 61: (-0.4, 1.1, 0),
        67: (-0.4, 1.4, 0), 58: (0, 0.6, 0),
    },
    "AU17": {
        6: (0.4, -2, 1), 7: (0.3, -4, 3), 8: (0, -4.8, 4), 48: (0, 0.8, 0), 57: (0, -5.2, 4), 58: (-0.2, -4.8, 4),
        59: (-0.4, -3.4, 2), 60: (0, 0.4, 0), 66: (0, -4, 3), 67: (-0.3, -3.6, 3),
    },
    "AU20": {
        4: (-2, 0, 0), 5: (-2, 0, 0), 6: (-1, 0, 0), 48: (-8.5, 2.2, -5), 49: (-4.2, 1, -3), 50: (-1.8, 1.1, -1),
        51: (0, 1, -1), 57: (0, -1, -1), 58: (-2.5, -0.8, -1), 59: (-5, 0.8, -3), 60: (-8.5, 2.2, -5),
        61: (-3.6, 0.5, -2), 62: (0, 0.3, -1), 66: (0, 0, -1), 67: (-3.6, 0.3, -2),
    },
    "AU23": {
        48: (3.2, 0, 0), 49: (2, 1.9, 0), 50: (1, 2.8, 0), 51: (0, 2.8, 0), 57: (0, -3.6, 0), 58: (1, -3.4, 0),
        59: (2, -2.4, 0), 60: (3.2, 0, 0), 61: (1, 0.4, 0), 62: (0, 0.4, 0), 66: (0, -0.4, 0), 67: (1, -0.4, 0),
    },
    "AU25": {
        8: (0, 1.2, 0), 7: (0, 1.1, 0), 6: (0, 0.7, 0), 49: (0, -0.7, 0), 50: (0, -1, 0), 51: (0, -1, 0),
        57: (0, 4.4, 0), 58: (0, 4.2, 0), 59: (0, 2.8, 0), 61: (0, -1.6, 0), 62: (0, -1.6, 0),
        66: (0, 5.2, 0), 67: (0, 4.6, 0),
    },
    "AU26": {
        2: (0, 0.4, 0), 3: (-0.3, 1, 0), 4: (0.3, 2.4, -1), 5: (0.2, 5.5, -3), 6: (0, 9.6, -6), 7: (0, 12.8, -8),
        8: (0, 13.6, -8), 48: (1.2, 2.4, -2), 49: (0, 0.6, 0), 57: (0, 8, -5), 58: (0, 7.4, -5), 59: (0.3, 5.4, -4),
        60: (1.2, 2.4, -2), 66: (0, 6.6, -5), 67: (0.2, 6, -5), 61: (0, 0.2, 0), 62: (0, 0.2, 0),
    },
    "AU25*AU26": {57: (0, 5, -3), 58: (0, 4.6, -3), 59: (0.4, 3.2, -2), 66: (0, 6.4, -3), 67: (0.3, 5.6, -3)},
}  # fmt: skip
"""Action unit at full intensity -> landmark -> movement. The lids (AU5, 6, 7, 45) are moved by ``shape.close_lids``."""

MOVE_UNITS = tuple(ACTION_UNITS) + ("AU25*AU26",)


@dataclass(frozen=True)
class Fold:
    """A line or swelling of the skin: where it runs and what makes it appear."""

    points: Sequence[Point]
    """Two or more, (x, y) in the template."""
    width: float
    """Standard deviation across, in template pixels."""
    height: float
    """Of the relief in template pixels; a furrow is negative."""
    shade: float = 0.0
    """How much the skin darkens in it, 0 to 1."""
    units: Mapping[str, float] = field(default_factory=dict)
    """Action unit -> strength at full intensity."""
    rest: float = 0.0
    """Strength on every face."""
    age: float = 0.0
    """Strength on the most lined face."""


FURROW = -0.9

FOLDS: Sequence[Fold] = (
    # forehead
    Fold([(106, 55), (118, 53), (128, 54)], 1.4, FURROW, 0.22, {"AU1": 1.0, "AU2": 0.15}, age=0.30),
    Fold([(107, 47), (118, 45), (128, 46)], 1.4, FURROW, 0.22, {"AU1": 1.0, "AU2": 0.15}, age=0.40),
    Fold([(110, 39), (119, 38), (128, 38.5)], 1.4, FURROW, 0.18, {"AU1": 0.8, "AU2": 0.15}, age=0.30),
    Fold([(69, 55), (80, 50), (92, 49), (104, 52)], 1.4, FURROW, 0.32, {"AU2": 1.0}, age=0.2),
    Fold([(74, 47), (84, 43), (94, 42), (105, 45)], 1.4, FURROW, 0.30, {"AU2": 0.9}, age=0.25),
    # glabella
    Fold([(122.5, 62), (121, 72), (120, 80)], 1.5, FURROW * 1.6, 0.30, {"AU4": 1.0, "AU9": 0.35}, age=0.25),
    Fold([(112, 71), (116, 76)], 3.5, 1.6, 0.0, {"AU4": 0.9}),
    # eyes; a raised lid slides under the fold above it, a tight one bulges: both show even on a closing eye
    Fold([(84, 74.5), (92, 71.5), (101, 71.5), (109, 75)], 1.5, FURROW * 2.2, 0.42, {"AU5": 1.0}),
    Fold([(88, 69), (98, 67.5), (107, 69)], 2.2, 1.8, 0.0, {"AU5": 1.0}),
    Fold([(113.5, 85), (117, 88.5)], 1.3, FURROW * 1.5, 0.34, {"AU7": 1.0}),
    Fold([(81, 87.5), (77, 90)], 1.3, FURROW * 1.5, 0.34, {"AU7": 1.0}),
    Fold([(77, 83), (70, 78), (63, 74)], 1.2, FURROW * 1.3, 0.30, {"AU6": 1.0, "AU12": 0.1}, age=0.25),
    Fold([(76, 87), (69, 86), (61, 86)], 1.2, FURROW * 1.3, 0.30, {"AU6": 1.0, "AU12": 0.1}, age=0.25),
    Fold([(77, 91), (70, 94), (63, 98)], 1.2, FURROW * 1.3, 0.30, {"AU6": 0.9}, age=0.2),
    Fold([(84, 94), (95, 98.5), (108, 96.5), (114, 92)], 1.5, FURROW, 0.16, {"AU6": 1.0, "AU7": 0.25}, 0.25, 0.5),
    Fold([(86, 92.5), (96, 94.5), (106, 92.5)], 2.0, 1.6, 0.0, {"AU7": 1.0, "AU6": 0.6}, 0.2, 0.4),
    # nose root and sides
    Fold([(117, 82), (123, 84.5), (128, 85)], 1.2, FURROW, 0.22, {"AU9": 1.0}, age=0.1),
    Fold([(116, 89), (122, 91.5), (128, 92)], 1.2, FURROW, 0.22, {"AU9": 1.0}),
    Fold([(111, 90), (116, 97), (117, 103)], 1.3, FURROW * 1.3, 0.30, {"AU9": 1.0}),
    Fold([(107, 96), (112, 104), (113, 110)], 1.3, FURROW, 0.18, {"AU9": 0.8}),
    # nasolabial
    Fold([(110, 121), (103, 128), (97, 139), (93, 150)], 1.9, FURROW * 1.5, 0.18,
         {"AU12": 1.0, "AU6": 0.3, "AU10": 0.3, "AU9": 0.3}, 0.28, 0.55),
    Fold([(112, 117), (106, 122), (102, 130), (101, 140)], 1.8, FURROW * 1.5, 0.20, {"AU10": 1.0, "AU9": 0.7}),
    Fold([(100, 112), (93, 118), (90, 126)], 8.0, 4.2, 0.0, {"AU12": 0.8, "AU6": 0.8}, 0.25),
    # around the mouth
    Fold([(94, 149), (91.5, 155), (93.5, 162)], 1.9, FURROW * 2.4, 0.42, {"AU14": 1.0, "AU12": 0.25}),
    Fold([(89, 156)], 4.5, 2.2, 0.0, {"AU14": 1.0}),
    Fold([(100, 160), (96, 167), (94, 175)], 1.8, FURROW * 1.6, 0.38, {"AU15": 1.0}, age=0.35),
    Fold([(88, 144), (85, 155), (87, 168)], 1.8, FURROW * 1.6, 0.32, {"AU20": 1.0}),
    Fold([(107, 144), (117, 141), (128, 142)], 2.2, 2.4, 0.0, {"AU23": 1.0}),
    Fold([(111, 171), (119, 173), (128, 173.5)], 2.2, 2.4, 0.0, {"AU23": 1.0}),
    Fold([(112, 142.5), (109, 147)], 1.3, FURROW, 0.34, {"AU23": 1.0}),
    Fold([(120, 143), (119.5, 147)], 1.2, FURROW, 0.30, {"AU23": 1.0}),
    Fold([(106, 164), (108, 169), (107, 174)], 1.6, FURROW * 1.3, 0.34, {"AU25": 1.0}),
    Fold([(82, 138), (83, 154), (88, 172)], 5.0, -3.6, 0.20, {"AU26": 1.0}),
    # chin
    Fold([(113, 178), (120, 175.5), (128, 174.5)], 2.0, FURROW * 1.4, 0.32, {"AU17": 1.0}, 0.45, 0.2),
    Fold([(124, 190)], 8.5, 4.0, 0.0, {"AU17": 0.9}, 0.5),
    Fold([(119, 186), (121, 192), (126, 195)], 1.3, FURROW, 0.16, {"AU17": 1.0}),
    Fold([(126, 183), (124, 188)], 1.3, FURROW, 0.16, {"AU17": 1.0}),
)  # fmt: skip
"""Folds of the image's left half; each is drawn on both sides."""


def mirrored(half: Mapping[int, Point3], middle: float) -> Tensor:
    """Fill both sides of a landmark table, (68, 3), given one; ``middle`` is the x of the axis."""
    full = torch.zeros(NUM_LANDMARKS, 3)
    for index, (x, y, depth) in half.items():
        full[index] = torch.tensor([float(x), y, depth])
        full[MIRROR[index]] = torch.tensor([2.0 * middle - x, y, depth])
    return full


def face_points() -> Tensor:
    """Return the average face: 68 landmarks and then the 11 points of the forehead's oval, (79, 3)."""
    left = torch.tensor(HALF_BROW_ARCH, dtype=torch.float32)
    right = left.flip(0) * torch.tensor([-1.0, 1.0, 1.0]) + torch.tensor([2 * MIDDLE, 0.0, 0.0])
    return torch.cat([mirrored(HALF_FACE, MIDDLE), left, torch.tensor([FOREHEAD_TOP]), right])


def face_moves() -> Tensor:
    """Return what each of ``MOVE_UNITS`` does to the 79 points, (18, 79, 3)."""
    moves = torch.zeros(len(MOVE_UNITS), NUM_LANDMARKS + 11, 3)
    for row, unit in enumerate(MOVE_UNITS):
        moves[row, :NUM_LANDMARKS] = mirrored(HALF_MOVES.get(unit, {}), 0.0)
    return moves


def unit_weights(units: Mapping[str, float]) -> Tensor:
    """Turn named strengths into a vector over the action units, (17,)."""
    weights = torch.zeros(len(ACTION_UNITS))
    for name, strength in units.items():
        weights[AU_INDEX[name]] = strength
    return weights
