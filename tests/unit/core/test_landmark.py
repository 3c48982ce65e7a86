import torch

from mienkit.core.landmark import GROUPS, MEAN_SHAPE, MIRROR, NUM_LANDMARKS


def test_landmark_groups_cover_every_point_once():
    points = [index for group in GROUPS.values() for index in range(NUM_LANDMARKS)[group]]
    assert sorted(points) == list(range(NUM_LANDMARKS))


def test_mirroring_twice_changes_nothing():
    assert [MIRROR[index] for index in MIRROR] == list(range(NUM_LANDMARKS))


def test_the_mean_face_is_its_own_mirror_image():
    points = torch.tensor(MEAN_SHAPE)
    flipped = torch.stack([1 - points[:, 0], points[:, 1]], 1)[list(MIRROR)]
    assert torch.allclose(flipped, points, atol=2e-4)
