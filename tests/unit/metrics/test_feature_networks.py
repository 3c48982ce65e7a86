"""Figures of sets are called after their network, and only Inception's are FID, KID and IS."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mienkit.assets.catalogue import ASSETS
from mienkit.assets.fetch import find_asset
from mienkit.core.errors import AssetError, ConfigError, UnknownNameError
from mienkit.data.drawn import draw_faces
from mienkit.metrics.frechet import FRECHET, measure_frechet
from mienkit.metrics.identity import load_identity
from mienkit.metrics.inception_score import CLASS_SCORE, measure_class_score
from mienkit.metrics.kernel_distance import KERNEL_DISTANCE, measure_kernel_distance, subset_distances
from mienkit.metrics.networks import NETWORKS, load_network
from mienkit.metrics.networks.inception import CLASSES, FEATURES, Inception, load_inception
from mienkit.metrics.networks.network import name_by_network, short_count
from mienkit.metrics.networks.squeezenet import load_squeezenet

RESERVED = ("fid", "kid", "inception")


class Toy(nn.Module):
    """Has the outside of Inception's export, and next to nothing inside."""

    def __init__(self, features: int = FEATURES, classes: int = CLASSES) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.head = nn.Parameter(torch.randn(48, features, generator=generator))
        self.classes = nn.Parameter(torch.randn(features, classes, generator=generator) * 0.05)
        self.bias = nn.Parameter(torch.linspace(0, 3, classes))  # the same for all would change no share

    def forward(self, img: Tensor, return_features: bool = False, no_output_bias: bool = False) -> Tensor:
        small = torch.nn.functional.adaptive_avg_pool2d(img.float() / 127.5 - 1, [4, 4]).flatten(1)
        features = small.matmul(self.head).relu()
        if return_features:
            return features
        logits = features.matmul(self.classes)
        return (logits if no_output_bias else logits + self.bias).softmax(1)


def export(network: nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network).save(str(path))
    return path


class Colours:
    """A network without classes: what colours a picture has."""

    name = "colours"

    def features(self, pictures, landmarks=None):
        return pictures.reshape(len(pictures), -1, 3).mean(1) / 255


@pytest.fixture(scope="module")
def inception(tmp_path_factory: pytest.TempPathFactory) -> Inception:
    return load_inception(export(Toy(), tmp_path_factory.mktemp("toy") / "inception-2015-12-05.pt"))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    people = np.arange(20)
    return draw_faces(people, np.zeros((20, 17)), size=64, scene=people).images


def test_with_inception_the_figures_have_their_well_known_names(inception, pictures):
    assert measure_frechet(inception, pictures, pictures[::-1]).name == "fid_20"
    assert measure_kernel_distance(inception, pictures, pictures[::-1]).name == "kid_20"
    assert measure_class_score(inception, pictures, splits=2).name == "inception_score_20"


def test_inceptions_figures_are_of_its_features(inception, pictures):
    network, pixels = Toy(), torch.from_numpy(pictures).permute(0, 3, 1, 2)
    with torch.inference_mode():
        assert inception.features(pictures) == pytest.approx(network(pixels, True).double().numpy(), abs=1e-5)
        shares = network(pixels, False, True).double().numpy()
    assert inception.probabilities(pictures) == pytest.approx(shares, abs=1e-6)
    assert measure_frechet(inception, pictures, pictures).value == pytest.approx(0, abs=1e-3)


def test_in_any_other_space_a_frechet_distance_is_never_called_fid(pictures):
    figure = measure_frechet(Colours(), pictures, pictures[:10])
    assert figure.name == "frechet_colours_10"
    assert measure_kernel_distance(Colours(), pictures, pictures).name == "kernel_distance_colours_20"


@pytest.mark.parametrize("name", ["inception", "Inception v3", "FID", "fid_net", "kid"])
@pytest.mark.parametrize("one", [FRECHET, KERNEL_DISTANCE, CLASS_SCORE], ids=lambda one: one.name)
def test_a_network_that_only_calls_itself_inception_gets_no_such_name(one, name):
    impostor = Colours()
    impostor.name = name
    with pytest.raises(ValueError, match="only Inception's own figures"):
        name_by_network(one, impostor, 5000)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.usefixtures("optional_files")
def test_no_network_of_ours_makes_a_fid(name, pictures):
    if name in ASSETS and find_asset(name) is None:
        pytest.skip(f"the file of {name} is not here")
    network = load_network(name)
    figure = measure_frechet(network, pictures[:6], pictures[6:12])
    assert not figure.name.startswith(RESERVED)
    assert figure.name == f"frechet_{network.name}_6"
    assert np.isfinite(figure.value)
    assert figure.value > 0
    assert network.features(pictures[:2]) == pytest.approx(network.features(pictures[:6])[:2], abs=1e-3)


