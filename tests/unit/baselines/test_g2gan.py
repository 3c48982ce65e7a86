"""G2-GAN: what its two networks see, its cycle, and eight faces."""

from dataclasses import replace

import pytest
import torch
from painted_people import error_left, learn, transfers

from mienkit.baselines.g2gan import G2gan, feature_error
from mienkit.core.batch import TransferBatch
from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError
from mienkit.nn.patch import PatchCritic


def build(preset: str = "tiny", **settings: object) -> G2gan:
    torch.manual_seed(0)
    return G2gan(build_config(G2gan.Config, G2gan.presets[preset], settings))


@pytest.fixture(scope="module")
def people() -> TransferBatch:
    """Two people with four emotions each, to be changed into the next one."""
    calm = transfers(16)
    turned = [value.unflatten(0, (2, 4)).roll(1, 1).flatten(0, 1) for value in (calm.result, calm.result_landmarks)]
    return replace(calm, image=turned[0], landmarks=turned[1])


def test_the_removal_is_told_neutral_landmarks_of_a_share_of_the_faces(people):
    for share, told in ((0.0, 0), (1.0, 8)):
        maps = build(rest_known=share).removal_task(people)[:, 3:]
        assert int((maps.amax((1, 2, 3)) > 0).sum()) == told


def test_what_the_removal_is_told_belongs_to_the_sample(people):
    model = build()
    torch.testing.assert_close(model.removal_task(people)[2:5], model.removal_task(people.rows(slice(2, 5))))


def test_in_use_the_removal_sees_no_landmarks(people):
    model = build(rest_known=0.0)
    torch.testing.assert_close(model.rest(people.image), model.removal(model.removal_task(people)))


def test_a_face_is_painted_by_way_of_its_neutral_face(people):
    model = build().eval()
    painted = model.paint(people.image, people.landmarks, people.result_landmarks)
    by_hand = torch.cat([model.rest(people.image), model.draw(people.result_landmarks)], 1)
    assert torch.equal(painted.image, model.synthesis(by_hand))
    assert painted.change.min() == 1


def test_a_transfer_takes_the_landmarks_of_the_source_as_they_are(people):
    model = build().eval()
    moved = model.transfer(people.driver, people.image, people.driver_landmarks, people.landmarks)
    assert torch.equal(moved.image, model.paint(people.image, people.landmarks, people.driver_landmarks).image)


@pytest.mark.parametrize("term", ["removal_cycle", "synthesis_cycle"])
def test_a_cycle_reaches_both_networks(people, term):
    model = build()
    model.generator_terms(people)[term].backward()
    for network in (model.removal, model.synthesis):
        assert sum(parameter.grad.abs().sum() for parameter in network.parameters() if parameter.grad is not None) > 0


def test_each_critic_scores_its_own_task(people):
    terms = build().critic_terms(people)
    assert terms.keys() == {"removal_real", "removal_fake", "synthesis_real", "synthesis_fake"}
    assert build().removal_critic(build().removal_task(people), people.neutral).shape[:2] == (8, 1)


def test_the_identity_term_is_nothing_for_the_exact_picture():
    critic = PatchCritic(7, width=4, halvings=1).eval()
    given, exact = torch.rand(2, 4, 16, 16), torch.rand(2, 3, 16, 16)
    assert feature_error(critic, given, exact, exact) == 0
    other = torch.rand(2, 3, 16, 16, requires_grad=True)
    feature_error(critic, given, other, exact).backward()
    assert other.grad.abs().sum() > 0


def test_without_a_weight_there_is_no_identity_term(people):
    model = build(identity=0.0)
    assert "identity" not in model.stages()[0].phases[1].weights
    assert "identity" not in model.generator_terms(people)


def test_eight_faces_learn_to_show_what_landmarks_tell(people):
    model = build(width=8, steps=80, batch_size=8, learning_rate=4e-3, radius=0.04, rest_known=0.2, adversarial=0.1)
    rest_before = (model.rest(people.image) - people.neutral).abs().mean()
    learn(model, people)
    assert (model.rest(people.image) - people.neutral).abs().mean() < rest_before / 3
    assert error_left(model.paint(people.image, people.landmarks, people.result_landmarks).image, people) < 0.7


def test_critics_are_not_released():
    assert {name.partition(".")[0] for name in build().released_state()} == {"removal", "synthesis"}


def test_a_side_that_cannot_be_halved_to_one_is_refused():
    with pytest.raises(ConfigError, match="image_size=48 must be a power of 2"):
        build(image_size=48)
