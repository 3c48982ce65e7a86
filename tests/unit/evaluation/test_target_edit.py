"""Edits against exact pictures, on made ones."""

import numpy as np
import pytest

from mienkit.evaluation.photo_edit import Look
from mienkit.evaluation.target_edit import displacement_error, judge_targets, try_target

PHOTO = np.full((16, 16, 3), 100, np.uint8)
EXACT = PHOTO.copy()
EXACT[4:8, 4:8] = 150


def look(shift: float = 0.0) -> Look:
    """A face whose outer eye corners are 0.25 apart, and whose mouth corner stands somewhere."""
    landmarks = np.zeros((68, 2))
    landmarks[36], landmarks[45] = (0.375, 0.4), (0.625, 0.4)
    landmarks[48] = (0.4 + shift, 0.6)
    return Look(landmarks=landmarks, channels={}, embedding=np.zeros(256, np.float32))


def tried(edited: np.ndarray, after: Look | None = None, subject: int = 0):
    return try_target(subject, PHOTO, EXACT, edited, (look(), look(0.05), after or look()))


def test_the_exact_picture_has_no_error():
    result = judge_targets([tried(EXACT, look(0.05))])
    assert result.pixels.value == result.of_copy.value == result.landmarks.value == 0


def test_the_photograph_has_the_error_of_copy():
    result = judge_targets([tried(PHOTO)])
    assert result.pixels.value == pytest.approx(50)
    assert result.of_copy.value == 1


def test_half_of_the_change_has_half_of_the_error():
    halfway = PHOTO.copy()
    halfway[4:8, 4:8] = 125
    assert judge_targets([tried(halfway)]).of_copy.value == pytest.approx(0.5)


def test_only_what_should_change_counts():
    elsewhere = EXACT.copy()
    elsewhere[12:, 12:] = 0
    assert judge_targets([tried(elsewhere)]).pixels.value == 0


def test_a_pair_in_which_nothing_changes_does_not_count():
    nothing = try_target(0, PHOTO, PHOTO, EXACT, (look(), look(), look()))
    result = judge_targets([nothing, tried(PHOTO)])
    assert result.pixels.count == result.of_copy.count == 1


def test_displacements_are_measured_by_the_distance_of_the_eyes():
    assert displacement_error(look(), look(0.05), look(0.025)) == pytest.approx(0.025 / 0.25 / 68)


def test_a_picture_in_which_no_face_is_seen_has_no_displacement():
    assert np.isnan(displacement_error(look(), look(), None))
    assert (
        judge_targets([tried(PHOTO), try_target(1, PHOTO, EXACT, EXACT, (look(), look(), None))]).landmarks.count == 1
    )
