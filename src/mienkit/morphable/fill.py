"""Filling holes of a picture, or of any field, from what is around them."""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SMALLEST = 4
"""Side of the coarsest level, pixels."""


def push_pull(values: Floats, weight: Floats) -> Floats:
    """Fill smoothly where the weight is 0, and keep the values where it is 1.

    Averages of ever larger surroundings (push) fill what the finer level does not know (pull).

    Args:
        values: (H, W, C).
        weight: (H, W) in [0, 1].

    Source: Gortler et al. 1996, "The Lumigraph", section 3.4.1.
    """
    sums, weights = [values * weight[..., None]], [weight]
    while min(weights[-1].shape) > SMALLEST:
        height, width = weights[-1].shape
        half = ((height + 1) // 2, (width + 1) // 2)
        sums.append(np.asarray(cv2.pyrDown(sums[-1]), np.float32).reshape(*half, -1))
        weights.append(np.asarray(cv2.pyrDown(weights[-1]), np.float32))
    filled = sums[-1] / (weights[-1][..., None] + 1e-6)
    for total, known in zip(sums[-2::-1], weights[-2::-1], strict=True):
        coarse = cv2.pyrUp(filled, dstsize=known.shape[::-1]).reshape(total.shape)
        sure = np.minimum(1, 2 * known)[..., None]
        filled = sure * total / (known[..., None] + 1e-6) + (1 - sure) * coarse
    kept = weight[..., None]
    return np.asarray(kept * values + (1 - kept) * filled, np.float32)


def blur(field: Floats, sigma: float) -> Floats:
    """Blur a field, (H, W) or (H, W, C), by a Gaussian of ``sigma`` pixels; under a fifth of one it stays."""
    if sigma < 0.2:
        return field
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)


def smoothstep(value: Floats) -> Floats:
    """Rise smoothly from 0 at 0 to 1 at 1."""
    clipped = np.clip(value, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float32)


def fetch(image: Floats, x: Floats, y: Floats) -> Floats:
    """Read a picture, (H, W, C), at places in pixels (the first one's centre is 0.5); bicubic, mirrored borders."""
    return np.asarray(
        cv2.remap(image, x - 0.5, y - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101).reshape(*x.shape, -1),
        np.float32,
    )


def distance_inside(mask: npt.NDArray[np.bool_]) -> Floats:
    """Return each pixel's distance to the nearest one outside of the mask, (H, W); 0 outside."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def grow(mask: npt.NDArray[np.bool_], pixels: int, upwards: int | None = None) -> npt.NDArray[np.bool_]:
    """Grow a mask by some pixels all around, or by another number upwards."""
    if pixels < 1 and not upwards:
        return mask
    up = pixels if upwards is None else upwards
    kernel = np.zeros((2 * max(pixels, up) + 1, 2 * pixels + 1), np.uint8)
    middle = max(pixels, up)
    kernel[middle - pixels : middle + up + 1] = 1  # a pixel is set if one up to ``up`` below it is
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel) > 0)
