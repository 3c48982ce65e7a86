"""Batches of faces whose emotion is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.core.emotion import EMOTIONS, PROTOTYPES
from mienkit.core.errors import DataError
from mienkit.core.image import to_float
from mienkit.core.landmark import MIRROR
from mienkit.data.drawn import random_expressions
from mienkit.data.emotion import domain_batches, emotion_batches, group_people, known_emotions, transfer_batches
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import load_faces
from mienkit.data.row import KINDS

PEOPLE = 6


@pytest.fixture(scope="module")
def posed(tmp_path_factory: pytest.TempPathFactory) -> FaceArrays:
    """Six drawn people with eight emotions each."""
    table = tmp_path_factory.mktemp("posed") / "posed.table"
    draw_table(table, DrawRequest(count=8 * PEOPLE, size=16, kind="posed", per_scene=8))
    return load_faces(table, 16)


def rows_of(faces: FaceArrays, images: torch.Tensor) -> list[tuple[int, bool]]:
    """Find the rows that pictures were taken from, and whether they are mirrored."""
    plain = to_float(faces.images)
    found = []
    for image in images:
        straight = (plain - image).abs().amax((1, 2, 3)) == 0
        turned = (plain - image.flip(2)).abs().amax((1, 2, 3)) == 0
        assert straight.any() or turned.any()
        found.append((int((straight | turned).nonzero()[0]), not bool(straight.any())))
    return found


def test_posed_people_show_the_eight_emotions_in_turn() -> None:
    aus, emotion = random_expressions(80, 3, "posed")
    assert emotion.tolist() == [*range(8)] * 10
    smiles = aus[emotion == EMOTIONS.index("happiness")][:, 8]
    assert PROTOTYPES["happiness"]["AU12"] == 1
    assert 0.7 < smiles.min() < smiles.max() <= 1


def test_faces_come_with_their_own_emotion_and_one_that_occurs(posed: FaceArrays) -> None:
    some = posed.take(np.flatnonzero(np.isin(posed.emotion, [0, 5, 7])))
    stream = emotion_batches(some, batch_size=36, seed=1)
    batch, after = next(stream(0)), next(stream(1))
    assert batch.source.argmax(1).tolist() == [int(some.emotion[row]) for row, _ in rows_of(some, batch.image)]
    assert batch.source.sum(1).eq(1).all()
    assert batch.target.sum(1).eq(1).all()
    assert set(batch.target.argmax(1).tolist()) == {0, 5, 7}
    assert sorted(row for row, _ in rows_of(some, batch.image)) == sorted([*range(len(some))] * 2)
    assert not torch.equal(batch.image, after.image)
    assert any(flipped for _, flipped in rows_of(some, batch.image))
    assert torch.equal(next(emotion_batches(some, batch_size=36, seed=1)(1)).target, after.target)


def test_two_emotions_are_needed_to_change_one_into_another(posed: FaceArrays) -> None:
    with pytest.raises(DataError, match=r"1 of neutral, anger, .* occur"):
        emotion_batches(posed.take(np.flatnonzero(posed.emotion == 2)), batch_size=4, seed=0)


def test_two_kinds_of_faces_come_side_by_side(posed: FaceArrays) -> None:
    batch = next(domain_batches(posed, batch_size=12, seed=0, emotions=("neutral", "happiness"))(0))
    assert {int(posed.emotion[row]) for row, _ in rows_of(posed, batch.first)} == {0}
    assert {int(posed.emotion[row]) for row, _ in rows_of(posed, batch.second)} == {5}


def test_a_transfer_keeps_the_person_and_takes_the_drivers_emotion(posed: FaceArrays) -> None:
    batch = next(transfer_batches(posed, batch_size=64, seed=0)(0))
    image, result, neutral, driver = (
        rows_of(posed, getattr(batch, name)) for name in ("image", "result", "neutral", "driver")
    )
    for (row, flipped), (goal, goal_flipped), (rest, rest_flipped), (other, _) in zip(
        image, result, neutral, driver, strict=True
    ):
        assert flipped == goal_flipped == rest_flipped
        assert row != goal
        assert posed.subject[row] == posed.subject[goal] == posed.subject[rest] != posed.subject[other]
        assert posed.emotion[rest] == 0
        assert posed.emotion[other] == posed.emotion[goal]
    assert batch.source.argmax(1).tolist() == [int(posed.emotion[row]) for row, _ in image]
    assert batch.target.argmax(1).tolist() == [int(posed.emotion[row]) for row, _ in result]
    assert {bool(flipped) for _, flipped in image} == {True, False}


def test_landmarks_are_mirrored_with_their_picture(posed: FaceArrays) -> None:
    batch = next(transfer_batches(posed, batch_size=32, seed=0)(0))
    for place, (row, flipped) in enumerate(rows_of(posed, batch.result)):
        own = torch.from_numpy(posed.landmarks[row])
        turned = torch.stack([16 - own[list(MIRROR), 0], own[list(MIRROR), 1]], 1)
        torch.testing.assert_close(batch.result_landmarks[place], turned if flipped else own)
    for name in ("driver", "neutral"):
        for place, (row, flipped) in enumerate(rows_of(posed, getattr(batch, name))):
            eyes = getattr(batch, f"{name}_landmarks")[place]
            assert flipped or torch.equal(eyes, torch.from_numpy(posed.landmarks[row]))


def test_what_is_read_off_a_picture_moves_its_face_and_keeps_the_exact_change(posed: FaceArrays) -> None:
    off = np.random.default_rng(0).normal(size=posed.landmarks.shape).astype(np.float32)
    exact, seen = (
        next(transfer_batches(posed, batch_size=64, seed=0, read=read)(0)) for read in (None, posed.landmarks + off)
    )
    assert torch.equal(exact.image, seen.image)
    for face, others in (("", ("result_", "neutral_")), ("driver_", ("driver_neutral_",))):
        moved = getattr(seen, f"{face}landmarks") - getattr(exact, f"{face}landmarks")
        was_read = moved.abs().amax((1, 2)) > 0
        assert 16 < was_read.sum() < 48
        for other in others:
            change = getattr(seen, f"{other}landmarks") - getattr(exact, f"{other}landmarks")
            torch.testing.assert_close(change, moved)
    for place, (row, flipped) in enumerate(rows_of(posed, seen.driver)):
        moved = seen.driver_landmarks[place] - exact.driver_landmarks[place]
        if moved.any() and not flipped:
            torch.testing.assert_close(moved, torch.from_numpy(off[row]), atol=1e-5, rtol=1e-5)


def test_people_without_a_neutral_picture_cannot_be_transferred(posed: FaceArrays, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neutral picture"):
        transfer_batches(posed.take(np.flatnonzero(posed.emotion > 0)), batch_size=4, seed=0)
    chosen = next(transfer_batches(posed, batch_size=32, seed=0, emotions=("happiness",))(0))
    assert set(chosen.target.argmax(1).tolist()) == {0, 5}


def test_unlabelled_faces_are_named_by_their_units(posed: FaceArrays) -> None:
    unlabelled = replace(posed, emotion=np.full_like(posed.emotion, -1))
    assert known_emotions(unlabelled).tolist() == posed.emotion.tolist()
    nobody_knows = replace(unlabelled, aus=np.full_like(posed.aus, np.nan))
    assert set(known_emotions(nobody_knows).tolist()) == {-1}
    other = np.roll(posed.emotion, 1)
    assert known_emotions(replace(posed, emotion=other)).tolist() == other.tolist()


def test_a_photograph_and_what_was_made_of_it_are_one_group(photo_and_edit_faces: FaceArrays) -> None:
    faces = photo_and_edit_faces
    group = group_people(faces)
    for row in np.flatnonzero(faces.pair >= 0):
        assert group[row] == group[faces.pair[row]]
    assert len(set(group.tolist())) == 6  # photographs


def test_photographs_of_one_person_are_one_group_whatever_the_clip(posed: FaceArrays) -> None:
    filmed = replace(posed, kind=np.full_like(posed.kind, KINDS.index("photograph")), sequence=np.arange(len(posed)))
    assert len(set(group_people(filmed).tolist())) == len(set(posed.subject.tolist())) == PEOPLE
    assert len(set(group_people(posed).tolist())) == PEOPLE
