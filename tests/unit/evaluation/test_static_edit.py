"""Protocol ``static-edit-400``: which edits are chosen, how each kind of model is asked, and what the figures say."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError, DataError
from mienkit.core.image import to_float, to_uint8
from mienkit.core.task import Edited, Reading
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.evaluation.static_ask import change_pictures, ways_of
from mienkit.evaluation.static_edit import (
    NEUTRAL,
    StaticTask,
    StaticTrials,
    choose_edits,
    judge_pictures,
    sum_up,
)
from reexpressed import re_expressed

SIZE = 24


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> FaceArrays:
    """Four people with eight emotions each."""
    table = tmp_path_factory.mktemp("static") / "judged.table"
    draw_table(table, DrawRequest(kind="posed", per_scene=8, count=32, size=SIZE, seed=5, split="test"))
    return load_faces(table, SIZE, "test")


class Knowing:
    """A judge that knows the pictures of a table and sees nothing in others."""

    image_size = SIZE

    def __init__(self, faces: FaceArrays) -> None:
        self.faces = faces
        self.rows = {picture.tobytes(): row for row, picture in enumerate(faces.images)}

    def measure(self, image: Tensor) -> Reading:
        found = [self.rows.get(picture.tobytes(), -1) for picture in to_uint8(image)]
        aus = torch.stack([torch.from_numpy(self.faces.aus[row]) if row >= 0 else torch.zeros(17) for row in found])
        emotions = torch.zeros(len(found), 8)
        for place, row in enumerate(found):
            emotions[place, self.faces.emotion[row] if row >= 0 else NEUTRAL] = 1
        landmarks = torch.full((len(found), 68, 2), SIZE / 2)
        return Reading(landmarks=landmarks, aus=aus, emotions=emotions, pose=torch.zeros(len(found), 3))


class Paler:
    """Embeds a picture by its mean colour and by where its first landmark stands."""

    name = "paler"

    def embed(self, picture, landmarks):
        vector = np.array([picture.mean(), 255 - picture.mean(), landmarks[0, 0]], np.float32)
        return vector / np.linalg.norm(vector)


class Asked:
    """Answers with the picture that it was given, and keeps what it was told."""

    def __init__(self, vocabulary: tuple[str, ...] = ACTION_UNITS, image_size: int = SIZE) -> None:
        self.vocabulary, self.image_size = vocabulary, image_size
        self.calls: list[tuple[Tensor, ...]] = []

    def keep(self, image: Tensor, *given: Tensor) -> Edited:
        self.calls.append((image, *given))
        return Edited(image=image, change=torch.ones_like(image[:, :1]))

    def heard(self, number: int) -> Tensor:
        return torch.cat([call[number] for call in self.calls])


class AskedEditor(Asked):
    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return self.keep(image, source, target)


class AskedTransferer(Asked):
    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        return self.keep(target, source, source_landmarks, target_landmarks)


class AskedPainter(Asked):
    vocabulary: ClassVar[tuple[str, ...]] = ()

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        return self.keep(image, landmarks, aims)


def test_edits_stay_with_the_person_and_never_repeat(faces):
    task = choose_edits(faces)
    assert len(task) == 4 * 8 * 7  # all that there are
    assert np.array_equal(faces.sequence[task.source], faces.sequence[task.target])
    assert np.all(faces.emotion[task.source] != faces.emotion[task.target])
    assert len({*zip(task.source.tolist(), task.target.tolist(), strict=True)}) == len(task)


def test_photographs_are_edited_and_their_changes_are_the_results(faces):
    posed = re_expressed(faces)
    task = choose_edits(posed)
    photos = posed.of_kind("photograph")
    assert photos[task.source].all()
    assert not photos[task.target].any()
    assert not photos[task.driver].any()
    assert (posed.pair[task.target] == task.source).all()
    assert len(set(zip(task.source, task.target, strict=True))) == len(task) == 4 * 7
    assert (task.faces.emotion[task.source] == faces.emotion[task.source]).all()  # as their units say
    assert np.allclose(task.faces.aus[task.source], faces.aus[task.source])


def test_photographs_without_exact_changes_are_left_out(faces):
    posed = re_expressed(faces)
    alone = posed.take(np.flatnonzero(~posed.of_kind("re-expressed") | (posed.subject < 2)))
    assert set(choose_edits(alone).people.tolist()) == {0, 1}


def test_half_of_the_faces_are_neutral_and_all_people_take_turns(faces):
    task = choose_edits(faces, count=16)
    calm = faces.emotion[task.source] == NEUTRAL
    assert calm.sum() == 8
    assert np.unique(task.people, return_counts=True)[1].tolist() == [4] * 4


def test_the_choice_is_that_of_the_seed(faces):
    assert np.array_equal(choose_edits(faces, 16).target, choose_edits(faces, 16).target)
    assert not np.array_equal(choose_edits(faces, 16).target, choose_edits(faces, 16, seed=1).target)


def test_drivers_are_others_with_the_wanted_emotion(faces):
    task = choose_edits(faces)
    assert np.array_equal(faces.emotion[task.driver], faces.emotion[task.target])
    assert np.all(faces.subject[task.driver] != task.people)


def test_two_emotions_give_both_ways_of_each_person(faces):
    task = choose_edits(faces, emotions=("neutral", "happiness"))
    shown = {EMOTIONS[code] for code in faces.emotion[task.source]}
    assert len(task) == 8
    assert shown == {"neutral", "happiness"}


def test_one_person_is_not_enough(faces):
    with pytest.raises(DataError, match="at least two people who show two of neutral, anger"):
        choose_edits(faces.take(faces.subject == 0))


def test_an_emotion_that_one_person_shows_has_no_driver(faces):
    happiness = EMOTIONS.index("happiness")
    some = faces.take((faces.subject == 0) | (faces.emotion != happiness))
    with pytest.raises(DataError, match="nobody but one person shows happiness"):
        choose_edits(some)


@pytest.mark.parametrize("size", [SIZE, 2 * SIZE])
def test_editors_hear_exact_units(faces, size):
    task, editor = choose_edits(faces), AskedEditor(image_size=size)
    pictures, milliseconds = change_pictures(editor, task, "units")
    assert editor.heard(0).shape[-1] == size
    assert np.array_equal(editor.heard(1).numpy(), faces.aus[task.source])
    assert np.array_equal(editor.heard(2).numpy(), faces.aus[task.target])
    assert pictures.shape == (len(task), SIZE, SIZE, 3)
    assert milliseconds > 0


def test_editors_of_sides_hear_both_alike(faces):
    task, editor = choose_edits(faces, 4), AskedEditor(SIDED_UNITS)
    change_pictures(editor, task, "units")
    assert np.array_equal(editor.heard(2)[:, ::2].numpy(), faces.aus[task.target])
    assert np.array_equal(editor.heard(2)[:, 1::2].numpy(), faces.aus[task.target])


def test_editors_of_emotions_hear_which(faces):
    task, editor = choose_edits(faces), AskedEditor(EMOTIONS)
    change_pictures(editor, task, "emotion")
    assert np.array_equal(editor.heard(1).argmax(1).numpy(), faces.emotion[task.source])
    assert np.array_equal(editor.heard(2).argmax(1).numpy(), faces.emotion[task.target])


def test_transferers_see_the_driver_and_landmarks_in_their_own_pixels(faces):
    task, model = choose_edits(faces, 6), AskedTransferer(image_size=2 * SIZE)
    change_pictures(model, task, "driver")
    assert np.allclose(model.heard(2).numpy(), 2 * faces.landmarks[task.driver])
    assert np.allclose(model.heard(3).numpy(), 2 * faces.landmarks[task.source])
    assert model.heard(1).shape == (6, 3, 2 * SIZE, 2 * SIZE)


def test_painters_get_the_landmarks_of_the_face_and_of_the_result(faces):
    task, model = choose_edits(faces, 6), AskedPainter()
    change_pictures(model, task, "landmarks")
    assert np.allclose(model.heard(1).numpy(), faces.landmarks[task.source])
    assert np.allclose(model.heard(2).numpy(), faces.landmarks[task.target])


class AskedBoth(AskedPainter, AskedTransferer):
    """Paints, and transfers."""


def test_how_a_model_is_told_follows_from_its_tasks():
    models = [AskedEditor(), AskedEditor(EMOTIONS), AskedTransferer(), AskedPainter(), AskedBoth()]
    ways = [("units",), ("emotion",), ("driver",), ("landmarks",), ("landmarks", "driver")]
    assert [ways_of(model) for model in models] == ways
    with pytest.raises(ConfigError, match="Paler changes no expressions"):
        ways_of(Paler())


def judged(task: StaticTask, rows: np.ndarray):
    """Judge pictures of the table as if they were results."""
    faces = task.faces
    return judge_pictures(faces.images[rows], task, Knowing(faces), Paler())


def test_the_exact_pictures_are_perfect(faces):
    task = choose_edits(faces, 40)
    result = sum_up(judged(task, task.target), judged(task, task.source), task.people)
    assert (result.emotion.value, result.aus.value, result.region.value) == (1, 0, 0)
    assert result.ssim.value == pytest.approx(1)
    assert result.psnr == np.inf
    assert (result.emotion_gain.low, result.aus_gain.low, result.region_gain.low) == (1, 1, 1)
    assert result.better == ("emotion", "AU error", "error")
    assert result.beats_copy


def test_leaving_pictures_alone_gains_nothing(faces):
    task = choose_edits(faces, 40)
    trials = judged(task, task.source)
    result = sum_up(trials, trials, task.people)
    assert (result.emotion.value, result.emotion_gain.value, result.aus_gain.value) == (0, 0, 0)
    assert result.aus.value == pytest.approx(float(np.abs(faces.aus[task.source] - faces.aus[task.target]).mean()))
    assert result.region.value > 0.05
    assert result.identity.value == pytest.approx(1)
    assert (result.better, result.beats_copy) == ((), False)


def test_half_the_way_halves_the_error(faces):
    task = choose_edits(faces, 40)
    before, exact = (to_float(faces.images[rows]) for rows in (task.source, task.target))
    half = judge_pictures(to_uint8((before + exact) / 2), task, Knowing(faces))
    result = sum_up(half, judged(task, task.source), task.people)
    assert result.region_gain.value == pytest.approx(0.5, abs=0.02)
    assert result.psnr == pytest.approx(float(judged(task, task.source).psnr.mean()) + 6.02, abs=0.4)


def made_up(aus: float, region: float) -> StaticTrials:
    """Trials of 30 people who err alike but for a little."""
    little = np.linspace(0.9, 1.1, 30)
    nothing = np.zeros(30)
    return StaticTrials(
        asked=np.ones(30, np.int64), emotions=np.eye(8)[np.zeros(30, np.int64)], units=np.tile(aus * little, (17, 1)).T,
        wanted=np.zeros((30, 17)), background=nothing, region=region * little, identity=nothing,
        embedding=np.zeros((30, 0)), ssim=nothing, psnr=nothing,
    )  # fmt: skip


def test_better_pixels_alone_do_not_beat_copy():
    people, of_copy = np.arange(30), made_up(0.2, 0.1)
    pixels, both = (sum_up(made_up(aus, 0.05), of_copy, people) for aus in (0.2, 0.15))
    assert (pixels.better, pixels.beats_copy) == (("error",), False)
    assert (both.better, both.beats_copy) == (("AU error", "error"), True)
    assert both.aus_gain.value == pytest.approx(0.25)


def test_a_gain_within_its_interval_is_none():
    people, chance = np.arange(30), np.random.default_rng(0)
    of_copy = made_up(0.2, 0.1)
    wavering = replace(of_copy, units=of_copy.units + chance.normal(-0.001, 0.1, (30, 1)))
    assert sum_up(wavering, of_copy, people).better == ()


def test_nobody_to_recognise_people_leaves_identity_unknown(faces):
    task = choose_edits(faces, 8)
    trials = judge_pictures(faces.images[task.source], task, Knowing(faces))
    assert sum_up(trials, trials, task.people).identity.count == 0
