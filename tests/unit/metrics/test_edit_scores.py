"""Edges of the figures of edits: what is unknown stays unknown, what is too little is refused, nothing counts as 0."""

import numpy as np
import pytest
import torch

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.errors import ConfigError, DataError
from mienkit.metrics.au_agreement import AU_MAE, au_agreement, icc31
from mienkit.metrics.background import background_change
from mienkit.metrics.copy_corrected import copy_corrected
from mienkit.metrics.dose_response import dose_response
from mienkit.metrics.emotion_accuracy import emotion_accuracy
from mienkit.metrics.gain_identity import gain, gain_identity
from mienkit.metrics.identity import IDENTITY
from mienkit.metrics.inception_score import inception_score
from mienkit.metrics.leakage import leakage_changes, leakage_slopes, sum_up_leakage
from mienkit.metrics.psnr import PSNR
from mienkit.metrics.reversibility import reversibility

DOSES = np.linspace(0, 1, 6)


def test_unknown_units_are_left_out_and_a_unit_that_nobody_knows_is_unknown():
    chance = np.random.default_rng(0)
    exact = chance.uniform(size=(30, NUM_AUS))
    shown = exact + 0.1
    shown[::2, 3], exact[:, 7] = np.nan, np.nan
    told = au_agreement(shown, exact)
    assert told.count[[0, 3, 7]].tolist() == [30, 15, 0]
    assert told.mae[3] == pytest.approx(0.1)
    assert np.isnan([told.mae[7], told.pcc[7], told.icc[7]]).all()
    assert told.means == pytest.approx((0.1, 1, 1))
    assert told.by_unit()["AU1"]["mae"] == pytest.approx(0.1)


def test_a_unit_that_never_varies_has_no_correlation_and_no_agreement():
    flat = np.zeros((10, NUM_AUS))
    told = au_agreement(flat, flat)
    assert told.mae == pytest.approx(np.zeros(NUM_AUS))
    assert np.isnan(told.pcc).all()
    assert np.isnan(told.icc).all()
    assert np.isnan(icc31([[1, 2]]))


def test_units_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(N, 17\) twice"):
        au_agreement(np.zeros((3, 16)), np.zeros((3, 16)))


def test_emotions_that_nobody_asked_for_do_not_count():
    told = emotion_accuracy([-1, -1], [2, 3])
    assert np.isnan(told.accuracy)
    assert np.isnan(told.balanced)
    with pytest.raises(ValueError, match="indices from 0 to 7"):
        emotion_accuracy([8], [0])
    assert emotion_accuracy([2], np.eye(8)[[2]]).accuracy == 1
    with pytest.raises(ValueError, match="asked for"):
        emotion_accuracy([1, 2], [1])


@pytest.mark.parametrize(("people", "levels"), [(39, 6), (40, 5)])
def test_dose_response_of_too_few_is_refused_unless_told(people, levels):
    doses, table = np.linspace(0, 1, levels), np.tile(np.linspace(0, 1, levels), (people, 1))
    with pytest.raises(DataError, match=f"40 people at 6 levels or more, not {people} at {levels}"):
        dose_response(doses, table)
    assert dose_response(doses, table, fewest_people=2, fewest_levels=3).r2 == pytest.approx(1)


def test_people_who_lack_a_dose_and_levels_that_repeat_do_not_count():
    table = np.tile(DOSES, (40, 1))
    table[0, 2] = np.nan
    with pytest.raises(DataError, match="not 39 at 6"):
        dose_response(DOSES, table)
    with pytest.raises(DataError, match="not 40 at 5"):
        dose_response([0, 0, 0.25, 0.5, 0.75, 1], np.tile(DOSES, (40, 1)))
    with pytest.raises(ValueError, match="responses"):
        dose_response(DOSES, np.zeros((40, 5)))


