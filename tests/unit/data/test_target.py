import pytest
import torch

from mienkit.core.errors import UnknownNameError
from mienkit.data.chance import Chance
from mienkit.data.target import natural_targets, official_targets, target_rule

KEYS = torch.arange(2000)
EXPRESSIONS = torch.rand(40, 17, generator=torch.Generator().manual_seed(0))


def test_official_targets_are_another_faces_units_within_a_tenth_and_not_clipped():
    edges = (EXPRESSIONS > 0.5).float()
    targets = official_targets(Chance(KEYS), edges)
    distance = (targets[:, None] - edges[None]).abs().amax(2).min(1).values
    assert distance.max() <= 0.1
    assert targets.min() < -0.05
    assert targets.max() > 1.05


def test_official_targets_come_from_all_faces():
    nearest = torch.cdist(official_targets(Chance(KEYS), EXPRESSIONS), EXPRESSIONS).argmin(1)
    assert torch.bincount(nearest, minlength=40).min() > 20


def test_natural_targets_are_mixtures_of_two():
    corners = torch.eye(17)
    targets = natural_targets(Chance(KEYS), corners)
    torch.testing.assert_close(targets.sum(1), torch.ones(2000))
    assert (targets >= 0).all()
    assert ((targets > 0).sum(1) <= 2).all()


def test_an_unknown_rule_is_named():
    with pytest.raises(UnknownNameError, match="no kind of targets is called 'offical'; did you mean 'official'"):
        target_rule("offical")
