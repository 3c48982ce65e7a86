"""The error to an exact result."""

import pytest
import torch

from mienkit.losses.pair import changed_region_l1


def test_trust_may_differ_from_place_to_place():
    image = torch.zeros(2, 3, 8, 8)
    result, trust = image + 0.05, torch.ones(2, 1, 8, 8)
    whole = changed_region_l1(image, result, image, torch.ones(2), 4.0)
    assert changed_region_l1(image, result, image, trust, 4.0) == pytest.approx(float(whole))
    trust[..., :4] = 0
    assert changed_region_l1(image, result, image, trust, 4.0) == pytest.approx(float(whole) / 2)
