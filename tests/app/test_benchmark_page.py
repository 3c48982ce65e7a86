"""The page of a benchmark: whole in one file, sound HTML, and honest about who judges and who fails."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app.benchmark.column import FAMILIES, family_of
from mienkit.app.benchmark.line import Line
from mienkit.app.benchmark.plot import Frame, Series, heat_map, line_plot, steps
from mienkit.app.benchmark.report import make_report
from mienkit.app.benchmark.summary import best_of

VOID = {"meta", "img", "wbr", "br"}
NASTY = '<script>alert("x")</script> & \'"'


class Sound(HTMLParser):
    """Follows HTML and notes what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.outside: list[str] = []
        self.words: list[str] = []
        self.anchors: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if len(values) != len(attrs):
            self.faults.append(f"{tag} has an attribute twice")
        if tag == "img" and not values.get("alt"):
            self.faults.append("a picture without words")
        self.ids += [values["id"]] if "id" in values else []
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            place = values.get(name) or ""
            if place.startswith("#"):
                self.anchors.append(place[1:])
            elif place and not place.startswith("data:"):
                self.outside.append(place)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        if not {"svg"} & set(self.open):
            self.faults.append(f"{tag} closes itself outside of a drawing")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)


def read(page: str) -> Sound:
    sound = Sound()
    sound.feed(page)
    sound.close()
    return sound


def curve(top: float) -> dict[str, object]:
    doses = [0.0, 0.5, 1.0]
    return {
        "unit": "AU12", "doses": doses, "mean": [0, top / 2, top], "low": [0, 0, 0], "high": [0, top, top],
        "exact": 0.8, "people": 40,
    }  # fmt: skip


def a_line(model: str, value: float, **changes: object) -> Line:
    """A line of photographs with everything that a page can show."""
    values: dict[str, object] = {
        "fingerprint": f"{model}{changes.get('judge', '')}{changes.get('seed', 0)}{changes.get('weights', '')}",
        "protocol": "edit-doses-40",
        "table": "photos",
        "seed": 0,
        "judge": "judge 1",
        "model": model,
        "name": model,
        "weights": model,
        "figures": {"gain_identity": [value, value - 0.1, value + 0.1, 40], "au_error": [1 - value, None, None, 40]},
        "counts": {"people": 40, "edits": 100, "missing": 0},
        "parameters": 2_000_000,
        "bytes": 4_000_000,
        "milliseconds": 12.5,
        "details": {
            "responses": [curve(value)],
            "gain": {"doses": [0.5, 1.0], "gains": [value / 2, value], "identities": [0.95, 0.9]},
            "leak": {"AU12": {"AU12": value, "AU1": -0.1}, "AU1": {"AU12": 0.0, "AU1": 0.2}},
        },
        **changes,
    }
    return Line(**values)  # type: ignore[arg-type]


@pytest.fixture
def lines(tmp_path: Path) -> list[Line]:
    """Some models, one of which failed and one of which has a nasty name."""
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "face.jpg")
    shown = {
        "contact": [{"asked": "AU12 <1>", "before": "face.jpg", "after": "face.jpg"}],
        "failures": [{"asked": "AU4", "before": "face.jpg", "after": "face.jpg", "note": "0.31"}],
    }
    return [
        a_line("copy", 0.0, kind="trivial", pictures=shown),
        a_line("good", 0.8, pictures=shown),
        a_line(NASTY, 0.5, pictures=shown, marks=[f"taught it {NASTY}"]),
        a_line("broken", 0.0, failed=f"DataError: {NASTY}", figures={}, details={}),
        a_line("late", 0.2, pictures={"contact": [{"asked": "AU12 <1>", "after": "gone.jpg"}]}),
    ]


def test_the_page_needs_nothing_but_itself(tmp_path, lines):
    page = make_report(tmp_path, lines)
    assert read(page).outside == []
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", page)
    assert page.count("data:image/jpeg;base64,") == 9


def test_the_page_is_sound(tmp_path, lines):
    sound = read(make_report(tmp_path, lines))
    assert sound.faults == []
    assert sound.open == []
    assert len(set(sound.ids)) == len(sound.ids)
    assert set(sound.anchors) <= set(sound.ids)


def test_names_cannot_become_code(tmp_path, lines):
    page = make_report(tmp_path, lines)
    assert page.count("<script>") == 1
    assert "<script>alert" not in page
    assert NASTY in "".join(read(page).words)


def test_every_drawing_has_words_for_who_cannot_see_it(tmp_path, lines):
    drawings = re.findall(r"<svg [^>]*>", make_report(tmp_path, lines))
    assert len(drawings) > 8
    assert all('role="img" aria-label="' in one or 'aria-hidden="true"' in one for one in drawings)
    assert any("good ends at gain 0.80, identity 0.90" in one for one in drawings)


