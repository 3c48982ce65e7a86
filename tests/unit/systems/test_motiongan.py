"""MotionGAN: networks of the published size, motions on the sphere, and that it learns classes."""

import pytest
import torch
from torch import Tensor, nn

from mienkit.core.batch import CurveBatch
from mienkit.core.config import build_config, describe_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.core.task import Mover, SpatialMover
from mienkit.geometry.hypersphere import geodesic_distance, inner, log_map, norm
from mienkit.geometry.preshape import PreShape
from mienkit.systems.motiongan import Motiongan, TangentCritic, TangentGenerator
from mienkit.systems.motiongan.motiongan import lost_spread
from mienkit.training.loop import run_phase
from mienkit.weights import build_model, read_weights, released, save_weights

ANGER, HAPPINESS, SURPRISE = (EMOTIONS.index(name) for name in ("anger", "happiness", "surprise"))
BUMPS = {ANGER: slice(17, 27), HAPPINESS: slice(48, 55), SURPRISE: slice(55, 68)}


def build(**settings: object) -> Motiongan:
    torch.manual_seed(0)
    return Motiongan(build_config(Motiongan.Config, Motiongan.presets["tiny"], settings))


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def curves(instants: int, size: int = 24, dimensions: int = 2) -> CurveBatch:
    """Faces of which one part moves down or aside, another for each emotion, by ways of different length."""
    generator = torch.Generator().manual_seed(0)
    label = torch.tensor([ANGER, HAPPINESS, SURPRISE]).repeat(size // 3)
    rest = torch.nn.functional.pad(torch.tensor(MEAN_SHAPE), (0, dimensions - 2))
    change = 0.03 * torch.randn(size, 68, dimensions, generator=generator) / 10
    for row, emotion in enumerate(label.tolist()):
        change[row, BUMPS[emotion], emotion == SURPRISE] += 0.05 + 0.02 * float(torch.rand((), generator=generator))
    moved = rest + change[:, None] * torch.linspace(0, 1, instants + 1)[:, None, None]
    return CurveBatch(key=torch.arange(size), curve=PreShape.of(moved).points.flatten(2), label=label)


@pytest.mark.parametrize(
    ("label", "instants", "coordinates", "generator", "critic"),
    [(18, 32, 136, 17_912_418, 2_486_803), (18, 30, 136, 46_552_098, None), (36, 30, 204, 79_964_100, 5_707_525)],
)
def test_the_published_networks_have_as_many_parameters_as_published(label, instants, coordinates, generator, critic):
    with torch.device("meta"):
        assert count(TangentGenerator(128, label, instants, coordinates)) == generator
        assert critic in (None, count(TangentCritic(label, instants, coordinates)))


def test_it_moves_landmarks_in_two_dimensions_and_in_space():
    model = build(dimensions=3)
    assert isinstance(model, Mover)
    assert isinstance(model, SpatialMover)
    assert model.motion(torch.tensor([HAPPINESS]), torch.tensor([5]), 9).shape == (1, 9, 68, 3)
    face = 64 * torch.tensor(MEAN_SHAPE)[None]
    assert model.move(face, torch.tensor([HAPPINESS]), torch.tensor([5]), 9).shape == (1, 9, 68, 2)


def test_samples_lie_on_the_sphere_and_depend_on_noise_and_label():
    model, key = build(), torch.arange(4)
    label = torch.full((4,), HAPPINESS)
    made = model.sample_points(key, model.code(label, key))
    torch.testing.assert_close(norm(made), torch.ones(4))
    other = model.sample_points(key + 9, model.code(label, key + 9))
    angry = model.sample_points(key, model.code(torch.full((4,), ANGER), key))
    assert geodesic_distance(made, other).min() > 1e-4
    assert geodesic_distance(made, angry).min() > 1e-4


def test_a_code_is_positive_for_its_emotion_alone():
    model = build(code_size=3)
    code = model.code(torch.tensor([HAPPINESS]), torch.tensor([1])).view(len(model.emotions), 3)
    positive = (code > 0).all(1)
    assert positive.tolist() == [name == "happiness" for name in model.emotions]
    assert torch.equal(code.abs(), code.abs()[:1].expand_as(code))


def test_what_is_looked_up_first_is_the_mean_of_the_data():
    model, batch = build(instants=16), curves(16)
    model.begin(iter([batch]))
    known = [model.emotions.index(EMOTIONS[emotion]) for emotion in BUMPS]
    assert (model.reach[known, 0].exp() > 0.01).all()
    assert model.reach[known, 1].min() >= 0
    tangents = model.tangents(batch)
    assert norm(tangents.mean(0)) < 1e-3  # the reference is their Karcher mean
    assert norm(tangents).mean() > 0.3


def test_neutral_stays_and_other_emotions_move_as_far_as_real_ones():
    model, batch = build(instants=16), curves(16)
    model.begin(iter([batch]))
    moved = model.motion(torch.tensor([0, HAPPINESS]), torch.tensor([3, 3]), 12)
    assert (moved[0] == 0).all()
    far = moved[1, -1].norm()
    real = (batch.curve[:, -1] - batch.curve[:, 0])[batch.label == HAPPINESS].norm(dim=1)
    assert 0.7 * real.min() < far < 1.4 * real.max()


def test_a_model_of_space_moves_flat_faces_as_far_as_it_moves_their_front():
    flat, deep = build(instants=16), build(instants=16, dimensions=3)
    deep.begin(iter([curves(16, dimensions=3)]))
    flat.begin(iter([curves(16)]))
    torch.testing.assert_close(deep.rest[..., :2], flat.rest)
    face = 64 * torch.tensor(MEAN_SHAPE)[None]
    moved = deep.move(face, torch.tensor([SURPRISE]), torch.tensor([1]), 5)
    seen = deep.motion(torch.tensor([SURPRISE]), torch.tensor([1]), 5)[..., :2] * PreShape.of(face).size[:, None]
    torch.testing.assert_close(moved - face[:, None], seen)


def test_an_emotion_that_was_not_learned_is_refused():
    model = build(contempt=False)
    with pytest.raises(ConfigError, match="does not know contempt; it knows anger, disgust"):
        model.move(torch.zeros(1, 68, 2), torch.tensor([EMOTIONS.index("contempt")]), torch.tensor([1]), 5)


def test_an_emotion_that_no_curve_showed_is_refused_and_its_weights_can_be_saved(tmp_path):
    model = build(instants=16)
    model.begin(iter([curves(16)]))
    assert model.known_emotions == ("anger", "happiness", "surprise")
    save_weights(tmp_path, "motiongan", dict(model.released_state()), describe_config(model.config), "card")
    saved = build_model(read_weights(tmp_path, "motiongan"))
    face, key = 64 * torch.tensor(MEAN_SHAPE)[None], torch.tensor([1])
    for one in (model, saved):
        assert one.move(face, torch.tensor([HAPPINESS]), key, 5).isfinite().all()
        assert (one.motion(torch.tensor([0]), key, 5) == 0).all()
        with pytest.raises(ConfigError, match="these weights saw no contempt; they know anger, happiness, surprise"):
            one.move(face, torch.tensor([EMOTIONS.index("contempt")]), key, 5)


def test_the_released_weights_know_all_emotions():
    folder = released("motiongan")
    assert folder is not None
    model = build_model(read_weights(folder))
    assert model.known_emotions == model.emotions


def test_the_critic_takes_its_turns_after_the_generator_on_the_same_batch():
    (stage,) = build(n_critic=4).stages()
    assert [phase.name for phase in stage.phases] == ["generator", *["critic"] * 4]
    assert len({id(phase.optimizer) for phase in stage.phases}) == 2


def test_samples_that_are_all_alike_have_lost_their_spread():
    model, batch = build(instants=16), curves(16)
    real = batch_points(model, batch)
    assert lost_spread(real[:1].expand_as(real), real, batch.label) > 0.01
    assert lost_spread(real, real, batch.label) == 0
    assert lost_spread(real[:1], real[:1], batch.label[:1]) == 0


def batch_points(model: Motiongan, batch: CurveBatch) -> Tensor:
    from mienkit.geometry.srvf import to_srvf

    return to_srvf(batch.curve).points


def test_samples_can_be_held_to_the_ways_in_which_real_motions_differ():
    model, batch = build(instants=16, directions=3), curves(16)
    model.begin(iter([batch]))
    gram = inner(model.directions[:, None], model.directions[None])
    torch.testing.assert_close(gram, torch.eye(3), atol=1e-4, rtol=0)
    assert inner(model.directions, model.reference).abs().max() < 1e-3  # tangent where the samples begin
    key = torch.arange(20)
    made = log_map(model.reference, model.sample_points(key, model.code(torch.full((20,), HAPPINESS), key)))
    left = made - torch.einsum("bk,ktd->btd", inner(made[:, None], model.directions[None]), model.directions)
    assert norm(left).max() < 1e-3
    free = build(instants=16)
    loose = log_map(free.reference, free.sample_points(key, free.code(torch.full((20,), HAPPINESS), key)))
    assert torch.linalg.matrix_rank(made.flatten(1)) <= 3 < torch.linalg.matrix_rank(loose.flatten(1))


def test_three_emotions_are_learned():
    model, batch = (
        build(instants=8, learning_rate=5e-3, n_critic=1, adversarial=0.05, directions=3, code_size=1),
        curves(8, 12),
    )
    model.begin(iter([batch]))
    (stage,) = model.stages()
    real = batch_points(model, batch)

    def nearest() -> float:
        """Say how many samples are nearest to a curve of their own emotion."""
        key = torch.arange(60) + 500
        label = torch.tensor([ANGER, HAPPINESS, SURPRISE]).repeat(20)
        with torch.no_grad():
            made = model.sample_points(key, model.code(label, key))
        return (batch.label[geodesic_distance(made[:, None], real[None]).argmin(1)] == label).float().mean().item()

    assert nearest() < 0.6
    for number in range(40):
        for phase in stage.phases[:2]:
            rows = CurveBatch(key=batch.key + 100 * number, curve=batch.curve, label=batch.label)
            run_phase(model, phase, rows)
    assert nearest() > 0.9
