"""How bright a face is and how strong its contrast, and how to give many faces the same.

Luminance here is grey levels, 0 to 255, of the stored (gamma) values; contrast is the standard deviation of it (RMS)
inside of a mask. Screens that are not linearised turn equal grey levels into unequal candela.

Source: Willenbockel et al. 2010, the SHINE toolbox (``lumMatch`` with a foreground mask). Differs: pictures may keep
their colours, rounding and clipping are made good, and the levels of the two statistics can be chosen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture

WEIGHTS = np.array([0.299, 0.587, 0.114])
"""Of red, green and blue (Rec. 601), as in MATLAB's rgb2gray."""
STEPS = 24
"""Corrections at most; rounding and clipping take 1 to 5."""
NEAR = 0.05
"""Grey levels within which a statistic is met."""
FLATTEST = 1e-3
"""Contrast, in grey levels, below which there is nothing to be stretched."""

Levels = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def luminance_of(picture: Picture) -> Levels:
    """Return the luminance of pixels, (..., 3), in grey levels."""
    return np.asarray(picture @ WEIGHTS, np.float64)


def to_grey(picture: Picture) -> Picture:
    """Take the colours out of a picture, (H, W, 3)."""
    return np.repeat(np.rint(luminance_of(picture)).astype(np.uint8)[..., None], 3, -1)


def mean_and_contrast(picture: Picture, mask: Mask) -> tuple[float, float]:
    """Return mean luminance and RMS contrast inside of a mask, in grey levels."""
    levels = luminance_of(picture[mask])
    return float(levels.mean()), float(levels.std())


@dataclass(frozen=True, kw_only=True)
class Tone:
    """A change of luminance: ``gain * (Y - pivot) + pivot + shift``, added to red, green and blue alike."""

    gain: float = 1.0
    pivot: float = 0.0
    shift: float = 0.0

    def apply(self, pixels: Picture) -> Picture:
        """Change pixels, (..., 3); what leaves 0 to 255 is clipped."""
        return np.asarray(np.clip(self._unclipped(pixels), 0, 255), np.uint8)

    def clipped(self, pixels: Picture) -> float:
        """Return the share of pixels, (N, 3), of which a colour leaves 0 to 255 and is clipped, in [0, 1]."""
        changed = self._unclipped(pixels)
        return float(np.any((changed < 0) | (changed > 255), -1).mean())

    def _unclipped(self, pixels: Picture) -> Levels:
        added = (self.gain - 1) * (luminance_of(pixels) - self.pivot) + self.shift
        return np.asarray(np.rint(pixels + added[..., None]), np.float64)


def fit_tone(picture: Picture, mask: Mask, mean: float | None, contrast: float | None) -> Tone:
    """Find the change that gives a face a mean luminance and an RMS contrast inside of its mask.

    Args:
        picture: (H, W, 3).
        mask: (H, W), where it counts.
        mean: in grey levels; None leaves it as it is.
        contrast: in grey levels; None leaves it as it is.

    Returns:
        The change that comes nearest after rounding and clipping.
    """
    inside = picture[mask]
    whole = np.ones(len(inside), bool)
    own_mean, own_contrast = mean_and_contrast(inside, whole)
    wanted = own_mean if mean is None else mean, own_contrast if contrast is None else contrast
    gain, shift = wanted[1] / own_contrast if own_contrast > FLATTEST else 1.0, wanted[0] - own_mean
    best, least = Tone(), np.inf
    for _ in range(STEPS):
        tone = Tone(gain=gain, pivot=own_mean, shift=shift)
        got = mean_and_contrast(tone.apply(inside), whole)
        miss = max(abs(got[0] - wanted[0]), abs(got[1] - wanted[1]))
        if miss < least:
            best, least = tone, miss
        if miss < NEAR or got[1] <= FLATTEST:
            break
        gain, shift = gain * wanted[1] / got[1], shift + wanted[0] - got[0]
    return best
