"""Which edits are drawn, and that they show what they claim."""

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, MIDDLE_UNITS
from mienkit.core.errors import ConfigError, UnknownNameError
from mienkit.core.opposed import OPPOSED
from mienkit.morphable.action_units import ANTAGONISTS, AU_SHAPES, action_units_of, expression_of
from mienkit.morphable.head import EXPRESSION_NAMES
from mienkit.morphable.plan import (
    BROWS,
    EYES,
    FULL,
    LEANING,
    MOUTHS,
    SPREAD,
    WEAKEST,
    Plan,
    fixed,
    in_full,
    lean,
    neutral,
    planned,
    sample_plans,
)


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


def alike(one: Plan, other: Plan) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("left", "right", "kept"))


def test_every_unit_is_moved_by_at_least_one_edit_in_fifty():
    raised = np.stack([np.maximum(plan.left, plan.right) for plan in sample_plans(2000, np.random.default_rng(0))])
    assert ((raised > 0).mean(0) > 0.02).all()


def test_edits_are_strong_enough_to_be_seen_and_never_too_strong():
    raised = np.stack([np.maximum(plan.left, plan.right) for plan in sample_plans(500, np.random.default_rng(1))])
    weakest = min(share for choices in (MOUTHS, BROWS, EYES) for choice in choices for share in choice.values())
    assert raised.max() <= 1
    assert raised[raised > 0].min() >= WEAKEST * SPREAD * weakest
    assert (raised.max(1) > 0).all()


def test_some_edits_go_to_the_end():
    strongest = np.array(
        [max(plan.left.max(), plan.right.max()) for plan in sample_plans(2000, np.random.default_rng(5))]
    )
    assert (strongest == 1).mean() == pytest.approx(FULL, abs=0.03)


def test_an_edit_that_goes_to_the_end_keeps_the_balance_of_its_units():
    whole = in_full(Plan(units(AU12=0.5, AU1=0.2), units(AU12=0.25), 1.0))
    np.testing.assert_allclose(whole.left, units(AU12=1, AU1=0.4), atol=1e-6)
    np.testing.assert_allclose(whole.right, units(AU12=0.5), atol=1e-6)


def test_units_that_give_way_are_those_whose_leading_shape_another_cannot_stand_beside():
    leads = {name: next(iter(shapes)) for name, shapes in AU_SHAPES.items()}
    opposed = {name: {other for other, lead in leads.items() if lead in stems} for name, stems in ANTAGONISTS.items()}
    assert {name: set(others) for name, others in OPPOSED.items()} == {
        n: found for n, found in opposed.items() if found
    }


def test_a_photos_own_expression_is_kept_faded_and_dropped():
    kept = np.array([plan.kept for plan in sample_plans(300, np.random.default_rng(2))])
    assert 0.2 < (kept == 0).mean() < 0.5
    assert 0.2 < (kept == 1).mean() < 0.5


def test_the_same_seed_draws_the_same_edits():
    first, second = (sample_plans(5, np.random.default_rng(7)) for _ in range(2))
    assert all(alike(a, b) for a, b in zip(first, second, strict=True))


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


def test_the_halves_differ_in_some_edits_and_only_in_units_that_have_sides():
    plans = sample_plans(2000, np.random.default_rng(4))
    unlike = np.stack([plan.left != plan.right for plan in plans])
    assert unlike.any(1).mean() == pytest.approx(LEANING, abs=0.03)
    sided = np.array([name not in MIDDLE_UNITS for name in ACTION_UNITS])
    assert unlike[:, sided].any(0).all()
    assert not unlike[:, ~sided].any()
    weaker = np.stack([plan.left > plan.right for plan in plans])[unlike]
    assert 0.4 < weaker.mean() < 0.6


def test_the_stronger_half_of_a_leaning_edit_does_what_was_drawn():
    raised = units(AU12=0.8, AU17=0.5, AU1=0.6)
    leaning = lean(Plan(raised, raised, 1.0), np.random.default_rng(0))
    np.testing.assert_array_equal(np.maximum(leaning.left, leaning.right), raised)
    assert (np.minimum(leaning.left, leaning.right)[[AU_INDEX["AU12"], AU_INDEX["AU1"]]] < raised[raised > 0.5]).all()


def test_a_leaning_edit_tells_what_each_side_shows_and_the_mean_of_both():
    calm = np.zeros(57, np.float32)
    target = planned(Plan(units(AU12=0.8, AU26=0.4), units(AU26=0.4), 1.0), calm)
    assert (target.sides["AU12_L"], target.sides["AU12_R"]) == (pytest.approx(0.8), 0)
    assert not any(name.startswith("AU26") for name in target.sides)
    np.testing.assert_allclose(target.aus, units(AU12=0.4, AU26=0.4), atol=1e-6)
    for side in ("left", "right"):
        shown = action_units_of(target.expression, side)[AU_INDEX["AU12"]]
        assert shown == pytest.approx(target.sides[f"AU12_{side[0].upper()}"], abs=1e-5)


def test_edits_of_both_sides_alike_tell_no_sides():
    assert not planned(Plan(units(AU12=0.8), units(AU12=0.8), 1.0), grin()).sides
    assert not fixed({"AU12": 0.2}, grin()).sides


def test_a_side_is_set_after_the_whole_unit_and_the_other_half_is_as_without_it():
    target, whole = fixed({"AU2_R": 1.0, "AU2": 0.4}, grin()), fixed({"AU2": 0.4}, grin())
    assert (target.sides["AU2_L"], target.sides["AU2_R"]) == (pytest.approx(0.4), 1)
    left = np.array([name.endswith("_L") for name in EXPRESSION_NAMES])
    np.testing.assert_array_equal(target.expression[left], whole.expression[left])
    with pytest.raises(ConfigError, match="AU26"):
        fixed({"AU26_L": 1.0}, grin())
