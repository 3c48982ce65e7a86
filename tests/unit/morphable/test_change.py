"""One half of a fitted head changes, and the other does not know of it."""

import numpy as np
import pytest

from mienkit.core.action_unit import AU_INDEX, SIDED_UNITS
from mienkit.morphable.action_units import action_units_of, expression_of
from mienkit.morphable.change import Request, change_halves, change_units
from mienkit.morphable.head import EXPRESSION_NAMES

LEFT = np.array([name.endswith("_L") for name in EXPRESSION_NAMES])
RIGHT = np.array([name.endswith("_R") for name in EXPRESSION_NAMES])


def units(**intensities: float) -> np.ndarray:
    return np.array([intensities.get(name, 0.0) for name in AU_INDEX], np.float32)


def sides(**intensities: float) -> np.ndarray:
    """Name what halves show; a whole unit stands for both."""
    return np.array([intensities.get(name, intensities.get(name[:-2], 0.0)) for name in SIDED_UNITS], np.float32)


def crooked() -> np.ndarray:
    """A smile that is stronger on the right, with lips a little apart."""
    expression = expression_of(units(AU12=0.5, AU25=0.3))
    expression[EXPRESSION_NAMES.index("mouthSmile_R")] += 0.25
    return expression


@pytest.mark.parametrize("wanted", [{"AU12": 0.9}, {"AU12": 0.0, "AU15": 0.7}, {"AU45": 1.0, "AU26": 0.4}, {}])
def test_what_both_halves_are_asked_for_is_bit_for_bit_what_the_face_is_asked_for(wanted):
    present = {"AU12": 0.4, "AU25": 0.2}
    whole = change_units(crooked(), Request(units(**present), units(**present | wanted)))
    halves = change_halves(crooked(), Request(sides(**present), sides(**present | wanted)))
    np.testing.assert_array_equal(whole[0], halves[0])
    assert whole[1] == halves[1]


def test_the_half_that_is_not_asked_stays_exactly_as_it_is():
    after, _ = change_halves(crooked(), Request(sides(AU12=0.4), sides(AU12=0.4, AU2_L=0.7, AU15_L=0.5)))
    np.testing.assert_array_equal(after[RIGHT], crooked()[RIGHT])
    assert (after[LEFT] != crooked()[LEFT]).any()
    assert action_units_of(after, "left")[AU_INDEX["AU2"]] == pytest.approx(0.7, abs=0.03)


def test_an_eye_that_is_shut_opens_whatever_the_mean_of_both_eyes_is():
    wink = expression_of(units(AU45=1.0), "left")
    after, _ = change_halves(wink, Request(sides(AU45=0.5), sides(AU45_R=0.5)))
    assert np.abs(after).max() < 1e-5


def test_a_mouth_of_which_one_half_stays_open_is_not_sealed():
    parted = expression_of(units(AU25=0.6))
    assert change_halves(parted, Request(sides(AU25=0.6), sides()))[1] == 1
    assert change_halves(parted, Request(sides(AU25=0.6), sides(AU25_R=0.6)))[1] == 0
