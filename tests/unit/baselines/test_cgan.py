"""CGAN: nothing but the critic to learn from."""

import pytest
import torch
from painted_people import learn, transfers

from mienkit.baselines.cgan import Cgan
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError


def build(preset: str = "tiny", **settings: object) -> Cgan:
    torch.manual_seed(0)
    return Cgan(build_config(Cgan.Config, Cgan.presets[preset], settings))


def test_nothing_but_the_critic_teaches_the_generator():
    _, generator = build().stages()[0].phases
    assert generator.weights == {"realness": 1}


@pytest.mark.parametrize(("condition", "channels"), [("map", 6), ("labels", 3 + len(EMOTIONS))])
def test_both_networks_see_the_condition(condition, channels):
    model = build(condition=condition)
    assert model.generator.downs[0][0].in_channels == channels
    assert model.critic.layers[0].in_channels == channels + 3


def test_the_emotion_of_the_label_variant_reaches_the_picture():
    batch, model = transfers(), build("labels", image_size=32, width=4, critic_width=4).eval()
    happy, angry = (
        model.synthesize(model.given(batch.image, batch.landmarks, code))
        for code in (batch.target, batch.target.roll(1, 1))
    )
    assert (happy - angry).abs().max() > 1e-6


def test_the_label_variant_reads_the_emotion_from_the_source():
    batch, model = transfers(), build(condition="labels").eval()
    with torch.no_grad():
        given = model.transfer(batch.driver, batch.image, batch.driver_landmarks, batch.landmarks)
        other = model.transfer(batch.driver, batch.image, batch.driver_landmarks * 0, batch.landmarks * 0)
    assert torch.equal(given.image, other.image)
    assert given.image.shape == batch.image.shape


def test_the_label_variant_paints_no_landmarks():
    batch, model = transfers(), build(condition="labels")
    with pytest.raises(ConfigError, match="told emotions, not landmarks"):
        model.paint(batch.image, batch.landmarks, batch.landmarks)


def test_a_network_that_paints_a_change_begins_with_the_face_itself():
    batch, model = transfers(), build(paints="change")
    assert torch.allclose(
        model.paint(batch.image, batch.landmarks, batch.result_landmarks).image, batch.image, atol=0.1
    )


@torch.no_grad()
def test_with_the_instance_norm_a_face_does_not_hang_on_its_batch():
    chance = torch.Generator().manual_seed(0)
    given = torch.rand(4, 6, 32, 32, generator=chance) * 2 - 1
    model = build(norm="instance", dropout=0.0).train()
    torch.testing.assert_close(model.synthesize(given)[:1], model.synthesize(given[:1]))
    usual = build(norm="batch", dropout=0.0).train()
    assert not torch.allclose(usual.synthesize(given)[:1], usual.synthesize(given[:1]), atol=1e-4)


def test_painted_faces_fit_their_landmarks_better_than_the_faces_left_alone():
    """The critic, which saw the exact faces, says so; nobody else taught the generator."""
    model, batch = build("small", image_size=32, width=8, critic_width=12, steps=90, learning_rate=1e-3), transfers()
    learn(model, batch)
    given = model.given(batch.image, batch.result_landmarks, batch.target)
    painted, left_alone, exact = (
        model.judge(given, face).mean() for face in (model.synthesize(given), batch.image, batch.result)
    )
    assert exact > left_alone
    assert painted > left_alone
