"""ExprGAN: the code of an expression, the three stages, and eight faces."""

import pytest
import torch
from painted_people import draw
from torch import Tensor, nn

from mienkit.baselines.exprgan import Critic, Encoder, Exprgan, Generator, expression_code, perceptual_error
from mienkit.core.batch import FaceBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.face.meter import load_meter
from mienkit.training.loop import parameters_of, train
from mienkit.training.run import Run

NEUTRAL, HAPPY = EMOTIONS.index("neutral"), EMOTIONS.index("happiness")


def build(preset: str = "tiny", **settings: object) -> Exprgan:
    torch.manual_seed(0)
    return Exprgan(build_config(Exprgan.Config, Exprgan.presets[preset], settings))


def noise(size: int = 16) -> FaceBatch:
    shown = torch.eye(8)
    return FaceBatch(key=torch.arange(8), image=torch.rand(8, 3, size, size) * 2 - 1, source=shown, target=shown)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def pure(emotion: int) -> Tensor:
    return torch.eye(len(EMOTIONS))[[emotion]]


def test_the_networks_have_the_sizes_of_the_official_layers():
    with torch.device("meta"):
        encoder, generator = Encoder(128, 64, 50), Generator(128, 1024, 50, 8 * 5)
        critic = Critic(128, 16, 1024, 5)
    assert count(encoder) == 18_234_034
    assert generator.repeats == 6  # 50 numbers of a person / 8 emotions
    assert count(generator) == 11_422_056
    assert critic.sum_up[0].in_features == 8 * 8 * (128 + 8)
    assert [head[0][0].out_features for head in critic.strengths] == [64] * 8


def test_the_sign_of_a_code_tells_the_emotion_and_its_magnitude_the_strength():
    code = expression_code(pure(HAPPY), torch.tensor([[0.3, 0.7]])).view(8, 2)
    assert code[HAPPY].tolist() == pytest.approx([0.3, 0.7])
    others = [row for row in range(8) if row != HAPPY]
    torch.testing.assert_close(code[others], torch.tensor([[-0.3, -0.7]]).expand(7, -1))


def test_the_code_of_a_mixture_lies_between_the_pure_ones():
    full = torch.ones(1, 2)
    rest, smile = (expression_code(pure(emotion), full) for emotion in (NEUTRAL, HAPPY))
    half = expression_code(0.75 * pure(HAPPY) + 0.25 * pure(NEUTRAL), full)
    torch.testing.assert_close(half, 0.75 * smile + 0.25 * rest)


def test_a_training_code_has_the_sign_of_what_a_face_shows_and_a_strength_of_its_own_key():
    model, batch = build(), noise()
    code = model.training_code(batch).view(8, 8, 2)
    assert torch.equal(code > 0, batch.source[:, :, None].expand(-1, -1, 2) > 0)
    assert torch.equal(code[3:5], model.training_code(batch.rows(slice(3, 5))).view(2, 8, 2))
    assert code.abs()[0].std(0).max() == 0  # the same for every emotion
    assert code.abs()[:, 0].std(0).min() > 0.1


def test_the_stages_are_the_controller_then_jointly_without_critics_then_with_them():
    controller, joint, adversarial = build().stages()
    assert [stage.name for stage in (controller, joint, adversarial)] == ["controller", "joint", "adversarial"]
    moved = {id(parameter) for phase in controller.phases for parameter in parameters_of(phase.optimizer)}
    model = build()
    del model.encoder, model.latent_critic
    assert len(moved) == len(list(model.parameters()))
    assert joint.phases[-1].weights.keys() == {"pixel", "code"}
    assert adversarial.phases[-1].weights == {"pixel": 1, "code": 1, "fake": 0.01, "latent": 0.01, "tv": 0.001}


def test_every_weight_gets_a_gradient_from_its_phase():
    model, batch = build(), noise()
    for stage in model.stages():
        for phase in stage.phases:
            model.zero_grad(set_to_none=True)
            terms = phase.terms(batch)
            torch.stack([weight * terms[name] for name, weight in phase.weights.items()]).sum().backward()
            assert all(parameter.grad is not None for parameter in parameters_of(phase.optimizer)), phase.name


def test_the_total_variation_is_half_the_sum_of_squares_by_the_side():
    model, batch = build(), noise()
    painted, _ = model.reconstruct(batch)
    squares = (painted[..., 1:, :] - painted[..., :-1, :]).square().sum(), painted.diff(dim=3).square().sum()
    torch.testing.assert_close(model.adversarial_terms(batch)["tv"], sum(squares) / 2 / 16 / 8, rtol=1e-4, atol=0)


def test_the_perceptual_term_reaches_the_picture_and_not_the_meter():
    image, painted = (torch.rand(2, 3, 32, 32) for _ in range(2))
    painted.requires_grad_(True)
    assert perceptual_error(image, image) == 0
    perceptual_error(painted, image).backward()
    assert painted.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in load_meter().network.parameters())
    weights = build(perceptual=0.5).stages()[1].phases[-1].weights
    assert weights["perceptual"] == 0.5


def test_a_rate_that_does_not_fall_stays():
    rates = [build(decay_from=start).stages()[0].phases[0].learning_rate(0.75) for start in (1.0, 0.5)]
    assert rates == pytest.approx([1, 0.5])


def test_one_person_learns_to_show_the_emotion_that_is_asked_for():
    faces, _ = draw(1, EMOTIONS, 32)
    shown = torch.eye(8)
    model = build(
        image_size=32, generator_dim=64, critic_dim=4, critic_hidden=16, joint_steps=100, critic_every=10,
        learning_rate=2e-3, adversarial_rate=1e-4, decay_from=0.5, code=0.001, weakest=0.8,
    )  # fmt: skip

    def batches(start: int):
        while True:
            yield FaceBatch(key=torch.arange(8) + 8 * start, image=faces, source=shown, target=shown)
            start += 1

    before = (model.edit(faces, shown, shown).image - faces).abs().mean()
    train(Run(model), batches)
    model.eval()
    edited = model.edit(faces[:1].expand(8, -1, -1, -1), shown[:1].expand(8, -1), shown).image
    assert (edited - faces).abs().mean() < before / 2
    moved, wanted = ((face - face[:1])[1:].flatten(1) for face in (edited, faces))
    assert torch.cosine_similarity(moved, wanted).mean() > 0.2  # of seven emotions; 0.0 before


def test_critics_are_not_released():
    assert {name.partition(".")[0] for name in build().released_state()} == {"encoder", "generator"}


def test_a_side_that_cannot_be_halved_to_four_is_refused():
    with pytest.raises(ConfigError, match="image_size=48 must be a power of 2"):
        build(image_size=48)
