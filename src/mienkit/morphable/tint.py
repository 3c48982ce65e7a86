"""Colours that a photo shows, or hints at, of what an edit may uncover: eyes, teeth, the inside of the mouth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

RINGS = 14
"""Of an eye's colours: tenths of the iris's radius from its centre; the last one is the white."""
WHITE_FROM = 1.25
"""Iris radii from the centre at which the white surely begins."""
WHITE_RINGS = 12
"""From this ring on there is more white than iris."""
WHITER, LIGHTEST_WHITE = 1.1, 200.0
"""How light the white likely is: beside the skin, and at most, of 255."""
DARKEST_WHITE = 0.6
"""Of the whiteness that the skin's light makes likely."""
SHADED = 0.9
"""How light the white of an eye is that the photo does not show: who squints has the sun above."""
BROWN = np.array(
    [[0.10, 0.09, 0.09]] * 4 + [[0.34, 0.25, 0.19]] * 5
    + [[0.22, 0.17, 0.15], [0.38, 0.33, 0.30], [0.68, 0.66, 0.64], [0.92, 0.92, 0.92], [1.0, 1.0, 1.0]], np.float32,
)  # fmt: skip
"""Rings of the eye that most people have, beside its white: pupil, iris, its dark rim, white."""
IRIS_RINGS = 10
ENOUGH = 3
"""Rings of the iris whose colours a photo must show to be believed alone."""
EYE_REACH = 3.2
"""Iris radii within which pixels belong to the eye."""
FEWEST = 6
"""Pixels that make a colour."""
ENAMEL = np.array([1.0, 0.96, 0.88], np.float32)
DARKEST_ENAMEL, LIGHTEST_ENAMEL = 140.0, 228.0
REDDEST = 0.36
"""How much less than its largest channel the smallest one of enamel can be, as a share."""


@dataclass(frozen=True, eq=False)
class EyeColours:
    """One eye as rings of colour around its iris's centre."""

    centre: Floats
    """(2,) pixels."""
    radius: float
    """Of the iris, pixels."""
    rings: Floats
    """(14, 3) in 0..255."""

    @property
    def white(self) -> Floats:
        """(3,)."""
        return self.rings[-1]

    def at(self, x: Floats, y: Floats) -> Floats:
        """Return the colours at places of the photo, (N, 3)."""
        distance = np.hypot(x - self.centre[0], y - self.centre[1]) / self.radius
        place = np.clip(10 * distance - 0.5, 0, RINGS - 1.001)
        ring = place.astype(np.int64)
        share = (place - ring)[:, None]
        shaded = 1 - 0.3 * np.clip(distance - 1.4, 0, 1.5)[:, None]  # the ball turns away from the light
        return np.asarray((self.rings[ring] * (1 - share) + self.rings[ring + 1] * share) * shaded, np.float32)


def eye_colours(image: Floats, inside: Mask, centre: Floats, radius: float, skin: Floats) -> EyeColours:
    """Read an eye's colours off a photo; of what a slit hides, brown is the likeliest.

    Args:
        image: (H, W, 3) in 0..255.
        inside: (H, W), where the photo shows the ball between the lids.
        centre: (2,) of the iris in pixels.
        radius: of the iris in pixels.
        skin: (3,), the face's in the same light.
    """
    rows, columns = np.nonzero(inside)
    pixels = image[rows, columns]
    distance = np.hypot(columns + 0.5 - centre[0], rows + 0.5 - centre[1]) / radius
    near = distance < EYE_REACH
    pixels, distance = pixels[near], distance[near]
    rings = np.full((RINGS, 3), np.nan, np.float32)
    ring = np.minimum((10 * distance).astype(np.int64), RINGS - 1)
    for number in range(RINGS - 1):
        here = pixels[ring == number]
        if len(here) >= FEWEST:
            rings[number] = np.median(here, 0)
    rings[-1] = _white(pixels[distance > WHITE_FROM], skin)
    rings[WHITE_RINGS:-1] = np.maximum(rings[WHITE_RINGS:-1], 0.8 * rings[-1])  # NaN stays
    known = np.flatnonzero(~np.isnan(rings[:, 0]))
    for channel in range(3):
        rings[:, channel] = np.interp(np.arange(RINGS), known, rings[known, channel])
    told = min(np.count_nonzero(known < IRIS_RINGS) / ENOUGH, 1.0)
    rings = told * rings + (1 - told) * BROWN * rings[-1]
    smooth = blur(rings[:, None], 0.7)[:, 0]
    return EyeColours(np.asarray(centre, np.float32), float(radius), smooth)


def _white(pixels: Floats, skin: Floats) -> Floats:
    """Take the median of the lighter half; where that is lash and shadow, no darker than the white must be."""
    likely = min(LIGHTEST_WHITE, WHITER * float(skin.mean()))
    if len(pixels) < 2 * FEWEST:
        return np.asarray(SHADED * likely * (0.5 + 0.5 * skin / max(float(skin.mean()), 1.0)), np.float32)
    light = pixels.sum(1)
    white = np.median(pixels[light >= np.median(light)], 0)
    missing = max(DARKEST_WHITE * likely - float(white.mean()), 0.0)
    return np.asarray(white + missing, np.float32)


def inner_light(eyes: tuple[EyeColours, EyeColours], skin: float) -> float:
    """Say how light enamel would be, 140 to 228, by the whites of the eyes and the skin's upper quartile."""
    whites = float(np.mean([eye.white.mean() for eye in eyes]))
    return float(np.clip(max(1.2 * whites, 0.85 * skin + 58), DARKEST_ENAMEL, LIGHTEST_ENAMEL))


def teeth_colour(image: Floats, shown: Mask, eyes: tuple[EyeColours, EyeColours], light: float) -> Floats:
    """Return the colour of teeth, (3,): the photo's own where it shows them, else guessed from the eyes' whites.

    Args:
        image: (H, W, 3) in 0..255.
        shown: (H, W), the inside of the mouth, well away from the lips.
        eyes: right and left.
        light: how light enamel would be.
    """
    white = np.mean([eye.white for eye in eyes], 0)
    tint = 0.5 * np.clip(white / (white.max() + 1e-3), 0.7, 1) + 0.5 * ENAMEL
    guess = tint / tint.max() * light
    pixels = image[shown]
    if len(pixels) < 10 * FEWEST:
        return np.asarray(guess, np.float32)
    brightness = pixels.sum(1)
    lightest = np.median(pixels[brightness >= np.percentile(brightness, 75)], 0)
    # Neither lip nor tongue: those are redder than the whitest tooth in the reddest light.
    is_enamel = lightest.mean() > 0.65 * light and np.ptp(lightest) < REDDEST * lightest.max()
    return np.asarray(lightest if is_enamel else guess, np.float32)
