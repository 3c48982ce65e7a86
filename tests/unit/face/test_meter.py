"""The meter's network."""

import pytest
import torch

from mienkit.core.errors import WeightsError
from mienkit.core.landmark import MEAN_SHAPE, MIRROR
from mienkit.face import meter as meter_module
from mienkit.face.meter import ACROSS, DOWN, WINDOWS, Meter, MeterNet, fold_norms, load_meter, read_landmarks
from mienkit.weights import Weights


def test_the_meter_has_at_most_two_million_parameters():
    assert sum(parameter.numel() for parameter in MeterNet().parameters()) <= 2_000_000


def test_readings_have_the_shapes_and_ranges_of_the_contract():
    reading = MeterNet(64, 4).eval().measure(torch.rand(3, 3, 64, 64) * 2 - 1)
    assert reading.landmarks.shape == (3, 68, 2)
    assert reading.aus.shape == (3, 17)
    assert reading.aus.min() >= 0
    assert reading.aus.max() <= 1
    assert torch.allclose(reading.emotions.sum(1), torch.ones(3))
    assert reading.pose.shape == (3, 3)


def test_an_untrained_meter_answers_about_the_mean_shape():
    network = MeterNet(128, 4).eval()
    torch.nn.init.zeros_(network.shape.weight)
    torch.nn.init.zeros_(network.shape.bias)
    read = network(torch.zeros(1, 3, 128, 128)).landmarks[0]
    assert torch.allclose(read, torch.tensor(MEAN_SHAPE) * 128)


def test_windows_follow_a_face_that_turns_and_grows():
    network, points = MeterNet(128, 4), torch.tensor(MEAN_SHAPE) * 128
    turn = torch.tensor([[0.8, 0.6], [-0.6, 0.8]]) * 1.1
    moved = (points - 64) @ turn.T + 64
    smooth = torch.stack([picture_of(lambda p: p), picture_of(lambda p: (p - 64) @ torch.linalg.inv(turn).T + 64)])
    for window in network.windows(smooth, torch.stack([points, moved])):
        assert torch.allclose(window[0], window[1], atol=0.01)


def test_windows_are_centred_and_as_wide_as_told():
    points = torch.tensor(MEAN_SHAPE) * 128
    eyes = float((points[42:48].mean(0) - points[36:42].mean(0))[0])
    for window, cut in zip(WINDOWS, MeterNet(128, 4).windows(picture_of(lambda p: p)[None], points[None]), strict=True):
        place = cut[0, :2].permute(1, 2, 0) * 64 + 64
        assert torch.allclose(place.mean((0, 1)), points[list(window.landmarks)].mean(0), atol=0.5)
        width = float((place[:, -1] - place[:, 0]).norm(dim=1).mean())
        assert width == pytest.approx(2 * window.half_width * eyes * (ACROSS - 1) / ACROSS, rel=0.02)
        assert cut.shape[2:] == (DOWN, ACROSS)


def test_both_eyes_look_alike_to_the_network_that_they_share():
    points = torch.tensor(MEAN_SHAPE) * 128
    points = (points + points[list(MIRROR)] * torch.tensor([-1.0, 1.0]) + torch.tensor([128.0, 0.0])) / 2
    picture = torch.rand(1, 3, 128, 128)
    right, left, *_ = MeterNet(128, 4).windows((picture + picture.flip(3)) / 2, points[None])
    assert torch.allclose(right, left, atol=1e-4)


def picture_of(place_of):
    """Make a picture whose colours tell where in it, (3, 128, 128), each pixel's ``place_of`` lies."""
    middle = torch.arange(128) + 0.5
    down, across = torch.meshgrid(middle, middle, indexing="ij")
    place = (place_of(torch.stack([across, down], -1)) - 64) / 64
    return torch.cat([place.permute(2, 0, 1), place.permute(2, 0, 1)[:1] * place.permute(2, 0, 1)[1:]])


def test_landmarks_get_no_gradient_from_units():
    network = MeterNet(32, 4)
    network(torch.rand(2, 3, 32, 32)).aus.sum().backward()
    assert network.shape.weight.grad is None


def test_norms_folded_into_convolutions_change_nothing():
    torch.manual_seed(0)
    network, pictures = MeterNet(32, 4), torch.rand(8, 3, 32, 32)
    network(pictures)  # moves the running means
    before = network.eval()(pictures)
    fold_norms(network)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules())
    assert torch.allclose(network(pictures).aus, before.aus, atol=1e-5)


def test_foreign_weights_are_refused():
    weights = Weights(model="meter", config={"image_size": 32, "width": 4}, state={}, card="", sha256="0" * 64)
    with pytest.raises(WeightsError, match="not the weights of a meter"):
        Meter(weights)


def test_the_shipped_meter_loads_and_reads():
    meter = load_meter()
    reading = meter.measure(torch.zeros(1, 3, meter.image_size, meter.image_size))
    assert torch.isfinite(reading.landmarks).all()
    assert meter.name.startswith("meter ")


def test_landmarks_found_without_a_closer_look_are_those_of_the_reading():
    crops = torch.rand(3, 3, 128, 128) * 2 - 1
    meter = load_meter()
    assert torch.equal(meter.locate(crops), meter.measure(crops).landmarks)


def test_landmarks_of_crops_of_any_side_are_in_their_own_pixels():
    ramp = torch.linspace(-1, 1, 128)
    crops = torch.stack([ramp.expand(128, -1), ramp[:, None].expand(-1, 128), ramp.outer(ramp)])[None]
    large = torch.nn.functional.interpolate(crops, scale_factor=2.0, mode="bilinear")
    assert torch.equal(read_landmarks(crops), load_meter().locate(crops))
    torch.testing.assert_close(read_landmarks(large), 2 * read_landmarks(crops), atol=0.1, rtol=0)


def test_one_face_that_stands_for_many_is_read_once(monkeypatch):
    seen = []

    class Meter:
        image_size = 64

        def locate(self, image):
            seen.append(len(image))
            return torch.tensor(MEAN_SHAPE).expand(len(image), -1, -1) * 64

    monkeypatch.setattr(meter_module, "load_meter", Meter)
    face = torch.zeros(1, 3, 32, 32)
    assert read_landmarks(face.expand(5, -1, -1, -1)).shape == (5, 68, 2)
    torch.testing.assert_close(read_landmarks(face.repeat(3, 1, 1, 1))[0], torch.tensor(MEAN_SHAPE) * 32)
    assert seen == [1, 3]
