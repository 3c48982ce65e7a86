"""C2GAN: one image generator used twice, one key-point generator, two critics."""

import torch
from painted_people import error_left, learn, transfers

from mienkit.baselines.c2gan import C2gan
from mienkit.core.config import build_config


def build(preset: str = "tiny", **settings: object) -> C2gan:
    torch.manual_seed(0)
    return C2gan(build_config(C2gan.Config, C2gan.presets[preset], settings))


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_networks_are_those_of_pix2pix_with_more_channels():
    with torch.device("meta"):
        model = build("official", pool=0)
    first = 64 * 16  # weights of a first layer's channel
    assert count(model.generator) == 54_413_955 + 3 * first
    assert count(model.point_generator) == 54_413_955
    assert count(model.critic) == 2_768_705 + 3 * first
    assert count(model.point_critic) == 2_768_705


def test_each_of_four_networks_has_an_optimiser_of_its_own():
    phases = build().stages()[0].phases
    assert len({id(phase.optimizer) for phase in phases}) == len(phases) == 4
    assert phases[0].weights == {"realness": 1, "pixel": 10, "cycle": 10, "point realness": 1, "points": 10}


def test_the_same_generator_goes_there_and_back():
    model, batch = build().eval(), transfers()
    given = model.given(batch)
    made = model.redraw(given, batch.key)
    again = model.synthesize(made.target, given.source_points)
    assert torch.equal(made.source, again)


def test_key_points_are_black_on_white():
    drawn = build().given(transfers()).target_points
    assert drawn.mean() > 0
    assert drawn.shape[1] == 3
    assert drawn.min() < -0.1


def test_the_key_points_teach_the_image_generator_too():
    model, batch = build(), transfers()
    model.generator_terms(batch)["points"].backward()
    assert all(parameter.grad is not None for parameter in model.generator.parameters())


def test_a_network_that_paints_a_change_begins_with_the_face_itself():
    batch, model = transfers(), build(paints="change")
    assert torch.allclose(
        model.paint(batch.image, batch.landmarks, batch.result_landmarks).image, batch.image, atol=0.1
    )


def test_eight_faces_are_learned():
    model, batch = build("small", image_size=32, width=12, points_width=6, critic_width=6, steps=50), transfers()
    before = model.generator_terms(batch)["points"]
    learn(model, batch)
    assert error_left(model.paint(batch.image, batch.landmarks, batch.result_landmarks).image, batch) < 0.6
    assert model.generator_terms(batch)["points"] < 0.6 * before
