"""Design files: what they mean, and what is said of wrong ones."""

from pathlib import Path

import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.app.stimuli import read_design
from mienkit.core.errors import ConfigError

GOOD = "identities: [photos/*.png]\naus: {smile: {AU6: 0.8, au12: 1}}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for name in ("anna.png", "ben_01.png"):
        Image.fromarray(make_pixels(40, 40)).save(tmp_path / "photos" / name)
    return tmp_path


def write(desk: Path, text: str) -> Path:
    path = desk / "design.yaml"
    path.write_text(text)
    return path


def test_a_design_is_the_product_of_people_expressions_levels_and_kinds(desk: Path) -> None:
    text = GOOD + "emotions: [happy]\nlevels: [0.5, 1]\ndynamic: {onset: 0.2, apex: 0.2, fps: 25}\n"
    design = read_design(write(desk, text))
    files = [cell.file_of(identity, kind) for identity, cell, kind in design.stimuli()]
    assert [one.id for one in design.identities] == ["anna", "ben-01"]
    assert len(files) == len(set(files)) == 2 * 2 * 2 * 2
    assert files[0] == "images/anna_smile_050.png"
    assert files[-1] == "clips/ben-01_happiness_100.mp4"
    assert design.cells[0].condition.at(0.5, "absolute").aus == {"AU6": 0.4, "AU12": 0.5}


def test_a_neutral_face_has_one_level(desk: Path) -> None:
    design = read_design(write(desk, "identities: [photos/anna.png]\nemotions: [neutral, fear]\nlevels: [0.5, 1]"))
    assert [(cell.condition.name, cell.level) for cell in design.cells] == [("neutral", 1), ("fear", 0.5), ("fear", 1)]


def test_equal_means_the_mean_of_the_photographs_and_a_number_that_number(desk: Path) -> None:
    look = read_design(write(desk, GOOD + "options: {luminance: equal, contrast: 30}")).look
    assert (look.equal_luminance, look.luminance, look.equal_contrast, look.contrast) == (True, None, False, 30)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aus: {smile: {AU12: 1}}", "identities: is missing"),
        ("identities: [photos/*.png]", "aus: is missing"),
        ("identities: [photos/*.gif]\naus: {smile: {AU12: 1}}", r"identities\[0\]: no photograph is at photos/\*\.gif"),
        ("identities: [photos/anna.png, photos/*.png]\naus: {s: {AU12: 1}}", "identities: two are called 'anna'"),
        ("identities: [{path: photos/anna.png, id: a_b}]\naus: {s: {AU12: 1}}", r"identities\[0\].*'a_b'"),
        (GOOD + "level: [1]", "level: no field is called 'level'; did you mean 'levels'"),
        (GOOD + "levels: [0.5, 1.2]", r"levels\[1\]: should be 0.01 to 1, not 1.2"),
        (GOOD + "levels: [0.5, 0.5]", "levels: a level is there twice"),
        (GOOD + "levels: [0.125]", "levels: 0.125 is finer than a hundredth"),
        (GOOD + "levels: 0.5", "levels: should be a list"),
        (GOOD + "static: false", "static: is false and there is no `dynamic`"),
        (GOOD + "dynamic: {onset: 0.2, apex: 0}", "dynamic.apex: 0 s is so short that no frame"),
        (GOOD + "dynamic: {fps: fast}", "dynamic.fps: should be a number from 1 to 120, not 'fast'"),
        (GOOD + "options: {size: 301}", "options.size: should be even"),
        (GOOD + "options: {sise: 300}", "options.sise: .*did you mean 'size'"),
        (GOOD + "options: {luminance: bright}", "options.luminance: should be `equal` or a grey level"),
        (GOOD + "options: {oval: maybe}", "options.oval: should be true or false, not 'maybe'"),
        (GOOD + "check: {retries: 1.5}", "check.retries: should be a whole number"),
        (GOOD + "mode: absolut", "mode: .*did you mean 'absolute'"),
        (GOOD + "seed: -1", "seed: should be 0 to"),
        (GOOD + "emotions: [hapy]", r"emotions\[0\]: no emotion is called 'hapy'"),
        (GOOD.replace("au12", "AU99"), "aus.smile.AU99: no action unit is called 'AU99'"),
        (GOOD.replace("0.8", "-0.8"), "aus.smile.AU6: AU6=-0.8 is outside"),
        (GOOD.replace("0.8", "much"), "aus.smile.AU6: should be a number"),
        (GOOD.replace("AU6", "AU012"), "aus.smile.au12: AU12 is there twice"),
        (GOOD + "seed: 1\nseed: 2", "'seed' twice"),
        (GOOD + "seed: 010", "seed: should be a whole number .* not '010'"),
        (GOOD + "seed: " + "9" * 5000, "seed: should be a whole number"),
        (GOOD + "study: 2024-13-45", "a day that does not exist"),
        (GOOD + r'study: "a\nb"', "study: should be one line"),
        (GOOD + "dynamic: {onset: 0.418, apex: 0.04}", "dynamic.apex: 0.04 s is so short that no frame"),
        (
            "identities: [{path: photos/anna.png, id: NO}]\naus: {s: {AU12: 1}}",
            r"identities\[0\].id.*write it in quotes",
        ),
        ("identities: [photos/anna.png, {path: photos/anna.png, id: b}]\naus: {s: {AU12: 1}}", "the same face of"),
        ("identities: [photos]\naus: {s: {AU12: 1}}", r"it is a folder; for all in it, write photos/\*"),
        ("identities: [photos/anna.png]\naus: {NO: {AU12: 1}}", "aus: False is read as a bool"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_that_names_the_field(desk: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_design(write(desk, text))
    assert "\n" not in str(caught.value)
    assert str(caught.value).count("design.yaml") == 1
    assert len(str(caught.value)) < 400


def test_units_may_be_taken_off_where_they_are_added_to_what_is_measured(desk: Path) -> None:
    design = read_design(write(desk, GOOD.replace("0.8", "-0.8") + "mode: relative"))
    assert design.conditions[0].aus["AU6"] == -0.8


def test_numbers_that_begin_with_a_nought_and_names_with_accents_stay_names(desk: Path) -> None:
    for name in ("J\u00fcrgen 1.png", "b [1].png"):
        Image.fromarray(make_pixels(40, 40)).save(desk / "photos" / name)
    photos = "{path: photos/anna.png, id: 010}, 'photos/J\u00fcrgen 1.png', 'photos/b [1].png'"
    design = read_design(write(desk, f"identities: [{photos}]\naus: {{s: {{AU12: 1}}}}"))
    assert [one.id for one in design.identities] == ["010", "Jurgen-1", "b-1"]
