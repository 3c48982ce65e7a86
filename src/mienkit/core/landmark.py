"""The 68 landmarks of a face, in the 300-W order, in pixels of the image that they belong to.

Coordinates are continuous: x = 0 is the left edge of the first pixel, whose centre is (0.5, 0.5).
Left and right in the names are the person's own.

Source: Sagonas et al. 2013 (300-W); order as in dlib and OpenFace.
"""

from collections.abc import Mapping

NUM_LANDMARKS = 68

JAW = slice(0, 17)
RIGHT_BROW = slice(17, 22)
LEFT_BROW = slice(22, 27)
NOSE_BRIDGE = slice(27, 31)
NOSE_BASE = slice(31, 36)
RIGHT_EYE = slice(36, 42)
LEFT_EYE = slice(42, 48)
OUTER_LIPS = slice(48, 60)
INNER_LIPS = slice(60, 68)

GROUPS: Mapping[str, slice] = {
    "jaw": JAW, "right_brow": RIGHT_BROW, "left_brow": LEFT_BROW, "nose_bridge": NOSE_BRIDGE,
    "nose_base": NOSE_BASE, "right_eye": RIGHT_EYE, "left_eye": LEFT_EYE, "outer_lips": OUTER_LIPS,
    "inner_lips": INNER_LIPS,
}  # fmt: skip

OUTER_EYE_CORNERS = (36, 45)
"""Their distance normalises landmark errors (NME)."""
RIGHT_EYE_CORNERS = (36, 39)
LEFT_EYE_CORNERS = (42, 45)
MOUTH_CORNERS = (48, 54)

MIRROR: tuple[int, ...] = (
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
    27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
    64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip
"""Where each landmark's mirror image stands: flip x, then ``points[list(MIRROR)]``."""
