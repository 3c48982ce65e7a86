"""Agreement, dose-response, leakage, gain and the rest against published tables, SciPy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.stats import linregress, pearsonr, spearmanr

from mienkit.core.action_unit import AU_INDEX, NUM_AUS
from mienkit.metrics.au_agreement import AU_MAE, au_agreement, icc31
from mienkit.metrics.background import background_change
from mienkit.metrics.copy_corrected import copy_corrected
from mienkit.metrics.dose_response import DOSE_SLOPE, dose_response, spearman
from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY, emotion_accuracy
from mienkit.metrics.gain_identity import gain, gain_identity
from mienkit.metrics.leakage import leakage_changes, leakage_slopes, sum_up_leakage
from mienkit.metrics.reversibility import reversibility

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Six targets, four judges: Shrout & Fleiss 1979, Table 2."""


def test_icc_3_1_of_the_published_table_is_the_published_one():
    """Their Table 4 says .71, of BMS 11.24 and EMS 1.02 in Table 3."""
    assert round(icc31(SHROUT_FLEISS), 2) == 0.71
    assert icc31(SHROUT_FLEISS) == pytest.approx((11.24 - 1.02) / (11.24 + 3 * 1.02), abs=5e-4)


def test_icc_3_1_does_not_see_an_offset_and_sees_a_scale():
    truth = np.random.default_rng(0).uniform(size=200)
    assert icc31(np.stack([truth, truth + 0.4], 1)) == pytest.approx(1)
    # Of x and k x, ICC(3,1) is 2k / (1 + k^2).
    assert icc31(np.stack([truth, 0.5 * truth], 1)) == pytest.approx(2 * 0.5 / 1.25)
    assert icc31(np.stack([truth, -truth], 1)) == pytest.approx(-1)


def test_agreement_of_units_is_numpys_and_scipys():
    chance = np.random.default_rng(1)
    exact = chance.uniform(size=(60, NUM_AUS))
    shown = exact + chance.normal(size=exact.shape) * 0.2
    told = au_agreement(shown, exact)
    for place in range(NUM_AUS):
        assert told.mae[place] == pytest.approx(np.abs(shown[:, place] - exact[:, place]).mean())
        assert told.pcc[place] == pytest.approx(pearsonr(shown[:, place], exact[:, place]).statistic)
    assert told.means == pytest.approx((told.mae.mean(), told.pcc.mean(), told.icc.mean()))


def test_emotions_are_counted_by_hand():
    result = emotion_accuracy([1, 1, 1, 5, 5, -1, 0], [1, 5, 5, 5, 0, 3, 0])
    assert result.accuracy == pytest.approx(3 / 6)
    assert result.balanced == pytest.approx((1 / 3 + 1 / 2 + 1) / 3)
    assert result.confusion[1, 5] == 2
    assert result.taken_for() == ("anger", "happiness", 2)
    assert result.confusion.sum() == 6


def test_dose_response_is_scipys_line_through_the_mean():
    chance = np.random.default_rng(2)
    doses = np.linspace(0, 1, 6)
    table = 0.7 * doses + 0.3 * doses**2 + 0.3 * chance.normal(size=(40, 6))
    told, line = dose_response(doses, table), linregress(doses, table.mean(0))
    assert told.r2 == pytest.approx(line.rvalue**2)
    assert told.slope == pytest.approx(line.slope)
    assert told.spearman == pytest.approx(spearmanr(doses, table.mean(0)).statistic)
    own = [linregress(doses, one) for one in table]
    assert told.single_r2 == pytest.approx([one.rvalue**2 for one in own])
    assert told.single_slope == pytest.approx([one.slope for one in own])
    assert told.single_spearman == pytest.approx([spearmanr(doses, one).statistic for one in table])
    assert told.quartiles == pytest.approx(np.percentile([one.rvalue**2 for one in own], [25, 50, 75]))


def test_tied_responses_share_their_rank():
    doses, response = np.arange(6.0), np.array([0.0, 0, 1, 1, 1, 2])
    assert spearman(doses, response) == pytest.approx(spearmanr(doses, response).statistic)


