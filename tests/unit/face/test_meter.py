"""The meter's network."""

import pytest
import torch

from mienkit.core.errors import WeightsError
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.face.meter import POINTS, Meter, MeterNet, load_meter, places_matrix
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


def test_every_place_is_a_mean_of_landmarks():
    matrix = places_matrix()
    assert matrix.shape == (len(POINTS), 68)
    assert torch.allclose(matrix.sum(1), torch.ones(len(POINTS)))


def test_landmarks_get_no_gradient_from_units():
    network = MeterNet(32, 4)
    network(torch.rand(2, 3, 32, 32)).aus.sum().backward()
    assert network.shape.weight.grad is None


def test_foreign_weights_are_refused():
    weights = Weights(model="meter", config={"image_size": 32, "width": 4}, state={}, card="", sha256="0" * 64)
    with pytest.raises(WeightsError, match="not the weights of a meter"):
        Meter(weights)


def test_the_shipped_meter_loads_and_reads():
    meter = load_meter()
    reading = meter.measure(torch.zeros(1, 3, meter.image_size, meter.image_size))
    assert torch.isfinite(reading.landmarks).all()
    assert meter.name.startswith("meter ")
