"""The U-Net of pix2pix against the official code's figures."""

import pytest
import torch
from torch import Tensor, nn

from mienkit.nn.unet import UNet, drop


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def picture(channels: int = 3, size: int = 2, side: int = 64) -> Tensor:
    return torch.rand(size, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def small(**settings) -> UNet:
    torch.manual_seed(0)
    return UNet(levels=6, width=4, **settings)


def test_the_published_u_net_has_the_published_number_of_parameters():
    with torch.device("meta"):
        assert count(UNet()) == 54_413_955


@pytest.mark.parametrize("up", ["transpose", "resize"])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_every_kind_returns_pictures_of_the_same_side(up, norm):
    made = UNet(5, 2, levels=4, width=4, up=up, norm=norm)(picture(5, side=32))
    assert made.shape == (2, 2, 32, 32)
    assert made.abs().max() <= 1


def test_resized_features_leave_no_checkerboard():
    """A flat input gives a flat output away from the border, whatever the weights."""
    made = small(up="resize", norm="instance", dropout=0.0)(torch.zeros(1, 3, 256, 256))
    middle = made[..., 96:160, 96:160]
    assert middle.std() < 0.2 * made.std() or middle.std() < 1e-6


def test_dropout_belongs_to_the_sample_and_not_to_the_batch():
    network, image, key = small(norm="instance"), picture(), torch.tensor([11, 12])
    whole = network(image, key)
    torch.manual_seed(99)  # nothing comes from the process
    parts = torch.cat([network(image[:1], key[:1]), network(image[1:], key[1:])])
    assert torch.allclose(whole, parts, atol=1e-6)
    assert not torch.allclose(whole, network(image, key + 1), atol=1e-4)


def test_nothing_is_dropped_at_use_or_without_keys():
    network, image, key = small(norm="instance"), picture(), torch.tensor([11, 12])
    assert torch.equal(network(image), network.eval()(image, key))


def test_the_innermost_and_the_narrower_levels_keep_all_features():
    with torch.device("meta"):
        assert list(UNet(levels=8).dropped) == [1, 2, 3]
        assert list(UNet(levels=5).dropped) == []


def test_half_of_the_features_are_dropped_and_the_mean_stays():
    features = torch.ones(4, 8, 32, 32)
    left = drop(features, torch.arange(4), 0.5, stream=0)
    assert set(left.unique().tolist()) == {0.0, 2.0}
    assert left.mean() == pytest.approx(1, abs=0.02)
