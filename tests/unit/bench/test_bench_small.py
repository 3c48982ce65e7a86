"""The page of all static models: what it says of reductions, and that it can be filled in."""

from dataclasses import replace
from math import nan

import numpy as np

from mienkit.app.compare_static import StaticComparison, StaticRow
from mienkit.app.small_proof import SmallReport
from mienkit.core.emotion import EMOTIONS
from mienkit.evaluation.interval import Estimate
from mienkit.evaluation.static_edit import StaticResult


def estimate(value: float) -> Estimate:
    return Estimate(value, value - 0.01, value + 0.01, 400)


def result(gain: float) -> StaticResult:
    nobody = Estimate(nan, nan, nan, 0)
    return StaticResult(
        emotion=estimate(0.9), aus=estimate(0.08), region=estimate(0.05), identity=nobody, ssim=estimate(0.95),
        psnr=31.26, emotion_gain=estimate(gain), aus_gain=estimate(0.0), region_gain=estimate(gain),
    )  # fmt: skip


def report() -> SmallReport:
    row = StaticRow(
        model="stargan", weights="0" * 64, told="emotion", emotions=EMOTIONS, edits=400, result=result(0.4),
        parameters=123_456, cpu_seconds=480.0, milliseconds=1.25,
    )  # fmt: skip
    comparison = StaticComparison(
        judge="a meter", recogniser=None, size=64, edits=400, people=200, exact=result(1.0),
        rows=[replace(row, model="copy"), row, replace(row, model="copy", emotions=EMOTIONS[:2])],
    )  # fmt: skip
    sheet = np.zeros((8, 8, 3), np.uint8)
    faults = {"lost": "a term is nan", "stargan (units)": "the sum overflows"}
    figures = dict.fromkeys(("warp", "stargan", "duchenne"), sheet)
    return SmallReport(comparison=comparison, faults=faults, judge_seconds=1200.0, sheet=sheet, figures=figures)


def test_the_page_can_be_filled_in_and_holds_every_figure():
    from bench.small import PAGE, page_lines
    from bench.table import fill_in

    page = fill_in(PAGE.read_text(encoding="utf-8"), "\n".join(page_lines(report())))
    (line,) = [line for line in page.splitlines() if line.startswith("| stargan | emotion |")]
    assert line == (
        "| stargan | emotion | 90 [89, 91] | 0.080 [0.070, 0.090] | 0 [-1, 1] | 0.050 [0.040, 0.060] | 40 [39, 41] |  "
        "| 0.950 | 31.3 | emotion, error | 123,456 | 8.0 | 1.2 |"
    )
    assert "| lost | a term is nan |" in page
    assert "took 20 CPU minutes" in page
    assert "Protocol static-edit-400: 400 edits of 200 people" in page


def test_a_models_page_gets_its_own_rows_and_figure():
    from bench.small import MODEL_PAGES, model_lines
    from bench.table import fill_in

    told = dict(model_lines(report()))
    assert "duchenne" not in told  # its page says what its released weights do, on photographs
    page = fill_in((MODEL_PAGES / "stargan.md").read_text(encoding="utf-8"), "\n".join(told["stargan"]))
    assert "| stargan | emotion | 90 [89, 91] |" in page
    assert "| stargan (units) | the sum overflows |" in page
    assert "| lost |" not in page
    assert [line.split(" |")[0] for line in told["stargan"] if line.startswith("| copy")] == ["| copy"]
    assert "(../images/small/stargan.jpg)" in page


def test_reductions_name_small_settings_and_the_usual_ones():
    from bench.small import reductions

    told = {(name, preset): text for name, preset, text in reductions()}
    assert "image_size 64 (128)" in told["ganimation", "`small`"]
    assert "conv_dim 24 (64)" in told["ganimation", "`small`"]
    assert "gp_step" not in told["ganimation", "`small`"]


def test_the_page_shows_the_sheet():
    from bench.small import PAGE, SHEET

    assert f"images/{SHEET.name}" in PAGE.read_text(encoding="utf-8")
