"""The network that sees both pictures of a pair."""

import numpy as np
import pytest
import torch
from tests.contract.batches import random_batch

from mienkit.core.batch import MeterBatch
from mienkit.core.image import to_float
from mienkit.evaluation.change_reader import ChangeReader
from mienkit.face.meter import MeterNet


def test_it_learns_the_changes_of_eight_pairs_by_heart():
    torch.manual_seed(0)
    recipe = ChangeReader(ChangeReader.Config(image_size=32, width=8, steps=60, batch_size=8))
    phase = recipe.stages()[0].phases[0]
    batch = random_batch(recipe, MeterBatch)
    errors = []
    for _ in range(60):
        terms = phase.terms(batch)
        errors.append(terms["change"].item())
        sum(weight * terms[name] for name, weight in phase.weights.items()).backward()
        phase.optimizer.step()
        phase.optimizer.zero_grad()
    assert errors[-1] < 0.2 * errors[0]


def test_the_order_of_the_pictures_matters():
    torch.manual_seed(0)
    recipe = ChangeReader(ChangeReader.Config(image_size=32, width=4)).eval()
    pictures = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32, 3), np.uint8)
    there, back = recipe.read_changes(*pictures), recipe.read_changes(*pictures[::-1])
    assert there.shape == (3, 17)
    with torch.inference_mode():
        seen = recipe.network(torch.cat([to_float(pictures[0]), to_float(pictures[1])], 1)).aus
    assert there == pytest.approx(seen.double().numpy(), abs=1e-6)
    assert not np.allclose(there, back)


def test_begun_as_a_meter_it_sees_the_first_picture_as_that_does():
    torch.manual_seed(0)
    meter = MeterNet(32, 4).eval()
    reader = ChangeReader(ChangeReader.Config(image_size=32, width=4)).eval()
    reader.begin_as(meter.state_dict())
    with torch.no_grad():
        for name, weight in reader.network.state_dict().items():
            if weight.shape != meter.state_dict()[name].shape:
                assert weight[:, weight.shape[1] // 2 :].abs().max() > 0
                weight[:, weight.shape[1] // 2 :] = 0
    pictures = torch.rand(3, 6, 32, 32)
    assert torch.allclose(reader.network(pictures).aus, meter(pictures[:, :3]).aus, atol=1e-5)


def test_what_it_says_can_be_compiled_is_there():
    reader = ChangeReader(ChangeReader.Config(image_size=32, width=4))
    assert [reader.get_submodule(name) for name in reader.compiled] == [reader.network]
