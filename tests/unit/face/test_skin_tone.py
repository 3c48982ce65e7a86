"""The typology angle on made faces whose colour is known in closed form."""

import numpy as np
import pytest

from mienkit.core.landmark import MEAN_SHAPE
from mienkit.face.skin_tone import angle_of, skin_colour, skin_patches, typology_angle

MARKS = 256 * np.array(MEAN_SHAPE)
# sRGB -> its CIELAB (D65, 2 degrees) and the angle:
#   linear = ((c / 255 + 0.055) / 1.055) ** 2.4; X, Y, Z = M @ linear / white; f = cbrt
#   L, a, b = 116 f(Y) - 16, 500 (f(X) - f(Y)), 200 (f(Y) - f(Z)); angle = degrees(atan2(L - 50, b))
COLOURS = (
    ((224, 187, 161), (78.4403, 9.4461, 18.1315), 57.481),
    ((198, 150, 120), (65.8860, 14.0445, 22.8086), 34.857),
    ((120, 80, 60), (37.9454, 14.2774, 18.5732), -32.985),
)


def face_of(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((256, 256, 3), colour, np.uint8)


@pytest.mark.parametrize(("colour", "lab", "angle"), COLOURS)
def test_the_angle_is_that_of_the_skin_in_cielab(colour, lab, angle):
    assert skin_colour(face_of(colour), np.array([128.0, 128.0]), 10.0) == pytest.approx(lab, abs=0.2)
    assert typology_angle(face_of(colour), MARKS) == pytest.approx(angle, abs=0.5)


def test_the_angle_of_a_lab_colour_is_of_lightness_over_yellow():
    assert angle_of(np.array([60.0, 8.0, 10.0])) == pytest.approx(45)
    assert angle_of(np.array([40.0, 8.0, 10.0])) == pytest.approx(-45)


def test_photographs_without_colour_and_blue_ones_have_no_angle():
    assert np.isnan(typology_angle(face_of((140, 140, 140)), MARKS))
    assert np.isnan(typology_angle(face_of((150, 160, 190)), MARKS))


def test_hair_on_the_forehead_and_hard_shadow_do_not_count():
    fair, _, angle = COLOURS[0]
    for spoilt in range(3):
        picture = face_of(fair)
        (x, y), radius = skin_patches(MARKS)[spoilt]
        reach = int(radius) + 2
        picture[int(y) - reach : int(y) + reach, int(x) - reach : int(x) + reach] = (40, 30, 25)
        assert typology_angle(picture, MARKS) == pytest.approx(angle, abs=0.5)


def test_one_grey_patch_is_left_out_and_two_leave_too_little():
    fair, _, angle = COLOURS[0]
    picture = face_of(fair)
    picture[:70] = 128  # the forehead
    assert typology_angle(picture, MARKS) == pytest.approx(angle, abs=0.5)
    picture[:, :128] = 128  # and the right cheek
    assert np.isnan(typology_angle(picture, MARKS))


def test_patches_lie_on_cheeks_and_forehead_however_the_head_is_turned():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    for (centre, radius), (turned, same) in zip(skin_patches(MARKS), skin_patches(MARKS @ turn.T), strict=True):
        assert turned == pytest.approx(turn @ centre)
        assert same == pytest.approx(radius)
    (right, _), (left, _), (forehead, _) = skin_patches(MARKS)
    assert MARKS[36:48, 1].max() < right[1] < MARKS[48:68, 1].min()
    assert right[0] < MARKS[31, 0] < MARKS[35, 0] < left[0]
    assert 0 < forehead[1] < MARKS[17:27, 1].min()


def test_a_forehead_outside_of_the_picture_is_unknown_and_not_an_error():
    fair, _, angle = COLOURS[0]
    assert typology_angle(face_of(fair), MARKS - [0, 80]) == pytest.approx(angle, abs=0.5)
