"""TGAN: codes of frames, singular values that are clipped, and eight clips."""

import pytest
import torch
from drawn_clips import learn, nearest_error, rises
from torch import nn

from mienkit.baselines.tgan import Tgan, clip_critic, clip_singular_values, time_widths
from mienkit.core.batch import ClipBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.training.loop import parameters_of, run_phase

HAPPY, ANGRY = EMOTIONS.index("happiness"), EMOTIONS.index("anger")


def build(preset: str = "tiny", **settings: object) -> Tgan:
    torch.manual_seed(0)
    return Tgan(build_config(Tgan.Config, Tgan.presets[preset], settings)).eval()


def noise() -> ClipBatch:
    clip = torch.rand(4, 4, 3, 16, 16) * 2 - 1
    return ClipBatch(key=torch.arange(4), clip=clip, label=torch.arange(4) + 1)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def largest_singular_value(model: Tgan) -> float:
    convolutions = [layer for layer in model.critic.modules() if isinstance(layer, nn.Conv3d)]
    return max(torch.linalg.matrix_norm(one.weight.flatten(1), 2).item() for one in convolutions)


def test_the_networks_have_the_sizes_of_the_official_layers():
    with torch.device("meta"):
        model = build("official")
    moments = 100 * 512 + 512 + sum(4 * i * o + o for i, o in ((512, 256), (256, 128), (128, 128), (128, 100)))
    factors = 512 + 256 + 128 + 128  # norms that do not shift
    assert count(model.generator.moments) == moments + factors
    begin = 2 * (100 * 4096 + 2 * 4096)
    painter = sum(16 * i * o + 2 * o for i, o in ((512, 256), (256, 128), (128, 64), (64, 32))) + 9 * 32 * 3 + 3
    assert count(model.generator) == moments + factors + begin + painter
    layers = sum(64 * i * o + o for i, o in ((3, 64), (64, 128), (128, 256), (256, 512))) + 16 * 512 + 1
    assert count(model.critic) == layers + 128 + 256 + 512


def test_sixteen_frames_come_out_of_one_by_four_doublings():
    assert time_widths(128, 16) == [512, 256, 128, 128]
    assert time_widths(8, 4) == [32, 16]
    codes = build("small", condition="none").generator.codes(torch.rand(2, 100))
    assert codes.shape == (2, 16, 100)


def test_singular_values_above_one_become_one_and_the_others_stay():
    left, right = (torch.linalg.qr(torch.randn(6, 6))[0] for _ in range(2))
    weight = (left * torch.tensor([5.0, 2.0, 0.9, 0.5, 0.1, 0.0])) @ right
    clipped = clip_singular_values(weight.view(6, 3, 2))
    values = torch.linalg.svdvals(clipped.flatten(1))
    torch.testing.assert_close(values, torch.tensor([1.0, 1.0, 0.9, 0.5, 0.1, 0.0]), atol=1e-5, rtol=0)
    small = weight / 10
    assert clip_singular_values(small) is small


def test_factors_of_norms_stay_between_a_hundredth_of_the_spread_and_the_spread():
    model = build()
    (norm,) = [layer for layer in model.critic.modules() if isinstance(layer, nn.BatchNorm3d)]
    norm.running_var.fill_(4)
    norm.weight.data[:3] = torch.tensor([3.0, -1.0, 1.5])
    clip_critic(model.critic)
    assert norm.weight[:3].tolist() == pytest.approx([2.0, 0.02, 1.5])
    assert norm.bias is None


def test_the_critic_is_clipped_every_so_many_of_its_own_steps():
    model = build(clip_every=3, learning_rate=0.5).train()
    critic = model.stages()[0].phases[1]
    largest = []
    for _ in range(6):
        run_phase(model, critic, noise())
        largest.append(largest_singular_value(model))
    assert all(value > 1.5 for value in (largest[0], largest[1], largest[3], largest[4]))
    assert [largest[2], largest[5]] == pytest.approx([1, 1], abs=1e-4)


def test_an_optimiser_that_is_loaded_goes_on_counting():
    model = build(clip_every=2, learning_rate=0.5).train()
    first, second = (model.stages()[0].phases[1] for _ in range(2))
    run_phase(model, first, noise())
    assert largest_singular_value(model) > 1.5
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    run_phase(model, second, noise())
    assert largest_singular_value(model) == pytest.approx(1, abs=1e-4)


