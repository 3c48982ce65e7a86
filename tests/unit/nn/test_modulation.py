"""Layers that a condition modulates."""

import torch

from mienkit.nn.modulation import ModulatedBlock, ModulatedLayer


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
