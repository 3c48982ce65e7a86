"""Which edits are drawn, and that they show what they claim."""

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.errors import UnknownNameError
from mienkit.morphable.action_units import action_units_of, expression_of
from mienkit.morphable.head import EXPRESSION_NAMES
from mienkit.morphable.plan import BROWS, EYES, MOUTHS, SPREAD, WEAKEST, fixed, neutral, planned, sample_plans


def units(**intensities: float) -> np.ndarray:
    aus = np.zeros(17, np.float32)
    for name, value in intensities.items():
        aus[AU_INDEX[name]] = value
    return aus


def grin() -> np.ndarray:
    """A toothy smile that looks to the left."""
    expression = expression_of(units(AU12=0.7, AU25=0.6, AU6=0.4))
    expression[EXPRESSION_NAMES.index("eyeLookOut_L")] = 0.5
    return expression


def test_every_unit_is_moved_by_at_least_one_edit_in_fifty():
    raised = np.stack([plan.raised for plan in sample_plans(2000, np.random.default_rng(0))])
    assert ((raised > 0).mean(0) > 0.02).all()


def test_edits_are_strong_enough_to_be_seen_and_never_too_strong():
    raised = np.stack([plan.raised for plan in sample_plans(500, np.random.default_rng(1))])
    weakest = min(share for choices in (MOUTHS, BROWS, EYES) for choice in choices for share in choice.values())
    assert raised.max() <= 1
    assert raised[raised > 0].min() >= WEAKEST * SPREAD * weakest
    assert (raised.max(1) > 0).all()


def test_a_photos_own_expression_is_kept_faded_and_dropped():
    kept = np.array([plan.kept for plan in sample_plans(300, np.random.default_rng(2))])
    assert 0.2 < (kept == 0).mean() < 0.5
    assert 0.2 < (kept == 1).mean() < 0.5


def test_the_same_seed_draws_the_same_edits():
    first, second = (sample_plans(5, np.random.default_rng(7)) for _ in range(2))
    assert all(np.array_equal(a.raised, b.raised) and a.kept == b.kept for a, b in zip(first, second, strict=True))


def test_an_edit_shows_the_units_that_it_claims():
    for plan in sample_plans(100, np.random.default_rng(3)):
        target = planned(plan, grin())
        shown = action_units_of(target.expression)
        known = np.array([name != "AU5" for name in ACTION_UNITS])  # closed lids hide it
        assert np.abs(shown - target.aus)[known].max() < 0.12


def test_a_fixed_edit_sets_units_and_relaxes_what_they_cannot_stand():
    target = fixed({"AU15": 1.0, "AU26": 0.5}, grin())
    assert target.aus[AU_INDEX["AU15"]] == 1
    assert target.aus[AU_INDEX["AU26"]] == pytest.approx(0.5)
    assert target.aus[AU_INDEX["AU12"]] == pytest.approx(0, abs=0.02)
    assert target.aus[AU_INDEX["AU6"]] == pytest.approx(0.4, abs=0.05)


def test_a_unit_that_does_not_exist_is_refused():
    with pytest.raises(UnknownNameError, match="AU99"):
        fixed({"AU99": 1.0}, grin())


def test_neutral_takes_everything_off_but_the_gaze_and_closes_the_lips():
    target = neutral(grin())
    assert target.expression[EXPRESSION_NAMES.index("eyeLookOut_L")] == pytest.approx(0.5)
    assert np.abs(action_units_of(target.expression)).max() < 0.01
    assert target.seal == 1


def test_lips_that_touch_are_not_sealed_again():
    assert neutral(expression_of(units(AU12=0.5))).seal == 0
