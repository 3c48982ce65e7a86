"""Couples for the meter."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mienkit.core.landmark import MEAN_SHAPE
from mienkit.data.couple import CoupleMix, couple_pools, meter_batches, unit_weights
from mienkit.data.drawn import draw_faces, random_expressions
from mienkit.data.faces import FaceArrays
from mienkit.data.row import KINDS

SIZE = 32
DRAWN, PHOTOS, EDITS = 8, 6, 4


@pytest.fixture(scope="module")
def faces() -> FaceArrays:
    """Drawn couples, photographs, and edits of the first photographs."""
    people = np.repeat(np.arange(DRAWN // 2), 2).astype(np.int64)
    aus, emotion = random_expressions(DRAWN, 0, "uniform")
    drawn = draw_faces(people, aus, size=SIZE, seed=0)
    count = DRAWN + PHOTOS + EDITS
    known = np.random.default_rng(0).random((count, 17)).astype(np.float32) * 0.25
    known[:DRAWN] = aus
    known[DRAWN : DRAWN + PHOTOS, 3] = np.nan  # the teacher is blind there
    before = np.full((count, 17), np.nan, np.float32)
    before[-EDITS:] = 0.1
    kind = ["drawn"] * DRAWN + ["photograph"] * PHOTOS + ["re-expressed"] * EDITS
    landmarks = np.repeat(np.asarray(MEAN_SHAPE, np.float32)[None] * SIZE, count, 0)
    landmarks[:DRAWN] = drawn.landmarks
    pair = np.full(count, -1, np.int64)
    pair[-EDITS:] = DRAWN + np.arange(EDITS)
    return FaceArrays(
        images=np.concatenate([drawn.images, np.full((PHOTOS + EDITS, SIZE, SIZE, 3), 90, np.uint8)]),
        aus=known,
        before=before,
        tilt=np.zeros((count, 17), np.float32),
        landmarks=landmarks,
        depth=np.full((count, 68), np.nan, np.float32),
        flow=np.broadcast_to(np.float16(np.nan), (count, 32, 32, 2)),
        fresh=np.broadcast_to(np.uint8(0), (count, 32, 32)),
        pose=np.zeros((count, 3), np.float32),
        emotion=np.concatenate([emotion, np.full(PHOTOS + EDITS, -1)]).astype(np.int64),
        kind=np.asarray([KINDS.index(name) for name in kind]),
        split=np.zeros(count, np.int64),
        subject=np.concatenate([people, 100 + np.arange(PHOTOS), 100 + np.arange(EDITS)]).astype(np.int64),
        sequence=np.concatenate([people, np.full(PHOTOS + EDITS, -1)]).astype(np.int64),
        frame=np.full(count, -1),
        pair=pair,
        name=np.asarray([f"made/{row}" for row in range(count)]),
    )


def test_couples_are_of_one_person(faces):
    pools = couple_pools(faces)
    assert set(pools) == {"photographs", "drawn"}
    for couples in pools.values():
        assert (faces.subject[couples[:, 0]] == faces.subject[couples[:, 1]]).all()
    assert (pools["drawn"][:, 0] != pools["drawn"][:, 1]).all()


def test_a_photograph_without_an_edit_comes_twice(faces):
    couples = couple_pools(faces)["photographs"]
    alone = couples[couples[:, 0] == couples[:, 1]]
    assert set(alone[:, 0]) == {DRAWN + EDITS, DRAWN + EDITS + 1}


def test_the_change_of_an_edit_is_exact_and_its_units_are_unknown(faces):
    batch = next(meter_batches(faces, batch_size=64, seed=0, mix=CoupleMix(drawn=0.0))(0))
    edited = batch.change_known[:, 0] == 1
    assert edited.any()
    assert (batch.aus_weight[edited, 1] == 0).all()
    exact = faces.aus[-EDITS:] - 0.1
    for change in batch.change[edited].numpy():
        assert np.isclose(change, exact, atol=1e-6).all(1).any()


def test_whoever_is_told_exact_labels_alone_learns_nothing_of_photographs_but_changes(faces):
    batch = next(meter_batches(faces, batch_size=64, seed=0, mix=CoupleMix(drawn=0.0, exact=True))(0))
    for known in (batch.aus_weight, batch.landmarks_known, batch.pose_known, batch.emotion_known):
        assert (known == 0).all()
    told = next(meter_batches(faces, batch_size=64, seed=0, mix=CoupleMix(drawn=0.0))(0))
    assert batch.change_known.any()
    assert torch.equal(batch.change_known, told.change_known)
    assert torch.equal(batch.change, told.change)


def test_exact_labels_of_drawn_faces_stay_known(faces):
    batch = next(meter_batches(faces, batch_size=8, seed=0, mix=CoupleMix(drawn=1.0, exact=True))(0))
    for known in (batch.aus_weight, batch.landmarks_known, batch.pose_known, batch.change_known):
        assert (known == 1).all()


def test_what_the_teacher_cannot_see_is_unknown_and_not_zero(faces):
    batch = next(meter_batches(faces, batch_size=32, seed=0, mix=CoupleMix(drawn=0.0))(0))
    assert (batch.aus_weight[:, 0, 3] == 0).all()
    assert (batch.aus_weight[:, 0, 8] >= 1).all()


def test_units_that_vary_little_among_photographs_count_more():
    aus = np.zeros((6, 17), np.float32)
    aus[:4, 0] = [0, 1, 0, 1]
    aus[:4, 1] = [0, 0.1, 0, 0.1]
    aus[:4, 2] = [0, 0.3, 0, 0.3]
    aus[1, 3] = np.nan
    photos = np.arange(6) < 4
    weight = unit_weights(aus, photos)
    assert weight[0, :3] == pytest.approx([1, 4, 0.25**2 / 0.15**2])
    assert weight[1, 3] == 0
    assert (weight[4:] == 1).all()


def test_drawn_couples_know_everything(faces):
    batch = next(meter_batches(faces, batch_size=8, seed=0, mix=CoupleMix(drawn=1.0))(0))
    for known in (batch.aus_weight, batch.landmarks_known, batch.pose_known, batch.change_known):
        assert (known == 1).all()
    assert torch.allclose(batch.change, batch.aus[:, 1] - batch.aus[:, 0])


def test_a_batch_depends_on_its_number_alone(faces):
    stream = meter_batches(faces, batch_size=6, seed=3)
    later = next(stream(2))
    walked = stream(0)
    next(walked), next(walked)
    assert all(
        torch.equal(a, b) for a, b in zip(later.tensors().values(), next(walked).tensors().values(), strict=True)
    )


def test_drawn_faces_alone_are_enough(faces):
    batch = next(meter_batches(faces.take(np.arange(DRAWN)), batch_size=4, seed=0)(0))
    assert len(batch) == 4


def test_the_landmarks_of_a_couple_lie_in_its_pictures(faces):
    still = replace(faces, aus=faces.aus)
    batch = next(meter_batches(still, batch_size=16, seed=0, mix=CoupleMix(detected=0.0))(0))
    assert batch.landmarks.min() > -0.2 * SIZE
    assert batch.landmarks.max() < 1.2 * SIZE
