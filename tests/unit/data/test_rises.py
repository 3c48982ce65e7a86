"""Clips in memory: rises, landmark curves, and the batches that are drawn from them."""

import dataclasses

import numpy as np
import pytest
import torch

from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.core.errors import DataError
from mienkit.data.clip import (
    clip_batches,
    curve_batches,
    landmark_curves,
    list_rises,
    mirror_curves,
    paint_batches,
    rows_at_rest,
)
from mienkit.data.drawn import draw_faces
from mienkit.data.faces import FaceArrays
from mienkit.data.row import KINDS
from mienkit.geometry.preshape import PreShape

SIZE = 32
SHOWN = ("happiness", "surprise", "sadness")
WAY = (0.0, 0.0, 0.3, 0.6, 0.9, 1.0, 1.0, 0.5, 0.0)
"""Of each clip: rest, rise, apex, and back."""
APEX = 5


@pytest.fixture(scope="module")
def faces() -> FaceArrays:
    """Three clips of two people each, one an emotion, drawn; their rows are shuffled."""
    people, looks = np.arange(2).repeat(len(SHOWN)), np.tile(np.arange(len(SHOWN)), 2)
    aus = np.stack([emotion_aus(SHOWN[look]).numpy() * share for look in looks for share in WAY]).astype(np.float32)
    person = people.repeat(len(WAY))
    drawn = draw_faces(person, aus, size=SIZE, pose=False, scene=person)
    count, clip = len(aus), np.arange(len(people)).repeat(len(WAY))
    share = np.tile(WAY, len(people))
    emotion = np.where(share == 0, 0, np.where(share >= 0.9, [EMOTIONS.index(SHOWN[n % 3]) for n in clip], -1))
    made = FaceArrays(
        images=drawn.images,
        aus=aus,
        before=np.full((count, 17), np.nan, np.float32),
        tilt=np.zeros((count, 17), np.float32),
        landmarks=drawn.landmarks,
        depth=drawn.depth,
        flow=np.broadcast_to(np.float16(np.nan), (count, 32, 32, 2)),
        fresh=np.broadcast_to(np.uint8(0), (count, 32, 32)),
        pose=drawn.pose,
        emotion=emotion,
        kind=np.full(count, KINDS.index("drawn")),
        split=np.zeros(count, np.int64),
        subject=person,
        sequence=clip,
        frame=np.tile(np.arange(len(WAY)), len(people)),
        pair=np.full(count, -1),
        name=np.array([f"made/{number}" for number in range(count)]),
    )
    return made.take(np.random.default_rng(0).permutation(count))


def test_a_rise_goes_from_the_first_frame_to_the_one_farthest_from_it(faces):
    rises = list_rises(faces)
    assert len(rises) == 6
    for rows, emotion in zip(rises.rows, rises.emotion, strict=True):
        assert faces.frame[rows].tolist() == list(range(APEX + 1))
        assert len(set(faces.sequence[rows].tolist())) == 1
        assert faces.emotion[rows[-1]] == emotion


def test_only_the_emotions_that_are_asked_for_are_listed(faces):
    assert {EMOTIONS[number] for number in list_rises(faces, ["surprise"]).emotion} == {"surprise"}


def test_pictures_without_a_number_are_no_clip(faces):
    still = dataclasses.replace(faces, frame=np.full(len(faces), -1))
    with pytest.raises(DataError, match="there is no clip of 4 frames or more that rises to one of"):
        list_rises(still)


def test_without_landmarks_the_last_frame_of_the_emotion_is_the_apex(faces):
    blank = {name: np.full_like(getattr(faces, name), np.nan) for name in ("landmarks", "aus")}
    blind = dataclasses.replace(faces, **blank)
    assert {faces.frame[rows[-1]] for rows in list_rises(blind).rows} == {6}
    with pytest.raises(DataError, match="landmarks are unknown in a clip"):
        landmark_curves(blind, list_rises(blind), 9)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_curves_are_pre_shapes_at_equal_distances(faces, dimensions):
    curves = torch.from_numpy(landmark_curves(faces, list_rises(faces), 9, dimensions))
    assert curves.shape == (6, 9, 68 * dimensions)
    torch.testing.assert_close(curves[:, 0].norm(dim=1), torch.ones(6))
    steps = curves.diff(dim=1).norm(dim=2)
    assert (steps > 0).all()
    assert (steps.std(1) / steps.mean(1)).max() < 0.2


