"""What is folded away on the page: confusions, units, identities on a plane, further figures, whole sets."""

import re
from pathlib import Path

import numpy as np
import pytest
from test_benchmark_page import NASTY, read

from mienkit.app.benchmark.column import FAMILIES
from mienkit.app.benchmark.folded import confusion_part, doses_part, people_part, units_part
from mienkit.app.benchmark.identity_map import EDITS, identity_map
from mienkit.app.benchmark.line import Line, read_lines
from mienkit.app.benchmark.plot import heat_map
from mienkit.app.benchmark.report import make_report
from mienkit.app.benchmark.set_column import set_columns
from mienkit.app.confusion import named_confusion
from mienkit.core.emotion import EMOTIONS

CONFUSION = {"happiness": {"happiness": 3, "anger": 1}, "fear": {"surprise": 4}}
UNITS = {"AU12": {"mae": 0.1, "pcc": -0.004, "icc": 0.71}, "AU9": {"mae": None, "pcc": None, "icc": None}}
DOSE = {"AU12": {"r2": 0.98, "spearman": 1.0, "slope": 0.43, "single": [0.2, 0.55, 0.81], "people": 40}}
PLANE = {
    "share": 0.62,
    "people": [
        {"before": [0.3, 0.1], "edits": [{"asked": "AU12", "at": [0.2, 0.1]}, {"asked": NASTY, "at": [0.1, 0.0]}]},
        {"before": [-0.4, -0.2], "edits": [{"asked": "AU12", "at": [-0.3, -0.1]}]},
    ],
}


def a_line(model: str, **changes: object) -> Line:
    """A line with everything that is folded away."""
    values: dict[str, object] = {
        "fingerprint": model, "protocol": "static-edit-400", "table": "drawn", "seed": 0, "judge": "judge 1",
        "model": model, "name": model,
        "figures": {
            "region_gain": [0.5, 0.4, 0.6, 400],
            "background": [1.25, 1.0, 1.5, 400],
            "kernel_distance_squeezenet_v1_1_400": [-1.23, None, None, None],
            "kid_400": [0.0123, None, None, None],
            "frechet_squeezenet_v1_1_400": [45.6, None, None, None],
            "fid_400": [33.3, None, None, None],
        },
        "details": {"confusion": CONFUSION, "units": UNITS, "dose": DOSE, "mds": PLANE},
        **changes,
    }  # fmt: skip
    return Line(**values)  # type: ignore[arg-type]


def test_the_page_with_everything_folded_is_sound_and_says_what_lines_say(tmp_path):
    page = make_report(tmp_path, [a_line("good"), a_line(NASTY), a_line("bare", details={})])
    sound = read(page)
    assert sound.faults == []
    assert sound.open == []
    assert "<script>alert" not in page
    words = "".join(sound.words)
    for name in ("More figures", "Whole sets of pictures", "Which emotion is taken for which", "Each unit: agreement"):
        assert name in words
    assert "kernel distance, squeezenet_v1_1, 400" in words
    assert re.search(r'data-v="0.0123">0.0123<', page)
    assert re.search(r'data-v="-1.23">\N{MINUS SIGN}1.23<', page)
    assert re.search(r'data-v="45.6">45.6<', page)
    assert re.search(r'data-v="1.25">1.25<small>1.00 to 1.50<', page)


def test_a_confusion_is_in_per_cent_of_what_was_asked_for():
    drawn = confusion_part([a_line("good")])
    rows = re.findall(r'<th scope="row">(\w+) <small>(\d+) faces</small></th>(.*?)</tr>', drawn)
    found = {name: re.findall(r">(\d+)</td>", cells) for name, _, cells in rows}
    assert [name for name, *_ in rows] == sorted(found, key=EMOTIONS.index)
    assert found["happiness"][EMOTIONS.index("happiness")] == "75"
    assert found["happiness"][EMOTIONS.index("anger")] == "25"
    assert found["fear"][EMOTIONS.index("surprise")] == "100"
    assert "8 faces; most often fear is taken for surprise, 4 times" in drawn
    assert confusion_part([a_line("bare", details={})]) == ""


def test_units_that_nobody_can_tell_have_no_row_and_unknown_parts_are_no_zeros():
    drawn = units_part(
        [a_line("good"), a_line("other", details={"units": {"AU4": {"mae": 0.2, "pcc": None, "icc": None}}})]
    )
    assert re.findall(r'<th scope="row">(\w+)</th>', drawn) == ["AU4", "AU12"]
    assert "<td>0.71<small>error 0.10, r 0.00</small></td>" in drawn
    assert 'aria-label="unknown"' in drawn
    assert "nan" not in drawn.lower()


def test_lines_of_units_stand_with_the_quartiles_of_single_people():
    assert "0.98<small>rho 1.00, slope 0.43</small><small>single 0.20, 0.55, 0.81</small>" in doses_part(
        [a_line("good")]
    )
    assert doses_part([a_line("bare", details={})]) == ""


