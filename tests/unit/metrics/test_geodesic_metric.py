"""Geodesic metrics: whose class is nearest, and who counts as near to none."""

import math

import pytest
import torch

from mienkit.geometry.hypersphere import to_sphere
from mienkit.geometry.srvf import to_srvf
from mienkit.metrics.geodesic import (
    class_means,
    geodesic_distances,
    nearest_distance,
    nearest_is_own,
    own_distance,
    places_of,
)

LABELS = (3, 5, 6)


def curves(spread: float, count: int = 8, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Curves about a middle of each class, (3 count, 6, 10), and their labels."""
    chance = torch.Generator().manual_seed(seed)
    middles = to_sphere(torch.eye(10, dtype=torch.float64)[: len(LABELS), None].expand(-1, 6, -1).clone())
    label = torch.tensor(LABELS).repeat_interleave(count)
    noise = torch.randn(len(label), 6, 10, dtype=torch.float64, generator=chance)
    return to_sphere(middles.repeat_interleave(count, 0) + spread * noise), label


def judged(made: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the angles to the own class's mean, and whether it is the nearest."""
    real, real_label = curves(0.3, seed=1)
    distances = geodesic_distances(made, class_means(real, real_label, LABELS))
    return own_distance(distances, label, LABELS), nearest_is_own(distances, label, LABELS)


def test_curves_of_a_class_are_nearer_to_its_mean_than_to_others():
    made, label = curves(0.3)
    own, hit = judged(made, label)
    assert bool(hit.all())
    assert float(own.max()) < math.pi / 2


def test_curves_under_another_classs_name_miss():
    made, label = curves(0.1)
    _, hit = judged(made, label.roll(8))
    assert not bool(hit.any())


def test_more_noise_is_farther_from_the_mean():
    near, far = (judged(*curves(spread))[0].mean() for spread in (0.1, 0.5))
    assert near < far


def test_a_curve_that_stands_still_belongs_nowhere():
    still = to_srvf(torch.zeros(3, 7, 10, dtype=torch.float64)).points
    own, hit = judged(still, torch.tensor(LABELS))
    assert own.tolist() == pytest.approx([math.pi / 2] * 3)
    assert not bool(hit.any())


def test_a_curve_learned_by_heart_has_no_distance_to_the_nearest():
    real, _ = curves(0.3)
    assert nearest_distance(real[:2], real).tolist() == pytest.approx([0, 0], abs=1e-9)


def test_no_curves_have_no_distances():
    real, _ = curves(0.3)
    assert geodesic_distances(real[:0], real).shape == (0, len(real))


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="labels should be among"):
        places_of(torch.tensor([3, 4]), LABELS)
