"""AttGAN against the layer table of its official code, and on eight faces."""

from collections.abc import Sequence

import pytest
import torch

from mienkit.baselines.attgan import Attgan
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import FaceBatch, PairBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.recipe import Phase
from mienkit.data.drawn import draw_faces
from mienkit.losses.pair import changed_region_l1
from mienkit.training.loop import run_phase


def build(preset: str = "tiny", **settings: object) -> Attgan:
    torch.manual_seed(0)
    return Attgan(build_config(Attgan.Config, Attgan.presets[preset], settings))


def eight_faces(size: int, *, units: bool = False) -> FaceBatch:
    """One person who shows every emotion and is to show the next one."""
    aus = torch.stack([emotion_aus(name) for name in EMOTIONS])
    drawn = draw_faces(torch.ones(8, dtype=torch.int64), aus, size=size, seed=1)
    shown = aus if units else torch.eye(8)
    return FaceBatch(key=torch.arange(8), image=to_float(drawn.images), source=shown, target=shown.roll(1, 0))


def fit(model: Attgan, phases: Sequence[Phase], batch: FaceBatch) -> dict[str, float]:
    return {name: float(value) for phase in phases for name, value in run_phase(model, phase, batch).items()}


def test_the_layers_have_the_widths_of_the_official_code():
    with torch.device("meta"):
        generator = build("paper").generator
    assert [layer[0].out_channels for layer in generator.encoder] == [64, 128, 256, 512, 1024]
    assert [layer[0].out_channels for layer in generator.decoder] == [1024, 512, 256, 128]
    assert [layer[0].in_channels for layer in generator.decoder] == [1024 + 8, 1024 + 512 + 8, 512, 256]
    assert (generator.colour.in_channels, generator.colour.out_channels) == (128, 3)


def test_the_critic_ends_in_two_heads_of_1024():
    with torch.device("meta"):
        critic = build("paper").critic
    assert [head[0].out_features for head in (critic.realness, critic.label)] == [1024, 1024]
    assert critic.realness[0].in_features == 1024 * 4 * 4
    assert [critic.realness[2].out_features, critic.label[2].out_features] == [1, 8]


def test_the_weights_are_those_of_the_paper():
    critic, generator = build("paper", dim=2, critic_dim=2, critic_features=4).stages()[0].phases
    assert critic.weights == {"real": 1, "fake": 1, "gp": 10, "label": 1}
    assert generator.weights == {"fake": -1, "label": 10, "reconstruction": 100}
    assert generator.every == 5


@pytest.mark.parametrize("shortcuts", [0, 1, 2])
def test_every_number_of_shortcuts_and_injections_fits(shortcuts):
    model, image = build(shortcut_layers=shortcuts, inject_layers=2 - shortcuts), torch.rand(2, 3, 32, 32) * 2 - 1
    assert model.edit(image, torch.eye(8)[:2], torch.eye(8)[2:4]).image.shape == image.shape


@pytest.mark.parametrize(("preset", "vocabulary"), [("small", EMOTIONS), ("small-aus", ACTION_UNITS)])
def test_the_vocabulary_is_what_it_is_conditioned_on(preset, vocabulary):
    model = build(preset)
    assert model.vocabulary == vocabulary
    assert model.critic.label[2].out_features == len(vocabulary)


def test_the_condition_reaches_the_picture():
    model, image = build().eval(), torch.rand(1, 3, 32, 32) * 2 - 1
    first, second = (model.edit(image, torch.eye(8)[:1], torch.eye(8)[one : one + 1]).image for one in (1, 5))
    assert (first - second).abs().max() > 1e-3


def test_one_code_serves_every_expression():
    model, image = build().eval(), torch.rand(1, 3, 32, 32)
    wanted = torch.eye(8)[:1], torch.eye(8)[3:4]
    together, alone = model.synthesize(image, *wanted), [model.synthesize(image, one)[0] for one in wanted]
    assert all(torch.equal(one, other) for one, other in zip(together, alone, strict=True))


def test_a_network_that_paints_a_change_begins_with_the_face_itself():
    model, image = build(paints="change"), torch.rand(2, 3, 32, 32) * 2 - 1
    assert torch.allclose(model.edit(image, torch.eye(8)[:2], torch.eye(8)[2:4]).image, image, atol=0.1)


def test_a_critic_looks_at_each_sample_alone():
    critic, image = build().critic, torch.rand(3, 3, 32, 32)
    assert torch.allclose(critic(image)[0][:1], critic(image[:1])[0], atol=1e-5)


@pytest.mark.parametrize("preset", ["small", "small-aus"])
def test_eight_faces_learn_to_show_what_is_asked_for(preset):
    units = preset == "small-aus"
    model = build(preset, image_size=32, dim=8, depth=3, critic_dim=8, critic_features=32, learning_rate=1e-3,
                  beta1=0.5, adversarial=1.0, label=200.0 if units else 10.0, label_real=20.0 if units else 1.0,
                  reconstruction=100.0, pair=0.0)  # fmt: skip
    batch, phases = eight_faces(32, units=preset == "small-aus"), model.stages()[0].phases
    seen = [fit(model, phases, batch) for _ in range(60)]
    assert seen[-1]["generator/label"] < 0.5 * seen[1]["generator/label"]
    assert seen[-1]["generator/reconstruction"] < 0.1


def test_a_picture_that_cannot_be_halved_so_often_is_refused():
    with pytest.raises(
        ConfigError, match="image_size=40 must be a multiple of 16 and more than that, because of depth=4"
    ):
        build(image_size=40, depth=4)


def test_exact_results_of_eight_faces_are_learned():
    model = build("small-aus", image_size=32, dim=8, depth=3, critic_dim=8, critic_features=32)
    faces, phases = eight_faces(32, units=True), model.stages()[0].phases
    batch = PairBatch(
        **faces.tensors(), result=faces.image.roll(1, 0), paired=torch.ones(8), real=faces.image,
        labelled=faces.image, label=faces.source, label_known=torch.ones_like(faces.source),
    )  # fmt: skip
    seen = [fit(model, phases, batch)["generator/pair"] for _ in range(60)]
    assert seen[-1] < 0.6 * float(changed_region_l1(batch.image, batch.result, batch.image, batch.paired, 80, 0.02))