def test_who_does_not_answer_has_neither_line_nor_order():
    still = dose_response(DOSES, np.zeros((40, 6)))
    assert (still.r2, still.spearman, still.slope) == (0, 0, 0)
    assert still.quartiles == (0, 0, 0)
    falling = dose_response(DOSES, np.tile(-DOSES, (40, 1)))
    assert (falling.r2, falling.spearman, falling.slope) == pytest.approx((1, -1, -1))
    assert falling.people == 40


def test_a_matrix_in_which_nothing_moves_is_as_bad_as_can_be():
    told = sum_up_leakage(np.zeros((NUM_AUS, NUM_AUS)))
    assert (told.on_target, told.worst, told.moved) == (0, np.inf, "")
    with pytest.raises(ValueError, match="own answer is known"):
        sum_up_leakage(leakage_changes([], np.zeros((0, NUM_AUS))))
    with pytest.raises(ValueError, match="17 x 17"):
        sum_up_leakage(np.eye(3))


def test_the_unit_that_moves_instead_is_named():
    matrix = np.eye(NUM_AUS)
    matrix[[2, 5], [2, 5]] = 0
    matrix[5, 9] = 0.7
    told = sum_up_leakage(matrix)
    assert (told.asked, told.moved) == ("AU7", "AU14")
    assert sum_up_leakage(np.diag(np.where(np.arange(NUM_AUS) == 4, -1.0, 1.0))).on_target == pytest.approx(16 / 17)


def test_reversibility_of_unlike_shapes_is_refused():
    with pytest.raises(ValueError, match="one shape"):
        reversibility(np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((1, 3)))
    assert np.isnan(reversibility([[0.0]], [[0.5]], [[np.nan]])).all()


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match="inside should have the shape"):
        background_change(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), torch.zeros(1, 4, 4))


def test_a_curve_needs_points_that_are_known():
    for gains, same in (([], []), ([0.5], [np.nan]), ([0.5, 1], [1.0])):
        with pytest.raises(ValueError, match="gain"):
            gain_identity(gains, same)


def test_the_area_only_grows_with_strengths_and_stays_in_its_bounds():
    chance = np.random.default_rng(5)
    gains, same = chance.uniform(-0.5, 1.5, 12), chance.uniform(-0.3, 1, 12)
    areas = [gain_identity(gains[:count], same[:count]).area for count in range(1, 13)]
    assert np.diff(areas).min() > -1e-12
    assert 0 <= areas[0] <= areas[-1] <= 1
    curve = gain_identity(gains, same)
    assert (np.diff(curve.gain) >= 0).all()
    assert (np.diff(curve.identity) <= 0).all()


def test_a_figure_that_copy_wins_cannot_be_corrected():
    with pytest.raises(ConfigError, match=r"identity cannot be corrected: copy has 1, no worse than 0\.9"):
        copy_corrected(IDENTITY, 0.8, 1.0, 0.9)
    with pytest.raises(ValueError, match="psnr cannot be corrected"):
        copy_corrected(PSNR, 30, 20, np.inf)
    assert np.isnan(copy_corrected(AU_MAE, np.nan, 0.2, 0.1))
    with pytest.raises(ConfigError, match=r"copy has 0\.2, no worse than 0\.2"):
        copy_corrected(AU_MAE, 0.2, 0.2, 0.2)


def test_a_class_score_takes_only_probabilities():
    with pytest.raises(ValueError, match="rows sum to 1"):
        inception_score([[0.5, 0.2]])
    with pytest.raises(ValueError, match="3 pictures cannot be split into 10"):
        inception_score(np.full((3, 2), 0.5))


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (np.full((1, 8), np.nan), "indices from 0 to 7"),
        ([np.nan], "indices from 0 to 7"),
        ([0.9], "indices from 0 to 7"),
        (np.eye(7)[[0]], r"should be \(N, 8\)"),
    ],
)
def test_a_face_of_which_nothing_is_known_is_not_taken_for_neutral(seen, said):
    with pytest.raises(ValueError, match=said):
        emotion_accuracy([0], seen)
    if np.shape(seen)[-1] != 7:
        assert np.isnan(emotion_accuracy([-1], seen).accuracy)


