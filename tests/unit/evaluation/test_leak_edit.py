"""What moves besides a unit, on made judgements."""

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.evaluation.leak_edit import CHANNELLED, bystanders, exact_effects, judge_leak
from mienkit.evaluation.photo_edit import CHANNELS, Look, Trial

NOTHING = {unit: dict.fromkeys(CHANNELLED, 0.0) for unit in ACTION_UNITS}


def look(**channels: float) -> Look:
    return Look(
        landmarks=np.zeros((68, 2)),
        channels=dict.fromkeys(CHANNELS, 0.2) | channels,
        embedding=np.zeros(256, np.float32),
    )


def trial(subject: int = 0, **after: float) -> Trial:
    return Trial(subject=subject, before=look(), after=look(**after), change=np.zeros(17, np.float32))


def test_exact_changes_tell_what_each_unit_moves():
    dice = np.random.default_rng(0)
    changes = list(dice.uniform(0, 1, (2000, 17)))
    looks = [
        (look(), look(AU12=0.2 + 0.6 * one[AU_INDEX["AU12"]], AU25=0.25 + 0.3 * one[AU_INDEX["AU12"]]))
        for one in changes
    ]
    effects = exact_effects(changes, looks)
    assert effects["AU12"]["AU12"] == pytest.approx(0.6, abs=0.01)
    assert effects["AU12"]["AU25"] == pytest.approx(0.3, abs=0.01)
    assert effects["AU4"]["AU25"] == pytest.approx(0, abs=0.01)


def test_what_exact_changes_move_is_no_bystander():
    effects = NOTHING | {"AU12": dict.fromkeys(CHANNELLED, 0.0) | {"AU12": 0.9, "AU25": -0.2, "AU45": 0.05}}
    beside = bystanders("AU12", effects)
    assert "AU12" not in beside
    assert "AU25" not in beside
    assert "AU45" in beside
    assert len(beside) == len(CHANNELLED) - 2


def test_a_unit_without_a_channel_has_all_for_bystanders():
    assert bystanders("AU9", NOTHING) == CHANNELLED


def test_the_mean_is_over_channels_and_people_and_the_largest_over_people():
    trials = [trial(0, AU26=0.6), trial(1, AU26=0.0, AU45=0.3)]  # |change| 0.4; 0.2 and 0.1
    result = judge_leak("AU12", trials, ("AU26", "AU45"))
    assert result.mean.value == pytest.approx((0.2 + 0.15) / 2)
    assert (result.largest, result.worst) == (pytest.approx(0.3), "AU26")


def test_the_units_own_channel_does_not_count():
    result = judge_leak("AU12", [trial(0, AU12=0.9)], bystanders("AU12", NOTHING))
    assert result.mean.value == result.largest == 0


def test_what_a_person_showed_before_may_give_way():
    smiling = Trial(subject=1, before=look(AU12=0.8), after=look(AU12=0.1, AU26=0.3), change=np.zeros(17, np.float32))
    result = judge_leak("AU23", [trial(0), smiling], ("AU12", "AU26"))
    assert result.mean.value == pytest.approx((0 + 0.1) / 2)
    assert (result.largest, result.worst) == (pytest.approx(0.05), "AU26")


def test_without_people_nothing_is_known():
    result = judge_leak("AU12", [], ("AU26",))
    assert np.isnan(result.mean.value)
    assert np.isnan(result.largest)


def test_what_could_not_be_read_is_left_out_of_its_own_channel_alone():
    dice = np.random.default_rng(0)
    changes = list(dice.uniform(0, 1, (2000, 17)))
    looks = [
        (look(), look(AU12=0.2 + 0.6 * one[AU_INDEX["AU12"]], AU26=np.nan if one[0] < 0.2 else 0.3)) for one in changes
    ]
    effects = exact_effects(changes, looks)
    assert effects["AU12"]["AU12"] == pytest.approx(0.6, abs=0.01)
    assert effects["AU12"]["AU26"] == pytest.approx(0, abs=0.02)
    assert "AU26" in bystanders("AU12", effects)


def test_an_unread_channel_is_no_leak_and_hides_none():
    trials = [trial(0, AU26=np.nan, AU45=0.5), trial(1, AU26=0.3, AU45=0.3)]
    result = judge_leak("AU12", trials, ("AU26", "AU45"))
    assert result.mean.value == pytest.approx((0.3 + 0.1) / 2)
    assert (result.largest, result.worst) == (pytest.approx(0.2), "AU45")
