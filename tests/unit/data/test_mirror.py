import numpy as np
import torch

from mienkit.data.drawn import draw_faces
from mienkit.data.mirror import (
    mirror_flow,
    mirror_landmarks,
    mirror_maps,
    mirror_pictures,
    mirror_pose,
    mirror_tilt,
)
from mienkit.nn.warp import move

FLIPPED = torch.tensor([True, False])


def test_only_the_chosen_pictures_are_flipped():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 6, 5, 3), dtype=np.uint8)
    before = pictures.copy()
    mirror_pictures(pictures, FLIPPED)
    np.testing.assert_array_equal(pictures[0], before[0, :, ::-1])
    np.testing.assert_array_equal(pictures[1], before[1])


def test_landmarks_and_pose_return_when_flipped_twice():
    landmarks, pose = torch.rand(2, 68, 2) * 64, torch.randn(2, 3)
    torch.testing.assert_close(mirror_landmarks(mirror_landmarks(landmarks, FLIPPED, 64), FLIPPED, 64), landmarks)
    torch.testing.assert_close(mirror_pose(mirror_pose(pose, FLIPPED), FLIPPED), pose)
    torch.testing.assert_close(mirror_landmarks(landmarks, FLIPPED, 64)[1], landmarks[1])


def test_flipped_landmarks_stand_on_the_flipped_face():
    drawn = draw_faces(np.arange(2), np.zeros((2, 17), np.float32), size=64, pose=False)
    landmarks = torch.from_numpy(drawn.landmarks)
    turned = mirror_landmarks(landmarks, FLIPPED, 64)
    # A frontal face is nearly its own mirror image: without the renumbering points would jump across the face.
    assert (turned[0] - landmarks[0]).norm(dim=1).max() < 6


def test_yaw_and_roll_change_their_sign_and_pitch_does_not():
    assert mirror_pose(torch.tensor([[10.0, 20.0, 30.0]]), torch.tensor([True])).tolist() == [[-10.0, 20.0, -30.0]]


def test_a_flipped_picture_is_moved_by_the_flipped_flow_as_the_picture_by_the_flow():
    image, flow = torch.rand(2, 3, 16, 16), torch.randn(2, 2, 16, 16)
    turned = move(mirror_maps(image, FLIPPED), mirror_flow(flow, FLIPPED))
    torch.testing.assert_close(turned, mirror_maps(move(image, flow), FLIPPED))
    assert torch.equal(mirror_flow(flow, FLIPPED)[1], flow[1])


def test_what_the_left_side_shows_more_the_right_side_of_the_flipped_face_shows_more():
    tilt = torch.randn(2, 17)
    torch.testing.assert_close(mirror_tilt(tilt, FLIPPED), torch.stack([-tilt[0], tilt[1]]))
