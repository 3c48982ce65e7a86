"""A planted defect is caught by the metrics that should, left alone by those that should not, and `copy` never wins.

Edits are of drawn people, whose units, landmarks and exact results are known (``defects``).
"""

import numpy as np
import pytest
import torch
from defects import DEFECTS, EDITORS, HEALTHY, PEOPLE, add_grain, figures, looks, name_of, real_pictures, results

from mienkit.assets.fetch import find_asset
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.image import to_float
from mienkit.data.drawn import draw_faces
from mienkit.metrics.acd import acd, acd_i
from mienkit.metrics.catalogue import METRICS, ranking_metrics
from mienkit.metrics.flicker import flicker
from mienkit.metrics.frechet import frechet_distance, measure_frechet
from mienkit.metrics.inception_score import inception_score
from mienkit.metrics.kernel_distance import kernel_distance, measure_kernel_distance
from mienkit.metrics.networks import load_network
from mienkit.metrics.networks.network import FeatureNetwork

EXACT = {"dose_slope": 1.0}
"""Figures of exact results, where those are the best."""
OF_UNITS = ("au_mae", "au_pcc", "au_icc", "emotion_accuracy", "dose_r2", "dose_spearman", "dose_slope",
            "leakage_on_target", "leakage_worst", "copy_corrected")  # fmt: skip
OF_PIXELS = ("ssim", "psnr", "background_change", "reversibility_pixels")
CATCH = {
    "identity swapped": ("identity", "gain_identity_area", *OF_PIXELS),
    "wrong AU": (*OF_UNITS, "gain_identity_area"),
    "frozen": (*OF_UNITS, "gain_identity_area", "reversibility_pixels", "reversibility_aus"),
    "noise": ("frechet", "kernel_distance", "class_score", *OF_PIXELS),
}
"""Defect -> metrics that must tell it from a healthy edit."""
QUIET = {
    "identity swapped": (*OF_UNITS, "reversibility_aus"),
    "wrong AU": ("identity", "background_change", "frechet", "reversibility_pixels", "reversibility_aus"),
    "frozen": ("identity", "background_change"),
    "noise": (*OF_UNITS, "identity", "gain_identity_area", "reversibility_aus"),
}
"""Defect -> metrics that must not."""
FLAGGED = 0.2
"""A loss that is higher by this share of the healthy edit's figure is seen in any table."""
SILENT, FAINT = 0.05, {"background_change": 0.5}
"""One that differs by less than this share, or than so much in the metric's unit, 0.03 otherwise, is not."""


def pairs(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(defect, metric) for defect, metrics in table.items() for metric in metrics]


def load_or_skip(name: str) -> FeatureNetwork:
    """Load a network whose file is optional."""
    if find_asset(name) is None:
        pytest.skip(f"the file of {name} is not here")
    return load_network(name)


def added_loss(defect: str, metric: str) -> float:
    """Return how much worse a metric finds a defect than a healthy edit."""
    bad, good = (
        METRICS[metric].loss(figures(name)[metric], EXACT.get(metric)) for name in (name_of(defect), "healthy")
    )
    return bad - good


@pytest.mark.parametrize(("defect", "metric"), pairs(CATCH))
def test_a_planted_defect_is_caught(defect: str, metric: str) -> None:
    assert added_loss(defect, metric) > FLAGGED * abs(figures("healthy")[metric])


@pytest.mark.parametrize(("defect", "metric"), pairs(QUIET))
def test_a_metric_does_not_react_to_what_is_not_its_business(defect: str, metric: str) -> None:
    assert abs(added_loss(defect, metric)) < max(SILENT * abs(figures("healthy")[metric]), FAINT.get(metric, 0.03))


def test_every_defect_is_caught_by_a_metric_that_ranks_and_every_metric_that_ranks_catches_one() -> None:
    ranking = {one.name for one in ranking_metrics("edit")}
    assert set(CATCH) == set(DEFECTS)
    assert [defect for defect, metrics in CATCH.items() if not ranking & set(metrics)] == []
    assert ranking - {metric for metrics in CATCH.values() for metric in metrics} == set()