def test_whom_everybody_takes_rightly_is_taken_for_nobody():
    assert emotion_accuracy([1, 2], [1, 2]).taken_for()[2] == 0


def test_somebody_who_lacks_a_dose_does_not_bend_the_slope_of_the_others():
    """With the person the mean would fall from 0.7 to 0.5 at the last dose; alone it is the line that it is."""
    responses = np.zeros((NUM_AUS, 2, len(DOSES), NUM_AUS))
    responses[3, 0, :, 3], responses[3, 1, :, 3] = 0.5 * DOSES, 0.6 + 0.5 * DOSES
    responses[3, 1, 5, 3] = np.nan
    slopes = leakage_slopes(DOSES, responses)
    assert slopes[3, 3] == pytest.approx(0.5)
    assert slopes[3, 3] == pytest.approx(dose_response(DOSES, responses[3, :, :, 3], fewest_people=1).slope)
    responses[3, 0, 0, 3] = np.nan
    assert np.isnan(leakage_slopes(DOSES, responses)[3, 3])
    with pytest.raises(ValueError, match="L >= 2"):
        leakage_slopes([1.0], np.ones((17, 3, 1, 17)))


def test_a_unit_of_which_exact_results_say_nothing_is_not_free_of_leaks():
    matrix, expected = np.eye(NUM_AUS), np.zeros((NUM_AUS, NUM_AUS))
    matrix[4, 6] = expected[4, 6] = 0.8
    matrix[5, 7] = 0.5
    expected[9] = np.nan
    told = sum_up_leakage(matrix, expected)
    assert (told.on_target, told.worst) == pytest.approx((16 / 16.5, 0.5))
    with pytest.raises(ValueError, match="own answer is known"):
        sum_up_leakage(matrix, np.full_like(expected, np.nan))
    with pytest.raises(ValueError, match="17 x 17"):
        sum_up_leakage(matrix, np.eye(3))


def test_where_one_side_alone_stands_still_nothing_correlates():
    """The error is known all the same, and agreement too: half of the spread is the other's."""
    exact = np.random.default_rng(3).uniform(size=(30, NUM_AUS))
    told = au_agreement(np.full_like(exact, 0.5), exact)
    assert np.isnan(told.pcc).all()
    assert told.mae == pytest.approx(np.abs(exact - 0.5).mean(0))
    assert told.icc == pytest.approx(np.zeros(NUM_AUS), abs=1e-12)


def test_a_map_of_a_255th_is_inside_and_colours_count_alike():
    before, inside = torch.zeros(2, 3, 4, 4), torch.full((2, 1, 4, 4), 1 / 255)
    after = before.clone()
    after[:, 0] = 0.6  # of one channel of three
    assert background_change(after, before, inside).isnan().all()
    assert background_change(after, before, inside * 0.99).tolist() == pytest.approx([0.2 * 127.5] * 2)


def test_nobody_has_no_dose_response_whatever_is_asked_for():
    with pytest.raises(DataError, match="needs 1 people at 2 levels or more, not 0 at 6"):
        dose_response(DOSES, np.zeros((0, 6)), fewest_people=0, fewest_levels=0)


def test_an_answer_that_is_small_is_an_answer_and_rounding_is_none():
    table = np.tile(DOSES, (40, 1))
    assert dose_response(DOSES, 1e-4 * table).r2 == pytest.approx(1)
    assert dose_response(DOSES, 1e-9 * table).r2 == 0


def test_of_next_to_nothing_nothing_can_be_gained():
    assert gain([[0.002]], [[0.001]]) == pytest.approx([0.5])
    assert np.isnan(gain([[0.0005]], [[0.001]])).all()
