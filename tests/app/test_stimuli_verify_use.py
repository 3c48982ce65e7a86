"""Use case: is a study still what was made, and does the same come out again?"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from fakes import FakeEditor, make_pixels
from mienkit.app.stimuli import make_study, read_design, verify_study
from mienkit.app.stimuli.manifest import tools_of
from mienkit.assets.download import sha256_of
from mienkit.core.errors import DataError
from mienkit.core.task import Edited
from studies import WeakEditor, lay_out_desk, lines_of, studio_of


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return lay_out_desk(tmp_path)


@pytest.fixture
def study(desk: Path) -> Path:
    make_study(read_design(desk / "design.yaml"), desk / "study", studio_of())
    return desk / "study"


def test_a_study_that_nobody_touched_passes(study: Path) -> None:
    for studio in (None, studio_of()):
        report = verify_study(study, studio)
        assert (report.passes, report.problems, report.stimuli) == (True, {}, 4)


def test_one_changed_pixel_names_its_file(study: Path) -> None:
    path = study / "images" / "ben_smile_040.png"
    pixels = np.asarray(Image.open(path)).copy()
    pixels[50, 60, 1] ^= 1
    Image.fromarray(pixels).save(path)
    assert verify_study(study, None).problems == {"images/ben_smile_040.png": "its pixels changed"}
    (told,) = verify_study(study, studio_of()).problems.items()
    assert told[0] == "images/ben_smile_040.png"
    assert "1 pixel differs by 1 grey level" in told[1]


def test_a_lost_mark_a_lost_file_and_a_stray_one_are_named(study: Path) -> None:
    path = study / "images" / "anna_smile_040.png"
    Image.open(path).save(path)
    (study / "images" / "anna_smile_080.png").unlink()
    (study / "images" / "carl_smile_080.png").write_bytes(b"?")
    problems = verify_study(study, None).problems
    assert "its pixels are the same, its mark" in problems.pop("images/anna_smile_040.png")
    assert problems == {
        "images/anna_smile_080.png": "is missing",
        "images/carl_smile_080.png": "is not in the codebook",
    }


def test_a_mark_that_was_changed_together_with_its_hash_does_not_come_out_again(study: Path) -> None:
    path = study / "images" / "anna_smile_040.png"
    Image.open(path).save(path)
    old = lines_of(study)[0]["sha256"]
    for paper in (study / "manifest.json", study / "codebook.csv"):
        paper.write_text(paper.read_text().replace(old, sha256_of(path)))
    assert verify_study(study, None).passes, "its records are of one mind"
    told = verify_study(study, studio_of()).problems
    assert told == {"images/anna_smile_040.png": "what it says of itself is not what comes out again"}


@pytest.mark.parametrize(
    ("place", "value", "quick", "message"),
    [
        (("seed",), "design", True, "its design changed"),
        (("photographs", 0, "sha256"), "photographs", True, "what it says of the photographs"),
        (("photographs", 0, "rights", "note"), "rights", False, "photographs.0.rights.note"),
        (("notes",), "notes", False, "notes"),
    ],
)
def test_a_changed_manifest_is_named(
    study: Path, place: tuple[str | int, ...], value: str, quick: bool, message: str
) -> None:
    path = study / "manifest.json"
    told = json.loads(path.read_text())
    inner = told["design"] if value == "design" else told
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = {"design": 5, "photographs": "0" * 64, "rights": "form 12", "notes": ["anna: so"]}[value]
    path.write_text(json.dumps(told))
    problems = verify_study(study, None if quick else studio_of()).problems
    assert message in problems["manifest.json"]


def test_damaged_files_are_named_and_damaged_manifests_are_one_line(study: Path) -> None:
    path = study / "images" / "anna_smile_040.png"
    path.write_bytes(path.read_bytes()[:900])
    (study / "images" / "notes.docx").write_bytes(b"?")
    (study / "images" / ".DS_Store").write_bytes(b"?")
    told = verify_study(study, None).problems
    assert told == {"images/anna_smile_040.png": "is damaged", "images/notes.docx": "is not in the codebook"}
    for text in ("{", "[]", '{"format": "mienkit study", "version": 2}', '{"format": "mienkit study", "version": 1}'):
        (study / "manifest.json").write_text(text)
        with pytest.raises(DataError, match=r"manifest"):
            verify_study(study, None)
    with pytest.raises(DataError, match="names no model"):
        tools_of({}, study)


def test_a_changed_line_of_the_codebook_names_line_and_column(study: Path) -> None:
    path = study / "codebook.csv"
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace(",pass,", ",fail,")
    path.write_text("\n".join(lines) + "\n")
    problem = verify_study(study, None).problems["codebook.csv"]
    assert "images/anna_smile_080.png" in problem
    assert "check is 'fail' and was 'pass'" in problem


def test_numbers_that_were_changed_everywhere_do_not_come_out_again(study: Path) -> None:
    path = study / "manifest.json"
    told = json.loads(path.read_text())
    told["stimuli"][0]["after"]["AU12"] = 0.123
    path.write_text(json.dumps(told))
    problems = verify_study(study, studio_of()).problems
    assert "after.AU12" in problems["images/anna_smile_040.png"]


def test_on_another_kind_of_machine_rounding_counts_as_the_same_and_is_listed(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rounding(FakeEditor):
        def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
            edited = super().edit(image, source, target)
            edited.image[:, :, 40, 30] += 1.2 / 127.5
            return edited

    assert not verify_study(study, studio_of(Rounding())).passes, "this machine has no excuse"
    path = study / "manifest.json"
    told = json.loads(path.read_text())
    told["machine"]["cpu"] = "another"
    path.write_text(json.dumps(told))
    report = verify_study(study, studio_of(Rounding()))
    assert report.problems == {}
    assert set(report.near) == {line["file"] for line in lines_of(study)}
    assert not verify_study(study, studio_of(WeakEditor())).passes, "that is no rounding"


def test_another_photograph_or_model_is_not_compared(study: Path, desk: Path) -> None:
    moved = desk / "elsewhere"
    (desk / "photos").rename(moved)
    with pytest.raises(DataError, match="--photos FOLDER"):
        verify_study(study, studio_of())
    assert verify_study(study, studio_of(), photos=moved).passes
    (moved / "deep").mkdir()
    (moved / "anna.png").rename(moved / "deep" / "neutral.png")
    assert verify_study(study, studio_of(), photos=moved).passes, "a photograph is known by its hash"
    (moved / "deep" / "neutral.png").unlink()
    Image.fromarray(make_pixels(seed=9)).save(moved / "anna.png")
    with pytest.raises(DataError, match="not the photograph that anna was made of"):
        verify_study(study, studio_of(), photos=moved)
    other = studio_of()
    renamed = replace(other.workshop, editor=replace(other.workshop.editor, name="newer"))
    with pytest.raises(DataError, match="--quick"):
        verify_study(study, replace(other, workshop=renamed), photos=moved)
