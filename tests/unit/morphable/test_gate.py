"""What is dropped, and what is let through."""

import numpy as np

from mienkit.morphable.camera import Angles, pose_of_angles
from mienkit.morphable.fit import Fit
from mienkit.morphable.gate import Reason, fit_fault, flow_fault, frame_fault, identity_fault, landmark_fault


def fit(yaw: float = 0, pitch: float = 0, residual: float = 0.1) -> Fit:
    nothing = np.zeros(0, np.float32)
    pose = pose_of_angles(Angles(yaw, pitch, 0), 10, np.zeros(2))
    return Fit(pose, nothing, nothing, residual, np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))


def face() -> np.ndarray:
    """Landmarks of which only the eyes, 100 px apart, have a place of their own."""
    landmarks = np.zeros((68, 2))
    landmarks[42:48] = 100, 0
    return landmarks


def test_a_good_fit_passes():
    assert fit_fault(fit(yaw=20, pitch=-15)) is None


def test_a_fit_that_misses_the_landmarks_is_dropped():
    assert fit_fault(fit(residual=0.21)) == Reason.RESIDUAL


def test_faces_turned_aside_or_up_are_dropped():
    assert fit_fault(fit(yaw=-31)) == Reason.POSE
    assert fit_fault(fit(pitch=31)) == Reason.POSE


def test_a_fold_is_dropped_and_a_shift_is_not():
    flow = np.full((64, 64, 2), 5.0, np.float32)
    assert flow_fault(flow) is None
    flow[:, 16:48, 0] = -3 * np.linspace(0, 16, 32)
    assert flow_fault(flow) == Reason.FOLDED


def test_bent_glasses_are_dropped_and_shifted_ones_are_not():
    marks = face() + (80, 80)
    flow = np.full((256, 256, 2), 9.0, np.float32)
    assert frame_fault(flow, marks) is None
    flow[:76, :, 1] += 4  # the upper rims alone
    assert frame_fault(flow, marks) is None
    flow[:76, :, 1] += 4
    assert frame_fault(flow, marks) == Reason.GLASSES


def test_a_face_that_is_not_found_again_is_dropped():
    assert landmark_fault(None, face()) == Reason.FACE_LOST


def test_lips_elsewhere_are_dropped_however_well_the_rest_fits():
    found = face()
    found[48:68, 1] += 9
    assert landmark_fault(found, face()) == Reason.LANDMARKS
    assert landmark_fault(face() + 3, face()) is None


def test_somebody_else_is_dropped():
    assert identity_fault(0.3) == Reason.IDENTITY
    assert identity_fault(0.8) is None