def test_a_clipped_critic_makes_no_distance_larger():
    """Its layers one by one: a convolution of stride 2 and kernel 4 sees each place eight times."""
    model = build()
    for layer in model.critic.modules():
        if isinstance(layer, nn.Conv3d):
            layer.weight.data.normal_()
    clip_critic(model.critic)
    first, second = torch.rand(2, 5, 3, 4, 16, 16)
    layer = model.critic.first
    apart = (layer(first) - layer(second)).flatten(1).norm(dim=1)
    assert (apart <= 8**0.5 * (first - second).flatten(1).norm(dim=1)).all()


@pytest.mark.parametrize("condition", ["none", "label"])
def test_every_weight_gets_a_gradient_from_its_phase(condition):
    model, batch = build(condition=condition).train(), noise()
    for phase in model.stages()[0].phases:
        model.zero_grad(set_to_none=True)
        terms = phase.terms(batch)
        torch.stack([weight * terms[name] for name, weight in phase.weights.items()]).sum().backward()
        assert all(parameter.grad is not None for parameter in parameters_of(phase.optimizer)), phase.name


def test_the_critic_tells_real_from_made_by_its_mean_score():
    model, batch = build(), noise()
    terms = model.critic_terms(batch)
    made = model.sample(batch.key, batch.label, 4)
    torch.testing.assert_close(terms["real"], -model.critic(batch.clip).mean())
    torch.testing.assert_close(terms["fake"], model.critic(made).mean())
    generator, critic = model.stages()[0].phases
    assert (generator.weights, critic.weights) == ({"fake": -1}, {"real": 1, "fake": 1})


@pytest.mark.parametrize(("condition", "differs"), [("none", False), ("label", True)])
def test_an_emotion_changes_clips_only_of_a_network_that_is_told(condition, differs):
    model, key = build(condition=condition), torch.tensor([7, 7])
    happy, angry = model.sample(key, torch.tensor([HAPPY, ANGRY]), 4)
    assert torch.equal(happy, angry) is not differs
    assert model.conditional is differs
    happy, angry = model.score(noise().clip[:2] * 0, torch.tensor([HAPPY, ANGRY]))
    assert torch.equal(happy, angry) is not differs


def test_frames_of_a_clip_have_codes_of_their_own():
    model = build()
    noise = torch.rand(1, 8) * 2 - 1
    codes = model.generator.codes(noise)[0]
    assert codes.abs().max() <= 1
    assert (codes[1:] - codes[:-1]).abs().sum(1).min() > 0


def test_another_length_is_refused():
    with pytest.raises(ConfigError, match=r"makes clips of 4 frames, not 9.*`--set frames=9`"):
        build().sample(torch.arange(2), torch.arange(2), 9)


@pytest.mark.parametrize(("settings", "message"), [
    ({"image_size": 48}, "image_size=48 must be a power of 2"),
    ({"image_size": 64, "frames": 24}, "frames=24 must be a power of 2 from 16 on for image_size=64"),
    ({"clip_every": 0}, "steps, batch_size and clip_every must be positive"),
    ({"slow": 0}, "slow, fast, label_size and widths must be positive"),
    ({"learning_rate": -1}, "learning_rate must be positive"),
])  # fmt: skip
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        build(**settings)


def test_first_weights_are_uniform_and_small():
    model = build("small")
    weight = model.generator.painter[0][0][0].weight
    assert weight.abs().max() <= 0.01
    assert weight.std().item() == pytest.approx(0.01 / 3**0.5, rel=0.05)


def test_the_critic_is_not_released():
    assert not [name for name in build().released_state() if "critic" in name]


def test_clips_come_nearer_to_the_eight_that_it_learns_from_than_their_mean_is():
    batch = rises(4, 16)
    model = build(width=8, critic_width=8, time_width=8, steps=400, batch_size=8, learning_rate=1e-3, decay_from=0.5)
    mean = batch.clip.mean(0, keepdim=True)
    learn(model.train(), batch)
    assert nearest_error(model.sample(batch.key, batch.label, 4), batch) < nearest_error(mean, batch)