def test_leakage_slopes_are_those_of_the_mean_over_people():
    doses = np.linspace(0, 1, 6)
    slopes = np.random.default_rng(3).normal(size=(NUM_AUS, NUM_AUS))
    people = np.random.default_rng(4).normal(size=(NUM_AUS, 9, 1, NUM_AUS))
    responses = slopes[:, None, None] * doses[:, None] + people
    assert leakage_slopes(doses, responses) == pytest.approx(slopes)
    responses[3, 2, 4, 5] = np.nan
    shape = leakage_slopes(doses, responses)
    assert np.isfinite(shape).all()


def test_leakage_is_summed_up_as_by_hand():
    matrix = np.eye(NUM_AUS) * 0.8
    matrix[AU_INDEX["AU12"], AU_INDEX["AU6"]] = -0.4
    told = sum_up_leakage(matrix)
    assert told.on_target == pytest.approx(0.8 * NUM_AUS / (0.8 * NUM_AUS + 0.4))
    assert (told.worst, told.asked, told.moved) == (pytest.approx(0.5), "AU12", "AU6")
    expected = np.eye(NUM_AUS)
    expected[AU_INDEX["AU12"], AU_INDEX["AU6"]] = -0.4
    assert sum_up_leakage(matrix, expected).on_target == pytest.approx(1)


def test_mean_changes_of_single_units_fill_the_rows_that_were_asked_for():
    changes = np.zeros((3, NUM_AUS))
    changes[0, 1], changes[1, 1], changes[2, 4] = 0.2, 0.4, 0.9
    matrix = leakage_changes([1, 1, 4], changes)
    assert (matrix[1, 1], matrix[4, 4]) == pytest.approx((0.3, 0.9))
    assert np.isnan(np.delete(matrix, [1, 4], 0)).all()


def test_reversibility_is_the_share_that_is_left():
    original = np.zeros((3, 3, 2, 2))
    edited = original + [[[[0.5]]], [[[0.2]]], [[[0.0]]]]
    undone = original + [[[[0.1]]], [[[0.2]]], [[[0.0]]]]
    told = reversibility(original, edited, undone)
    assert told[:2] == pytest.approx([0.2, 1])
    assert np.isnan(told[2])


def test_background_change_counts_only_what_is_outside():
    before = torch.zeros(2, 3, 4, 4)
    after = before.clone()
    after[0, :, :2] = 1.0  # inside
    after[0, :, 3, 3] = 0.4  # one of eight pixels outside
    inside = torch.zeros(2, 1, 4, 4)
    inside[0, :, :2], inside[1] = 1.0, 1.0
    told = background_change(after, before, inside)
    assert told[0].item() == pytest.approx(0.4 / 8 * 127.5)
    assert told[1].isnan()


def test_gain_is_the_projection_on_what_was_wanted():
    wanted = np.array([[0.6, 0.8, 0], [0, 0, 0], [1, 0, np.nan]])
    shown = np.array([[0.3, 0.4, 0.9], [1, 0, 0], [-0.5, 7, 1]])
    assert gain(wanted, shown) == pytest.approx([0.5, np.nan, -0.5], nan_ok=True)


def test_the_area_of_gain_and_identity_is_the_union_of_rectangles():
    assert gain_identity([0.0], [1.0]).area == 0
    assert gain_identity([1.0], [1.0]).area == 1
    assert gain_identity([0.5, 0.25, 1.5], [0.6, 0.9, 0.2]).area == pytest.approx(0.25 * 0.9 + 0.25 * 0.6 + 0.5 * 0.2)
    # A point that is worse in both adds nothing, and below a stranger's cosine there is no identity.
    assert gain_identity([0.5, 0.4], [0.8, 0.3]).area == pytest.approx(0.4)
    assert gain_identity([0.5], [0.6], stranger=0.2).area == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("metric", "score", "of_copy", "perfect", "expected"),
    [
        (EMOTION_ACCURACY, 0.7, 0.1, 0.9, 0.75),
        (AU_MAE, 0.15, 0.2, 0.1, 0.5),
        (AU_MAE, 0.3, 0.2, 0.1, -1.0),
        (DOSE_SLOPE, 0.5, 0.0, 1.0, 0.5),
        (DOSE_SLOPE, 1.5, 0.0, 1.0, 0.5),
    ],
)
def test_copy_corrected_scores_are_shares_of_the_way(metric, score, of_copy, perfect, expected):
    assert copy_corrected(metric, score, of_copy, perfect) == pytest.approx(expected)
