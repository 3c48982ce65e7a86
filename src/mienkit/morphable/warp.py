"""Where each pixel of a redrawn face comes from: skin as the mesh moves it, and what lies around, carried along."""

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.morphable.fill import blur, distance_inside, push_pull, smoothstep

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

GRAZING = 0.25
"""Near the outline, skin whose normal points less than this to the camera is not trusted."""
RIM = 0.12
"""What counts as near the outline, in widths of the face."""
EDGE = 0.008
REACH = 0.30
"""How far what lies around a face is carried along, in widths of the face ..."""
BORDER = 0.06
"""Of the picture's side, over which what lies around comes to rest."""
STRETCH = 2.4
"""... or as many times the largest movement; this keeps the map free of folds."""


def spread_flow(flow: Floats, skin: Mask, openings: Mask, facing: Floats, width: float) -> Floats:
    """Extend the skin's flow over the openings, the hair, the neck and the background.

    What is extended is smooth, so it is computed at half the side.

    Args:
        flow: (H, W, 2): where a pixel came from, minus where it is; right only on the skin.
        skin: (H, W).
        openings: (H, W), eyes and mouth.
        facing: (H, W), how much the skin's normal points to the camera.
        width: of the face in pixels.

    Returns:
        (H, W, 2), the skin's own flow where it can be trusted, and going smoothly to 0 around.
    """
    inner = distance_inside(skin | openings)
    trusted = skin & (inner > EDGE * width) & ~((inner < RIM * width) & (facing < GRAZING))
    largest = float(np.abs(flow[trusted]).max(initial=0))
    if largest == 0:
        return np.zeros_like(flow)
    weight, hole = _half(trusted.astype(np.float32)), _half(openings.astype(np.float32))
    known = _half(flow * trusted[..., None]) / np.maximum(weight, 0.25)[..., None]
    around = push_pull(known.astype(np.float32), weight * (weight > 0.9))
    outside = 2 * distance_inside((weight < 0.5) & (hole < 0.5))
    fade = smoothstep(1 - outside / max(REACH * width, STRETCH * largest + 1))
    around = blur(around, EDGE * width / 2) * (fade * _rim(fade.shape))[..., None]
    whole = np.where(trusted[..., None], flow, _whole(around, flow.shape))
    seam, soft = _seam(_half(np.asarray(whole, np.float32)), np.maximum(weight, hole), hole, outside, width)
    share = _whole(seam, flow.shape)[..., None]
    return np.asarray(whole + share * (_whole(soft, flow.shape) - whole), np.float32)


def _seam(flow: Floats, face: Floats, hole: Floats, outside: Floats, width: float) -> tuple[Floats, Floats]:
    """Say where the border of the trusted skin runs, but not at lids and lips, and what a blurred flow is there."""
    band = blur(face, 0.006 * width)
    band = (1 - np.abs(2 * band - 1)) * (outside < 0.1 * width)
    apart = blur(hole, 0.01 * width) < 0.01
    return smoothstep(1.6 * band) * apart, blur(flow, 0.005 * width)


def _rim(shape: tuple[int, ...]) -> Floats:
    """Rise from 0 at the border of the picture to 1, (h, w): a crop goes back into its photo without a seam."""
    down, across = (np.minimum(np.arange(side), side - 1 - np.arange(side)) / (BORDER * side) for side in shape)
    return smoothstep(np.minimum(down[:, None], across).astype(np.float32))


def _half(field: Floats) -> Floats:
    return np.asarray(cv2.resize(field, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _whole(field: Floats, shape: tuple[int, ...]) -> Floats:
    return np.asarray(cv2.resize(field, shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def folded_share(flow: Floats) -> float:
    """Return the share of the picture over which the map folds back on itself, in [0, 1]."""
    smooth = blur(flow, 2.0)
    (x_down, x_right), (y_down, y_right) = np.gradient(smooth[..., 0]), np.gradient(smooth[..., 1])
    area = (1 + x_right) * (1 + y_down) - x_down * y_right
    return float((area < 0).mean())


def stretched(flow: Floats, width: float) -> Floats:
    """Say where a pixel's height was made of less than 0.55 of a pixel of the photo, (H, W) in [0, 1], softened."""
    magnified = np.abs(1 + np.gradient(flow[..., 1], axis=0)) < 0.55
    return blur(magnified.astype(np.float32), 0.006 * width)


def resize_flow(flow: Floats, side: int) -> Floats:
    """Bring a flow to another side; its lengths follow."""
    return np.asarray(cv2.resize(flow, (side, side), interpolation=cv2.INTER_AREA) * (side / len(flow)), np.float32)
