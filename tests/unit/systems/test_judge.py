"""The judge: exact labels alone, read from an inner face that is held still."""

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.errors import ConfigError
from mienkit.data.mirror import mirror_landmarks, mirror_pose
from mienkit.evaluation.network_judge import NetworkJudge
from mienkit.systems.judge import Judge, JudgeNet


def small() -> Judge:
    torch.manual_seed(0)
    return Judge(Judge.Config(image_size=32, width=8))


def test_it_is_told_nothing_but_exact_labels():
    assert small().mix()["exact"] is True


def test_the_inner_face_holds_still_however_the_face_lies_in_the_crop():
    network = JudgeNet(64, 4)
    across = torch.linspace(0, 6, 64)
    image = (torch.sin(across)[:, None] * torch.cos(across)[None]).expand(1, 3, 64, 64).contiguous()
    turned, points = image.rot90(1, (2, 3)), network.mean_landmarks[None]
    aside = torch.stack([points[..., 1], 64 - points[..., 0]], 2)  # where the points are after a quarter turn
    torch.testing.assert_close(network.inner_face(image, points), network.inner_face(turned, aside), atol=1e-4, rtol=0)


def test_the_inner_face_shows_brows_and_the_chin_of_an_opened_mouth():
    network = JudgeNet(128, 4)
    points = network.mean_landmarks[None]
    x, y = torch.meshgrid(torch.arange(128) + 0.5, torch.arange(128) + 0.5, indexing="xy")
    places = torch.stack([x, y, 0 * x])[None].float()
    inner = network.inner_face(places, points)[0]
    assert inner[1].min() < points[0, 17:27, 1].min() - 3
    assert inner[1].max() > points[0, 48:68, 1].max() + 10
    eyes, mouth = points[0, 36:48, 1].mean(), points[0, 48:60, 1].mean()
    below = (inner[1].min() + inner[1].max()) / 2 - (eyes + mouth) / 2
    assert below == pytest.approx(0.25 * (mouth - eyes) / 2, abs=1.0)  # lower than the middle, for jaws that drop
    assert inner[0].min() < points[0, 36, 0] - 3
    assert inner[0].max() > points[0, 45, 0] + 3


def test_readings_are_intensities_and_probabilities():
    reading = small().measure(torch.rand(2, 3, 32, 32) * 2 - 1)
    assert reading.aus.shape == (2, NUM_AUS)
    assert ((reading.aus >= 0) & (reading.aus <= 1)).all()
    assert torch.allclose(reading.emotions.sum(1), torch.ones(2))
    assert reading.landmarks.shape == (2, 68, 2)


def test_a_face_and_its_mirror_image_are_read_alike():
    judge, image = small(), torch.rand(2, 3, 32, 32) * 2 - 1
    one, other = judge.measure(image), judge.measure(image.flip(3))
    torch.testing.assert_close(one.aus, other.aus)
    torch.testing.assert_close(one.emotions, other.emotions)
    everybody = torch.tensor([True, True])
    torch.testing.assert_close(one.landmarks, mirror_landmarks(other.landmarks, everybody, 32))
    torch.testing.assert_close(one.pose, mirror_pose(other.pose, everybody))
    assert not torch.allclose(one.landmarks, judge.network(image).landmarks)


def test_the_expression_of_a_part_of_the_face_reaches_every_unit_that_is_read():
    network = JudgeNet(32, 8)
    image = (torch.rand(1, 3, 32, 32) * 2 - 1).requires_grad_()
    for unit in range(NUM_AUS):
        (slope,) = torch.autograd.grad(network(image).aus[0, unit], image)
        assert slope.abs().sum() > 0


@pytest.mark.parametrize(("settings", "message"), [
    ({"image_size": 112}, "image_size=112 must be a multiple of 32"),
    ({"steps": 0}, "must be positive"),
])  # fmt: skip
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Judge.Config(**settings)


def test_changes_are_judged_without_clipping_and_measures_are_intensities():
    judge, image = small(), torch.rand(3, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        judge.network.expression.bias[:NUM_AUS] -= 0.5  # faces at rest are read below 0
    judge.eval()
    free, clipped = judge.measure_open(image), judge.measure(image)
    assert (free.aus < 0).any()
    assert torch.equal(clipped.aus, free.aus.clamp(0, 1))
    assert torch.equal(clipped.emotions, free.emotions)


def test_a_judge_of_pictures_asks_for_readings_that_are_not_clipped():
    judge = small()
    with torch.no_grad():
        judge.network.expression.bias[:NUM_AUS] -= 0.5
    judge.eval()
    look = NetworkJudge(judge, "judge").look(np.zeros((32, 32, 3), np.uint8))
    assert look is not None
    assert min(look.channels.values()) < 0
