"""Where a head stands before the camera: turning, size and place, projected with a mild perspective.

The model's axes are its own: x to the person's left, y up, z towards the viewer, centimetres. A point X is turned about
``PIVOT``, P = R (X - PIVOT), and lands at ``shift + scale / (1 - P_z / DISTANCE) * (P_x, -P_y)``, in continuous pixels:
x = 0 is the left edge of the first pixel, whose centre is (0.5, 0.5).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]

PIVOT: Doubles = np.array([0.0, -1.0, 4.0])
"""Between the ears, in the model's centimetres, so that turning hardly moves the face."""
DISTANCE = 70.0
"""Centimetres from the pivot to the camera. Portraits are taken from further away, but landmarks can hardly tell."""
POSE_SIZE = 6


class Angles(NamedTuple):
    """Head pose in degrees.

    Positive yaw turns the nose to the image's right, positive pitch down; positive roll raises the eye on the image's
    right.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, eq=False)
class Pose:
    """How a head is turned, how large it is and where it stands in a picture."""

    rotation: Doubles
    """(3,) axis times angle, radians."""
    log_scale: float
    """Natural logarithm of the pixels that a centimetre spans at the pivot's depth."""
    shift: Doubles
    """(2,) where the pivot lands, pixels."""

    @cached_property
    def matrix(self) -> Doubles:
        """(3, 3) rotation."""
        return np.asarray(cv2.Rodrigues(np.asarray(self.rotation, np.float64))[0], np.float64)

    @property
    def scale(self) -> float:
        """Pixels a centimetre at the pivot's depth."""
        return float(np.exp(self.log_scale))

    @property
    def angles(self) -> Angles:
        """Yaw, pitch and roll."""
        r = self.matrix
        yaw = np.arctan2(-r[2, 0], np.hypot(r[0, 0], r[1, 0]))
        return Angles(
            *(float(np.degrees(a)) for a in (yaw, np.arctan2(r[2, 1], r[2, 2]), np.arctan2(r[1, 0], r[0, 0])))
        )

    def moved(self, step: Floats) -> "Pose":
        """Take a step, (6,): a further turn (radians), a change of the logarithm of the scale, a shift in pixels."""
        turn = np.asarray(cv2.Rodrigues(np.asarray(step[:3], np.float64))[0], np.float64)
        return Pose(_axis_angle(turn @ self.matrix), self.log_scale + float(step[3]), self.shift + step[4:6])

    def in_picture(self, factor: float, shift: Floats) -> "Pose":
        """Say the same of a picture that is ``factor`` times as large, its points then moved by ``shift``, (2,)."""
        return Pose(self.rotation, self.log_scale + float(np.log(factor)), self.shift * factor + shift)


def pose_of_angles(angles: Angles, scale: float, shift: Floats) -> Pose:
    """Build a pose from angles in degrees, pixels a centimetre and the place of the pivot, (2,) pixels."""
    yaw, pitch, roll = (np.radians(a) for a in angles)
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return Pose(_axis_angle(about_z @ about_y @ about_x), float(np.log(scale)), np.asarray(shift, np.float64))


def turn(points: Floats, pose: Pose) -> Floats:
    """Turn points of the model, (N, 3), about the pivot; the third column is the depth towards the camera in cm."""
    return (points - PIVOT.astype(points.dtype)) @ pose.matrix.astype(points.dtype).T


def project(points: Floats, pose: Pose) -> Floats:
    """Project points of the model, (N, 3) cm, to (N, 3): x and y in pixels, depth towards the camera in cm."""
    turned = turn(points, pose)
    flat = spread(turned, pose)
    return np.concatenate([flat, turned[:, 2:]], axis=1)


def spread(turned: Floats, pose: Pose) -> Floats:
    """Project turned points, (N, 3) cm, to pixels, (N, 2)."""
    magnified = pose.scale / (1 - turned[:, 2:] / DISTANCE)
    return np.asarray(turned[:, :2] * (magnified * (1, -1)) + pose.shift, turned.dtype)


def slopes(turned: Floats, pose: Pose) -> tuple[Doubles, Doubles]:
    """Differentiate the projection of turned points, (N, 3).

    Returns:
        (N, 2, 3) pixels a centimetre that the turned point moves, and (N, 2, 6) pixels a unit of the pose's step.
    """
    near = 1 / (1 - turned[:, 2] / DISTANCE)
    magnified = pose.scale * near
    x, y, z = turned[:, 0], turned[:, 1], turned[:, 2]
    by_place = np.zeros((len(turned), 2, 3))
    by_place[:, 0, 0], by_place[:, 1, 1] = magnified, -magnified
    by_place[:, 0, 2], by_place[:, 1, 2] = magnified * near * x / DISTANCE, -magnified * near * y / DISTANCE
    zero = np.zeros_like(x)
    by_turn = np.stack([zero, z, -y, -z, zero, x, y, -x, zero], axis=1).reshape(-1, 3, 3)  # columns: axis x P
    by_pose = np.zeros((len(turned), 2, POSE_SIZE))
    by_pose[:, :, :3] = by_place @ by_turn
    by_pose[:, :, 3] = np.stack([magnified * x, -magnified * y], axis=1)
    by_pose[:, 0, 4] = by_pose[:, 1, 5] = 1
    return by_place, by_pose


def estimate_pose(points: Floats, landmarks: Floats, weights: Floats) -> Pose:
    """Find a pose from points of the model, (N, 3) cm, and where they were seen, (N, 2) px, without a first guess.

    The affine camera that fits best in the sense of weighted least squares is made a turn and a scale.

    Source: DeMenthon and Davis 1995, the first step of their iteration.
    """
    share = (weights / weights.sum())[:, None]
    middle, seen = (share * points).sum(0), (share * landmarks).sum(0)
    root = np.sqrt(share)
    affine = np.linalg.lstsq((points - middle) * root, (landmarks - seen) * (1, -1) * root, rcond=None)[0].T
    rows, lengths, columns = np.linalg.svd(np.asarray(affine, np.float64), full_matrices=False)
    first, second = rows @ columns
    pose = Pose(
        _axis_angle(np.stack([first, second, np.cross(first, second)])), float(np.log(lengths.mean())), np.zeros(2)
    )
    placed = spread(turn(np.asarray(points, np.float64), pose), pose)
    return Pose(pose.rotation, pose.log_scale, (share * (landmarks - placed)).sum(0))


def _axis_angle(matrix: Doubles) -> Doubles:
    return np.asarray(cv2.Rodrigues(matrix)[0], np.float64).ravel()
