"""What the page of small models says of motion, and that it can be filled in."""

import sys
from dataclasses import replace
from math import nan

import numpy as np

from mienkit.app.compare_motion import ClipRow, MotionComparison, MotionRow
from mienkit.app.motion_proof import MotionReport
from mienkit.evaluation.interval import Estimate
from mienkit.evaluation.motion import MotionResult
from mienkit.evaluation.motion_clips import ClipResult


def estimate(value: float) -> Estimate:
    return Estimate(value, value - 0.01, value + 0.01, 180)


NOBODY = Estimate(nan, nan, nan, 0)
MOTION = MotionResult(
    own=estimate(0.73), nearest_mean=estimate(0.96), nearest=estimate(0.31), diversity=estimate(0.85),
    amplitude=estimate(1.02), trembling=estimate(0.004), spectrum=2.34,
)  # fmt: skip
CLIP = ClipResult(
    emotion=estimate(0.9), acd=estimate(0.2), acd_i=estimate(0.25), flicker=estimate(1.5), movement=estimate(0.021),
    diversity=estimate(0.95), frames=12.34,
)  # fmt: skip


def report() -> MotionReport:
    trained = {"parameters": 1_234_567, "cpu_seconds": 480.0}
    still = replace(MOTION, trembling=NOBODY, spectrum=nan)
    comparison = MotionComparison(
        emotions=("anger", "happiness"), people=30, asked=60, samples=4, size=64, recogniser="mobileface_v2",
        motions=[
            MotionRow(model="real", result=MOTION),
            MotionRow(model="still", result=still),
            MotionRow(model="motiongan", result=MOTION, **trained),
        ],
        clips=[
            ClipRow(model="real", result=CLIP, sees_face=True),
            ClipRow(model="motiongan + stretch", result=CLIP, sees_face=True, **trained),
            ClipRow(model="motiongan + texturegan", result=CLIP, sees_face=True, milliseconds=123.4, **trained),
            ClipRow(model="mocogan", result=CLIP, sees_face=False, milliseconds=9.9, **trained),
        ],
    )  # fmt: skip
    sheet = np.zeros((8, 8, 3), np.uint8)
    return MotionReport(
        comparison=comparison, faults={"tgan": "critic/real is nan"}, sheet=sheet, figures={"motiongan": sheet}
    )


def test_the_page_can_be_filled_in_and_holds_every_figure():
    from bench.motion import MOTION_MARKS, motion_page_lines
    from bench.small import PAGE
    from bench.table import fill_in

    lines = motion_page_lines(report(), ["| mocogan | `small` | width 16 (64) |"])
    assert any("images/small-clips.jpg" in line for line in lines)
    page = fill_in(PAGE.read_text(encoding="utf-8"), "\n".join(lines), MOTION_MARKS)
    assert (
        "| motiongan | 96 [95, 97] | 0.730 [0.720, 0.740] | 0.310 [0.300, 0.320] | 0.85 [0.84, 0.86] | "
        "1.02 [1.01, 1.03] | 0.4 | 2.3 | 1,234,567 | 8.0 |"
    ) in page
    assert (
        "| motiongan + texturegan | yes | 90 [89, 91] | 0.200 [0.190, 0.210] | 0.250 [0.240, 0.260] | 1.50 | 2.1 | "
        "0.95 [0.94, 0.96] | 12.3 | 1,234,567 | 8.0 | 123 |"
    ) in page
    assert "| tgan | critic/real is nan |" in page
    assert "| mocogan | `small` | width 16 (64) |" in page
    assert "acd_mobileface_v2 | acd_i_mobileface_v2" in page
    widths = {text.count("|") for text in page.splitlines() if text.startswith(("| mocogan | no", "| tgan |"))}
    assert len(widths) == 1


def test_both_parts_of_the_page_are_filled_in_without_touching_each_other():
    from bench.motion import MOTION_MARKS
    from bench.small import PAGE
    from bench.table import fill_in

    page = PAGE.read_text(encoding="utf-8")
    both = fill_in(fill_in(page, "of pictures"), "of motion", MOTION_MARKS)
    assert fill_in(fill_in(page, "of motion", MOTION_MARKS), "of pictures") == both
    assert both.count("of pictures\n\n<!-- measured: end -->") == 1
    assert both.count(f"of motion\n\n{MOTION_MARKS[1]}") == 1


def test_who_does_not_move_has_empty_cells():
    from bench.motion import mover_lines

    (still,) = (text for text in mover_lines(report().comparison) if text.startswith("| still |"))
    assert still.endswith("| 1.02 [1.01, 1.03] |  |  |  |  |")


def test_a_model_gets_its_own_rows_and_its_figure():
    from bench.motion import motion_model_lines

    told = dict(motion_model_lines(report()))
    assert list(told) == ["motiongan", "texturegan", "mocogan"]
    rows = {name: [text.split(" |")[0] for text in lines if text.startswith("| m")] for name, lines in told.items()}
    assert rows["motiongan"] == ["| motiongan", "| motiongan + stretch", "| motiongan + texturegan"]
    assert rows["texturegan"] == ["| motiongan + texturegan"]
    assert rows["mocogan"] == ["| mocogan"]
    assert "(../images/small/motiongan.jpg)" in told["motiongan"][-1]
    assert not any("images/small" in text for text in told["mocogan"])
    assert all(any(text.startswith("| real |") for text in lines) for lines in told.values())


def test_reductions_of_static_models_and_of_those_that_move_are_told_apart():
    from bench.small import reductions

    static, moving = ({name for name, *_ in reductions(moving=moving)} for moving in (False, True))
    assert not static & moving
    assert "ganimation" in static
    assert "texturegan" in moving


def test_the_page_shows_the_sheet_and_one_part_can_be_run_alone(tmp_path, monkeypatch, capsys):
    from bench import small

    done: list[str] = []
    for part in small.PARTS:
        monkeypatch.setitem(small.PARTS, part, lambda folder, workers, part=part: done.append(part) or [part])
    for arguments in ([], ["--only", "motion"], ["--only", "static"]):
        monkeypatch.setattr(sys, "argv", ["small", "--folder", str(tmp_path), *arguments])
        small.main()
    assert done == ["static", "motion", "motion", "static"]
    assert capsys.readouterr().out.split() == done
