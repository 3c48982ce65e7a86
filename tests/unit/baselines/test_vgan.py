"""VGAN: foreground, mask and background, what it is told, and eight clips."""

from functools import partial

import pytest
import torch
from drawn_clips import learn, nearest_error, rises
from torch import nn

from mienkit.baselines.vgan import Vgan
from mienkit.core.batch import ClipBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.task import Animator, Sampler
from mienkit.training.loop import parameters_of

HAPPY, ANGRY = EMOTIONS.index("happiness"), EMOTIONS.index("anger")
CONDITIONS = ("none", "label", "image", "image+label")


def build(preset: str = "tiny", **settings: object) -> Vgan:
    torch.manual_seed(0)
    return Vgan(build_config(Vgan.Config, Vgan.presets[preset], settings)).eval()


def noise() -> ClipBatch:
    clip = torch.rand(4, 4, 3, 16, 16) * 2 - 1
    return ClipBatch(key=torch.arange(4), clip=clip, label=torch.arange(4) + 1)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def convolutions(sizes: list[tuple[int, int]], kernel: int, norms: bool = True) -> int:
    """Weights, biases and norms of layers from so many channels to so many."""
    return sum(kernel * i * o + o + (2 * o if norms else 0) for i, o in sizes)


def test_the_networks_have_the_sizes_of_the_official_layers():
    with torch.device("meta"):
        model = build("official")
    rising = [(512, 256), (256, 128), (128, 64)]
    background = convolutions([(100, 512), *rising], 16) + convolutions([(64, 3)], 16, norms=False)
    foreground = convolutions([(100, 512)], 32) + convolutions(rising, 64)
    heads = convolutions([(64, 3), (64, 1)], 64, norms=False)
    assert count(model.generator) == background + foreground + heads
    first, last = convolutions([(3, 64)], 64, norms=False), convolutions([(512, 2)], 32, norms=False)
    assert count(model.critic) == first + convolutions([(64, 128), (128, 256), (256, 512)], 64) + last


def test_the_conditional_networks_have_the_sizes_of_the_official_layers():
    with torch.device("meta"):
        model = build("official-image")
    rising = [(1024, 512), (512, 256), (256, 128)]
    down = convolutions([(3, 128)], 16, norms=False) + convolutions([(128, 256), (256, 512), (512, 1024)], 16)
    background = convolutions(rising, 16) + convolutions([(128, 3)], 16, norms=False)
    foreground = convolutions([(1024, 1024)], 2) + convolutions(rising, 64)
    heads = convolutions([(128, 3), (128, 1)], 64, norms=False)
    assert count(model.generator) == down + background + foreground + heads


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_weight_gets_a_gradient_from_its_phase(condition):
    model, batch = build(condition=condition).train(), noise()
    for phase in model.stages()[0].phases:
        model.zero_grad(set_to_none=True)
        terms = phase.terms(batch)
        torch.stack([weight * terms[name] for name, weight in phase.weights.items()]).sum().backward()
        assert all(parameter.grad is not None for parameter in parameters_of(phase.optimizer)), phase.name


def test_where_the_mask_is_nothing_the_clip_stands_still():
    model = build()
    model.generator.mask.bias.data.fill_(-100)
    clip = model.sample(torch.arange(2), torch.zeros(2, dtype=torch.int64), 4)
    assert torch.allclose(clip, clip[:, :1].expand_as(clip), atol=1e-6)
    model.generator.mask.bias.data.fill_(100)
    moving = model.sample(torch.arange(2), torch.zeros(2, dtype=torch.int64), 4)
    assert (moving[:, 1:] - moving[:, :-1]).abs().max() > 1e-6


def test_the_critic_is_a_softmax_over_two_scores():
    model, batch = build(), noise()
    scores = model.critic(batch.clip)[..., 0]
    assert scores.shape == (4, 2)
    real = nn.functional.cross_entropy(scores, torch.zeros(4, dtype=torch.int64))
    torch.testing.assert_close(model.critic_terms(batch)["real"], real)


