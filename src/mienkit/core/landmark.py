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

MEAN_SHAPE: tuple[tuple[float, float], ...] = (
    (0.2086, 0.2837), (0.2045, 0.4083), (0.2069, 0.4722), (0.2325, 0.6134),
    (0.2589, 0.6715), (0.2898, 0.7139), (0.3641, 0.7783), (0.4447, 0.8179),
    (0.5000, 0.8228), (0.5553, 0.8179), (0.6359, 0.7783), (0.7102, 0.7139),
    (0.7411, 0.6715), (0.7675, 0.6134), (0.7931, 0.4722), (0.7955, 0.4083),
    (0.7914, 0.2837), (0.2402, 0.2544), (0.2843, 0.2515), (0.3242, 0.2391),
    (0.3771, 0.2417), (0.4380, 0.2507), (0.5620, 0.2507), (0.6229, 0.2417),
    (0.6758, 0.2391), (0.7157, 0.2515), (0.7598, 0.2544), (0.5000, 0.3227),
    (0.5000, 0.3865), (0.5000, 0.4440), (0.5000, 0.4799), (0.4415, 0.5135),
    (0.4635, 0.5283), (0.5000, 0.5317), (0.5365, 0.5283), (0.5585, 0.5135),
    (0.3152, 0.3320), (0.3407, 0.3153), (0.3817, 0.3132), (0.4274, 0.3396),
    (0.3895, 0.3432), (0.3486, 0.3444), (0.5726, 0.3396), (0.6183, 0.3132),
    (0.6593, 0.3153), (0.6848, 0.3320), (0.6514, 0.3444), (0.6105, 0.3432),
    (0.3757, 0.6091), (0.4302, 0.5925), (0.4638, 0.5880), (0.5000, 0.5943),
    (0.5362, 0.5880), (0.5698, 0.5925), (0.6243, 0.6091), (0.5683, 0.6597),
    (0.5364, 0.6705), (0.5000, 0.6740), (0.4636, 0.6705), (0.4317, 0.6597),
    (0.3860, 0.6105), (0.4686, 0.6128), (0.5000, 0.6147), (0.5314, 0.6128),
    (0.6140, 0.6105), (0.5308, 0.6341), (0.5000, 0.6363), (0.4692, 0.6341),
)  # fmt: skip
"""The mean of 2,763 aligned photographs and their mirror images, as shares of the crop's side."""
