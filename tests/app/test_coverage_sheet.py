"""The picture of what a table covers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app.coverage_sheet import (
    ABSENT,
    PANEL,
    TRACE,
    WARNING,
    Bar,
    bar_length,
    bar_places,
    draw_coverage,
    panel_corner,
    share,
    short_count,
    write_coverage,
)
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.image import Picture
from mienkit.data.coverage import Coverage, Part, UnitCoverage
from mienkit.inference.sheet import TEAL

OFTEN = UnitCoverage(levels=[800, 100, 50, 30, 15, 5], unknown=0, shown=150)


def made(**units: UnitCoverage) -> Coverage:
    return Coverage(
        faces=1000,
        subjects=40,
        units={**dict.fromkeys(ACTION_UNITS, OFTEN), **units},
        emotions={**dict.fromkeys(EMOTIONS, 100), "unknown": 200},
        splits={name: Part(faces=500, subjects=20) for name in ("train", "val", "test")},
        folds={},
        sources={"rafd": 1000},
        measurers={"meter 1": 1000},
        warnings=[],
    )


def panel(sheet: Picture, number: int) -> Picture:
    left, top = panel_corner(number)
    return sheet[top : top + PANEL[1], left : left + PANEL[0]]


def area(picture: Picture, color: tuple[int, int, int]) -> int:
    return int((picture == color).all(-1).sum())


def test_a_unit_of_which_more_is_shown_has_more_colour() -> None:
    sheet = draw_coverage("t", made(AU4=replace(OFTEN, levels=[998, 1, 1, 0, 0, 0])))
    often, seldom = (panel(sheet, ACTION_UNITS.index(name)) for name in ("AU12", "AU4"))
    assert area(often, TEAL) > 5 * area(seldom, TEAL) > 0
    assert area(often, TRACE) > area(seldom, TRACE) > 0
    assert area(often, ABSENT) < area(seldom, ABSENT)


def test_a_unit_that_hardly_any_face_shows_is_marked() -> None:
    few = UnitCoverage(levels=[990, 5, 5, 0, 0, 0], unknown=0, shown=5)
    never = UnitCoverage(levels=[0] * 6, unknown=1000, shown=0)
    sheet = draw_coverage("t", made(AU5=few, AU9=never))
    marked = [name for number, name in enumerate(ACTION_UNITS) if area(panel(sheet, number), WARNING) > 20]
    assert marked == ["AU5", "AU9"]
    assert area(panel(sheet, ACTION_UNITS.index("AU9")), TEAL) == 0


def test_equal_ratios_are_equal_steps_and_all_faces_fill_the_room() -> None:
    assert bar_length(0, 999, 120) == 0
    assert [bar_length(count, 999, 120) for count in (9, 99, 999)] == [40, 80, 120]


def test_bars_stand_beside_each_other_within_the_panel() -> None:
    bars = [Bar(name=name, count=1, color=TEAL) for name in "0ABCDE"]
    places = list(bar_places([*bars, Bar(name="unknown", count=1, color=TEAL, hollow=True)]))
    assert len(places) == 7
    edges = [edge for place in places for edge in place]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= PANEL[0]
    assert places[-1][1] - places[-1][0] > places[0][1] - places[0][0]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (9999, "9,999"), (12_345, "12.3k"), (99_949, "99.9k"), (123_456, "123k"), (999_600, "1.00M")],
)
def test_numbers_over_bars_are_short(count: int, text: str) -> None:
    assert short_count(count) == text


def test_a_few_are_never_none_and_nearly_all_never_all() -> None:
    assert [share(count, 1000) for count in (0, 1, 250, 999, 1000)] == ["0%", "<1%", "25%", ">99%", "100%"]


def test_the_picture_is_written_whole_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        write_coverage(tmp_path / name, "faces.table", made())
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]
    read = np.asarray(Image.open(tmp_path / "one.png"))
    assert read.shape == draw_coverage("faces.table", made()).shape


def test_an_empty_table_can_be_drawn() -> None:
    nothing = UnitCoverage(levels=[0] * 6, unknown=0, shown=0)
    empty = replace(
        made(**dict.fromkeys(ACTION_UNITS, nothing)), faces=0, subjects=0, measurers={"unknown": 0},
        emotions=dict.fromkeys((*EMOTIONS, "unknown"), 0), splits={"train": Part(faces=0, subjects=0)},
    )  # fmt: skip
    assert area(draw_coverage("t" * 200, empty), ABSENT) == 0


def test_the_verb_draws_what_any_table_covers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_table(tmp_path / "t", DrawRequest(count=12, size=16))
    out = tmp_path / "coverage.png"
    line = ["data", "show", str(tmp_path / "t"), "--coverage", str(out)]
    assert main(line) == 0
    assert "wrote what the table covers to" in capsys.readouterr().out
    assert main([*line, "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["coverage"]
    assert (told["faces"], told["subjects"], sum(told["units"]["AU12"]["levels"])) == (12, 3, 12)
    assert main(line) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["data", "show", str(tmp_path / "t"), "--coverage", str(tmp_path / "t/table.json"), "--force"]) == 2
    assert "is an input" in capsys.readouterr().err
