"""An edited crop back into its photo: at the photo's own resolution, without a seam, and only where it was changed."""

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.face.align import Alignment, crop_face
from mienkit.geometry.similarity import Similarity, compose, similarity, to_pixel_centres

BORDER = 0.06
"""Share of the crop's side over which it fades out at its border."""
SOFTENING = 0.01
"""Standard deviation of the blur of the change map, in sides of the crop."""
UNTOUCHED = 1 / 255
"""Where less than this would be replaced, the photo's pixel stays bit for bit."""
FULL = 4 / 255
"""From this change on the edit counts fully: the model's own mask is already in its picture and must not act twice."""
STRIP = 256
"""Rows pasted at once: a face that fills a large photo must not need its memory several times over."""
SHADE = 0.06
"""Standard deviation, in sides of the crop, of what counts as shading: it may change without moving any detail."""
TOLERANCE = 8.0
"""Levels of 255 by which an edge may differ before the photo's own detail is not laid over it any more."""
SHADE_SHARE = 1 / 6
"""How much a difference in shading counts beside one in edges: teeth where lips were are no shading."""

Map = npt.NDArray[np.float32]


def paste_face(pixels: Picture, edited: Picture, change: Map, alignment: Alignment) -> Picture:
    """Lay an edited crop over its photo where the change map says so.

    With E the edited crop, I the crop of the photo P and M the change map, the result is E + max(1 - M, D) (P - I):
    the model's mask acts at the photo's resolution as it did at its own, where E = M C + (1 - M) I. The photo's
    detail P - I, which the crop was too small to hold, also stays wherever the edit moved no edge (D). A crop that
    nobody edited gives the photo back exactly. Blended in stored (gamma) values, as the models' own attention blends,
    and without a visible seam because both sides of it show nearly the same.

    Args:
        pixels: the photo, (H, W, 3); it stays as it is.
        edited: (S, S, 3), any S; what the model left alone is as in the photo.
        change: (S, S) in [0, 1], 1 = replaced.
        alignment: where the crop lies.

    Returns:
        A new picture. Pixels whose softened change is under 1/255 are bit-identical.
    """
    result = pixels.copy()
    place = alignment.resized(len(edited))
    original = crop_face(pixels, place)
    weight = _soften(change)
    detail = np.maximum(1 - np.clip(change, 0, 1), _detail_weight(edited, original))
    layers = np.dstack([edited, detail, original, weight]).astype(np.float32)
    left, top, right, bottom = touched_area(weight, place, pixels)
    if place.scale < 1:
        place, layers = _reduce(place, layers)
    for start in range(top, bottom if left < right else top, STRIP):
        stop = min(start + STRIP, bottom)
        matrix = compose(place.matrix, similarity(1.0, 0.0, np.array([left, start])))
        strip = result[start:stop, left:right]
        strip[:] = _blend(strip, layers, matrix)
    return result


def _soften(change: Map) -> Map:
    """Say where the edit counts: fully from a small change on, softly at the edges of it and at the crop's border."""
    side = len(change)
    smooth = cv2.GaussianBlur(np.clip(change, 0, 1).astype(np.float32), (0, 0), SOFTENING * side)
    centres = (np.arange(side, dtype=np.float32) + 0.5) / side
    ramp = np.clip(np.minimum(centres, 1 - centres) / BORDER, 0, 1)
    ramp = ramp**2 * (3 - 2 * ramp)
    return np.asarray(np.clip((smooth - UNTOUCHED) / (FULL - UNTOUCHED), 0, 1) * ramp[:, None] * ramp[None], np.float32)


def _detail_weight(edited: Picture, original: Picture) -> Map:
    """Say where the photo's own detail still fits, (S, S): 1 where the edit moved no edge, 0 where it did."""
    side = len(edited)
    difference = edited.astype(np.float32) - original
    edges = np.abs(difference - cv2.GaussianBlur(difference, (0, 0), SHADE * side))
    moved = np.maximum(edges, np.abs(difference) * SHADE_SHARE).max(2)
    return np.asarray(np.exp(-((cv2.GaussianBlur(moved, (0, 0), SOFTENING * side) / TOLERANCE) ** 2)), np.float32)


def touched_area(weight: Map, place: Alignment, pixels: Picture) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of the photo pixels that the paste can change."""
    rows, columns = np.nonzero(weight >= UNTOUCHED / 2)
    if not len(rows):
        return 0, 0, 0, 0
    low, high = np.array([columns.min(), rows.min()]) - 1.0, np.array([columns.max(), rows.max()]) + 2.0
    corners = place.to_photo(np.array([low, (high[0], low[1]), high, (low[0], high[1])]))
    limit = np.array(pixels.shape[1::-1])
    left, top = np.clip(np.floor(corners.min(0)).astype(int), 0, limit)
    right, bottom = np.clip(np.ceil(corners.max(0)).astype(int), 0, limit)
    return int(left), int(top), int(right), int(bottom)


def _reduce(place: Alignment, layers: Map) -> tuple[Alignment, Map]:
    """Bring a crop that is finer than its photo down to the photo's resolution by averaging areas."""
    side = max(1, round(place.size * place.scale))
    smaller = [cv2.resize(layers[..., part], (side, side), interpolation=cv2.INTER_AREA) for part in PARTS]
    return place.resized(side), np.dstack(smaller)


PARTS = (slice(0, 4), slice(4, 7), slice(7, 8))
"""Channels of the layers: edited crop and where detail fits; original crop; weight. OpenCV warps up to four at once."""


def _blend(strip: Picture, layers: Map, matrix: Similarity) -> Picture:
    """Compute one strip of the photo, given the matrix from it to the crop."""
    size = strip.shape[1::-1]
    matrix = to_pixel_centres(matrix)
    smooth = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    weight = cv2.warpAffine(layers[..., PARTS[2]], matrix, size, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
    weight = weight.reshape(*strip.shape[:2], 1)
    if weight.max() < UNTOUCHED:
        return strip
    edited, original = (
        cv2.warpAffine(layers[..., part], matrix, size, flags=smooth, borderMode=cv2.BORDER_REPLICATE)
        for part in PARTS[:2]
    )
    target = edited[..., :3] + np.clip(edited[..., 3:], 0, 1) * (strip - original)
    blended = np.clip(np.rint(strip + weight * (target - strip)), 0, 255).astype(np.uint8)
    return np.where(weight < UNTOUCHED, strip, blended)
