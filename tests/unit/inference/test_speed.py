"""Quicker editors give the pictures of those that they are made from."""

import pytest
import torch
from torch import nn

from mienkit.baselines.copy import Copy
from mienkit.core.config import build_config
from mienkit.core.task import Editor, Staged
from mienkit.inference.quick_generator import QuickGenerator, Stem, fits
from mienkit.inference.quick_layer import QuickGroupNorm, QuickLinear, QuickModulation, QuickNorm, quicken_layers
from mienkit.inference.speed import QuickEditor, fastest_dtype, quicken
from mienkit.nn.modulation import ModulatedLayer
from mienkit.systems.duchenne import Duchenne
from mienkit.systems.ganimation import Ganimation
from mienkit.systems.lgpgan import Lgpgan

SMALL = {"image_size": 32, "critic_dim": 4, "critic_cap": 8, "critic_depth": 3, "conv_dim": 8, "repeat": 2}


def build(preset, **settings):
    torch.manual_seed(0)
    model = Ganimation(build_config(Ganimation.Config, Ganimation.presets[preset], SMALL, settings))
    for module in model.modules():
        if isinstance(module, nn.InstanceNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
    return model.eval().requires_grad_(False)


def faces(batch, size=32, units=17):
    generator = torch.Generator().manual_seed(1)
    numbers = [torch.rand(batch, *shape, generator=generator) for shape in ((3, size, size), (units,), (units,))]
    return 2 * numbers[0] - 1, *numbers[1:]


def levels(one, other):
    return 127.5 * (one.image - other.image).abs()


@pytest.mark.parametrize("preset", ["official", "paper", "ours"])
@pytest.mark.parametrize("batch", [1, 3])
def test_in_float32_the_picture_is_the_same_within_a_fiftieth_of_a_level(preset, batch):
    model, inputs = build(preset), faces(batch)
    truth, quick = model.edit(*inputs), quicken(model, torch.float32).edit(*inputs)
    assert levels(truth, quick).max() < 0.02
    assert (truth.change - quick.change).abs().max() < 1e-4


@pytest.mark.parametrize("preset", ["official", "ours"])
def test_in_bf16_the_picture_is_the_same_within_two_levels_on_average(preset):
    model, inputs = build(preset), faces(2)
    truth, quick = model.edit(*inputs), quicken(model, torch.bfloat16).edit(*inputs)
    assert 0 < levels(truth, quick).mean() < 2
    assert levels(truth, quick).max() < 25


@pytest.mark.parametrize("preset", ["official", "ours"])
def test_results_are_float32_in_any_type(preset):
    edited = quicken(build(preset), torch.bfloat16).edit(*faces(1))
    assert edited.image.dtype == edited.change.dtype == torch.float32


@pytest.mark.parametrize("preset", ["official", "ours"])
def test_the_model_that_was_given_stays_as_it_is(preset):
    model, inputs = build(preset), faces(1)
    before = model.edit(*inputs)
    quicken(model, torch.bfloat16).edit(*inputs)
    assert torch.equal(model.edit(*inputs).image, before.image)
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def test_the_published_generator_is_rebuilt_and_others_are_not():
    assert isinstance(quicken(build("official")).generator, QuickGenerator)
    assert isinstance(quicken(build("ours")), QuickEditor)


def test_a_size_that_does_not_divide_into_tiles_is_run_in_the_plain_way():
    model = build("official", image_size=40)
    assert not fits(model.generator, model.image_size)
    inputs = faces(1, 40)
    assert levels(model.edit(*inputs), quicken(model, torch.float32).edit(*inputs)).max() < 0.02


def test_a_quick_editor_is_still_an_editor():
    assert isinstance(quicken(build("ours")), Editor)
    assert quicken(build("ours")).image_size == 32
    assert quicken(build("ours")).vocabulary == Ganimation.vocabulary


@torch.no_grad()
def test_a_quick_editor_tells_how_it_moved_the_face():
    torch.manual_seed(0)
    model, inputs = Duchenne(build_config(Duchenne.Config, Duchenne.presets["tiny"])).eval(), faces(2, units=34)
    nn.init.normal_(model.generator.heads.weight, 0, 0.2)
    for dtype, apart in ((torch.float32, 1e-3), (torch.bfloat16, 0.1)):
        truth, quick = model.edit(*inputs).motion, quicken(model, dtype).edit(*inputs).motion
        assert quick.flow.dtype == quick.colour.dtype == quick.fresh.dtype == torch.float32
        assert (truth.flow - quick.flow).abs().mean() < apart
        assert truth.flow.abs().mean() > 0.1


def test_what_is_no_network_comes_back_as_it_is():
    class Painter:
        image_size, vocabulary = 32, ("AU12",)

        def edit(self, image, source, target): ...

    painter = Painter()
    assert quicken(painter) is painter


def test_a_model_without_layers_still_edits():
    model, inputs = Copy(Copy.Config()).eval(), faces(1)
    assert torch.equal(quicken(model).edit(*inputs).image, inputs[0])


def test_bf16_is_chosen_only_where_the_processor_multiplies_it(monkeypatch):
    for found, wanted in (
        ({"avx512_bf16": True}, torch.bfloat16), ({"amx_bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
    ):  # fmt: skip
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=found: found, raising=False)
        assert fastest_dtype() == wanted


def test_the_stem_adds_what_the_planes_of_constants_add_up_to_a_constant():
    weight, image, condition = torch.randn(6, 20, 7, 7), torch.randn(2, 3, 16, 12), torch.rand(2, 17)
    planes = condition[:, :, None, None].expand(-1, -1, 16, 12)
    whole = nn.functional.conv2d(torch.cat([image, planes], 1), weight, padding=3)
    difference = whole - Stem(weight, torch.float32)(image, condition)
    torch.testing.assert_close(difference, difference[:, :, :1, :1].expand_as(difference), atol=1e-4, rtol=0)
    assert difference.abs().max() > 1


@pytest.mark.parametrize("size", [8, 40])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_quick_norm_is_an_instance_norm_that_keeps_channels_last(size, batch):
    norm = nn.InstanceNorm2d(5, affine=True)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    features = (3 + 2 * torch.randn(batch, 5, size, size)).contiguous(memory_format=torch.channels_last)
    result = QuickNorm(norm)(features)
    torch.testing.assert_close(result, norm(features), atol=1e-5, rtol=1e-5)
    assert result.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [8, 40])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_quick_group_norm_is_a_group_norm_and_keeps_type_and_layout(size, dtype):
    norm = nn.GroupNorm(2, 6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    features = (3 + 2 * torch.randn(2, 6, size, size)).to(dtype, memory_format=torch.channels_last)
    result = QuickGroupNorm(norm)(features)
    apart = 1e-5 if dtype == torch.float32 else 0.05
    torch.testing.assert_close(result.float(), norm(features.float()), atol=apart, rtol=0)
    assert result.dtype == dtype
    assert result.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("batch", "styles"), [(1, 1), (3, 3), (3, 1)])
def test_a_quick_modulation_gives_what_the_modulated_layer_gives(batch, styles):
    layer = ModulatedLayer(4, 8)
    nn.init.normal_(layer.norm.weight)
    nn.init.normal_(layer.norm.bias)
    features, style = torch.randn(batch, 4, 9, 7), torch.randn(styles, 16)
    torch.testing.assert_close(QuickModulation(layer)(features, style), layer(features, style), atol=1e-5, rtol=1e-5)


def test_a_small_linear_layer_stays_in_float32_even_amid_bf16():
    layer, features = nn.Linear(34, 64), torch.randn(1, 34)
    with torch.autocast("cpu", torch.bfloat16):
        result = QuickLinear(layer)(features)
        assert layer(features).dtype == torch.bfloat16
    assert torch.equal(result, layer(features))


def test_large_linear_layers_compute_in_the_type_asked_for_and_small_ones_do_not():
    network = nn.Sequential(nn.Linear(8, 400), nn.Linear(400, 200))
    quick = quicken_layers(network, torch.bfloat16)
    assert [layer.weight.dtype for layer in quick] == [torch.float32, torch.bfloat16]


def test_a_quick_editor_still_shows_its_stages():
    torch.manual_seed(0)
    model = Lgpgan(build_config(Lgpgan.Config, Lgpgan.presets["tiny"])).eval().requires_grad_(False)
    inputs, quick = faces(1, units=8), quicken(model, torch.float32)
    assert isinstance(quick, Staged)
    assert not isinstance(quicken(build("ours")), Staged)
    truth, shown = (one.stages_of(*inputs) for one in (model, quick))
    for stage, pictures in truth.items():
        for title, picture in pictures.items():
            torch.testing.assert_close(shown[stage][title], picture, atol=1e-4, rtol=0)
    in_bf16 = quicken(model, torch.bfloat16).stages_of(*inputs)
    assert {picture.dtype for pictures in in_bf16.values() for picture in pictures.values()} == {torch.float32}
