"""Layers that a condition modulates."""

import torch

from mienkit.nn.modulation import ModulatedBlock, ModulatedLayer, spread


def test_no_style_is_the_plain_layer():
    layer, features = ModulatedLayer(8, 16), torch.randn(2, 8, 6, 6)
    plain = layer.activate(layer.norm(layer.convolve(features)))
    torch.testing.assert_close(layer(features, torch.zeros(2, 32)), plain)


def test_a_style_belongs_to_its_own_sample():
    block, features = ModulatedBlock(8), torch.randn(1, 8, 6, 6).expand(2, -1, -1, -1)
    style = torch.zeros(2, 16)
    style[1] = 1.0
    styled, plain = block(features, style), block(features, torch.zeros(2, 16))
    torch.testing.assert_close(styled[0], plain[0])
    assert (styled[1] - plain[1]).abs().max() > 0.01


def test_a_style_of_both_halves_turns_from_one_to_the_other_in_the_middle():
    style = torch.tensor([[[1.0, 10.0], [3.0, 30.0]]])
    laid = spread(style, 100)
    assert laid.shape == (1, 2, 1, 100)
    assert (laid[0, :, 0, 0].tolist(), laid[0, :, 0, -1].tolist()) == ([1, 10], [3, 30])
    torch.testing.assert_close(laid[..., 49:51].mean(-1)[0, :, 0], torch.tensor([2.0, 20.0]))
    assert (laid.diff() >= 0).all()
    assert (laid[0, 0, 0] == 1).sum() == (laid[0, 0, 0] == 3).sum() == 40


@torch.no_grad()
def test_halves_that_are_told_the_same_are_told_it_as_one():
    layer, features, style = ModulatedLayer(3, 8), torch.rand(2, 3, 6, 8), torch.rand(2, 16)
    torch.testing.assert_close(layer(features, torch.stack([style, style], 1)), layer(features, style))
