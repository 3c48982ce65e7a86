"""The patch critic against the official code's figures."""

import pytest
import torch
from torch import nn

from mienkit.nn.patch import PatchCritic


def test_the_published_critic_has_the_published_number_of_parameters():
    with torch.device("meta"):
        critic = PatchCritic(6)
    assert sum(parameter.numel() for parameter in critic.parameters()) == 2_768_705


def test_a_score_sees_70_pixels():
    critic = PatchCritic(norm="none", width=2)
    image = torch.zeros(1, 3, 256, 256, requires_grad=True)
    scores = critic(image)
    assert scores.shape == (1, 1, 30, 30)
    scores[0, 0, 15, 15].backward()
    seen = image.grad.abs().sum((0, 1)).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [70, 70]


@pytest.mark.parametrize("norm", ["batch", "instance", "spectral", "none"])
def test_what_belongs_together_is_judged_together(norm):
    torch.manual_seed(0)
    critic, image, condition = (
        PatchCritic(4, width=4, halvings=1, norm=norm),
        torch.rand(2, 3, 32, 32),
        torch.zeros(2, 1, 32, 32),
    )
    condition[:, :, 8:16] = 1
    assert not torch.allclose(critic(condition, image), critic(0 * condition, image))


def test_a_spectral_norm_holds_every_convolution():
    torch.manual_seed(0)
    critic = PatchCritic(3, width=8, halvings=2, norm="spectral")
    for _ in range(20):
        critic(torch.rand(1, 3, 32, 32))
    convolutions = [layer for layer in critic.layers if isinstance(layer, nn.Conv2d)]
    largest = [torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() for layer in convolutions]
    assert largest == pytest.approx([1] * len(convolutions), rel=0.1)
    assert not any(isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) for layer in critic.layers)
