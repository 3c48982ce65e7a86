"""The experiment that says whether augmenting helps: its training sets, its classifier and its figures."""

import numpy as np
import pytest
from bench.augment import (
    COMMON,
    RARE,
    Arm,
    Faces,
    Scale,
    count_answers,
    draw,
    draw_base,
    estimate,
    f1,
    fit,
    gain,
    gradients,
    rare_recall,
    recall,
    row_of,
)

from mienkit.core.emotion import EMOTIONS


def some_faces(each: int = 120, people: int = 30, seed: int = 0) -> Faces:
    """Faces whose features tell their emotion, clearly."""
    chance = np.random.default_rng(seed)
    emotion = np.repeat(np.arange(len(EMOTIONS)), each)
    features = 0.2 * chance.normal(size=(len(emotion), 2, 12)) + 3 * np.eye(12)[emotion][:, None]
    return Faces(features=features.astype(np.float32), emotion=emotion, subject=np.arange(len(emotion)) % people)


def test_a_training_set_has_few_rare_faces_and_the_rest_is_left_for_the_upper_bound() -> None:
    base, rest = draw_base(some_faces(), 5, np.random.default_rng(0))
    counts = np.bincount(base.emotion, minlength=8)
    rare = [EMOTIONS.index(name) for name in RARE]
    assert (counts[rare] == 5).all()
    assert (np.delete(counts, rare) == COMMON).all()
    assert set(rest.emotion) == set(rare)
    assert len(rest.emotion) == len(rare) * 115
    added = draw(rest, COMMON - 5, np.random.default_rng(0))
    assert (np.bincount(added.emotion, minlength=8)[rare] == 95).all()


def test_the_classifier_learns_what_can_be_told_and_is_tested_person_by_person() -> None:
    counts = count_answers(fit([some_faces()], mirrored=True, balanced=True), some_faces(20, 10, seed=1))
    assert counts.shape == (10, 8, 8)
    assert counts.sum() == 160
    assert f1(counts.sum(0)) > 0.99


def test_balanced_weights_let_rare_faces_count_as_much_as_the_others() -> None:
    chance = np.random.default_rng(0)
    faces = some_faces()
    blurred = Faces(
        features=(faces.features + 3 * chance.normal(size=faces.features.shape)).astype(np.float32),
        emotion=faces.emotion,
        subject=faces.subject,
    )
    base, rest = draw_base(blurred, 5, chance)
    plain, balanced = (count_answers(fit([base], False, weigh), rest).sum(0) for weigh in (False, True))
    assert rare_recall(balanced) > rare_recall(plain) + 0.05


def test_figures_are_those_of_their_definitions() -> None:
    counts = np.zeros((8, 8))
    counts[0, 0], counts[0, 1], counts[1, 1] = 3, 1, 2
    assert recall(counts)[:2].tolist() == [0.75, 1.0]
    assert f1(counts) == pytest.approx((2 * 3 / (4 + 3) + 2 * 2 / (2 + 3)) / 8)


def test_an_interval_is_over_people_and_a_gain_compares_the_same_ones() -> None:
    alike = np.stack([np.eye(8)] * 20)[None]
    sure = estimate(alike, f1)
    assert (sure.value, sure.low, sure.high, sure.count) == (1.0, 1.0, 1.0, 20)
    mixed = alike.copy()
    mixed[0, :10] = np.roll(np.eye(8), 1, 1)
    wide = estimate(mixed, f1)
    assert wide.value == pytest.approx(0.5)
    assert wide.low < 0.5 < wide.high
    assert str(gain(mixed, mixed)) == "0.000 [0.000, 0.000]"
    assert gain(alike, mixed).low > 0


def test_a_row_of_the_table_says_how_many_faces_were_added() -> None:
    arm, other = (Arm(title=title, confusion=[np.stack([np.eye(8)] * 3)], added=[4, 6]) for title in ("a", "b"))
    assert row_of(arm, other)[:3] == ["a", "5", "1.000 [1.000, 1.000]"]
    assert row_of(arm, other)[-1] == "0.000 [0.000, 0.000]"
    assert row_of(other, other)[-1] == ""


def test_gradients_do_not_depend_on_how_bright_a_face_is() -> None:
    face = np.random.default_rng(0).integers(60, 120, (128, 128, 3)).astype(np.uint8)
    told = gradients(face)
    assert told.shape == (4356,)
    np.testing.assert_allclose(told, gradients(face + 40), atol=1e-6)
    turned = gradients(np.ascontiguousarray(np.rot90(face)))
    assert np.abs(told - turned).max() > 0.05


def test_what_the_classifier_sees_has_the_length_1_on_average() -> None:
    faces = some_faces(each=40)
    scaled = Scale.of(faces.features[:, 0])(faces)
    length = np.sqrt(np.square(scaled.features[:, 0]).sum(1).mean())
    assert length == pytest.approx(1, abs=1e-3)