@pytest.mark.parametrize("one", ranking_metrics("edit"), ids=lambda one: one.name)
def test_no_metric_that_ranks_editors_ranks_copy_first(one) -> None:
    """Nor before any other editor that does what is asked for; a metric that has no figure here fails."""
    values = {editor: figures(editor)[one.name] for editor in EDITORS}
    assert one.rank(values, "edit", EXACT.get(one.name))[-1] == "copy"
    losses = {editor: one.loss(value, EXACT.get(one.name)) for editor, value in values.items()}
    assert losses["copy"] > max(losses[editor] for editor in EDITORS if editor != "copy")


@pytest.mark.parametrize("name", ["ssim", "psnr", "identity", "background_change"])
def test_what_never_ranks_would_have_put_copy_before_an_edit_that_does_what_is_asked(name: str) -> None:
    """So the reason in the catalogue is true: a right expression, a little soft, loses to the picture left alone."""
    metric = METRICS[name]
    assert metric.loss(figures("copy")[name]) < metric.loss(figures("soft")[name])


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_pictures_left_alone_are_nearest_to_the_table_that_they_are_of(distance) -> None:
    network = load_network("meter")
    before, after, exact = (
        network.features(getattr(results("healthy"), name)) for name in ("before", "after", "exact")
    )
    assert distance(before, before) < min(distance(after, before), distance(exact, before))


def test_pictures_of_many_expressions_have_the_class_score_of_the_exact_edits_that_swap_them() -> None:
    shown = results("healthy").seen
    asked_of_others = np.roll(shown, 5, axis=0)
    assert inception_score(shown, splits=1) == pytest.approx(inception_score(asked_of_others, splits=1))


def test_every_metric_that_is_shown_of_editors_has_its_reason_tried() -> None:
    tried = {"ssim", "psnr", "identity", "background_change", "frechet", "kernel_distance", "class_score"}
    assert {one.name for one in METRICS.values() if "edit" in one.shows} == tried | {"mds_share"}


@pytest.mark.usefixtures("optional_files")
@pytest.mark.parametrize("measure", [measure_frechet, measure_kernel_distance])
def test_noise_is_caught_in_squeezenets_features(measure) -> None:
    network = load_or_skip("squeezenet")
    real = real_pictures()[::2]
    noisy, healthy = (measure(network, results(name).after[::2], real).value for name in ("noise", "healthy"))
    assert noisy > 1.2 * healthy


@pytest.mark.usefixtures("optional_files")
def test_a_swapped_person_is_caught_by_mobileface() -> None:
    network = load_or_skip("mobileface")
    cosine = {}
    for name in ("healthy", "identity swapped"):
        made = results(name)
        before, after = (
            network.features(made.before, made.before_landmarks),
            network.features(made.after, made.landmarks),
        )
        cosine[name] = (before * after).sum(1).mean()
    assert cosine["healthy"] - cosine["identity swapped"] > 0.2


@pytest.fixture(scope="module")
def clips() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Show a person who begins to smile, (T, S, S, 3), and the landmarks: healthy, swapped half-way, and noisy."""
    smile = emotion_aus(EMOTIONS[5]).numpy() * np.linspace(0, HEALTHY, 8)[:, None]
    swapped = np.where(np.arange(8) < 4, 3, 3 + PEOPLE)
    drawn = {
        name: draw_faces(people, smile, size=64, pose=False, scene=np.full(8, 3))
        for name, people in {"healthy": np.full(8, 3), "identity swapped": swapped}.items()
    }
    told = {name: (one.images, one.landmarks) for name, one in drawn.items()}
    return told | {"noise": (add_grain(drawn["healthy"].images), drawn["healthy"].landmarks)}


def test_a_person_who_changes_in_a_clip_is_caught_by_acd(clips) -> None:
    vectors = {name: looks(*clip) for name, clip in clips.items()}
    assert acd(vectors["identity swapped"]) > 5 * acd(vectors["healthy"])
    assert acd_i(vectors["identity swapped"], vectors["healthy"][0]) > 5 * acd_i(
        vectors["healthy"], vectors["healthy"][0]
    )


def test_noise_in_a_clip_is_caught_by_flicker(clips) -> None:
    told = {name: flicker(to_float(frames), torch.from_numpy(points)) for name, (frames, points) in clips.items()}
    assert told["noise"] > 2 * told["healthy"]
