"""Glasses: a frame is stiff, and a redrawing that bends it gives itself away.

Nothing here knows what glasses look like. A frame crosses the bridge of the nose, where bare skin has no edge that goes
straight across, and leaves two upright edges beside it.
"""

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.core.landmark import LEFT_EYE, RIGHT_EYE
from mienkit.geometry.similarity import Similarity, fit_similarity

Floats = npt.NDArray[np.float32]

APART = 64
"""Pixels between the eyes' centres in the strip that is looked at."""
STRIP = (160, 96)
EYE_ROW = 32
BRIDGE = np.s_[16:52, 73:88]
BESIDE = np.s_[34:50, 62:74], np.s_[34:50, 86:98]
"""Where nose pads and the inner ends of the rims are: right and left of the nose."""
SURROUNDINGS_PX = 12.0
DARK = 8.0
"""Levels of 255 that are added to the surroundings' light, so that black skin has no edges of noise."""
FAINT = 0.01
FRAMED = 0.14
"""Strength of edges above which there is a frame."""
BARE = FRAMED / 2
"""Strength below which there is none; between the two are thin rims and bare faces.

By eye, on 180 photographs: 56 of 60 above ``FRAMED`` wear glasses (four are dark or hard-lit faces without), and 1
of 120 below this.
"""
RIM = (20.0, 15.0), (32.0, 26.0)
"""Half the width and the height of the inner and the outer ellipse between which rims lie."""


def strip_of(marks: npt.NDArray[np.floating]) -> Similarity:
    """Return what brings both eyes of 68 landmarks, (68, 2), to their places in the strip."""
    eyes = np.stack([marks[RIGHT_EYE].mean(0), marks[LEFT_EYE].mean(0)])
    return fit_similarity(eyes, np.array([[(STRIP[0] - APART) / 2, EYE_ROW], [(STRIP[0] + APART) / 2, EYE_ROW]]))


def frame_strength(picture: Picture, marks: npt.NDArray[np.floating]) -> float:
    """Say how much a face, (H, W, 3), looks as if it wore a frame: above ``FRAMED`` it does.

    The geometric mean of an edge that goes all across the bridge of the nose and of upright edges on both sides of it,
    each relative to the light around.
    """
    matrix = strip_of(marks)
    strip = cv2.warpAffine(picture, matrix, STRIP, flags=cv2.INTER_AREA)
    light = cv2.GaussianBlur(cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 0.8)
    around = cv2.GaussianBlur(light, (0, 0), SURROUNDINGS_PX) + DARK
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=0.125) / around
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=0.125) / around
    bridge = float(np.abs(np.median(down[BRIDGE], 1)).max())
    beside = min(float(np.median(np.abs(across[place]).max(1))) for place in BESIDE)
    return float(np.sqrt((bridge + FAINT) * (beside + FAINT)))


def frame_bend(flow: Floats, marks: npt.NDArray[np.floating]) -> float:
    """Say how far a flow, (S, S, 2) px, bends what lies where rims are, in distances between the eyes' centres.

    The ninth decile of how far places of a ring around either eye move beside the ring's median.
    """
    strip = cv2.warpAffine(flow, strip_of(marks), STRIP, flags=cv2.INTER_LINEAR)
    apart = float(np.hypot(*(marks[LEFT_EYE].mean(0) - marks[RIGHT_EYE].mean(0))))
    rows, columns = np.mgrid[: STRIP[1], : STRIP[0]] + 0.5
    bends = []
    for middle in ((STRIP[0] - APART) / 2, (STRIP[0] + APART) / 2):
        inner, outer = (np.hypot((columns - middle) / wide, (rows - EYE_ROW) / high) for wide, high in RIM)
        moved = strip[(inner > 1) & (outer < 1)]
        beside = np.hypot(*(moved - np.median(moved, 0)).T)
        bends.append(float(np.quantile(beside, 0.9)))
    return max(bends) / max(apart, 1e-6)