def test_flat_curves_begin_with_the_shape_of_the_first_frame(faces):
    rises = list_rises(faces)
    first = torch.from_numpy(faces.landmarks[rises.rows[0][0]])
    curve = torch.from_numpy(landmark_curves(faces, rises, 9))[0, 0]
    torch.testing.assert_close(curve.view(68, 2), PreShape.of(first).points, atol=1e-5, rtol=0)


def test_unknown_depth_is_said(faces):
    flat = dataclasses.replace(faces, depth=np.full_like(faces.depth, np.nan))
    with pytest.raises(DataError, match="the depth of landmarks is unknown"):
        landmark_curves(flat, list_rises(flat), 9, 3)


def test_a_mirrored_curve_is_mirrored_twice_itself(faces):
    curves = torch.from_numpy(landmark_curves(faces, list_rises(faces), 9, 3))
    once = mirror_curves(curves, torch.ones(6, dtype=torch.bool), 3)
    assert (once - curves).abs().max() > 1e-3
    torch.testing.assert_close(mirror_curves(once, torch.ones(6, dtype=torch.bool), 3), curves)
    assert torch.equal(mirror_curves(curves, torch.zeros(6, dtype=torch.bool), 3), curves)


def test_curve_batches_visit_every_clip_and_repeat_themselves(faces):
    stream = curve_batches(faces, batch_size=6, seed=1, instants=9)
    first, again = next(stream(0)), next(stream(0))
    assert torch.equal(first.curve, again.curve)
    assert sorted(first.label.tolist()) == sorted(list_rises(faces).emotion.tolist())


def test_clip_batches_show_rest_first_and_the_apex_last(faces):
    batch = next(clip_batches(faces, batch_size=6, seed=1, frames=4)(0))
    assert batch.clip.shape == (6, 4, 3, SIZE, SIZE)
    away = (batch.clip - batch.clip[:, :1]).abs().mean((2, 3, 4))
    assert (away[:, 0] == 0).all()
    assert (away[:, -1] >= away[:, 1]).all()
    assert away[:, -1].min() > 0


def test_rows_at_rest_are_of_the_same_clip_and_neutral(faces):
    rest = rows_at_rest(faces)
    known = rest >= 0
    assert (faces.sequence[rest[known]] == faces.sequence[known]).all()
    assert (faces.frame[rest[known]] == 0).all()
    assert faces.frame[~known].tolist() == [0] * 6


def test_painters_learn_from_a_person_at_rest_and_otherwise(faces):
    batch = next(paint_batches(faces, batch_size=8, seed=0)(0))
    assert batch.image.shape == batch.result.shape == (8, 3, SIZE, SIZE)
    assert batch.landmarks.shape == batch.result_landmarks.shape == (8, 68, 2)
    assert batch.paired.tolist() == [1] * 8


def test_landmarks_that_are_read_are_off_alike_in_both_pictures(faces):
    read = faces.landmarks + 2.0
    plain, metered = (next(paint_batches(faces, batch_size=32, seed=0, read=one)(0)) for one in (None, read))
    off = metered.landmarks - plain.landmarks
    torch.testing.assert_close(off, metered.result_landmarks - plain.result_landmarks, atol=1e-4, rtol=0)
    moved = off.abs().amax((1, 2)) > 1
    assert 0 < moved.sum() < 32


def test_nobody_at_rest_is_said(faces):
    lively = dataclasses.replace(faces, emotion=np.full(len(faces), 5))
    with pytest.raises(DataError, match="nobody with a neutral picture and another one"):
        paint_batches(lively, batch_size=4, seed=0)
