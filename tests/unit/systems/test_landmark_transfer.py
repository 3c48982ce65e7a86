"""Landmark-guided transfer: what of it is special, and that it learns."""

import pytest
import torch
from torch import Tensor, nn

from mienkit.core.batch import TransferBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.core.task import Fuser, Painter, Transferer
from mienkit.data.drawn import draw_faces
from mienkit.nn.landmark_flow import landmark_flow
from mienkit.nn.repaint import fine_detail
from mienkit.nn.warp import move
from mienkit.systems.landmark_transfer import LandmarkTransfer
from mienkit.systems.landmark_transfer.fusion import from_pixels, to_pixels
from mienkit.training.loop import run_phase

SHOWN = ("happiness", "surprise", "sadness")
PEOPLE = 8
SIZE = 32


def build(*differences: dict[str, object], **settings: object) -> LandmarkTransfer:
    torch.manual_seed(0)
    return LandmarkTransfer(build_config(LandmarkTransfer.Config, *differences, settings))


def tiny(**settings: object) -> LandmarkTransfer:
    return build(LandmarkTransfer.presets["tiny"], settings)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def mean_face(size: int, rows: int = 2) -> Tensor:
    return (torch.tensor(MEAN_SHAPE) * size).expand(rows, -1, -1)


@pytest.fixture(scope="module")
def drawn() -> TransferBatch:
    """Eight people at rest, who shall show what the next one does: each of three emotions."""
    looks = ("neutral", *SHOWN)
    people = torch.arange(PEOPLE).repeat_interleave(len(looks))
    aus = torch.stack([emotion_aus(look, 1.0) for look in looks]).repeat(PEOPLE, 1)
    made = draw_faces(people, aus, size=SIZE, pose=False, scene=people)
    pictures = to_float(made.images).unflatten(0, (PEOPLE, len(looks)))
    points = torch.from_numpy(made.landmarks).unflatten(0, (PEOPLE, len(looks)))
    person, look = (
        grid.flatten() for grid in torch.meshgrid(torch.arange(PEOPLE), torch.arange(1, len(looks)), indexing="ij")
    )
    other, rest = (person + 1) % PEOPLE, torch.zeros_like(look)
    codes = torch.eye(len(EMOTIONS))[[EMOTIONS.index(name) for name in looks]]
    return TransferBatch(
        key=torch.arange(len(person)),
        image=pictures[person, rest], landmarks=points[person, rest], source=codes[rest],
        result=pictures[person, look], result_landmarks=points[person, look], target=codes[look],
        neutral=pictures[person, rest], neutral_landmarks=points[person, rest],
        driver=pictures[other, look], driver_landmarks=points[other, look],
        driver_neutral_landmarks=points[other, rest],
    )  # fmt: skip


def distance(landmarks: Tensor, exact: Tensor) -> float:
    return float((landmarks - exact).norm(dim=-1).mean())


def learn(model: LandmarkTransfer, stage: int, batch: TransferBatch, steps: int) -> None:
    phases = model.stages()[stage].phases
    for _ in range(steps):
        for phase in phases:
            run_phase(model, phase, batch)


def test_it_transfers_paints_and_tells_the_landmarks():
    model = tiny()
    assert isinstance(model, Transferer)
    assert isinstance(model, Painter)
    assert isinstance(model, Fuser)


@pytest.mark.parametrize(("fusion", "parameters"), [("vector", 4_550_280), ("image", 11_552_328)])
def test_the_reconstruction_has_the_parameters_that_its_page_tells(fusion, parameters):
    with torch.device("meta"):
        model = build(fusion=fusion)
    assert count(model.generator.fusion) == parameters
    assert count(model.generator.painter) == 39_158_787
    assert count(model.critic) == 2_768_833


def test_pixels_and_shares_of_the_picture_are_each_others_inverse():
    points = torch.rand(2, 68, 2) * SIZE
    torch.testing.assert_close(to_pixels(from_pixels(points, SIZE), SIZE), points)
    assert from_pixels(torch.tensor([0.0, 16.0, 32.0]), SIZE).tolist() == [-1, 0, 1]


def test_fused_landmarks_are_the_targets_plus_a_deviation():
    model = tiny()
    nn.init.zeros_(model.generator.fusion.decoder[-1].weight)
    nn.init.zeros_(model.generator.fusion.decoder[-1].bias)
    target = torch.rand(2, 68, 2) * SIZE
    torch.testing.assert_close(model.fuse(mean_face(SIZE), target), target)


