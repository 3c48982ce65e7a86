"""A detector of edits learns what there is to see, and nothing where there is nothing."""

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.data.faces import FaceArrays
from mienkit.data.row import KINDS
from mienkit.evaluation import told_apart, told_apart_scores
from mienkit.evaluation.told_apart import EditDetector, Training, batches, edits_of, score, train_detector
from mienkit.evaluation.told_apart_heat import attribute, overlay
from mienkit.evaluation.told_apart_scores import (
    expression_scores,
    is_common,
    leading_action,
    strangers,
    summarise,
)

MARK = np.s_[70:90, 50:80]
"""Where edits of the toy faces have a light patch."""


@pytest.fixture(autouse=True)
def in_miniature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_apart, "WIDTHS", (4, 8, 8, 8))
    monkeypatch.setattr(told_apart, "COUPLES", 8)
    monkeypatch.setattr(told_apart_scores, "STEPS", 60)


def couples(photos: int = 24, per: int = 2, patch: int = 60) -> FaceArrays:
    """Make photographs of noise, and edits of them that have a light patch."""
    rng = np.random.default_rng(0)
    base = rng.integers(40, 160, (photos, 16, 16, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    edits = base.repeat(per, 0)
    edits[(slice(None), *MARK)] += np.uint8(patch)
    count = photos * (1 + per)
    before = np.zeros((count, NUM_AUS), np.float32)
    aus = before.copy()
    aus[photos:, AU_INDEX["AU12"]] = rng.uniform(0.2, 1, photos * per)
    pair = np.concatenate([np.full(photos, -1), np.arange(photos).repeat(per)])
    return FaceArrays(
        images=np.concatenate([base, edits]),
        aus=aus,
        before=before,
        tilt=np.zeros((count, NUM_AUS), np.float32),
        landmarks=np.zeros((count, 68, 2), np.float32),
        depth=np.zeros((count, 68), np.float32),
        flow=np.broadcast_to(np.float16(np.nan), (count, 32, 32, 2)),
        fresh=np.broadcast_to(np.uint8(0), (count, 32, 32)),
        pose=np.zeros((count, 3), np.float32),
        emotion=np.full(count, -1),
        kind=np.where(pair < 0, KINDS.index("photograph"), KINDS.index("re-expressed")),
        split=np.zeros(count, np.int64),
        subject=np.concatenate([np.arange(photos), np.arange(photos).repeat(per)]),
        sequence=np.zeros(count, np.int64),
        frame=np.full(count, -1),
        pair=pair,
        name=np.array([f"toy/{number}" for number in range(count)]),
    )


def test_a_patch_that_all_edits_have_is_found_on_strangers() -> None:
    faces = couples()
    known = np.arange(16)
    detector = train_detector(faces, known, Training(epochs=40))
    scores = score(detector, faces.images)
    scores[np.isin(faces.subject, known)] = np.nan
    result = summarise(faces, scores)
    assert result.told.count == 16
    assert result.told.value > 0.9
    heat = attribute(detector, faces.images[faces.pair[-4:]], faces.images[-4:])
    inside = heat[(slice(None), *MARK)].sum()
    assert inside > 0.8 * np.abs(heat).sum()
    rise = scores[-4:] - scores[faces.pair[-4:]]
    assert heat.sum((1, 2)) == pytest.approx(rise, rel=0.25)


def test_half_of_the_guesses_are_right_where_there_is_nothing_to_see() -> None:
    faces = couples(photos=32, per=1, patch=0)
    scores = score(train_detector(faces, np.arange(16), Training(epochs=2)), faces.images)
    result = summarise(faces, scores)
    assert result.told.value == 0.5
    assert result.couple.value == 0.0  # equal pictures have equal scores


def test_a_detector_that_calls_everything_an_edit_gains_nothing_from_their_number() -> None:
    faces = couples(per=3)
    assert summarise(faces, np.ones(len(faces), np.float32)).told.value == 0.5


def test_the_same_seed_trains_the_same_detector() -> None:
    faces = couples()
    first, second = (train_detector(faces, np.arange(16), Training(epochs=1)).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_every_batch_holds_photographs_beside_their_own_edits() -> None:
    faces = couples()
    for rows in batches(faces, np.arange(16), np.random.default_rng(0)):
        photos, edits = np.split(rows, 2)
        assert (faces.pair[photos] == -1).all()
        assert (faces.pair[edits] == photos).all()
    assert [one.tolist() for one in edits_of(faces, np.array([0, 3]))] == [[24, 25], [30, 31]]


def test_edits_are_named_by_what_changed_most() -> None:
    faces = couples()
    faces.before[-1, AU_INDEX["AU26"]] = 1
    assert leading_action(faces, np.array([24, len(faces) - 1])).tolist() == ["AU12 up", "AU26 down"]


def test_a_smile_is_common_and_a_scowl_is_not() -> None:
    aus = np.zeros((3, NUM_AUS), np.float32)
    aus[1, AU_INDEX["AU12"]] = 1
    aus[2, AU_INDEX["AU4"]] = 0.8
    assert is_common(aus).tolist() == [True, True, False]


def test_units_alone_tell_expressions_that_no_photograph_shows() -> None:
    faces = couples()
    scores = expression_scores(faces, faces.subject % 2)
    assert summarise(faces, scores).told.value > 0.9
    faces.aus[:] = 0
    assert abs(summarise(faces, expression_scores(faces, faces.subject % 2)).told.value - 0.5) < 0.2


def test_strangers_stay_in_their_fold() -> None:
    faces = couples()
    photos = faces.take(faces.pair < 0)
    fold = photos.subject % 3
    control = strangers(photos, fold)
    called = control.pair >= 0
    assert called.sum() == 12
    assert (fold[called] == fold[control.pair[called]]).all()
    assert not called[control.pair[called]].any()


def test_heat_colours_what_gives_away_red() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[0, 0], heat[7, 7] = 1, -1
    shown = overlay(np.full((8, 8, 3), 100, np.uint8), heat, 1.0)
    assert shown[0, 0, 0] > 150 > shown[0, 0, 2]
    assert shown[7, 7, 2] > 150 > shown[7, 7, 0]
    assert (shown[3, 3] == 100).all()


def test_a_detector_looks_at_one_picture_at_a_time() -> None:
    detector = EditDetector().eval()
    images = couples().images[:4]
    assert score(detector, images)[1] == pytest.approx(score(detector, images[1:2])[0], abs=1e-5)
