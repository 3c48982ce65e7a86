"""Diversity: one answer for everybody has none."""

import math

import torch

from mienkit.metrics.diversity import own_class_spread


def test_one_answer_for_everybody_has_no_spread():
    label = torch.tensor([0, 0, 0, 1, 1])
    same = torch.ones(5, 4)
    assert own_class_spread(same, label, torch.cdist).tolist() == [0] * 5


def test_other_classes_do_not_make_a_class_diverse():
    label = torch.tensor([0, 0, 1, 1])
    points = torch.tensor([0.0, 1, 1000, 1001])[:, None]
    assert own_class_spread(points, label, torch.cdist).tolist() == [1] * 4


def test_whoever_is_alone_has_no_spread():
    assert math.isnan(own_class_spread(torch.zeros(1, 2), torch.tensor([3]), torch.cdist)[0])
