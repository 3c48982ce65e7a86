"""The critic that halves clips in space and time."""

import torch
from torch import nn

from mienkit.nn.clip_critic import ClipCritic, with_label


def make(**settings: object) -> ClipCritic:
    torch.manual_seed(0)
    return ClipCritic(4, 2, **{"duration": 1, **settings}).eval()  # type: ignore[arg-type]


def test_every_instant_that_is_left_has_its_scores():
    clip = torch.rand(3, 8, 3, 16, 16)
    assert make()(clip).shape == (3, 1, 2)
    assert make(duration=2, outputs=2)(clip).shape == (3, 2, 1)


def test_it_looks_at_the_order_of_frames():
    clip = torch.rand(1, 4, 3, 16, 16)
    assert not torch.allclose(make()(clip), make()(clip.flip(1)))


def test_what_a_clip_is_said_to_be_changes_its_score_by_more_than_a_constant():
    critic, (first, second) = make(labels=3), torch.rand(2, 1, 4, 3, 16, 16)
    scores = [[critic(clip, torch.tensor([label])) for label in (0, 1)] for clip in (first, second)]
    changes = [(told[1] - told[0]).item() for told in scores]
    assert all(changes)
    assert abs(changes[0] - changes[1]) > 1e-7


def test_labels_lie_as_planes_behind_the_features():
    told = with_label(torch.zeros(2, 4, 2, 3, 3), torch.tensor([0, 2]), 3)
    assert told.shape == (2, 7, 2, 3, 3)
    assert told[:, 4:].amax((2, 3, 4)).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert told[:, 4:].amin((2, 3, 4)).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_the_norm_is_chosen_and_is_not_on_the_first_level():
    norms = [layer for layer in make(norm=nn.InstanceNorm3d).modules() if isinstance(layer, nn.InstanceNorm3d)]
    assert [layer.num_features for layer in norms] == [8]
