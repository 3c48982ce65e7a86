"""The network that sees both pictures of a pair."""

import numpy as np
import torch
from tests.contract.batches import random_batch

from mienkit.core.batch import MeterBatch
from mienkit.evaluation.change_reader import ChangeReader


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
    assert not np.allclose(there, back)
