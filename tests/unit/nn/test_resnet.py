"""The generator of CycleGAN against the official code's figures."""

import torch

from mienkit.nn.resnet import ResNetGenerator


def test_nine_blocks_have_the_official_number_of_parameters():
    with torch.device("meta"):
        network = ResNetGenerator()
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_378_179


def test_pictures_keep_their_side_and_range():
    made = ResNetGenerator(width=4, blocks=1)(torch.rand(2, 3, 32, 32) * 2 - 1)
    assert made.shape == (2, 3, 32, 32)
    assert made.abs().max() <= 1
