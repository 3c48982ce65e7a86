"""pix2pix against the figures of its paper and official code, and on eight faces."""

import pytest
import torch
from painted_people import error_left, learn, transfers

from mienkit.baselines.pix2pix import Pix2pix
from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError
from mienkit.training.loop import run_phase


def build(preset: str = "tiny", **settings: object) -> Pix2pix:
    torch.manual_seed(0)
    return Pix2pix(build_config(Pix2pix.Config, Pix2pix.presets[preset], settings))


def test_the_official_networks_have_the_published_number_of_parameters():
    with torch.device("meta"):
        model = build("official")
    counts = [sum(one.numel() for one in network.parameters()) for network in (model.generator, model.critic)]
    assert counts == [54_413_955, 2_768_705]


def test_the_critic_counts_half_and_the_rate_falls_over_the_second_half():
    critic, generator = build("official", image_size=16, width=2, critic_width=2).stages()[0].phases
    assert critic.weights == {"real": 0.5, "fake": 0.5}
    assert generator.weights == {"realness": 1, "pixel": 100}
    assert [critic.learning_rate(progress) for progress in (0, 0.5, 0.75)] == pytest.approx([1, 1, 0.5])


def test_told_the_map_alone_a_transfer_does_not_depend_on_the_face():
    batch, model = transfers(), build(condition="map").eval()
    painted = model.paint(batch.image, batch.landmarks, batch.driver_landmarks).image
    assert torch.equal(painted, model.paint(-batch.image, batch.landmarks, batch.driver_landmarks).image)


def test_a_transfer_takes_the_face_of_the_target_and_the_landmarks_of_the_source():
    batch, model = transfers(), build().eval()
    given = model.transfer(batch.driver, batch.image, batch.driver_landmarks, batch.landmarks).image
    assert torch.equal(given, model.paint(batch.image, batch.landmarks, batch.driver_landmarks).image)


def test_a_network_that_paints_a_change_begins_with_the_face_itself():
    batch, model = transfers(), build(paints="change")
    assert torch.allclose(
        model.paint(batch.image, batch.landmarks, batch.result_landmarks).image, batch.image, atol=0.1
    )


def test_a_change_of_a_face_needs_a_face():
    with pytest.raises(ConfigError, match="needs condition=map\\+face"):
        build(paints="change", condition="map")


def test_a_side_that_the_u_net_cannot_halve_to_one_is_refused():
    with pytest.raises(ConfigError, match="image_size=48 must be a power of 2"):
        build(image_size=48)


def test_the_generators_loss_does_not_move_the_critic():
    model, batch = build(), transfers()
    _, generator = model.stages()[0].phases
    before = [parameter.clone() for parameter in model.critic.parameters()]
    run_phase(model, generator, batch)
    assert all(torch.equal(old, new) for old, new in zip(before, model.critic.parameters(), strict=True))


def test_eight_faces_are_learned():
    model, batch = build("small", image_size=32, width=12, critic_width=8, steps=60), transfers()
    learn(model, batch)
    assert error_left(model.paint(batch.image, batch.landmarks, batch.result_landmarks).image, batch) < 0.5
