import numpy as np
import pytest

from mienkit.core.errors import DataError


def test_a_photograph_takes_the_fit_of_its_edits_and_keeps_its_own_units(photo_and_edit_faces):
    faces = photo_and_edit_faces
    whole = faces.expressions()
    edit = int(np.flatnonzero(faces.pair == 2)[0])
    np.testing.assert_array_equal(whole[2], faces.before[edit])
    assert np.isnan(faces.aus[2, 3])


def test_faces_with_gaps_are_told_and_can_be_left_out(photo_and_edit_faces):
    faces = photo_and_edit_faces
    assert faces.has_expression().tolist() == [True] * 4 + [False] * 2 + [True] * 8
    with pytest.raises(DataError, match="2 of 14 faces have unknown AU5, AU6; measure them, or leave them out"):
        faces.require_expressions()
    assert not np.isnan(faces.take(faces.has_expression()).require_expressions()).any()


def test_taken_rows_keep_their_pairs(photo_and_edit_faces):
    faces = photo_and_edit_faces
    taken = faces.take(np.asarray([13, 3, 0, 12]))
    assert taken.pair.tolist() == [1, -1, -1, 1]
    np.testing.assert_array_equal(taken.images, faces.images[[13, 3, 0, 12]])


def test_an_edit_whose_photograph_is_left_behind_loses_its_pair(photo_and_edit_faces):
    faces = photo_and_edit_faces
    assert (faces.take(faces.of_kind("re-expressed")).pair == -1).all()


def test_kinds_are_told_apart(photo_and_edit_faces):
    faces = photo_and_edit_faces
    assert faces.of_kind("photograph").sum() == 6
    assert faces.of_kind("photograph", "re-expressed").all()
    assert faces.size == 16
