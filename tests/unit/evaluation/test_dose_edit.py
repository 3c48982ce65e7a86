"""Lines through doses and responses, on made judgements."""

from dataclasses import replace

import numpy as np
import pytest

from mienkit.evaluation.dose_edit import LEVELS, fit_line, judge_dose
from mienkit.evaluation.photo_edit import CHANNELS, Look, Trial
from mienkit.metrics import dose_response

DOSES = np.asarray(LEVELS)


def look(smile: float) -> Look:
    channels = dict.fromkeys(CHANNELS, 0.5) | {"AU12": smile}
    return Look(landmarks=np.zeros((68, 2)), channels=channels, embedding=np.zeros(256, np.float32))


def trials(response, people: int = 8, noise: float = 0.0) -> dict[float, list[Trial]]:
    """Let every person's smile answer by a function of the dose, from a rest of their own."""
    dice = np.random.default_rng(0)
    rest = dice.uniform(0, 0.2, people)
    return {
        dose: [
            Trial(
                subject=person,
                before=look(rest[person]),
                after=look(rest[person] + response(dose) + dice.normal(0, noise)),
                change=np.zeros(17, np.float32),
            )
            for person in range(people)
        ]
        for dose in LEVELS
    }


def test_a_response_in_proportion_has_an_r2_of_1_and_its_slope():
    result = judge_dose("AU12", trials(lambda dose: 0.6 * dose))
    assert result.r2.value == pytest.approx(1)
    assert (result.slope.value, result.slope.low, result.slope.high) == pytest.approx((0.6, 0.6, 0.6))
    assert result.single == pytest.approx((1, 1, 1))
    assert result.r2.count == 8


def test_a_constant_offset_does_not_count():
    result = judge_dose("AU12", trials(lambda dose: 0.1 + 0.3 * dose))
    assert result.r2.value == pytest.approx(1)
    assert result.slope.value == pytest.approx(0.3)


def test_no_response_has_an_r2_of_0():
    result = judge_dose("AU12", trials(lambda dose: 0.0))
    assert (result.r2.value, result.r2.low, result.r2.high) == (0, 0, 0)
    assert result.slope.value == 0
    assert result.single == (0, 0, 0)


def test_a_response_that_falls_has_a_negative_slope():
    assert judge_dose("AU12", trials(lambda dose: -0.2 * dose)).slope.value == pytest.approx(-0.2)


def test_a_step_is_no_line():
    result = judge_dose("AU12", trials(lambda dose: float(dose >= 1)))
    expected = np.corrcoef(DOSES, DOSES >= 1)[0, 1] ** 2
    assert result.r2.value == pytest.approx(expected)
    assert expected < 0.5


def test_the_mean_over_people_is_clearer_than_single_people():
    result = judge_dose("AU12", trials(lambda dose: 0.3 * dose, people=60, noise=0.1))
    assert result.single[1] < result.r2.low < result.r2.value < result.r2.high <= 1


def test_who_lacks_a_dose_is_left_out():
    some = trials(lambda dose: 0.5 * dose)
    some[0.4] = some[0.4][1:]
    assert judge_dose("AU12", some).r2.count == 7


def test_without_people_nothing_is_known():
    result = judge_dose("AU12", {dose: [] for dose in LEVELS})
    assert result.r2.count == 0
    assert np.isnan(result.r2.value)


def test_lines_are_least_squares():
    responses = np.random.default_rng(1).normal(size=(5, len(DOSES)))
    slope, r2 = fit_line(DOSES, responses)
    assert slope == pytest.approx(np.polyfit(DOSES, responses.T, 1)[0])
    assert r2 == pytest.approx([np.corrcoef(DOSES, one)[0, 1] ** 2 for one in responses])


def test_who_could_not_be_read_at_a_dose_is_left_out():
    some = trials(lambda dose: 0.5 * dose)
    some[0.4][2] = replace(some[0.4][2], after=look(np.nan))
    some[0.0][5] = replace(some[0.0][5], before=look(np.nan))
    result = judge_dose("AU12", some)
    assert (result.r2.count, result.r2.value, result.slope.value) == (6, pytest.approx(1), pytest.approx(0.5))


def test_of_one_person_nobody_knows_an_interval():
    result = judge_dose("AU12", trials(lambda dose: dose**2, people=1))
    assert result.r2.value < 1
    assert np.isnan([result.r2.low, result.r2.high, result.slope.low, result.slope.high]).all()


def test_there_is_one_line_fit_for_all():
    assert fit_line is dose_response.fit_line


def test_what_single_peoples_lines_look_like_is_told_by_quartiles():
    asked = trials(lambda dose: 0.3 * dose, people=21, noise=0.1)
    tables = [[one.after.channels["AU12"] - one.before.channels["AU12"] for one in asked[dose]] for dose in LEVELS]
    own = [np.corrcoef(DOSES, person)[0, 1] ** 2 for person in np.asarray(tables).T]
    assert judge_dose("AU12", asked).single == pytest.approx(np.quantile(own, [0.25, 0.5, 0.75]))
