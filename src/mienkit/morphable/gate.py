"""What makes an edited photo unfit: each gate names the reason by which a report counts it."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from mienkit.morphable.camera import Pose
from mienkit.morphable.fit import Fit
from mienkit.morphable.glasses import frame_bend
from mienkit.morphable.warp import folded_share

Floats = npt.NDArray[np.floating]

WORST_RESIDUAL_CM = 0.2
WIDEST_DEGREES = 30.0
MOST_FOLDED = 0.01
"""Share of the picture."""
MOST_BENT = 0.06
"""How far the rims of glasses may bend, in distances between the eyes' centres: less is not seen."""
FARTHEST_LIPS, FARTHEST_MARKS = 0.08, 0.07
"""How far landmarks may lie from where they were put, in distances between the eyes' centres."""
LEAST_ALIKE = 0.45
"""Cosine of MobileFace's embeddings."""
MOUTH = slice(48, 68)
RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)


class Reason(StrEnum):
    """Why a photo, or one edit of it, was left out."""

    UNREADABLE = "the picture cannot be read"
    NO_LANDMARKS = "there is no face, or there are no landmarks"
    NO_FIT = "no head fits"
    RESIDUAL = "the head fits badly (residual above 0.2 cm)"
    POSE = "the face is turned by more than 30 degrees"
    FOLDED = "the picture folds over itself"
    GLASSES = "the frame of the glasses bends"
    FACE_LOST = "the edit shows no face"
    LANDMARKS = "landmarks are not where they were put"
    IDENTITY = "the person is not the same"
    UNCHANGED = "nothing had to change"


def fit_fault(fit: Fit) -> Reason | None:
    """Say whether a fit cannot be used."""
    if fit.residual_cm > WORST_RESIDUAL_CM:
        return Reason.RESIDUAL
    return Reason.POSE if turned_away(fit.pose) else None


def turned_away(pose: Pose) -> bool:
    """Say whether so little of one cheek is seen that a redrawing tears it."""
    return max(abs(pose.angles.yaw), abs(pose.angles.pitch)) > WIDEST_DEGREES


def flow_fault(flow: npt.NDArray[np.float32]) -> Reason | None:
    """Say whether a flow, (S, S, 2) px, folds."""
    return Reason.FOLDED if folded_share(flow) > MOST_FOLDED else None


def frame_fault(flow: npt.NDArray[np.float32], marks: Floats) -> Reason | None:
    """Say whether a flow, (S, S, 2) px, bends the glasses of a face with 68 landmarks, (68, 2) px."""
    return Reason.GLASSES if frame_bend(flow, marks) > MOST_BENT else None


def landmark_fault(found: Floats | None, demanded: Floats) -> Reason | None:
    """Hold 68 landmarks that were found in an edit, (68, 2), against where they should be, (68, 2); any unit."""
    if found is None:
        return Reason.FACE_LOST
    apart = np.linalg.norm(demanded[RIGHT_EYE].mean(0) - demanded[LEFT_EYE].mean(0))
    error = np.linalg.norm(found - demanded, axis=1) / max(float(apart), 1e-6)
    return Reason.LANDMARKS if error[MOUTH].mean() > FARTHEST_LIPS or error.mean() > FARTHEST_MARKS else None


def identity_fault(cosine: float) -> Reason | None:
    """Say whether an edit shows somebody else."""
    return Reason.IDENTITY if cosine < LEAST_ALIKE else None
