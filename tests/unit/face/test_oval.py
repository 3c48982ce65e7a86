"""The oval around a face."""

import math

import numpy as np
import pytest

from mienkit.core.landmark import LEFT_EYE, MEAN_SHAPE, OUTER_LIPS, RIGHT_EYE
from mienkit.face.oval import Oval, face_oval, lay_on_grey

SIDE = 256


def test_its_area_is_that_of_an_ellipse() -> None:
    alpha = Oval(x=100.3, y=90.7, half_width=50.2, half_height=70.4).alpha(200, 220)
    assert alpha.sum() == pytest.approx(math.pi * 50.2 * 70.4, rel=2e-3)
    rows, columns = np.nonzero(alpha)
    assert (np.average(columns + 0.5, weights=alpha[rows, columns])) == pytest.approx(100.3, abs=0.05)


def test_it_holds_eyes_and_mouth_and_no_corner_of_the_picture() -> None:
    landmarks = np.array(MEAN_SHAPE) * SIDE
    alpha = face_oval(landmarks, SIDE).alpha(SIDE, SIDE)
    for part in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS):
        columns, rows = landmarks[part].astype(int).T
        assert (alpha[rows, columns] == 1).all()
    edge = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    assert (edge == 0).all()


def test_outside_is_grey_and_inside_is_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    alpha = Oval(x=20, y=20, half_width=10, half_height=12).alpha(40, 40)
    laid = lay_on_grey(picture, alpha, 77)
    assert (laid[alpha == 0] == 77).all()
    assert (laid[alpha == 1] == picture[alpha == 1]).all()
