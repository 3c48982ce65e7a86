"""An edit that moves skin, applied to the photo's own pixels: sharp at any size, and only where something changes.

The maps of an edit are smooth, so they can be enlarged from the crop to the photo, which then is moved by the flow,
coloured, and replaced by the crop's own picture only where there is something that the photo never showed.
"""

from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.face.align import Alignment
from mienkit.face.paste import STRIP, Map, touched_area
from mienkit.geometry.similarity import Similarity, compose, invert, similarity, to_pixel_centres

STILL, MOVING = 0.05 / 128, 0.15 / 128
"""In sides of the crop: a flow under the first is none, from the second on it counts fully. A network's flow is never
quite 0, and the background should be."""
NEW, ALL_NEW = 0.25, 0.55
"""Where so much is new the photo's own detail begins to go, and is gone: an iris must not show through a lid, which at
0.9 it did on photos four times as fine as the crop."""
LEAST_PIXELS = 0.02
"""A pixel that is fetched from nearer than this,"""
LEAST_LEVELS = 0.5
"""... coloured by less than this, of 255,"""
LEAST_NEW = 1 / 255
"""... and new by less than this stays bit for bit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CropMotion:
    """One edit of a crop as maps; see ``core.task.Motion``."""

    flow: npt.NDArray[np.float32]
    """(S, S, 2), pixels of the crop, right and down."""
    colour: npt.NDArray[np.float32]
    """(S, S, 3), in levels of 255."""
    fresh: Map
    """(S, S) in [0, 1]."""


def move_face(pixels: Picture, edited: Picture, motion: CropMotion, alignment: Alignment) -> Picture:
    """Move and colour a face at its photo's resolution.

    With W the photo P moved by the enlarged flow, C the colour, E the edited crop and N what is new, the result is
    (1 - N) (W + C) + N E. At the crop's own resolution that is E, since E = W + C there.

    Args:
        pixels: the photo, (H, W, 3); it stays as it is.
        edited: (S, S, 3), the edited crop.
        motion: how the crop was edited.
        alignment: where the crop lies.

    Returns:
        A new picture. Pixels that neither move nor change their colour are bit-identical.
    """
    result = pixels.copy()
    side = len(edited)
    place = alignment.resized(side)
    layers = stack_layers(edited, motion, place)
    stirred = (largest(layers[..., :2]) > 0) | (largest(motion.colour) > LEAST_LEVELS / 2) | (layers[..., 5] > 0)
    left, top, right, bottom = touched_area(stirred.astype(np.float32), place, pixels)
    if place.scale < 1:
        place, layers = reduced(place, layers)
    for start in range(top, bottom if left < right else top, STRIP):
        stop = min(start + STRIP, bottom)
        corner = np.array([left, start])
        result[start:stop, left:right] = move_strip(
            pixels, result[start:stop, left:right], layers, compose(place.matrix, similarity(1.0, 0.0, corner)), corner
        )
    return result


def stack_layers(edited: Picture, motion: CropMotion, place: Alignment) -> npt.NDArray[np.float32]:
    """Put all maps behind one another, (S, S, 9): flow in pixels of the photo, colour, what is new, edited crop."""
    side = len(edited)
    length = np.hypot(motion.flow[..., 0], motion.flow[..., 1]) / side
    moving = smoothstep((length - STILL) / (MOVING - STILL))[..., None]
    flow = (motion.flow * moving) @ invert(place.matrix)[:, :2].T.astype(np.float32)
    fresh = smoothstep((motion.fresh - NEW) / (ALL_NEW - NEW))
    return np.dstack([flow, motion.colour, fresh, edited.astype(np.float32)])


def smoothstep(value: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Rise from 0 at 0 to 1 at 1, softly at both ends."""
    share = np.clip(value, 0, 1).astype(np.float32)
    return share * share * (3 - 2 * share)


def largest(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the largest magnitude over the last axis; numpy's own maximum takes 20 times as long."""
    return np.asarray(reduce(np.maximum, (np.abs(values[..., channel]) for channel in range(values.shape[-1]))))


GROUPS = (slice(0, 2), slice(2, 6), slice(6, 9))
"""Channels of the layers; OpenCV warps up to four at once."""


def reduced(place: Alignment, layers: npt.NDArray[np.float32]) -> tuple[Alignment, npt.NDArray[np.float32]]:
    """Bring a crop that is finer than its photo down to the photo's resolution by averaging areas."""
    side = max(1, round(place.size * place.scale))
    parts = [cv2.resize(layers[..., group], (side, side), interpolation=cv2.INTER_AREA) for group in GROUPS]
    return place.resized(side), np.dstack(parts)


def move_strip(
    pixels: Picture, strip: Picture, layers: npt.NDArray[np.float32], matrix: Similarity, corner: npt.NDArray[np.int64]
) -> Picture:
    """Compute one strip of the photo.

    Args:
        pixels: the photo, from which is fetched.
        strip: what the photo shows there, (h, w, 3).
        layers: (S, S, 9).
        matrix: from the strip to the crop.
        corner: left and top of the strip in the photo.
    """
    height, width = strip.shape[:2]
    flow, colour, edited = (enlarge(layers[..., group], matrix, (width, height)) for group in GROUPS)
    x = np.arange(width, dtype=np.float32) + np.float32(corner[0]) + flow[..., 0]
    y = (np.arange(height, dtype=np.float32) + np.float32(corner[1]))[:, None] + flow[..., 1]
    moved = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101).astype(np.float32)
    new = np.clip(colour[..., 3:], 0, 1)
    moved += colour[..., :3]
    moved += new * (edited - moved)
    acts = (largest(flow) >= LEAST_PIXELS) | (largest(colour[..., :3]) >= LEAST_LEVELS) | (new[..., 0] >= LEAST_NEW)
    blended = np.clip(np.rint(moved), 0, 255).astype(np.uint8)
    return np.asarray(cv2.copyTo(blended, acts.astype(np.uint8), strip.copy()), np.uint8)


def enlarge(layers: npt.NDArray[np.float32], matrix: Similarity, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Lay maps of the crop over a strip of the photo, smoothly; nothing reaches over the crop's border."""
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    enlarged = cv2.warpAffine(layers, to_pixel_centres(matrix), size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(enlarged, np.float32)
