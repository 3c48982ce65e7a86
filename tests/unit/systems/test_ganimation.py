"""GANimation against the figures of its paper and official code."""

import pytest
import torch
from torch import Tensor, nn

from mienkit.core.batch import PairBatch
from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError
from mienkit.nn.field import field_of
from mienkit.systems.ganimation import Critic, Ganimation, Generator, MovingGenerator


def build(preset: str, **settings: object) -> Ganimation:
    torch.manual_seed(0)
    return Ganimation(build_config(Ganimation.Config, Ganimation.presets[preset], settings))


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def pairs(size: int, count: int = 4) -> PairBatch:
    def image() -> Tensor:
        return torch.rand(count, 3, size, size) * 2 - 1

    def aus() -> Tensor:
        return torch.rand(count, 17)

    return PairBatch(
        key=torch.arange(count), image=image(), source=aus(), target=aus(), result=image(), paired=torch.ones(count),
        real=image(), labelled=image(), label=aus(), label_known=torch.ones(count, 17),
    )  # fmt: skip


def test_the_generator_has_the_official_number_of_parameters():
    assert count(Generator()) == 8_471_296


def test_the_critic_has_the_official_number_of_parameters():
    assert count(Critic()) == 44_860_352


@pytest.mark.parametrize("preset", ["paper", "official"])
def test_the_presets_of_the_paper_and_the_code_build_these_networks(preset):
    with torch.device("meta"):
        model = Ganimation(build_config(Ganimation.Config, Ganimation.presets[preset]))
    assert count(model.generator) == 8_471_296
    assert count(model.critic) == 44_860_352


def test_attention_one_keeps_the_picture():
    model = build("tiny")
    model.generator.attention = KeepAll()
    image = torch.rand(2, 3, 32, 32) * 2 - 1
    edited = model.edit(image, torch.zeros(2, 17), torch.ones(2, 17))
    assert torch.equal(edited.image, image)
    assert edited.change.max() == 0


class KeepAll(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        return features.new_full((len(features), 1, *features.shape[2:]), 1e4)


def test_the_official_preset_takes_the_penalty_in_a_step_of_its_own():
    phases = build("official", conv_dim=2, critic_dim=2, critic_cap=4, repeat=1).stages()[0].phases
    assert [phase.name for phase in phases] == ["critic", "penalty", "generator"]
    assert phases[0].optimizer is phases[1].optimizer
    assert phases[2].every == 5


def test_the_rate_falls_linearly_over_the_last_third():
    rate = build("tiny", decay_from=2 / 3).stages()[0].phases[0].learning_rate
    assert rate(0.5) == 1
    assert rate(5 / 6) == pytest.approx(0.5)
    assert rate(0.999) == pytest.approx(0, abs=0.01)


def test_the_official_au_term_at_batch_25_is_160_times_the_mean_square():
    model = build("tiny", aus_form="official", batch_size=25)
    error = model._au_error(torch.zeros(25, 17), torch.ones(25, 17), torch.ones(25, 17))
    assert 4000 * error == pytest.approx(160)


def test_the_au_term_of_the_paper_is_the_squared_norm():
    model = build("tiny")
    assert model._au_error(torch.zeros(2, 17), torch.ones(2, 17), torch.ones(2, 17)) == 17


def test_units_that_nobody_measured_do_not_count():
    model = build("tiny", aus_form="mean")
    known = torch.zeros(2, 17)
    known[:, 0] = 1
    wanted = torch.ones(2, 17)
    wanted[:, 0] = 0.5
    assert model._au_error(torch.zeros(2, 17), wanted, known) == pytest.approx(0.25)


def test_every_weight_of_ours_gets_a_gradient_from_its_phase():
    model = build("ours", image_size=32, conv_dim=4, repeat=1, critic_dim=4, critic_depth=3)
    batch = pairs(32)
    for stage in model.stages():
        for phase in stage.phases:
            model.zero_grad(set_to_none=True)
            terms = phase.terms(batch)
            torch.stack([weight * terms[name] for name, weight in phase.weights.items()]).sum().backward()
            moved = [parameter for group in phase.optimizer.param_groups for parameter in group["params"]]
            assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in moved)


def stirred(conv_dim: int = 8, repeat: int = 1) -> MovingGenerator:
    """A generator that begins neither by keeping nor by standing still."""
    torch.manual_seed(0)
    generator = MovingGenerator(conv_dim, repeat)
    nn.init.normal_(generator.heads.weight, 0, 0.2)
    return generator


def test_the_condition_reaches_the_picture_of_ours():
    generator, image = stirred(), torch.rand(1, 3, 32, 32) * 2 - 1
    smiling, frowning = (generator(image, torch.eye(17)[unit : unit + 1])[0] for unit in (8, 11))
    assert (smiling - frowning).abs().max() > 1e-3


def test_no_change_asked_for_is_none_made():
    model = build("ours", image_size=32, conv_dim=8, repeat=1, critic_dim=4, critic_depth=3)
    nn.init.normal_(model.generator.heads.weight, 0, 0.2)
    image, aus = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 17)
    edited = model.edit(image, aus, aus)
    assert torch.equal(edited.image, image)
    assert edited.change.max() == 0


def test_the_colour_of_ours_begins_as_the_face_itself():
    image = torch.linspace(-1, 1, 64).expand(2, 3, 64, 64)
    colour, keep = MovingGenerator(8, 1)(image, torch.rand(2, 17))
    assert torch.allclose(colour, image, atol=0.15)
    assert 0.5 < keep.mean() < 0.95


def test_a_flow_moves_as_far_in_a_crop_of_any_size():
    reach = {}
    for size in (64, 128):
        generator = MovingGenerator(8, 1)
        nn.init.zeros_(generator.heads.weight)
        nn.init.constant_(generator.heads.bias[16:17], 1.0)
        ramp = torch.linspace(-1, 1, size).expand(1, 3, size, size).clone()
        colour = generator(ramp, torch.ones(1, 17))[0].detach()
        reach[size] = float(colour[0, 0, size // 2, size // 2] - ramp[0, 0, size // 2, size // 2])
    assert reach[64] == pytest.approx(reach[128], rel=0.05)


def test_ours_leaves_the_rim_of_the_crop_alone():
    generator = stirred()
    nn.init.constant_(generator.heads.bias, -5.0)  # wants to repaint and move everything
    image = torch.rand(1, 3, 128, 128) * 2 - 1
    colour, keep = generator(image, torch.ones(1, 17))
    top, bottom, left, right = field_of(128, 128)
    assert (top, bottom, left, right) == (24, 128, 16, 112)
    outside = torch.ones(128, 128, dtype=torch.bool)
    outside[top:bottom, left:right] = False
    assert torch.equal(keep[0, 0][outside], torch.ones(int(outside.sum())))
    assert torch.allclose(colour[0, :, outside], image[0, :, outside], atol=1e-5)
    assert keep[0, 0, 64, 64] < 0.1


def test_a_critic_deeper_than_the_picture_is_refused():
    with pytest.raises(ConfigError, match="critic_depth=6 is too deep for image_size=32; at most 5"):
        build("tiny", critic_depth=6)
