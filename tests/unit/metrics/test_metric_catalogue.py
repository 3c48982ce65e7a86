"""Every figure of the folder is in the catalogue, and says what a table must know of it."""

import importlib
import math
import pkgutil
import re
from pathlib import Path

import pytest

from mienkit import metrics
from mienkit.core.errors import ConfigError, UnknownNameError
from mienkit.core.task import TASKS
from mienkit.metrics.acd import ACD, acd_names
from mienkit.metrics.au_agreement import AU_MAE
from mienkit.metrics.catalogue import METRICS, metric, ranking_metrics
from mienkit.metrics.diversity import DIVERSITY
from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY
from mienkit.metrics.metric import ARROWS, Metric
from mienkit.metrics.networks.network import name_by_network
from mienkit.metrics.ssim import SSIM

ROOT = Path(__file__).resolve().parents[3]
NOT_METRICS = {"catalogue", "metric"}
NEVER_RANK_EDITORS = {
    "ssim",
    "psnr",
    "identity",
    "background_change",
    "frechet",
    "kernel_distance",
    "class_score",
}


def declared() -> dict[str, list[Metric]]:
    """Return module -> the metrics that it itself describes."""
    found = {}
    for module in pkgutil.iter_modules(metrics.__path__):
        if not module.ispkg and module.name not in NOT_METRICS:
            content = vars(importlib.import_module(f"mienkit.metrics.{module.name}")).values()
            found[module.name] = [one for one in content if isinstance(one, Metric)]
    return found


def test_every_file_describes_a_metric_that_is_in_the_catalogue():
    assert [module for module, described in declared().items() if not described] == []
    described = {one.name for some in declared().values() for one in some}
    assert described == set(METRICS)
    assert sum(len(some) for some in declared().values()) == len(METRICS)


@pytest.mark.parametrize("one", METRICS.values(), ids=METRICS)
def test_a_metric_says_direction_unit_source_and_trap(one: Metric):
    assert one.better in ARROWS
    assert one.title
    assert one.source
    assert one.trap.endswith(".")
    assert one.unit or one.inception_name  # squared features have no unit worth a word
    assert set(one.ranks) | set(one.shows) <= set(TASKS)
    assert one.ranks or one.shows
    assert set(one.named_after) <= {"network", "judge", "count", "metric"}


def test_what_a_picture_left_alone_wins_is_shown_and_never_ranks_editors():
    shown = {name for name, one in METRICS.items() if "edit" in one.shows}
    assert shown >= NEVER_RANK_EDITORS
    for name in NEVER_RANK_EDITORS:
        with pytest.raises(ConfigError, match=f"{name} never ranks models: {METRICS[name].shown_because}"):
            METRICS[name].rank({"copy": 1.0}, "edit")
    assert {"acd", "acd_i"} <= {name for name, one in METRICS.items() if "animate" in one.shows}
    assert not NEVER_RANK_EDITORS & {one.name for one in ranking_metrics("edit")}


def test_models_are_ordered_by_the_direction_and_the_unknown_ones_are_last():
    values = {"a": 0.2, "b": 0.9, "c": math.nan, "d": 0.9}
    assert EMOTION_ACCURACY.rank(values, "edit") == ["b", "d", "a", "c"]
    assert AU_MAE.rank(values, "edit") == ["a", "b", "d", "c"]
    assert DIVERSITY.rank(values | {"e": 1.2}, "sample", real=1) == ["b", "d", "e", "a", "c"]
    with pytest.raises(ValueError, match="diversity needs the figure of real results"):
        DIVERSITY.rank(values, "sample")
    with pytest.raises(ConfigError, match="says nothing of the task 'edit'"):
        DIVERSITY.rank(values, "edit", real=1)


def test_a_figure_carries_what_it_depends_on_in_its_name():
    assert ACD.named("mobileface_v2") == "acd_mobileface_v2"
    assert acd_names("mobileface_v2") == ("acd_mobileface_v2", "acd_i_mobileface_v2")
    assert AU_MAE.named("meter 8e7bc87b") == "au_mae_meter_8e7bc87b"
    assert SSIM.named() == "ssim"
    for parts in (
        [],
        [
            "",
        ],
        ["one", "two"],
    ):
        with pytest.raises(ValueError, match="acd is named after network"):
            ACD.named(*parts)


def test_names_of_figures_lead_back_to_their_metrics():
    names = {
        "acd": ["acd", "acd_mobileface_v2"],
        "acd_i": ["acd_i_mobileface_v2"],
        "frechet": ["fid_5k", "frechet_squeezenet_v1_1_400"],
        "kernel_distance": ["kid", "kid_5k", "kernel_distance_meter_1k"],
        "class_score": ["inception_score_5k", "class_score_meter_5k"],
    }
    for found, figures in names.items():
        assert [metric(name).name for name in figures] == [found] * len(figures)
    with pytest.raises(UnknownNameError, match="no metric is called 'sssim'; did you mean 'ssim'"):
        metric("sssim")
    with pytest.raises(UnknownNameError):
        metric("ssim_5k")


def test_a_metric_that_is_only_shown_must_say_why():
    told = {"name": "x", "title": "x", "better": "lower", "unit": "x", "source": "x", "trap": "x."}
    with pytest.raises(ValueError, match="say why"):
        Metric(**told, shows=("edit",))
    with pytest.raises(ValueError, match="cannot both"):
        Metric(**told, shows=("edit",), ranks=("edit",), shown_because="x")


def test_the_guide_tells_of_every_metric_what_the_catalogue_says():
    told = {}
    for line in (ROOT / "docs" / "guides" / "metrics.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 6:
            told[cells[0].split("`")[1]] = (cells[1], cells[2], cells[3], cells[4])
    expected = {
        name: (f"{one.arrow} {one.better}", one.unit, ", ".join(one.named_after), one.source)
        for name, one in METRICS.items()
    }
    assert told == expected


def test_nothing_is_as_real_as_an_unknown_figure():
    """Every distance to NaN is NaN, and models would be listed in the order in which they were given."""
    with pytest.raises(ValueError, match="needs the figure of real results"):
        METRICS["diversity"].rank({"noise": 7.0, "good": 1.0}, "sample", float("nan"))


def test_no_figure_is_called_after_inception_unless_it_is_inceptions():
    class Other:
        name = "meter 8e7bc87b"

    for one in METRICS.values():
        assert not re.search("inception|fid|kid", one.name)
        if one.inception_name:
            assert not re.search("inception|fid|kid", name_by_network(one, Other(), 400))


def test_equal_figures_are_listed_by_name_and_unknown_ones_last():
    values = {"duchenne": 0.5, "lost": math.nan, "attgan": 0.5, "copy": 0.125}
    assert EMOTION_ACCURACY.rank(values, "edit") == ["attgan", "duchenne", "copy", "lost"]


@pytest.mark.parametrize("name", ["acdc", "frechetish_400", "fidget", "kids_5k"])
def test_a_name_that_only_begins_like_a_metric_is_none(name):
    with pytest.raises(UnknownNameError, match=f"no metric is called '{name}'"):
        metric(name)
