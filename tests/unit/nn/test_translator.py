"""The networks of the StarGAN family."""

import pytest
import torch
from torch import nn

from mienkit.nn.translator import LabelCritic, MaskedTranslator, Translator


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_stargan_and_its_critic_have_the_official_number_of_parameters():
    with torch.device("meta"):
        assert count(Translator(3 + 8)) == 8_439_936
        assert count(LabelCritic(128)) == 44_786_624


@pytest.mark.parametrize("size", [(16, 16), (40, 96)])
def test_a_picture_of_any_shape_comes_back_in_its_shape_and_range(size):
    image = torch.rand(2, 3, *size) * 2 - 1
    colour, attention = MaskedTranslator(3 + 5, 4, 1)(image, torch.rand(2, 5))
    assert colour.shape == image.shape
    assert colour.abs().max() <= 1
    assert attention.shape == (2, 1, *size)
    assert 0 <= attention.min() <= attention.max() <= 1


@pytest.mark.parametrize(("size", "shape"), [(16, (2, 1, 2, 2)), ((40, 96), (2, 1, 5, 12))])
def test_the_critic_scores_patches_and_reads_labels_once(size, shape):
    side = size if isinstance(size, tuple) else (size, size)
    realness, read = LabelCritic(size, 4, 8, 3, labels=5)(torch.rand(2, 3, *side))
    assert realness.shape == shape
    assert read.shape == (2, 5)


def test_the_condition_reaches_the_picture_in_spite_of_the_norm():
    torch.manual_seed(0)
    image, network = torch.rand(1, 3, 32, 32) * 2 - 1, Translator(3 + 8, 8, 1)
    first, second = (network(image, torch.eye(8)[one : one + 1]) for one in (0, 5))
    assert (first - second).abs().mean() > 1e-3


def test_a_decoder_without_norms_paints_small_and_its_rectifiers_never_shut():
    torch.manual_seed(0)
    plain = Translator(3 + 8, 8, 1, decoder_norm=False)
    layers = [type(layer).__name__ for layer in plain.decoder]
    assert layers == ["ConvTranspose2d", "LeakyReLU"] * 2
    features = plain.features(torch.rand(2, 3, 32, 32) * 2 - 1, torch.eye(8)[:2])
    assert 0 < features.std() < 0.5 < Translator(3 + 8, 8, 1).features(torch.rand(2, 3, 32, 32), torch.eye(8)[:2]).std()
    assert (features != 0).all()


def test_heads_share_the_trunk():
    both = MaskedTranslator(3 + 8, 4, 1)
    assert count(both) - count(Translator(3 + 8, 4, 1)) == count(both.attention)


def test_the_label_head_is_called_as_asked():
    assert "aus.weight" in LabelCritic(16, 4, 8, 2, 17, name="aus").state_dict()


def test_a_critic_looks_at_each_sample_alone():
    torch.manual_seed(0)
    critic, image = LabelCritic(16, 4, 8, 3), torch.rand(3, 3, 16, 16)
    assert torch.allclose(critic(image)[0][:1], critic(image[:1])[0], atol=1e-6)
