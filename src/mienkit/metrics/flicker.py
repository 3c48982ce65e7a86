"""Does the picture flicker where the face does not move? Change from frame to frame that landmarks do not explain.

The frame before is moved as the landmarks move to the frame's. Of what still differs then, and of what differed before,
the smaller counts in each pixel: skin goes with the landmarks, grain and light stay. It is the mean inside the face's
oval under a blur of a pixel, in levels of 255. Lower is calmer; a clip that stands still has 0, so it is read beside
how much a clip moves. New teeth, folds and lids count too, and twice as much at half the frames: real clips of as many
frames are the measure. Network: whatever found the landmarks, which tremble; clips are compared by the same one.

Not ``evaluation.flicker_edit``: that one knows exactly how the camera moved, this one has the landmarks alone.

Source: ours; the warping error of Lai et al. 2018 with the movement of landmarks in place of an optical flow.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mienkit.metrics.metric import Metric
from mienkit.nn.landmark_flow import landmark_flow
from mienkit.nn.warp import move

EYE = 1.0
"""Pixels of the blur: a picture that is moved by parts of a pixel loses grain, and that is not what is asked."""
REACH = 1.15
"""The face is its landmarks' hull, so much larger (it ends at the brows)."""
LEVELS = 127.5
"""Of 255 in a unit of images in [-1, 1]."""

FLICKER = Metric(
    name="flicker",
    title="flicker",
    better="as real",
    unit="levels of 255",
    source="ours; Lai et al. 2018",
    trap="0 for a clip that stands still; new teeth and folds count, and it doubles at half the frames.",
    ranks=("animate", "sample"),
)


def flicker(clip: Tensor, landmarks: Tensor) -> float:
    """Return the mean unexplained change of a clip, in levels of 255.

    Args:
        clip: (T, 3, S, S) in [-1, 1], two frames or more.
        landmarks: (T, 68, 2) in its pixels.

    Raises:
        ValueError: there are fewer than two frames.
    """
    if len(clip) < 2:
        raise ValueError(f"flicker needs two frames at least, not {len(clip)}")
    moved = move(clip[:-1], landmark_flow(landmarks[:-1], landmarks[1:], clip.shape[-1]))
    before, after = blurred(clip[:-1]), blurred(clip[1:])
    return mean_inside(torch.minimum((blurred(moved) - after).abs(), (before - after).abs()), landmarks[1:])


def frame_change(clip: Tensor, landmarks: Tensor) -> float:
    """Return the mean change of a clip from frame to frame, explained or not, in levels of 255: at least its flicker.

    Flicker as a share of it compares faces of different contrast, and expressions of different strength.

    Args:
        clip: (T, 3, S, S) in [-1, 1], two frames or more.
        landmarks: (T, 68, 2) in its pixels.

    Raises:
        ValueError: there are fewer than two frames.
    """
    if len(clip) < 2:
        raise ValueError(f"a change needs two frames at least, not {len(clip)}")
    return mean_inside((blurred(clip[:-1]) - blurred(clip[1:])).abs(), landmarks[1:])


def mean_inside(change: Tensor, landmarks: Tensor) -> float:
    """Return the mean of changes, (B, 3, S, S), inside faces with landmarks, (B, 68, 2), in levels of 255."""
    inside = torch.stack([face_oval(points, change.shape[-1]) for points in landmarks]).to(change)
    return float((change.mean(1) * inside).sum() / inside.sum().clamp(min=1)) * LEVELS


def blurred(image: Tensor) -> Tensor:
    """Look at pictures, (B, 3, H, W), from a little farther away."""
    reach = round(3 * EYE)
    bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=image.device) / EYE).square())
    rows = (bell / bell.sum()).expand(3, 1, 1, -1)
    padded = F.pad(image, (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(padded, rows, groups=3), rows.mT, groups=3)


def face_oval(landmarks: Tensor, size: int) -> Tensor:
    """Say which pixels of a picture show the face, (size, size) in {0, 1}, by its landmarks, (68, 2)."""
    points = landmarks.detach().double().cpu().numpy()
    hull = cv2.convexHull((points.mean(0) + REACH * (points - points.mean(0))).astype(np.float32))
    return torch.from_numpy(cv2.fillConvexPoly(np.zeros((size, size), np.float32), hull.astype(np.int32), 1.0))