def test_who_failed_and_which_picture_is_missing_is_said(tmp_path, lines):
    words = "".join(read(make_report(tmp_path, lines)).words)
    assert f"broken: DataError: {NASTY}" in words
    assert "late: AU12 <1>: no picture" in words


def test_the_best_is_marked_and_copy_never_is(tmp_path, lines):
    page = make_report(tmp_path, lines)
    (marked,) = {row for row in re.findall(r'<tr class="\w+">.*?</tr>', page) if 'class="best"' in row}
    assert ">good<" in marked
    columns = {one.name: one for one in family_of("edit-doses-40").columns}
    assert best_of(columns["gain_identity"], [a_line("copy", 0.9, kind="trivial"), *lines[1:3]]) == 0.8
    assert best_of(columns["identity_units"], lines) is None


def test_who_made_the_exact_changes_competes_with_nobody(tmp_path):
    page = make_report(tmp_path, [a_line("morphable", 0.9, kind="maker"), a_line("good", 0.5), a_line("late", 0.2)])
    (marked,) = {row for row in re.findall(r'<tr class="\w+">.*?</tr>', page) if 'class="best"' in row}
    assert ">good<" in marked
    assert "made the exact changes" in page


def test_several_trainings_have_a_row_with_their_range(tmp_path):
    trainings = [
        a_line(f"stargan {name}", value, name="stargan", weights=name) for name, value in (("a", 0.2), ("b", 0.6))
    ]
    page = make_report(tmp_path, trainings)
    assert "stargan: mean of 2 trainings" in page
    assert "0.40<small>0.20 to 0.60</small>" in page


def test_several_draws_of_people_have_a_row_too(tmp_path):
    page = make_report(tmp_path, [a_line("good", 0.2), a_line("good", 0.6, seed=1)])
    assert "good: mean of 2 draws of people" in page


def test_judges_that_order_models_the_other_way_round_disagree(tmp_path):
    models = ("a", "b", "c")
    first = [a_line(name, value) for name, value in zip(models, (0.1, 0.5, 0.9), strict=True)]
    second = [a_line(name, value, judge="judge 2") for name, value in zip(models, (0.9, 0.5, 0.1), strict=True)]
    page = make_report(tmp_path, first + second)
    assert "Do the judges agree?" in page
    assert "\N{MINUS SIGN}1.00" in page
    assert "Do the judges agree?" not in make_report(tmp_path, first)


def test_a_benchmark_of_nothing_is_a_page(tmp_path):
    assert read(make_report(tmp_path, [])).faults == []


def test_a_protocol_of_a_newer_mienkit_is_shown_without_columns(tmp_path):
    page = make_report(tmp_path, [a_line("good", 0.3, protocol="hands-9", details={})])
    assert "Protocol hands-9" in page


def test_directions_are_those_of_the_catalogue():
    columns = {one.name: one for family in FAMILIES.values() for one in family.columns if one.of}
    assert columns["dose_slope"].arrow == "≈"
    assert columns["spectrum"].arrow == "↓"
    for family in FAMILIES.values():
        for column in family.columns:
            assert not (column.of and column.ranks and not column.of.ranks), column.name


def test_points_of_a_plot_stand_where_the_axis_says():
    frame = Frame(x=(0, 1), y=(0, 2), width=114, height=72, left=0, bottom=0)
    assert frame.at(0, 0) == "0.0,72.0"
    assert frame.at(1, 2) == "100.0,12.0"
    drawn = line_plot("x", frame, [Series(name="one", number=0, x=[0, 1], y=[0, 2])])
    assert 'points="0.0,72.0 100.0,12.0"' in drawn


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ((0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ((-0.2, 0.3), [-0.2, -0.1, 0, 0.1, 0.2, 0.3]),
        ((0.8, 1), [0.8, 0.85, 0.9, 0.95, 1]),
    ],
)
def test_numbers_of_an_axis_are_round(ends, found):
    assert steps(ends, 6) == pytest.approx(found)


def test_a_map_shows_how_much_and_which_way():
    drawn = heat_map("map", {"AU1": {"AU1": 0.5, "AU2": -0.25}}, full=0.5)
    assert re.findall(r'class="(rise|fall)"[^>]*fill-opacity="([\d.]+)"', drawn) == [("rise", "1.00"), ("fall", "0.50")]
    assert "AU1 asked, AU2 measured: -0.25" in drawn
    assert drawn.count('class="own"') == 1
