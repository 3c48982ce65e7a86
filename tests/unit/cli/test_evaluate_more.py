"""What stands below the tables of ``mien evaluate``: arrows of the catalogue, unknown figures, confusions."""

from math import nan

import pytest

from mienkit.app.compare_static import StaticComparison, StaticRow
from mienkit.cli.evaluate_more import editor_columns, mistaken, more_static_lines, static_columns, written
from mienkit.core.emotion import EMOTIONS
from mienkit.evaluation.interval import Estimate
from mienkit.evaluation.static_edit import StaticResult

NOBODY = Estimate(nan, nan, nan, 0)


def result(icc: float) -> StaticResult:
    known = Estimate(0.5, 0.4, 0.6, 400)
    return StaticResult(
        emotion=known, aus=known, region=known, identity=NOBODY, ssim=known, psnr=30.0, emotion_gain=known,
        aus_gain=known, region_gain=known, au_icc=Estimate(icc, icc - 0.1, icc + 0.1, 400), background=NOBODY,
    )  # fmt: skip


def comparison(**sets: float) -> StaticComparison:
    row = StaticRow(
        model="stargan", weights=None, told="emotion", emotions=EMOTIONS, edits=400, result=result(0.7),
        parameters=1, cpu_seconds=None, milliseconds=1.0, confusion={"fear": {"surprise": 9, "fear": 1}},
        sets=sets,
    )  # fmt: skip
    return StaticComparison(
        judge="j", recogniser=None, size=64, edits=400, people=9, exact=result(0.9), exact_sets=sets, rows=[row]
    )


def test_titles_have_the_arrows_of_the_catalogue_and_none_where_nobody_is_ranked():
    titles = [title for title, _ in (*editor_columns(), *static_columns())]
    assert "AU agreement, ICC(3,1) ↑" in titles
    assert "left after undoing, pixels ↓" in titles
    assert "background change, levels of 255" in titles


def test_further_figures_stand_with_their_intervals_and_unknown_ones_say_so():
    lines = more_static_lines(comparison())
    (row,) = [line for line in lines if line.startswith("| stargan, emotion |") and "0.70" in line]
    assert row == "| stargan, emotion | unknown | unknown | unknown | 0.70 [0.60, 0.80] | unknown |"
    assert "| stargan, emotion | fear for surprise, 9 of 10 |" in lines
    assert not any("kernel" in line for line in lines)


def test_figures_of_sets_stand_under_their_whole_names():
    lines = more_static_lines(comparison(kernel_distance_squeezenet_v1_1_400=-1.25))
    assert "| model, told | kernel_distance_squeezenet_v1_1_400 |" in lines
    assert "| exact | -1.25 |" in lines


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Estimate(0.5, 0.4, 0.6, 9), "0.50 [0.40, 0.60]"),
        (Estimate(0.5, nan, nan, 1), "0.50"),
        (NOBODY, "unknown"),
    ],
)
def test_a_figure_of_one_person_has_no_interval(one, text):
    assert written(one) == text


def test_nothing_is_mistaken_where_everything_is_met():
    assert mistaken({"fear": {"fear": 3, "anger": 0}}) == "nothing"
    assert mistaken({}) == "nothing"