def test_each_edit_is_joined_to_its_photograph_on_one_scale():
    drawn = people_part([a_line("good")])
    assert drawn.count('class="ring') == 2
    assert drawn.count('class="way') == 3
    assert "62 % of the spread" in drawn
    assert "person 2, AU12" in drawn
    assert people_part([a_line("bare", details={"mds": None})]) == ""


def test_points_of_a_plane_are_as_far_apart_as_embeddings():
    angles = np.array([0.0, 0.2, 1.2, 1.5])
    vectors = np.stack([np.cos(angles), np.sin(angles), 0 * angles], 1)
    found = identity_map([3, 7], vectors[[0, 2]], vectors[[1, 3]], ["AU1", "AU2"])
    assert found is not None
    points = [point for one in found["people"] for point in (one["before"], one["edits"][0]["at"])]  # type: ignore[index]
    apart = np.linalg.norm(np.subtract(*np.asarray(points)[[0, 3]]))
    assert apart == pytest.approx(2 * np.sin(0.75), abs=1e-3)
    assert found["share"] == pytest.approx(1)


def test_a_plane_takes_few_edits_of_a_person_and_none_of_unknown_ones():
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(40, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = np.repeat([0, 1, 2, 3], 10).tolist()
    unknown = vectors.copy()
    unknown[30:] = np.nan
    found = identity_map(people, vectors, unknown, ["x"] * 40)
    assert found is not None
    assert [len(one["edits"]) for one in found["people"]] == [EDITS] * 3  # type: ignore[index, union-attr]
    assert identity_map(people, np.zeros((40, 0)), np.zeros((40, 0)), ["x"] * 40) is None
    assert identity_map([0], vectors[:1], vectors[:1], ["x"]) is None


def test_figures_of_sets_never_order_editors_and_do_order_clips():
    for family, ranks in (("static-edit", False), ("motion-clips", True)):
        columns = {one.name: one for one in set_columns(FAMILIES[family], [a_line("good")])}
        assert columns["kernel_distance_squeezenet_v1_1_400"].ranks is ranks
        assert columns["fid_400"].title == "FID, 400"
        assert "background" not in columns


def test_what_is_unknown_in_a_map_has_a_frame_and_no_colour():
    drawn = heat_map("map", {"AU1": {"AU1": None, "AU2": 0.2}, "AU2": {"AU1": 0.1}})
    assert drawn.count('class="unknown"') == 2
    assert len(re.findall(r'class="(?:rise|fall)"', drawn)) == 2


def test_confusions_have_names_and_no_row_of_what_nobody_was_asked_for():
    seen = np.eye(len(EMOTIONS))[[1, 2]]
    found = named_confusion([1, 1], seen)
    assert found == {EMOTIONS[1]: {name: int(number in (1, 2)) for number, name in enumerate(EMOTIONS)}}
    assert named_confusion([], []) == {}


def test_numbers_of_the_page_are_those_of_the_lines(tmp_path: Path):
    from mienkit.app.benchmark.line import append_lines

    append_lines(tmp_path, [a_line("good"), a_line("other", figures={"region_gain": [-0.25, -0.3, -0.2, 400]})])
    page = make_report(tmp_path, read_lines(tmp_path))
    assert 'data-v="0.5"' in page
    assert re.search(r'data-v="-0.25">\N{MINUS SIGN}25<small>\N{MINUS SIGN}30 to \N{MINUS SIGN}20<', page)


def test_a_panel_says_of_how_many_people_each_curve_is(tmp_path):
    def answering(model: str, people: int) -> Line:
        curve = {"unit": "AU12", "doses": [0, 1], "mean": [0, 0.5], "low": [0, 0.4], "high": [0, 0.6], "exact": None,
                 "people": people}  # fmt: skip
        return a_line(model, protocol="edit-doses-40", details={"responses": [curve]})

    page = make_report(tmp_path, [answering("good", 40), answering("lossy", 31)])
    assert "AU12, 31 to 40 people" in page
    assert "AU12, 31 people" in page


def test_what_exact_changes_show_is_drawn_at_its_own_height(tmp_path):
    curve = {
        "unit": "AU12",
        "doses": [0, 1],
        "mean": [0, 0.1],
        "low": [0, 0.1],
        "high": [0, 0.1],
        "exact": 0.9,
        "people": 40,
    }
    page = make_report(tmp_path, [a_line("good", protocol="edit-doses-40", details={"responses": [curve]})])
    guide, line = (
        re.search(rf'class="{name}[^>]*points="[\d.]+,[\d.]+ [\d.]+,([\d.]+)"', page) for name in ("guide", "line")
    )
    assert guide is not None
    assert line is not None
    floor = 190 - 24
    assert (floor - float(guide[1])) / (floor - float(line[1])) == pytest.approx(9, rel=0.02)
