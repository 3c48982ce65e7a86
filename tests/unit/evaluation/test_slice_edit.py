"""Slices of made people: who belongs to them, and that their figures are theirs alone."""

import cv2
import numpy as np
import pytest

from mienkit.core.landmark import LEFT_EYE, MEAN_SHAPE, RIGHT_EYE
from mienkit.evaluation.photo_edit import Look, Trial
from mienkit.evaluation.slice_edit import (
    BETWEEN,
    DARK,
    FEWEST,
    GLASSES,
    LIGHT,
    NO_GLASSES,
    SLICES,
    judge_slices,
    slices_of,
    tone_of,
    worn,
)
from mienkit.evaluation.target_edit import TargetTrial
from mienkit.morphable.glasses import BARE, FRAMED

FAIR, BROWN = (224, 187, 161), (120, 80, 60)


def look(cosine: float = 1.0) -> Look:
    embedding = np.zeros(256, np.float32)
    embedding[:2] = cosine, np.sqrt(1 - cosine**2)
    return Look(landmarks=np.array(MEAN_SHAPE), channels={}, embedding=embedding)


def face_of(colour: tuple[int, int, int], *, framed: bool = False) -> np.ndarray:
    picture = np.full((256, 256, 3), colour, np.uint8)
    if framed:
        marks = 256 * np.array(MEAN_SHAPE)
        (right, top), (left, _) = (marks[eye].mean(0).astype(int).tolist() for eye in (RIGHT_EYE, LEFT_EYE))
        for x in (right, left):
            cv2.rectangle(picture, (x - 24, top - 16), (x + 24, top + 20), (30, 20, 20), 3, cv2.LINE_AA)
        cv2.line(picture, (right + 24, top - 4), (left - 24, top - 4), (30, 20, 20), 3, cv2.LINE_AA)
    return picture


def test_a_photograph_belongs_to_the_slices_of_its_skin_and_its_glasses():
    assert slices_of(face_of(FAIR), look()) == (LIGHT, NO_GLASSES)
    assert slices_of(face_of(BROWN), look()) == (DARK, NO_GLASSES)
    assert slices_of(face_of(FAIR, framed=True), look()) == (LIGHT, GLASSES)


def test_a_grey_photograph_belongs_to_no_skin_tone_and_one_without_a_face_to_nothing():
    assert slices_of(face_of((150, 150, 150)), look()) == (NO_GLASSES,)
    assert slices_of(face_of(FAIR), None) == ()


@pytest.mark.parametrize(
    ("angle", "name"), [(60, LIGHT), (41.1, LIGHT), (41, BETWEEN), (28, BETWEEN), (27.9, DARK), (-80, DARK)]
)
def test_classes_of_the_angle_are_those_of_del_bino_taken_together(angle, name):
    assert tone_of(angle) == name


def test_what_is_unsure_belongs_nowhere():
    assert tone_of(float("nan")) is None
    assert worn((BARE + FRAMED) / 2) is None
    assert (worn(2 * FRAMED), worn(BARE / 2)) == (GLASSES, NO_GLASSES)


def trial(subject: int, cosine: float) -> Trial:
    return Trial(subject=subject, before=look(), after=look(cosine), change=np.zeros(17, np.float32))


def target(subject: int, landmarks: float) -> TargetTrial:
    return TargetTrial(subject=subject, pixels=5.0, of_copy=10.0, landmarks=landmarks)


def test_figures_of_a_slice_are_of_its_people_alone():
    people = range(2 * FEWEST)
    sitters = {subject: (LIGHT,) if subject % 2 else (DARK, GLASSES) for subject in people}
    pairs = {subject: (DARK,) if subject % 2 else (LIGHT,) for subject in people}  # numbered apart
    results = judge_slices(
        [trial(subject, 0.9 if subject % 2 else 0.6) for subject in people for _ in range(2)],
        [(subject, 0.1 if subject % 2 else 0.4) for subject in people],
        [target(subject, 0.02 if subject % 2 else 0.01) for subject in people],
        sitters,
        pairs,
    )
    named = {one.name: one for one in results}
    light, dark = named[LIGHT], named[DARK]
    assert tuple(named) == SLICES
    assert (light.people, light.pairs, dark.people, dark.pairs) == (FEWEST,) * 4
    assert (light.identity.value, dark.identity.value) == pytest.approx((0.9, 0.6))
    assert (light.error.value, dark.error.value) == pytest.approx((0.1, 0.4))
    assert (light.targets.landmarks.value, dark.targets.landmarks.value) == pytest.approx((0.01, 0.02))
    assert light.identity.count == 2 * FEWEST
    assert named[GLASSES].identity == dark.identity
    assert (named[GLASSES].pairs, named[GLASSES].targets.landmarks.count) == (0, 0)


def test_slices_of_too_few_people_have_a_number_and_no_figure():
    people = range(FEWEST - 1)
    slices = dict.fromkeys(people, (LIGHT,))
    [light, *_] = judge_slices(
        [trial(subject, 0.9) for subject in people for _ in range(9)],
        [(subject, 0.1) for subject in people],
        [target(subject, 0.1) for subject in people],
        slices,
        slices,
    )
    assert (light.people, light.pairs) == (FEWEST - 1, FEWEST - 1)
    assert light.identity.count == light.error.count == light.targets.landmarks.count == 0
