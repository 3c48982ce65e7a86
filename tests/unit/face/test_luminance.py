"""Equal luminance and contrast inside of a mask."""

import numpy as np
import pytest

from fakes import make_pixels
from mienkit.core.image import Picture
from mienkit.face.luminance import Tone, fit_tone, luminance_of, mean_and_contrast, to_grey
from mienkit.face.oval import Oval

MASK = Oval(x=120, y=100, half_width=60, half_height=80).alpha(200, 240) >= 1


def test_luminance_and_contrast_are_those_of_the_closed_form() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0] = (100, 100, 100)
    picture[1] = (255, 0, 0)  # 0.299 * 255 = 76.245
    assert luminance_of(picture)[1, 0] == pytest.approx(76.245)
    mean, contrast = mean_and_contrast(picture, np.ones((2, 2), bool))
    assert mean == pytest.approx((100 + 76.245) / 2)
    assert contrast == pytest.approx((100 - 76.245) / 2)


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(("mean", "contrast"), [(128.0, 30.0), (90.0, 45.0), (150.0, 12.0)])
def test_both_statistics_are_met_to_a_grey_level_inside_of_the_mask(grey: bool, mean: float, contrast: float) -> None:
    for seed in range(3):
        picture = make_pixels(seed=seed)
        picture = to_grey(picture) if grey else picture
        got = mean_and_contrast(fit_tone(picture, MASK, mean, contrast).apply(picture), MASK)
        assert got == pytest.approx((mean, contrast), abs=0.2)


def test_what_is_clipped_is_made_good_where_it_can_be() -> None:
    picture = make_pixels()
    bright: Picture = np.clip(picture.astype(int) + 60, 0, 255).astype(np.uint8)
    plain = Tone(gain=50 / mean_and_contrast(bright, MASK)[1], pivot=mean_and_contrast(bright, MASK)[0], shift=0.0)
    wanted = mean_and_contrast(bright, MASK)[0], 50.0
    clipped = mean_and_contrast(plain.apply(bright), MASK)
    assert abs(clipped[1] - 50) > 1, "nothing was clipped, so the test would show nothing"
    assert mean_and_contrast(fit_tone(bright, MASK, *wanted).apply(bright), MASK) == pytest.approx(wanted, abs=1)


def test_one_statistic_is_set_and_the_other_stays() -> None:
    picture = make_pixels()
    own = mean_and_contrast(picture, MASK)
    darker = mean_and_contrast(fit_tone(picture, MASK, own[0] - 20, None).apply(picture), MASK)
    assert darker == pytest.approx((own[0] - 20, own[1]), abs=0.2)
    flatter = mean_and_contrast(fit_tone(picture, MASK, None, own[1] / 2).apply(picture), MASK)
    assert flatter == pytest.approx((own[0], own[1] / 2), abs=0.2)


def test_what_lies_outside_of_the_mask_does_not_count() -> None:
    picture = make_pixels()
    other = picture.copy()
    other[~MASK] = 255
    assert fit_tone(picture, MASK, 120, 30) == fit_tone(other, MASK, 120, 30)


def test_a_face_of_one_colour_is_made_as_bright_and_stays_flat() -> None:
    flat = np.full((20, 20, 3), 80, np.uint8)
    whole = np.ones((20, 20), bool)
    assert mean_and_contrast(fit_tone(flat, whole, 120, 30).apply(flat), whole) == pytest.approx((120, 0), abs=0.5)


def test_the_share_that_is_clipped_is_told() -> None:
    grey = np.repeat(np.array([[10, 100, 200, 250]], np.uint8).T, 3, -1)
    assert Tone(shift=20).clipped(grey) == 0.25
    assert Tone(gain=3, pivot=128).clipped(grey) == 0.75  # 10 -> -226, 200 -> 344, 250 -> 494
    assert Tone().clipped(grey) == 0
    colour = np.array([[250, 10, 10]], np.uint8)
    assert Tone(shift=10).clipped(colour) == 1, "one colour that is cut off changes the hue"
