"""The worst edits are found by rule, one a person, and drawn."""

from dataclasses import replace

import numpy as np
import pytest

from fakes import FakeEditor, FakeMeter, make_pixels
from mienkit.app.editors import LoadedEditor
from mienkit.app.evaluate import aligned_face
from mienkit.app.failures import EACH, FailureFolder, worst_edits
from mienkit.app.held_out import Material, Sitter
from mienkit.app.tried import Tried
from mienkit.core.landmark import MEAN_SHAPE
from mienkit.evaluation.photo_edit import CHANNELS, FULL, Look, Trial
from mienkit.face.mark import read_mark
from mienkit.face.photo import read_photo

PEOPLE = 7


def look(cosine: float) -> Look:
    embedding = np.array([cosine, (1 - cosine**2) ** 0.5], np.float32)
    return Look(landmarks=np.zeros((68, 2)), channels=dict.fromkeys(CHANNELS, 0.0), embedding=embedding)


def trial(subject: int, cosine: float) -> Trial:
    return Trial(subject=subject, before=look(1.0), after=look(cosine), change=np.zeros(17, np.float32))


@pytest.fixture(scope="module")
def material() -> Material:
    sitters = []
    for number in range(PEOPLE):
        photo, face = aligned_face(make_pixels(256, 256, number), 256 * np.asarray(MEAN_SHAPE), FakeMeter())
        name = f"{'made' if number else 'found'}/face-{number}"
        sitters.append(Sitter(subject=number, photo=photo, face=face, look=look(1.0), name=name))
    return Material(sitters=sitters, pairs=[], effects={}, sitter_slices={}, pair_slices={})


@pytest.fixture
def tried() -> Tried:
    smiles = [trial(number, 0.9 - 0.1 * number) for number in range(PEOPLE)]
    frowns = [trial(number, 0.95) for number in range(PEOPLE - 1)] + [trial(PEOPLE - 1, 0.1)]
    return Tried(trials={("AU12", FULL): smiles, ("AU4", FULL): frowns, ("AU12", 0.5): [trial(0, 0.0)]})


def test_the_worst_come_first_and_each_person_once(tried, material):
    found = worst_edits(tried, material, ("AU4", "AU12"))
    assert [one.sitter.subject for one in found] == [6, 5, 4, 3, 2]
    assert found[0].asked == "AU4"
    assert found[1].identity == pytest.approx(0.4)
    assert len(found) == EACH


def test_only_the_collection_that_is_asked_for(tried, material):
    assert [one.sitter.subject for one in worst_edits(tried, material, ("AU12",), "found")] == [0]
    assert worst_edits(tried, material, ("AU12",), "elsewhere") == []


def test_a_sheet_shows_photographs_beside_their_edits_and_says_that_it_is_synthetic(tried, material, tmp_path):
    editor = LoadedEditor(name="copy", editor=FakeEditor())
    tried = replace(tried, trials=tried.trials | {("happiness", FULL): [trial(3, 0.2)]})
    FailureFolder(tmp_path, "made").add("copy 1234", editor, tried, material)
    FailureFolder(tmp_path, "made").add("copy 1234", editor, tried, material)
    sheet = read_photo(tmp_path / "copy-1234.png").pixels
    assert sheet.shape[1] > 10 * 224
    mark = read_mark(tmp_path / "copy-1234.png")
    assert mark is not None
    assert mark.model == "copy"