def test_the_mask_counts_in_the_unconditional_objective_and_the_first_frame_in_the_other():
    assert [build(condition=one).stages()[0].phases[1].weights for one in ("label", "image")] == [
        {"realness": 1, "mask": 0.1},
        {"realness": 1, "first": 10},
    ]
    model, batch = build(condition="image"), noise()
    made = model.go_on(batch.clip[:, 0], torch.empty(0), batch.label, batch.key, 4)
    distance = (made[:, 0] - batch.clip[:, 0]).abs().mean()
    torch.testing.assert_close(model.generator_terms(batch)["first"], distance)


@pytest.mark.parametrize(("condition", "differs"), [("none", False), ("label", True)])
def test_an_emotion_changes_clips_only_of_a_network_that_is_told(condition, differs):
    model, key = build(condition=condition), torch.tensor([7, 7])
    happy, angry = model.sample(key, torch.tensor([HAPPY, ANGRY]), 4)
    assert torch.equal(happy, angry) is not differs
    assert model.conditional is differs
    happy, angry = model.score(noise().clip[:2] * 0, torch.tensor([HAPPY, ANGRY]))
    assert torch.equal(happy, angry) is not differs


def test_only_one_that_begins_with_a_picture_is_an_animator():
    assert [isinstance(build(condition=one), Animator) for one in CONDITIONS] == [False, False, True, True]
    assert isinstance(build(), Sampler)


def test_one_that_begins_with_a_picture_goes_on_from_it_and_draws_nothing_from_noise():
    model, batch = build(condition="image+label"), noise()
    happy, angry = (
        model.animate(batch.clip[:, 0], torch.empty(0), torch.full((4,), one), batch.key, 4) for one in (HAPPY, ANGRY)
    )
    assert happy.shape == batch.clip.shape
    assert not torch.equal(happy, angry)
    with pytest.raises(ConfigError, match="goes on from a picture"):
        model.sample(batch.key, batch.label, 4)


@pytest.mark.parametrize("condition", ["none", "image"])
def test_another_length_is_refused(condition):
    model, batch = build(condition=condition), noise()
    given = (batch.clip[:, 0], torch.empty(0), batch.label, batch.key)
    draw = partial(model.go_on, *given) if condition == "image" else partial(model.sample, batch.key, batch.label)
    with pytest.raises(ConfigError, match=r"makes clips of 4 frames, not 9.*`--set frames=9`"):
        draw(9)


@pytest.mark.parametrize(("settings", "message"), [
    ({"image_size": 48}, "image_size=48 must be a power of 2"),
    ({"image_size": 64, "frames": 24}, "frames=24 must be a multiple of 16 for image_size=64"),
    ({"decay_from": 1.5}, r"decay_from=1.5 must be in \[0, 1\]"),
    ({"noise": 0}, "noise, label_size and widths must be positive"),
    ({"learning_rate": -1}, "learning_rate must be positive"),
])  # fmt: skip
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        build(**settings)


def test_first_weights_are_small():
    model = build("small")
    assert model.generator.foreground[1][0][0].weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert model.generator.paint.bias.abs().max() == 0


def test_the_critic_is_not_released():
    model, other = build(condition="label"), build(condition="label")
    assert not [name for name in model.released_state() if "critic" in name]
    assert {name.partition(".")[0] for name in other.released_state()} >= {"labels", "foreground", "background"}


def test_clips_come_nearer_to_the_eight_that_it_learns_from():
    batch = rises(4, 16)
    model = build(
        condition="label", width=8, critic_width=8, steps=150, batch_size=8, learning_rate=2e-3, decay_from=0.5
    )
    before = nearest_error(model.sample(batch.key, batch.label, 4), batch)
    learn(model.train(), batch)
    assert nearest_error(model.sample(batch.key, batch.label, 4), batch) < 0.67 * before