def test_a_class_score_of_the_meter_is_called_after_it(pictures):
    figure = measure_class_score(load_network("meter"), pictures, splits=2)
    assert figure.name.startswith("class_score_meter")
    assert 1 <= figure.value <= 8


def test_a_network_without_classes_has_no_class_score(pictures):
    with pytest.raises(ConfigError, match="colours gives no class probabilities"):
        measure_class_score(Colours(), pictures)


@pytest.mark.parametrize(("features", "classes"), [(2048, 1000), (512, 1008)])
def test_another_inception_is_refused(features, classes, tmp_path):
    path = export(Toy(features, classes), tmp_path / "other.pt")
    with pytest.raises(AssetError, match=f"it gives {features} and {classes} numbers, not 2048 features"):
        load_inception(path)


class Plain(nn.Module):
    """Knows nothing of features to return."""

    def forward(self, img: Tensor) -> Tensor:
        return img.float().mean([2, 3])


def test_a_file_that_is_no_inception_is_refused(tmp_path):
    with pytest.raises(AssetError, match="not the Inception of FID"):
        load_network(str(export(Plain(), tmp_path / "plain.pt")))
    (tmp_path / "text.pt").write_text("no program")
    with pytest.raises(AssetError, match=r"text\.pt is no TorchScript file"):
        load_network(str(tmp_path / "text.pt"))
    with pytest.raises(AssetError, match=r"cannot read .*none\.pt"):
        load_network(str(tmp_path / "none.pt"))


@pytest.mark.parametrize("name", ["mobileface", "squeezenet"])
def test_a_file_that_is_not_at_hand_can_be_fetched(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path))
    for loads in (load_identity, load_squeezenet):
        loads.cache_clear()
    with pytest.raises(AssetError, match=f"mien fetch {name}"):
        load_network(name)


def test_a_damaged_file_is_no_squeezenet(tmp_path, monkeypatch):
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path))
    load_squeezenet.cache_clear()
    (tmp_path / ASSETS["squeezenet"].filename).write_bytes(bytes(ASSETS["squeezenet"].size))
    with pytest.raises(AssetError, match=r"is not SqueezeNet 1\.1"):
        load_network("squeezenet")


def test_an_unknown_network_is_answered_with_those_that_exist():
    with pytest.raises(UnknownNameError, match="did you mean 'squeezenet'"):
        load_network("squeezent")


def test_a_set_of_one_picture_has_no_distance(pictures):
    with pytest.raises(ValueError, match="two of each set at least, not 1 and 20"):
        measure_frechet(Colours(), pictures[:1], pictures)
    with pytest.raises(ValueError, match="two of each set"):
        measure_kernel_distance(Colours(), pictures, pictures[:1])
    with pytest.raises(ValueError, match="no subsets of 30"):
        subset_distances(np.zeros((20, 2)), np.zeros((40, 2)), size=30)


def test_counts_are_written_short():
    assert [short_count(count) for count in (1, 400, 1000, 5000, 12_500)] == ["1", "400", "1k", "5k", "12500"]


def test_a_users_file_is_found_whatever_its_ending_looks_like(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    export(Toy(), tmp_path / "mine.PT")
    assert isinstance(load_network("~/mine.PT"), Inception)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.usefixtures("optional_files")
def test_no_pictures_have_no_vectors_of_the_same_length(name, pictures):
    if name in ASSETS and find_asset(name) is None:
        pytest.skip(f"the file of {name} is not here")
    network = load_network(name)
    assert network.features(pictures[:0]).shape == (0, network.features(pictures[:1]).shape[1])


def test_the_meters_features_are_what_it_reads_shape_and_expression_from(pictures):
    """Its two last layers, given these features, say what it says of the picture."""
    network = load_network("meter")
    inside = network.meter.network
    seen = torch.from_numpy(network.features(pictures)).float()
    raw = inside(network._sized(pictures))
    assert seen.shape == (20, 192 + 128)
    told = inside.expression(seen[:, 192:])[:, :17]
    assert torch.allclose(0.1 + 0.5 * told, raw.aus, atol=1e-4)
    pose = inside.shape(seen[:, :192])[:, -3:]
    assert torch.allclose(15 * pose, raw.pose, atol=1e-2)


def test_meters_are_looked_into_in_one_place(pictures):
    """Clips are compared in the same features as sets of pictures."""
    from mienkit.app.compare_motion import judge_features
    from mienkit.systems.meter import Meter

    network = load_network("meter")
    inside = network.meter.network
    model = Meter(Meter.Config(image_size=inside.image_size, width=8)).eval()
    model.network = inside
    with torch.inference_mode():
        seen = judge_features(model)(network._sized(pictures[:4]))
    assert np.array_equal(seen.double().numpy(), network.features(pictures[:4]))
