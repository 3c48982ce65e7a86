"""Colours that a photo shows, or hints at."""

import numpy as np
import pytest

from mienkit.morphable.tint import eye_colours

SIDE, RADIUS = 96, 12.0
SKIN = np.array([200, 160, 130], np.float32)
BLUE, WHITE, PUPIL = (np.array(colour, np.float32) for colour in ((60, 90, 150), (210, 205, 200), (15, 12, 12)))
MIDDLE = np.array([SIDE / 2, SIDE / 2], np.float32)


@pytest.fixture(scope="module")
def eye() -> tuple[np.ndarray, np.ndarray]:
    """A blue eye in skin, and the distance of each pixel from its middle in iris radii."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    distance = np.hypot(rows - SIDE / 2, columns - SIDE / 2) / RADIUS
    image = np.where((distance < 1)[..., None], BLUE, WHITE)
    return np.where((distance < 0.4)[..., None], PUPIL, image).astype(np.float32), distance


def test_an_open_eye_keeps_its_colours(eye):
    image, distance = eye
    colours = eye_colours(image, distance < 2, MIDDLE, RADIUS, SKIN)
    iris = colours.at(MIDDLE[:1] + 0.7 * RADIUS, MIDDLE[1:])
    assert iris[0] == pytest.approx(BLUE, abs=12)
    assert colours.white == pytest.approx(WHITE, abs=12)


def test_a_slit_hides_an_eye_that_has_a_dark_iris_in_a_white_of_the_light_on_the_skin(eye):
    image, distance = eye
    nothing = np.zeros_like(distance, bool)
    colours = eye_colours(image, nothing, MIDDLE, RADIUS, SKIN)
    pupil, iris = colours.at(np.full(2, MIDDLE[0]), MIDDLE[1] + RADIUS * np.array([0.1, 0.7], np.float32))
    assert pupil.mean() < iris.mean() < 0.5 * colours.white.mean()
    assert colours.white[0] > colours.white[2]  # as warm as the light


def test_what_is_half_seen_is_half_believed(eye):
    image, distance = eye
    whole = eye_colours(image, distance < 2, MIDDLE, RADIUS, SKIN)
    ring = (distance > 0.6) & (distance < 0.7)
    some = eye_colours(image, ring, MIDDLE, RADIUS, SKIN)
    blueness = [one.at(MIDDLE[:1] + 0.65 * RADIUS, MIDDLE[1:])[0] @ [-1, 0, 1] for one in (whole, some)]
    assert 0 < blueness[1] < blueness[0]
