"""How light or dark skin looks in a photograph: the individual typology angle of its colour.

It says what the photograph shows, not what the person's skin is: light and white balance shift it. A face in shade, in
the evening sun or in bluish studio light comes out a class or two away from what a colorimeter on the skin would read.
It is good for asking whether something fails on faces that look dark, and says nothing about one person.

Source: Chardon, Cretois and Hourseau 1991, "Skin colour typology and suntanning pathways".
"""

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.core.landmark import LEFT_BROW, LEFT_EYE, MOUTH_CORNERS, RIGHT_BROW, RIGHT_EYE

Floats = npt.NDArray[np.floating]

PATCH = 0.15
"""Radius of a patch of skin, in distances between the eyes' centres."""
FOREHEAD = 0.35
"""How far above the brows the patch of the forehead lies, in the same."""
COLOURLESS = 3.0
"""Chroma below which skin has no colour: no light makes living skin grey, a photograph without colour does."""
ENOUGH = 2
"""Patches of known colour, of three."""


def typology_angle(picture: Picture, marks: Floats) -> float:
    """Return the individual typology angle of a face, from -90 (dark) to 90 (light) degrees.

    The median of three patches, both cheeks and the forehead: hair, a rim, a beard or a shadow may spoil one.

    Args:
        picture: (H, W, 3), sRGB.
        marks: (68, 2) landmarks in pixels.

    Returns:
        NaN where fewer than two patches have the colour of skin: in grey and in very blue photographs.
    """
    angles = np.asarray([angle_of(skin_colour(picture, *patch)) for patch in skin_patches(marks)])
    known = angles[~np.isnan(angles)]
    return float(np.median(known)) if len(known) >= ENOUGH else float("nan")


def skin_patches(marks: Floats) -> list[tuple[Floats, float]]:
    """Place the patches of the cheeks and the forehead: centre, (2,), and radius in pixels."""
    eyes = marks[RIGHT_EYE].mean(0), marks[LEFT_EYE].mean(0)
    apart = float(np.hypot(*(eyes[1] - eyes[0])))
    corners = marks[list(MOUTH_CORNERS)]
    cheeks = [(eye + corner) / 2 for eye, corner in zip(eyes, corners, strict=True)]
    brows = (marks[RIGHT_BROW].mean(0) + marks[LEFT_BROW].mean(0)) / 2
    up = (eyes[0] + eyes[1]) / 2 - corners.mean(0)
    forehead = brows + FOREHEAD * apart * up / max(float(np.hypot(*up)), 1e-6)
    return [(centre, PATCH * apart) for centre in (*cheeks, forehead)]


def skin_colour(picture: Picture, centre: Floats, radius: float) -> Floats:
    """Return the median CIELAB colour (D65), (3,), of a disc of a picture; NaN where it lies outside."""
    rows, columns = np.ogrid[: picture.shape[0], : picture.shape[1]]
    inside = np.hypot(rows + 0.5 - centre[1], columns + 0.5 - centre[0]) <= max(radius, 1.0)
    if not inside.any():
        return np.full(3, np.nan)
    pixels = picture[inside][None].astype(np.float32) / 255
    return np.asarray(np.median(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[0], 0), np.float64)


def angle_of(lab: Floats) -> float:
    """Return the individual typology angle of a CIELAB colour, (3,), in degrees; NaN where that cannot be skin's.

    atan2(L* - 50, b*). Blue that outweighs the yellow of skin comes from the camera, and the angle would say nothing.
    """
    light, red, yellow = lab
    if not (np.hypot(red, yellow) >= COLOURLESS and yellow > 0):
        return float("nan")
    return float(np.degrees(np.arctan2(light - 50, yellow)))
