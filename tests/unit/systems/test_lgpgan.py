"""LGP-GAN: regions, the facial mask, and which weights each stage moves."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import FaceBatch, TransferBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS, PROTOTYPES, emotion_aus
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.landmark import LEFT_BROW, LEFT_EYE, MEAN_SHAPE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE
from mienkit.core.recipe import Phase
from mienkit.core.task import Staged
from mienkit.data.drawn import draw_faces
from mienkit.nn.moving import MovingUNet
from mienkit.nn.warp import move
from mienkit.systems.lgpgan import Lgpgan, Region, facial_regions
from mienkit.systems.lgpgan.painting import Change
from mienkit.training.loop import run_phase
from mienkit.training.run import Run
from mienkit.weights import read_weights, released

MOVING = {"image_size": 56, "network": "moving", "base": "composite"}


def build(**settings: object) -> Lgpgan:
    torch.manual_seed(0)
    return Lgpgan(build_config(Lgpgan.Config, Lgpgan.presets["tiny"], settings))


def faces(count: int = 4, size: int = 32) -> FaceBatch:
    rng = torch.Generator().manual_seed(1)
    codes = torch.eye(8)
    return FaceBatch(
        key=torch.arange(count),
        image=torch.rand(count, 3, size, size, generator=rng) * 2 - 1,
        source=codes[torch.arange(count) % 8],
        target=codes[(torch.arange(count) + 3) % 8],
    )


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("size", [32, 64, 96, 128, 256, 512])
def test_each_box_holds_its_landmarks_and_stands_on_multiples_of_four(size: int) -> None:
    groups = {"eyes": (RIGHT_BROW, LEFT_BROW, RIGHT_EYE, LEFT_EYE), "mouth": (OUTER_LIPS,)}
    for name, region in facial_regions(size).items():
        edges = (region.top, region.bottom, region.left, region.right)
        assert all(edge % 4 == 0 for edge in edges)
        assert 0 <= region.top < region.bottom <= size
        assert region.left + region.right == size, "faces are mirrored, so the box must stay"
        for x, y in (point for group in groups[name] for point in MEAN_SHAPE[group]):
            assert region.left < x * size < region.right
            assert region.top < y * size < region.bottom


def test_the_boxes_of_a_128_px_crop_are_those_of_the_page() -> None:
    regions = facial_regions(128)
    assert regions["eyes"].size == (40, 96)
    assert regions["mouth"].size == (48, 72)


def test_what_is_laid_into_a_crop_stands_where_it_was_cut() -> None:
    image = torch.rand(2, 3, 32, 32)
    region = Region(top=4, bottom=12, left=8, right=24)
    spread = region.spread(region.cut(image), 32, 32)
    assert torch.equal(region.cut(spread), region.cut(image))
    assert spread.sum() == pytest.approx(float(region.cut(image).sum()), rel=1e-5)


def test_the_facial_mask_is_full_inside_soft_at_the_borders_and_nothing_outside() -> None:
    model = build(image_size=128)
    mask = model.facial_mask(torch.device("cpu"))
    assert mask.min() == 0
    assert mask.max() == 1
    inside = torch.zeros(128, 128, dtype=torch.bool)
    for region in model.regions.values():
        inside[region.top : region.bottom, region.left : region.right] = True
        middle = mask[(region.top + region.bottom) // 2, region.left : region.right]
        assert middle[0] < 0.1
        assert middle[len(middle) // 2] == 1
        assert (middle.diff().abs() < 0.2).all()
    assert mask[~inside].max() == 0


def test_the_composite_is_the_photograph_outside_of_the_boxes_and_the_local_result_in_their_middle() -> None:
    model, batch = build(), faces()
    made = model.make(batch.image, batch.target, ("face",))
    composite = made["face"].composite
    assert composite is not None
    outside = model.facial_mask(torch.device("cpu")) == 0
    assert torch.equal(composite[..., outside], batch.image[..., outside])
    for name, region in model.regions.items():
        height, width = region.size
        centre = (..., height // 2, width // 2)
        torch.testing.assert_close(region.cut(composite)[centre], made[name].image[centre])


def keep_all(network: nn.Module) -> None:
    network.attention = KeepAll()  # type: ignore[assignment]


class KeepAll(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        return features.new_full((len(features), 1, *features.shape[2:]), 1e4)


def test_attention_one_keeps_the_picture() -> None:
    model, batch = build(), faces()
    keep_all(model.generators["face"])
    edited = model.edit(batch.image, batch.source, batch.target)
    assert torch.equal(edited.image, batch.image)
    assert edited.change.max() == 0


def test_kept_pixels_of_a_composite_are_those_that_the_local_networks_made() -> None:
    model, batch = build(base="composite"), faces()
    keep_all(model.generators["face"])
    edited = model.edit(batch.image, batch.source, batch.target)
    composite = model.redraw("face", batch.image, batch.target).composite
    assert composite is not None
    torch.testing.assert_close(edited.image, composite)
    differs = (composite != batch.image).any(1, keepdim=True)
    assert (edited.change[differs] > 0).all()
    for name in ("eyes", "mouth"):
        keep_all(model.generators[name])
    assert model.edit(batch.image, batch.source, batch.target).change.max() == 0


def test_the_critic_of_the_whole_face_at_128_px_is_that_of_stargan() -> None:
    with torch.device("meta"):
        model = Lgpgan(Lgpgan.Config())
    assert count(model.critics["face"]) == 44_786_624
    assert [len(critic.body) // 2 for critic in model.critics.values()] == [4, 4, 6]


def touched(model: Lgpgan, phase: Phase, batch: object) -> set[str]:
    """Name the networks whose weights a phase moves."""
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    run_phase(model, phase, batch)  # type: ignore[arg-type]
    moved = {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    return {".".join(name.split(".")[:2]) for name in moved}


def moves(model: Lgpgan) -> Iterator[tuple[str, str, set[str]]]:
    batch = faces()
    for stage in model.stages():
        for phase in stage.phases:
            yield stage.name, phase.name, touched(model, phase, batch)


def stirred() -> Lgpgan:
    """Moving networks that move and paint, as after a training."""
    model = build(**MOVING)
    for network in model.generators.values():
        assert isinstance(network, MovingUNet)
        nn.init.normal_(network.heads.weight, 0, 0.2)
        nn.init.normal_(network.style[2].weight, 0, 0.5)
    return model


@torch.no_grad()
def test_the_motion_of_moving_networks_makes_their_picture() -> None:
    model, batch = stirred(), faces(2, 56)
    edited = model.edit(batch.image, batch.source, batch.target)
    assert edited.motion is not None
    assert edited.motion.flow.abs().max() > 0.5
    torch.testing.assert_close(edited.image, move(batch.image, edited.motion.flow) + edited.motion.colour)
    still = edited.change.expand_as(batch.image) == 0
    assert still.any()
    torch.testing.assert_close(edited.image[still], batch.image[still], atol=1e-4, rtol=0)


@torch.no_grad()
def test_moving_networks_that_keep_everything_change_nothing() -> None:
    model, batch = stirred(), faces(2, 56)
    for network in model.generators.values():
        network.heads.bias[12:16] = 1e4  # type: ignore[index, union-attr]
    edited = model.edit(batch.image, batch.source, batch.target)
    torch.testing.assert_close(edited.image, batch.image, atol=1e-4, rtol=0)
    assert not edited.change.any()


def test_two_changes_one_after_the_other_are_one() -> None:
    down, across = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 64), indexing="ij")
    image = torch.stack([down, across, down * across])[None] - 0.5
    bump = torch.exp(-((down - 0.5) ** 2 + (across - 0.5) ** 2) / 0.02)[None, None]
    first = Change(flow=torch.cat([3 * bump, -2 * bump], 1), colour=0.1 * bump.expand(-1, 3, -1, -1))
    later = Change(flow=torch.cat([bump, 4 * bump], 1), colour=-0.2 * bump.expand(-1, 3, -1, -1))
    torch.testing.assert_close(first.then(later).of(image), later.of(first.of(image)), atol=2e-3, rtol=0)
    assert (later.of(first.of(image)) - first.of(image)).abs().max() > 0.1


@torch.no_grad()
def test_moving_networks_may_begin_as_the_released_ganimation_told_each_emotions_units() -> None:
    model = build(**MOVING, begin="ganimation", local_dim=32, local_repeat=2, conv_dim=32, repeat=2)
    ganimation = MovingUNet(len(ACTION_UNITS), 32, 2)
    folder = released("ganimation")
    assert folder is not None
    ganimation.load_state_dict(read_weights(folder, "ganimation").state)
    image, emotion = torch.rand(1, 3, 48, 72) * 2 - 1, EMOTIONS.index("surprise")
    units = emotion_aus("surprise", 1.0)[None]
    told = model.generators["mouth"].edit_field(image, torch.eye(8)[[emotion]])  # type: ignore[operator]
    for made, asked in zip(told, ganimation.edit_field(image, units), strict=True):
        torch.testing.assert_close(made, asked)
    face = model.generators["face"]
    one, other = (face.edit_field(torch.cat([under, image], 1), torch.eye(8)[[emotion]])  # type: ignore[operator]
                  for under in (image, -image))  # fmt: skip
    assert torch.equal(one[0], other[0])
    assert one[2].abs().max() < 0.1, "the whole face begins by changing next to nothing"


LOCAL = {"generators.eyes", "generators.mouth"}
LOCAL_CRITICS = {"critics.eyes", "critics.mouth"}


def test_the_cascade_trains_the_local_networks_then_the_global_one() -> None:
    assert list(moves(build(local_rate=0.0))) == [
        ("local", "local_critic", LOCAL_CRITICS),
        ("local", "local_generator", LOCAL),
        ("global", "critic", {"critics.face"}),
        ("global", "generator", {"generators.face"}),
    ]


def test_the_local_networks_may_follow_the_global_one_slowly() -> None:
    model = build(local_rate=0.1)
    generator = model.stages()[1].phases[1]
    assert [group["lr"] for group in generator.optimizer.param_groups] == pytest.approx([1e-4, 1e-5])
    assert touched(model, generator, faces()) == {"generators.face"} | LOCAL


def test_joint_training_moves_everything_in_one_stage() -> None:
    assert list(moves(build(training="joint"))) == [
        ("joint", "critic", LOCAL_CRITICS | {"critics.face"}),
        ("joint", "generator", LOCAL | {"generators.face"}),
    ]


def test_the_whole_face_teaches_the_local_networks_end_to_end() -> None:
    model, batch = build(training="joint"), faces()
    image = model.redraw("face", batch.image, batch.target).image
    image.square().mean().backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in model.generators.parameters()
    )


def test_the_first_stage_leaves_the_global_network_out(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build()
    monkeypatch.setattr(model.generators["face"], "forward", lambda *_: pytest.fail("the global network was run"))
    for phase in model.stages()[0].phases:
        run_phase(model, phase, faces())


def test_the_average_of_the_global_network_begins_when_its_training_does() -> None:
    run = Run(build())
    for phase in run.stages[0].phases:
        run.averages.update(phase.optimizer)
    assert run.averages.updates == {"generators.eyes": 1, "generators.mouth": 1, "generators.face": 0}


def test_consistency_is_zero_only_where_the_whole_face_is_the_composite_inside_the_mask() -> None:
    model, batch = build(base="composite", consistency=1.0), faces()
    generator = model.stages()[1].phases[1]
    assert generator.weights["face_consistency"] == 1
    assert generator.terms(batch)["face_consistency"] > 0.01
    keep_all(model.generators["face"])
    assert generator.terms(batch)["face_consistency"] == 0
    assert "eyes_consistency" not in model.stages()[0].phases[1].weights


def test_the_label_decides_what_is_painted_and_its_intensity_how_much() -> None:
    model, batch = build(), faces(1)
    happy, neutral = (torch.eye(8)[[EMOTIONS.index(name)]] for name in ("happiness", "neutral"))
    images = [model.edit(batch.image, neutral, torch.lerp(neutral, happy, x)).image for x in (0.0, 0.5, 1.0)]
    steps = [float((image - images[0]).detach().abs().mean()) for image in images]
    assert 0 < steps[1] < steps[2]


def test_the_stages_are_shown_in_the_order_in_which_they_come_to_be() -> None:
    model, batch = build(), faces(1)
    assert isinstance(model, Staged)
    stages = model.stages_of(batch.image, batch.source, batch.target)
    assert list(stages) == ["input", "eyes", "mouth", "face"]
    assert list(stages["eyes"]) == ["colour", "attention", "result"]
    assert list(stages["face"]) == ["composite", "colour", "attention", "result"]
    assert stages["eyes"]["attention"].shape == (1, 1, *model.regions["eyes"].size)
    assert torch.equal(stages["face"]["result"], model.edit(batch.image, batch.source, batch.target).image)
    assert all(shown.abs().max() <= 1 for stage in stages.values() for shown in stage.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 36}, "image_size=36 must be a multiple of 8"),
        ({"feather": 0.3}, r"feather=0\.3 must be in"),
        ({"local_rate": 2}, "local_rate=2"),
        ({"decay_from": 1}, "decay_from=1"),
        ({"local_steps": 0}, "must be positive"),
        ({"begin": "ganimation"}, "begin=ganimation is for network=moving"),
        ({"network": "moving"}, "needs base=composite"),
        ({"network": "moving", "base": "composite"}, "image_size=32: network=moving needs boxes"),
        ({**MOVING, "begin": "ganimation"}, "cannot begin as the released ganimation; give local_dim=32"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(**settings)


def drawn_people(people: int = 8, size: int = 32) -> TransferBatch:
    """Draw people with no expression and with one of three emotions."""
    target = torch.tensor([EMOTIONS.index(("happiness", "surprise", "anger")[n % 3]) for n in range(people)])
    aus = torch.zeros(2, people, len(ACTION_UNITS))
    for person, emotion in enumerate(target.tolist()):
        for unit, value in PROTOTYPES[EMOTIONS[emotion]].items():
            aus[1, person, ACTION_UNITS.index(unit)] = value
    identity = torch.arange(people).numpy()
    rest, posed = (draw_faces(identity, shown.numpy(), size=size, seed=3) for shown in aus)
    image, result = to_float(rest.images), to_float(posed.images)
    landmarks = torch.from_numpy(rest.landmarks)
    return TransferBatch(
        key=torch.arange(people), image=image, landmarks=landmarks, source=torch.eye(8)[[0] * people],
        result=result, result_landmarks=torch.from_numpy(posed.landmarks), target=torch.eye(8)[target],
        neutral=image, neutral_landmarks=landmarks, driver=result, driver_landmarks=landmarks,
        driver_neutral_landmarks=landmarks,
    )  # fmt: skip


@pytest.mark.parametrize(("size", "moving"), [(32, {}), (56, MOVING)])
def test_it_learns_the_exact_results_of_eight_drawn_faces(size: int, moving: dict[str, object]) -> None:
    settings: dict[str, object] = {
        "base": "composite", "pair": 1.0, "cycle": 0.0, "adversarial": 0.01, "emotion": 0.01, "attention": 0.01,
        "conv_dim": 8, "local_dim": 8, "learning_rate": 3e-3, "local_rate": 0.0,
    }  # fmt: skip
    model = build(**settings | moving)
    batch = drawn_people(size=size)
    place = (batch.result - batch.image).abs().mean(1, keepdim=True) > 0.1
    copied = ((batch.image - batch.result).abs() * place).mean()
    for stage, steps in zip(model.stages(), (30, 30), strict=True):
        for _ in range(steps):
            for phase in stage.phases:
                run_phase(model, phase, batch)
    with torch.no_grad():
        face = model.redraw("face", batch.image, batch.target)
        assert face.composite is not None
        local, whole = (((shown - batch.result).abs() * place).mean() for shown in (face.composite, face.image))
    assert local < 0.6 * copied
    assert whole < 0.5 * copied