@pytest.mark.parametrize("fusion", ["vector", "image"])
def test_both_faces_reach_the_fused_landmarks(fusion):
    model, face = tiny(fusion=fusion), mean_face(SIZE)
    other = face + torch.tensor([3.0, -2.0])
    deviation = model.fuse(face, face) - face
    assert (model.fuse(other, face) - face - deviation).abs().max() > 1e-4
    assert (model.fuse(face, other) - other - deviation).abs().max() > 1e-4


@torch.no_grad()
def test_of_the_source_picture_only_the_landmarks_count():
    model = tiny().eval()
    one, other, target = (torch.rand(2, 3, SIZE, SIZE) * 2 - 1 for _ in range(3))
    marks = mean_face(SIZE), mean_face(SIZE) + 1
    edited = model.transfer(one, target, *marks)
    assert torch.equal(edited.image, model.transfer(other, target, *marks).image)
    assert torch.equal(edited.image, model.paint(target, marks[1], model.fuse(*marks)).image)
    assert edited.change.min() == 1


@torch.no_grad()
def test_the_landmarks_reach_the_picture():
    model, image = tiny().eval(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    moved = (
        model.paint(image, mean_face(SIZE), mean_face(SIZE) + 3).image
        - model.paint(image, mean_face(SIZE), mean_face(SIZE)).image
    )
    assert moved.abs().max() > 1e-4


@torch.no_grad()
def test_what_is_painted_can_be_added_to_the_target():
    model, image = tiny(paints="change").eval(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    last = model.generator.painter.ups[-1][-1]
    nn.init.zeros_(last.weight)
    assert torch.equal(model.paint(image, mean_face(SIZE), mean_face(SIZE)).image, image)
    nn.init.constant_(last.bias, 9.0)
    assert model.paint(image, mean_face(SIZE), mean_face(SIZE)).image.min() == 1


@torch.no_grad()
def test_what_is_painted_faintly_is_left_out():
    model, image = tiny(paints="change", floor=0.04).eval(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    edited = model.paint(image, mean_face(SIZE), mean_face(SIZE))  # at first next to nothing is painted
    assert torch.equal(edited.image, image)
    assert not edited.change.any()


def keep_detail(model: LandmarkTransfer) -> None:
    """Let the U-Net paint nothing and keep all of the moved target's fine detail."""
    last = model.generator.painter.ups[-1][-1]
    nn.init.zeros_(last.weight)
    last.bias.copy_(torch.tensor([0.0, 0.0, 0.0, -99.0]))


@torch.no_grad()
def test_where_fine_detail_goes_coarse_colours_stay():
    model, image = tiny(paints="change", moves=True).eval(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    keep_detail(model)
    model.generator.painter.ups[-1][-1].bias[3] = 99.0
    edited = model.transfer(image, image, mean_face(SIZE) + torch.rand(2, 68, 2), mean_face(SIZE))
    moved = move(image, edited.motion.flow)
    torch.testing.assert_close(edited.image, moved - fine_detail(moved))
    assert edited.image.std() < 0.4 * moved.std()
    assert (edited.motion.fresh == 1).all()


@torch.no_grad()
def test_a_target_that_is_moved_first_is_its_moved_picture_where_nothing_is_painted():
    model, image = tiny(paints="change", moves=True).eval(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    keep_detail(model)
    target, source = mean_face(SIZE), mean_face(SIZE) + torch.rand(2, 68, 2)
    edited = model.transfer(image, image, source, target)
    flow = landmark_flow(target, model.fuse(source, target), SIZE)
    assert flow.abs().max() > 0.1
    assert torch.equal(edited.motion.flow, flow)
    torch.testing.assert_close(edited.image, move(image, flow))
    assert not edited.motion.colour.any()
    assert not edited.motion.fresh.any()


@torch.no_grad()
@pytest.mark.parametrize("floor", [0.0, 0.2])
def test_the_motion_of_a_moved_target_makes_its_picture(floor):
    model, image = tiny(paints="change", moves=True, floor=floor).eval(), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    nn.init.constant_(model.generator.painter.ups[-1][-1].bias, 0.4)
    edited = model.transfer(image, image, mean_face(SIZE) + torch.rand(2, 68, 2), mean_face(SIZE))
    made = move(image, edited.motion.flow) + edited.motion.colour
    torch.testing.assert_close(edited.image, made)
    assert edited.image.abs().max() <= 1
    assert torch.equal(edited.image[edited.change.expand_as(image) == 0], image[edited.change.expand_as(image) == 0])
    assert edited.motion.fresh.max() > 0


def test_pixels_that_change_can_count_more(drawn):
    plain, focused = (tiny(focus=focus) for focus in (0.0, 4.0))
    copied = drawn.image
    assert plain._error(copied, drawn) == pytest.approx((copied - drawn.result).abs().mean().item())
    assert focused._error(copied, drawn) > 2 * plain._error(copied, drawn)
    assert focused._error(drawn.result, drawn) == 0


def test_the_second_stage_leaves_the_fusion_alone(drawn):
    model = tiny()
    before = {name: value.clone() for name, value in model.generator.fusion.state_dict().items()}
    learn(model, 1, drawn, 1)
    assert all(torch.equal(value, before[name]) for name, value in model.generator.fusion.state_dict().items())


def test_a_critic_of_shapes_learns_beside_the_fusion_where_it_is_asked_for(drawn):
    assert not hasattr(tiny(), "shape_critic")
    model = tiny(landmark_adversarial=0.1)
    critic, fusion = model.stages()[0].phases
    assert (critic.name, critic.weights) == ("shape_critic", {"real": 1, "fake": 1})
    assert fusion.weights == {"landmarks": 100, "cycle": 10, "fake": 0.1}
    before = [value.clone() for value in model.shape_critic.parameters()]
    learn(model, 0, drawn, 1)
    assert not any(torch.equal(*pair) for pair in zip(before, model.shape_critic.parameters(), strict=True))
    assert not [name for name in model.released_state() if "critic" in name]


def test_without_a_cycle_none_is_computed(drawn):
    model = tiny(landmark_cycle=0.0)
    assert set(model.fusion_terms(drawn)) == {"landmarks"} == set(model.stages()[0].phases[0].weights)


def test_every_layer_of_the_critic_has_a_spectral_norm_of_one(drawn):
    model = tiny()
    learn(model, 1, drawn, 5)  # each step brings the estimate of the largest singular value nearer
    norms = [
        float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2))
        for layer in model.critic.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    assert len(norms) == 4
    assert norms == pytest.approx([1] * 4, abs=0.15)


@pytest.mark.parametrize("setting", [{"floor": 0.1}, {"moves": True}])
def test_what_is_added_to_the_target_needs_changes_to_be_painted(setting):
    with pytest.raises(ConfigError, match="floor and moves are for paints=change"):
        tiny(**setting)


def test_a_side_that_the_levels_do_not_divide_is_refused():
    with pytest.raises(ConfigError, match="multiple of 32"):
        tiny(image_size=48)


@torch.random.fork_rng()
def test_fused_landmarks_come_nearer_to_the_exact_ones_than_either_face_is(drawn):
    model = tiny(fusion_width=64, fusion_depth=3, fusion_rate=2e-3, fusion_beta1=0.9)
    learn(model, 0, drawn, 300)
    with torch.no_grad():
        fused = distance(model.fuse(drawn.driver_landmarks, drawn.landmarks), drawn.result_landmarks)
    assert fused < 0.6 * distance(drawn.landmarks, drawn.result_landmarks)
    assert fused < 0.6 * distance(drawn.driver_landmarks, drawn.result_landmarks)


@torch.random.fork_rng()
def test_landmarks_are_fused_from_their_pictures_too(drawn):
    model = tiny(fusion="image", fusion_width=32, fusion_rate=2e-3, fusion_beta1=0.9)
    first = model.fusion_terms(drawn)["landmarks"].item()
    learn(model, 0, drawn, 15)
    assert model.fusion_terms(drawn)["landmarks"].item() < 0.7 * first


@torch.random.fork_rng()
def test_the_redrawn_face_comes_nearer_to_the_exact_picture(drawn):
    model = tiny(width=8, learning_rate=3e-3, dropout=0.0)
    first = model.painter_terms(drawn)["result"].item()
    learn(model, 1, drawn, 20)
    assert model.painter_terms(drawn)["result"].item() < 0.5 * first
