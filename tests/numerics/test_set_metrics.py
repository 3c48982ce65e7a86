"""Distances of sets, class scores and SqueezeNet against independent implementations and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch.nn.functional import conv2d, max_pool2d
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance, poly_mmd

from mienkit.assets.fetch import find_asset
from mienkit.metrics.frechet import frechet_distance
from mienkit.metrics.inception_score import inception_score
from mienkit.metrics.kernel_distance import kernel_distance, subset_distances
from mienkit.metrics.networks.squeezenet import FIRES, MEAN, SqueezeNet, load_squeezenet


def vectors(seed: int, count: int = 30, size: int = 8, shift: float = 0.0) -> np.ndarray:
    return shift + np.random.default_rng(seed).normal(size=(count, size))


def test_a_kernel_distance_is_torchmetrics_own():
    first, second = vectors(0), vectors(1, shift=0.5)
    expected = poly_mmd(torch.from_numpy(first), torch.from_numpy(second)).item()
    assert kernel_distance(first, second) == pytest.approx(expected, rel=1e-10)


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")
def test_a_kernel_distance_is_that_of_torchmetrics_class_with_the_pixels_as_features():
    metric = KernelInceptionDistance(feature=torch.nn.Flatten(), subsets=1, subset_size=30)
    pictures = torch.randint(256, (2, 30, 3, 4, 4), generator=torch.Generator().manual_seed(0)).float() / 255
    metric.update(pictures[0], real=True)
    metric.update(pictures[1], real=False)
    expected = metric.compute()[0].item()
    assert kernel_distance(*pictures.flatten(2).numpy()) == pytest.approx(expected, abs=1e-5)


def test_a_kernel_distance_of_four_numbers_is_the_one_by_hand():
    # (x y + 1)^3: within {0, 1} 1, within {2, 3} 343, between 1, 1, 27, 64.
    assert kernel_distance([[0.0], [1]], [[2.0], [3]]) == pytest.approx(1 + 343 - 2 * (1 + 1 + 27 + 64) / 4)


def test_a_kernel_distance_has_no_bias():
    """Over many samples of the same it is 0 in the mean; with the diagonal it would be 2 (E k(x,x) - E k(x,y)) / N."""
    values = [kernel_distance(vectors(2 * seed, 12), vectors(2 * seed + 1, 12)) for seed in range(400)]
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(400)
    assert np.std(values) / math.sqrt(400) < 0.03  # far below the bias that there would be: 2 * (8 - 1) / 12


def test_subsets_scatter_around_the_whole():
    first, second = vectors(0, 200), vectors(1, 200, shift=0.3)
    parts = subset_distances(first, second, size=50, count=60, seed=3)
    assert parts.mean() == pytest.approx(kernel_distance(first, second), abs=3 * parts.std() / math.sqrt(60))
    assert parts.std() > 0


def test_sets_of_different_sizes_are_compared():
    """E k is linear: a set that is doubled has the same mean kernel with others, its pairs of twins aside."""
    first, second = vectors(0, 5), vectors(1, 9, shift=1)
    kernel = (np.concatenate([first, second]) @ np.concatenate([first, second]).T / 8 + 1) ** 3
    of_a, of_b, between = kernel[:5, :5], kernel[5:, 5:], kernel[:5, 5:]
    expected = of_a[~np.eye(5, dtype=bool)].mean() + of_b[~np.eye(9, dtype=bool)].mean() - 2 * between.mean()
    assert kernel_distance(first, second) == pytest.approx(expected)


def test_the_score_of_one_clear_picture_of_each_class_is_the_number_of_classes():
    assert inception_score(np.eye(7), splits=1) == pytest.approx((7, 0))
    mean, spread = inception_score(np.tile(np.eye(4), (2000, 1)), splits=10)
    assert mean == pytest.approx(4, abs=0.02)
    assert spread < 0.02


def test_the_score_of_pictures_that_say_nothing_is_one():
    assert inception_score(np.full((20, 5), 0.2), splits=2) == pytest.approx((1, 0))


def test_the_score_of_two_half_sure_pictures_has_a_closed_form():
    # p = 0.9 / 0.1 and its mirror image: KL to the half-half mean is log 2 - H(0.9).
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert inception_score([[0.9, 0.1], [0.1, 0.9]], splits=1)[0] == pytest.approx(2 / math.exp(entropy))


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore`", "ignore:std..")
def test_the_score_is_torchmetrics_own():
    logits = torch.randn(40, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    metric = InceptionScore(feature=torch.nn.Identity(), splits=1)
    metric.update(logits)
    expected = metric.compute()[0].item()
    assert inception_score(logits.softmax(1).numpy(), splits=1)[0] == pytest.approx(expected, rel=1e-6)


def squeezenet_by_hand(state: dict[str, torch.Tensor], pixels: torch.Tensor) -> torch.Tensor:
    """Follow the description of the file, (B, 3, H, W) of 0..255 in RGB, without any class of ours."""
    blue_first = pixels[:, [2, 1, 0]] - torch.tensor(MEAN).view(1, 3, 1, 1)
    x = conv2d(blue_first, state["conv1.weight"], state["conv1.bias"], stride=2).relu()
    for name in ("pool", "fire2", "fire3", "pool", "fire4", "fire5", "pool", "fire6", "fire7", "fire8", "fire9"):
        if name == "pool":
            x = max_pool2d(x, 3, 2)
            continue
        part = {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}
        inner = conv2d(x, part["squeeze1x1.weight"], part["squeeze1x1.bias"]).relu()
        one = conv2d(inner, part["expand1x1.weight"], part["expand1x1.bias"]).relu()
        three = conv2d(inner, part["expand3x3.weight"], part["expand3x3.bias"], padding=1).relu()
        x = torch.cat([one, three], 1)
    return x


def test_squeezenet_is_what_its_description_says():
    torch.manual_seed(0)
    network = SqueezeNet().eval()
    for weight in network.parameters():
        if weight.ndim > 1:  # as they are made, 17 layers on nothing is left of the picture
            torch.nn.init.kaiming_normal_(weight, nonlinearity="relu")
    pixels = torch.randint(256, (2, 3, 64, 64)).float()
    with torch.inference_mode():
        expected = squeezenet_by_hand(network.state_dict(), pixels)
        told = network(pixels / 127.5 - 1)
    assert told.shape == (2, FIRES[-1][2] * 2, 3, 3)
    assert torch.allclose(told, expected, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.usefixtures("optional_files")
def test_squeezenets_file_fits_and_gives_maps_of_13():
    if find_asset("squeezenet") is None:
        pytest.skip("the file of squeezenet is not here")
    network = load_squeezenet().network
    with torch.inference_mode():
        maps = network(torch.zeros(1, 3, 224, 224))
    assert maps.shape == (1, 512, 13, 13)
    assert sum(weight.numel() for weight in network.parameters()) == 722_496


def test_a_class_score_does_not_hang_on_the_order_of_the_pictures():
    """Pictures come sorted by what was asked for; cut up like that, a part would show one class, whose score is 1."""
    shares = np.repeat(np.eye(8), 200, axis=0)
    sorted_by_class, _ = inception_score(shares)
    mixed, _ = inception_score(shares[np.random.default_rng(9).permutation(len(shares))])
    assert sorted_by_class == pytest.approx(mixed, abs=0.2)
    assert sorted_by_class > 7.7


@pytest.mark.parametrize(("count", "size"), [(300, 6), (12, 40)], ids=["many", "fewer than features"])
def test_a_frechet_distance_is_that_of_scipys_matrix_root(count, size):
    """With fewer vectors than features both covariances are singular."""
    first, second = vectors(0, count, size), vectors(1, count + 5, size, shift=0.4) * 1.3
    of_a, of_b = (np.cov(one, rowvar=False) for one in (first, second))
    shift = np.square(first.mean(0) - second.mean(0)).sum()
    expected = shift + np.trace(of_a) + np.trace(of_b) - 2 * np.trace(sqrtm(of_a @ of_b)).real
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-6)


def test_a_frechet_distance_of_features_that_share_nothing_is_the_sum_of_their_spreads():
    """Covariances on different axes have no product: tr C1 + tr C2 + |m1 - m2|^2, by hand."""
    first, second = np.array([[0.0, 0], [2, 0]]), np.array([[1.0, 3], [1, 7]])
    assert frechet_distance(first, second) == pytest.approx(2 + 8 + 25)


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(
    ("second", "said"),
    [
        (np.full((5, 3), np.nan), "some have none"),
        (np.full((5, 3), np.inf), "some have none"),
        (np.zeros((5, 2)), r"not \(4, 3\) and \(5, 2\)"),
        (np.zeros(3), r"\(N, D\)"),
        (np.zeros((1, 3)), "two of each set at least, not 4 and 1"),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(distance, second, said):
    with pytest.raises(ValueError, match=said):
        distance(vectors(0, 4, 3), second)
