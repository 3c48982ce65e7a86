"""StarGAN against the figures of its paper and official code, and on eight faces."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from mienkit.baselines.stargan import Stargan
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import FaceBatch, TransferBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.recipe import Phase
from mienkit.data.drawn import draw_faces
from mienkit.losses.pair import changed_region_l1
from mienkit.training.loop import run_phase


def build(preset: str = "tiny", **settings: object) -> Stargan:
    torch.manual_seed(0)
    return Stargan(build_config(Stargan.Config, Stargan.presets[preset], settings))


def eight_faces(size: int, *, units: bool = False) -> FaceBatch:
    """One person who shows every emotion and is to show the next one."""
    aus = torch.stack([emotion_aus(name) for name in EMOTIONS])
    drawn = draw_faces(torch.ones(8, dtype=torch.int64), aus, size=size, seed=1)
    shown = aus if units else torch.eye(8)
    return FaceBatch(key=torch.arange(8), image=to_float(drawn.images), source=shown, target=shown.roll(1, 0))


def fit(model: Stargan, phases: Sequence[Phase], batch: FaceBatch) -> dict[str, float]:
    return {name: float(value) for phase in phases for name, value in run_phase(model, phase, batch).items()}


def test_the_networks_have_the_official_number_of_parameters():
    with torch.device("meta"):
        model = build("paper")
    counts = [sum(one.numel() for one in network.parameters()) for network in (model.generator, model.critic)]
    assert counts == [8_439_936, 44_786_624]


def test_the_generator_takes_its_turn_after_five_of_the_critic():
    critic, generator = build("paper", conv_dim=2, repeat=1, critic_dim=2, critic_cap=4).stages()[0].phases
    assert (critic.every, generator.every) == (1, 5)
    assert generator.weights == {"fake": -1, "label": 1, "cycle": 10}


def test_the_rate_falls_linearly_over_the_second_half():
    rate = build().stages()[0].phases[0].learning_rate
    assert [rate(progress) for progress in (0, 0.5, 0.75)] == pytest.approx([1, 1, 0.5])


@pytest.mark.parametrize(("preset", "vocabulary"), [("small", EMOTIONS), ("small-aus", ACTION_UNITS)])
def test_the_vocabulary_is_what_it_is_conditioned_on(preset, vocabulary):
    model = build(preset)
    assert model.vocabulary == vocabulary
    assert model.generator.encoder[0].in_channels == 3 + len(vocabulary)


def test_units_are_held_by_their_mean_square_and_emotions_by_the_cross_entropy():
    read, wanted = torch.zeros(2, 17), torch.full((2, 17), 0.5)
    assert build(condition="aus")._label_error(read, wanted) == pytest.approx(0.25)
    assert float(build()._label_error(torch.zeros(2, 8), torch.eye(8)[:2])) == pytest.approx(torch.log(torch.tensor(8)))


def test_a_network_that_paints_a_change_begins_with_the_face_itself():
    model, image = build(paints="change"), torch.rand(2, 3, 32, 32) * 2 - 1
    assert torch.allclose(model.edit(image, torch.eye(8)[:2], torch.eye(8)[2:4]).image, image, atol=0.1)


def test_the_cycle_does_not_reach_the_critic():
    model = build()
    model.generator_terms(eight_faces(32))["cycle"].backward()
    assert all(parameter.grad is None for parameter in model.critic.parameters())
    assert all(parameter.grad is not None for parameter in model.generator.parameters())


@pytest.mark.parametrize("preset", ["small", "small-aus"])
def test_eight_faces_learn_to_show_what_is_asked_for(preset):
    model = build(preset, image_size=32, conv_dim=8, repeat=1, critic_dim=8, critic_cap=32, critic_depth=3,
                  learning_rate=1e-3, beta1=0.5, adversarial=0.2, label=20.0 if preset == "small-aus" else 1.0,
                  cycle=10.0, pair=0.0)  # fmt: skip
    batch, phases = eight_faces(32, units=preset == "small-aus"), model.stages()[0].phases
    seen = [fit(model, phases, batch) for _ in range(60)]
    assert seen[-1]["generator/label"] < 0.5 * seen[1]["generator/label"]
    assert seen[-1]["generator/cycle"] < 0.1


def test_only_the_generator_is_released():
    model = build()
    assert model.released_state().keys() == model.generator.state_dict().keys()


def test_a_critic_deeper_than_the_picture_is_refused():
    with pytest.raises(ConfigError, match="critic_depth=6 is too deep for image_size=32; at most 5"):
        build(critic_depth=6)


def test_no_layer_of_the_critic_normalises():
    norms = (nn.InstanceNorm2d, nn.BatchNorm2d, nn.GroupNorm)
    assert not [layer for layer in build().critic.modules() if isinstance(layer, norms)]


def test_exact_results_of_eight_faces_are_learned():
    model = build("small", image_size=32, conv_dim=8, repeat=1, critic_dim=8, critic_cap=32, critic_depth=3)
    assert learned(model, graded(eight_faces(32)), steps=60) < 0.6


def test_one_face_that_is_asked_for_eight_expressions_shows_eight():
    model = build("small", image_size=32, conv_dim=8, repeat=1, critic_dim=8, critic_cap=32, critic_depth=3)
    faces = eight_faces(32)
    batch = replace(
        graded(faces), image=faces.image[:1].repeat(8, 1, 1, 1), source=faces.source[:1].repeat(8, 1),
        target=faces.source, result=faces.image,
    )  # fmt: skip
    assert learned(model, batch, steps=80) < 0.6
    edited = model.edit(batch.image, batch.source, batch.target).image.detach()
    assert spread(edited) > 0.3 * spread(batch.result)


def learned(model: Stargan, batch: TransferBatch, steps: int) -> float:
    """Train on the same faces again and again; returns what is left of the error of leaving them as they are."""
    phases, c = model.stages()[0].phases, model.config
    seen = [fit(model, phases, batch)["generator/pair"] for _ in range(steps)]
    copied = changed_region_l1(batch.image, batch.result, batch.image, batch.paired, c.pair_focus, c.pair_threshold)
    return seen[-1] / float(copied)


def spread(images: Tensor) -> float:
    """By how much pictures differ from their mean."""
    return float((images - images.mean(0)).abs().mean())


def graded(batch: FaceBatch) -> TransferBatch:
    """The same, with what the person looks like then."""
    points, other = torch.zeros(8, 68, 2), batch.image
    return TransferBatch(
        **batch.tensors(), result=batch.image.roll(1, 0), neutral=other, driver=other,
        landmarks=points, result_landmarks=points, neutral_landmarks=points, driver_landmarks=points,
        driver_neutral_landmarks=points,
    )  # fmt: skip
