"""Duchenne: what holds by construction, and what it learns from a handful of pairs."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mienkit.core.action_unit import AU_INDEX, SIDED_UNITS
from mienkit.core.batch import FlowBatch
from mienkit.core.config import build_config
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.data.drawn import draw_faces
from mienkit.losses.pair import changed_region_l1
from mienkit.nn.field import field_of
from mienkit.systems.duchenne import Duchenne, Mover, RegionCritics
from mienkit.systems.duchenne.critic import REGIONS, cut
from mienkit.systems.duchenne.duchenne import change_of, changed_places, trusted_places
from mienkit.systems.duchenne.network import CLOSED, FOREHEAD, UnitFlows, as_colourful, square_of
from mienkit.systems.duchenne.teacher import meter_error, read_units, to_person_crop
from mienkit.training.loop import run_phase

SMILE = AU_INDEX["AU12"]


def build(preset: str = "tiny", **settings: object) -> Duchenne:
    torch.manual_seed(0)
    return Duchenne(build_config(Duchenne.Config, Duchenne.presets[preset], settings))


def stirred(size: float = 0.3, conv_dim: int = 4) -> Mover:
    """A network that moves and paints a lot."""
    torch.manual_seed(0)
    mover = Mover(conv_dim, 1)
    nn.init.normal_(mover.heads.weight, 0, size)
    return mover.eval()


def images(count: int, size: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def pairs(image: Tensor, result: Tensor, change: Tensor) -> FlowBatch:
    count = len(image)
    tilt = torch.linspace(-0.2, 0.2, 17).expand(count, 17)
    return FlowBatch(
        key=torch.arange(count), image=image, tilt=tilt, source=torch.zeros(count, 17), target=change, result=result,
        paired=torch.ones(count), real=result, labelled=image, label=change, label_known=torch.ones(count, 17),
        flow=torch.ones(count, 2, 8, 8), flow_known=torch.ones(count, 1, 8, 8),
        fresh=torch.full((count, 1, 8, 8), 0.5), fresh_known=torch.ones(count),
    )  # fmt: skip


def test_ours_has_two_million_weights():
    with torch.device("meta"):
        model = Duchenne(Duchenne.Config())
    assert 2_000_000 < sum(value.numel() for value in model.generator.parameters()) < 2_200_000


def unit_flows() -> UnitFlows:
    torch.manual_seed(0)
    flows = UnitFlows(8, 17, 32)
    nn.init.normal_(flows.common, 0, 0.3)
    return flows


@torch.no_grad()
def test_the_flow_of_a_unit_belongs_to_the_shape_of_the_face():
    one, other = torch.randn(2, 8, 14, 12)
    flows = unit_flows()(torch.stack([one, other, one]), (28, 24))
    assert flows.shape == (3, 34, 28, 24)
    assert torch.allclose(flows[0], flows[2])
    assert (flows[0] - flows[1]).abs().mean() > 0.01


@torch.no_grad()
def test_the_flow_of_a_unit_is_the_same_at_any_size_but_for_its_resolution():
    flows, features = unit_flows(), torch.randn(1, 8, 14, 12)
    small, large = flows(features, (14, 12)), flows(features, (28, 24))
    assert torch.allclose(small, nn.functional.avg_pool2d(large, 2), atol=1e-5)


@torch.no_grad()
def test_flows_of_units_add_up_and_double_with_the_change():
    mover = Mover(4, 1).eval()
    nn.init.zeros_(mover.heads.weight)
    nn.init.normal_(mover.flows.common, 0, 0.3)
    features = mover.encode(images(1, 128))

    def flow(**units: float) -> Tensor:
        change = torch.zeros(1, 17)
        for name, value in units.items():
            change[0, AU_INDEX[name]] = value
        return mover.decode(features, change)[0]

    smile, brows = flow(AU12=0.4), flow(AU1=0.5)
    assert smile.abs().mean() > 0.01
    assert torch.allclose(flow(AU12=0.8), 2 * smile, atol=1e-5)
    assert torch.allclose(flow(AU12=0.4, AU1=0.5), smile + brows, atol=1e-5)


@torch.no_grad()
def test_a_unit_of_one_side_moves_only_that_half():
    mover = Mover(4, 1).eval()
    nn.init.zeros_(mover.heads.weight)
    nn.init.normal_(mover.flows.common, 0, 0.3)
    change = torch.zeros(1, 34)
    change[0, SMILE] = change[0, 17 + SMILE] = 0.5  # 0 on the person's right, 1 on the left, the picture's right half
    flow = mover.decode(mover.encode(images(1, 128)), change)[0]
    assert not flow[..., : int(0.35 * flow.shape[-1])].any()
    assert flow[..., int(0.65 * flow.shape[-1]) :].abs().mean() > 0.01


@pytest.mark.parametrize("size", [32, 96, 128])
@torch.no_grad()
def test_no_change_asked_for_gives_the_picture_back_bit_for_bit(size):
    model = build(image_size=size)
    nn.init.normal_(model.generator.heads.weight, 0, 0.3)
    image, aus = images(2, size), torch.rand(2, 34)
    edited = model.edit(image, aus, aus)
    assert torch.equal(edited.image, image)
    assert not edited.change.any()
    assert not edited.motion.flow.any()
    assert not edited.motion.colour.any()
    assert not edited.motion.fresh.any()


@torch.no_grad()
def test_outside_of_the_field_the_picture_stays_bit_for_bit():
    image = images(1, 128)
    moved = stirred()(image, torch.ones(1, 34))
    top, bottom, left, right = field_of(128, 128, FOREHEAD)
    outside = torch.ones(128, 128, dtype=torch.bool)
    outside[top:bottom, left:right] = False
    assert torch.equal(moved.image[..., outside], image[..., outside])
    for maps in moved[1:]:
        assert not maps[..., outside].any()
    assert (moved.image - image).abs().max() > 0.5


@torch.no_grad()
def test_the_maps_tell_how_the_picture_was_made():
    mover, image = stirred(), images(2, 64)
    moved = mover(image, torch.rand(2, 34))
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    grid = torch.stack([columns + moved.flow[:, 0], rows + moved.flow[:, 1]], -1) / 32 + 1 / 64 - 1
    fetched = nn.functional.grid_sample(image, grid, padding_mode="border", align_corners=False)
    torch.testing.assert_close(moved.image, (fetched + moved.colour).clamp(-1, 1), atol=1e-4, rtol=0)
    assert (moved.colour.abs() <= 4 * moved.fresh).all()  # 2 that are painted, and 2 from black edges to white ones


@torch.no_grad()
def test_a_face_is_encoded_once_for_all_its_changes():
    model = build()
    nn.init.normal_(model.generator.heads.weight, 0, 0.3)
    seen = []
    model.generator.outer.register_forward_hook(lambda module, given, result: seen.append(len(result)))
    image, source, target = images(1, 32), torch.zeros(3, 34), torch.rand(3, 34)
    together = model.edit(image.expand(3, -1, -1, -1), source, target)
    assert seen == [1]
    alone = model.edit(image.repeat(3, 1, 1, 1), source, target)
    assert seen == [1, 3]
    torch.testing.assert_close(together.image, alone.image, atol=1e-5, rtol=0)


@torch.no_grad()
def test_features_do_not_know_the_change():
    mover, image = stirred(), images(1, 32)
    features, changes = mover.encode(image), torch.eye(34)[[3, 8]]
    maps = [mover.decode(features, change[None]) for change in changes]
    assert (maps[0][0] - maps[1][0]).abs().max() > 1e-3
    for change, raw in zip(changes, maps, strict=True):
        applied = mover.apply_maps(image, change[None], *raw)
        torch.testing.assert_close(applied.image, mover(image, change[None]).image)


@torch.no_grad()
def test_a_flow_moves_as_far_in_a_crop_of_any_size():
    reach = {}
    for size in (64, 128):
        mover = Mover(4, 1)
        nn.init.zeros_(mover.heads.weight)
        nn.init.zeros_(mover.flows.common)
        nn.init.constant_(mover.heads.bias[13:14], 1.0)
        reach[size] = float(mover(images(1, size), torch.ones(1, 34)).flow[0, 0, size // 2, size // 2])
    assert reach == {64: 2.0, 128: 4.0}


@torch.no_grad()
def test_flow_and_map_can_be_turned_off():
    still = stirred().requires_grad_(False)
    still.reach = 0.0
    assert not still(images(1, 32), torch.ones(1, 34)).flow.any()
    torch.manual_seed(0)
    everywhere = Mover(4, 1, mapped=False)(images(1, 64), torch.ones(1, 34)).fresh
    assert everywhere[0, 0, 32, 32] == 1
    mapped = float(Mover(4, 1)(images(1, 64), torch.ones(1, 34)).fresh[0, 0, 32, 32])
    assert mapped == pytest.approx(1 / (1 + math.exp(-CLOSED)), abs=0.02)


def sides(**intensities: float) -> Tensor:
    """Name what halves of a face show, (1, 34)."""
    return torch.tensor([[intensities.get(name, 0.0) for name in SIDED_UNITS]])


@torch.no_grad()
def test_a_smile_of_one_side_is_told_to_the_half_of_the_picture_where_it_is():
    model, heard = build().eval(), []
    model.generator.style.register_forward_hook(lambda module, given, result: heard.append(given[0][0, ..., SMILE]))
    for wanted in (sides(AU12_L=0.8), sides(AU12_R=0.8), sides(AU12_L=0.8, AU12_R=0.8)):
        model.edit(images(1, 32), torch.zeros(1, 34), wanted)
    assert [one.tolist() for one in heard] == [
        [0, pytest.approx(0.8)],
        [pytest.approx(0.8), 0],
        pytest.approx(0.8),
    ]


def test_the_tilt_reaches_the_picture():
    change = torch.zeros(1, 34, requires_grad=True)
    mover, image = stirred(), images(1, 32)
    flow, _, _ = mover.decode(mover.encode(image), change)
    flow.abs().sum().backward()
    assert (change.grad[0, 17:] != 0).all()


@torch.no_grad()
def test_a_tilt_alone_opens_the_maps():
    edited = build().edit(images(1, 32), sides(AU12_L=0.4, AU12_R=0.4), sides(AU12_L=0.8))
    assert edited.change.any()


@torch.no_grad()
def test_each_half_of_the_picture_is_told_the_units_of_its_side_of_the_face():
    network, full, none = Mover(4, 1).eval(), torch.ones(1, 17), torch.zeros(1, 17)
    of_left = network.halves_of(torch.cat([full / 2, full / 2], 1))  # AU.._L = 1, AU.._R = 0
    torch.testing.assert_close(of_left, torch.stack([none, full], 1))
    torch.testing.assert_close(network.halves_of(full), full)


@torch.no_grad()
def test_sides_that_are_alike_are_told_once_or_twice_with_the_same_result():
    network, image, change = Mover(4, 1), images(2, 32), torch.rand(2, 17)
    nn.init.normal_(network.heads.weight, 0, 0.3)
    once, twice = network(image, change), network(image, torch.cat([change, torch.zeros(2, 17)], 1))
    torch.testing.assert_close(once.image, twice.image)


def test_every_kernel_gets_a_gradient_from_its_phase():
    model, batch = build(), pairs(images(4, 32), images(4, 32, 1), torch.rand(4, 17))
    for stage in model.stages():
        for phase in stage.phases:
            model.zero_grad(set_to_none=True)
            terms = phase.terms(batch)
            torch.stack([weight * terms[name] for name, weight in phase.weights.items()]).sum().backward()
            own = [parameter for group in phase.optimizer.param_groups for parameter in group["params"]]
            kernels = [value for value in own if value.ndim > 1]  # biases may cancel: of real and made, of a slope
            assert all(value.grad is not None and value.grad.abs().sum() > 0 for value in kernels), phase.name


@pytest.mark.parametrize(
    ("settings", "names"),
    [({"steps": 0}, ["pairs"]), ({"pair_steps": 0}, ["joint"]), ({"adversarial": 0.0}, ["pairs", "joint"])],
)
def test_stages_and_critics_can_be_left_out(settings, names):
    stages = build(**settings).stages()
    assert [stage.name for stage in stages] == names
    phases = [phase.name for phase in stages[-1].phases]
    assert phases == {"pairs": ["pairs"], "joint": ["critic", "penalty", "generator"]}[names[-1]] or phases == [
        "generator"
    ]


def test_terms_of_weight_zero_cost_nothing():
    model = build(meter=0.0, cycle=0.0)
    terms = model.generator_terms(pairs(images(2, 32), images(2, 32, 1), torch.rand(2, 17)))
    assert set(terms) == {"pixels", "flow", "fresh", "paint", "tv", "fake"}


def test_a_drawn_inside_of_a_mouth_counts_less_and_a_new_lid_more():
    batch = pairs(images(1, 32), images(1, 32), torch.rand(1, 17))
    trust = trusted_places(batch, new_mouth=0.2, new_eyes=3.0)
    torch.testing.assert_close(trust[..., :16, :], torch.full((1, 1, 16, 32), 2.0))
    torch.testing.assert_close(trust[..., 18:, :], torch.full((1, 1, 14, 32), 0.6))


def test_a_grey_photograph_stays_grey_and_a_coloured_one_takes_every_hue():
    with torch.no_grad():
        network = Mover(4, 1)
        for weight in network.heads.parameters():
            weight.normal_()
        image, change = images(1, 64), torch.ones(1, 34)
        grey = network(image.mean(1, keepdim=True).expand(-1, 3, -1, -1), change).image
        assert float((grey - grey.mean(1, keepdim=True)).abs().max()) < 1e-5
        torch.testing.assert_close(as_colourful(image, images(1, 64, 1)), image)


@pytest.mark.parametrize(("size", "side"), [(16, 1), (32, 1), (96, 4), (128, 4), (256, 8), (512, 8)])
def test_what_is_hidden_is_blurred_by_squares_that_fit_the_field(size, side):
    top, bottom, left, right = field_of(size, size, FOREHEAD)
    assert square_of(size) == side
    assert (bottom - top) % side == (right - left) % side == 0


def test_what_moves_by_a_pixel_has_changed():
    with torch.no_grad():
        moved = Mover(4, 1)(images(1, 128), torch.zeros(1, 34))._replace(flow=torch.full((1, 2, 128, 128), 0.3))
    assert float(changed_places(moved).mean()) == pytest.approx(0.3 * 2**0.5)


def test_local_critics_see_their_region_only():
    critics, image = RegionCritics(4, 2), images(1, 64)
    other = image.clone()
    other[..., 40:44, 24:40] = 1.0  # in the mouth
    before, after = critics(image), critics(other)
    assert torch.equal(before["eyes"], after["eyes"])
    assert not torch.equal(before["mouth"], after["mouth"])
    assert not torch.equal(before["whole"], after["whole"])
    assert cut(image, REGIONS["eyes"]).shape == (1, 3, 16, 40)


def test_the_meter_counts_the_difference_of_its_readings():
    image = images(2, 64)
    assert meter_error(image, image, torch.zeros(2, 17)) == 0
    assert meter_error(image, image, torch.ones(2, 17)) > 0.3
    glowing = image + torch.tensor([0.2, -0.1, -0.1])[:, None, None]
    assert meter_error(glowing, image, torch.zeros(2, 17)) < 1e-6
    edited = image.clone().requires_grad_(True)
    read_units(edited).sum().backward()
    assert edited.grad.abs().sum() > 0


def test_a_face_on_our_template_stands_on_that_of_the_identity_network():
    image = torch.zeros(1, 3, 128, 128)
    image[..., 42, 45:90] = 1.0  # a line through the eyes
    crop = to_person_crop(image)
    assert crop.shape == (1, 3, 112, 112)
    assert crop[0, 0].sum(1).argmax() == pytest.approx(51.6, abs=2)


@pytest.mark.parametrize("settings", [{"image_size": 40}, {"critic_depth": 4}, {"pair_steps": 0, "steps": 0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ConfigError):
        build(**settings)


def test_eight_pairs_are_learned():
    """Drawn faces, about half of whose units change; the error falls far below that of leaving them as they are."""
    rng, people = np.random.default_rng(0), np.arange(8)
    before, after = (np.where(rng.random((8, 17)) < 0.5, rng.random((8, 17)), 0).astype(np.float32) for _ in range(2))
    calm, moved = (draw_faces(people, aus, size=32, seed=1, pose=False).images for aus in (before, after))
    image, result, change = to_float(calm), to_float(moved), torch.from_numpy(after - before)
    batch = pairs(image, result, change)
    model = build(image_size=32, conv_dim=8, flow=0.0, fresh=0.0, pair_rate=6e-3)
    phase = model.stages()[0].phases[0]
    for _ in range(80):
        run_phase(model, phase, batch)
    trust = torch.ones(8)
    copied = changed_region_l1(image, result, image, trust, 4.0)
    with torch.no_grad():
        learned = changed_region_l1(model.generator(image, change_of(batch)).image, result, image, trust, 4.0)
    assert learned < 0.5 * copied
