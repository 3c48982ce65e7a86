"""Figures of edits beside those of doses: agreement, correction by copy, undoing, background, whole sets."""

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.evaluation import set_edit
from mienkit.evaluation.background_edit import change_around, face_of
from mienkit.evaluation.corrected import bootstrap_corrected
from mienkit.evaluation.photo_edit import Look
from mienkit.evaluation.set_edit import emotion_score, real_set, set_figures
from mienkit.evaluation.undo_edit import judge_undo, try_undo
from mienkit.evaluation.unit_agreement import judge_units
from mienkit.metrics.au_agreement import AU_MAE, au_agreement
from mienkit.metrics.catalogue import metric
from mienkit.metrics.emotion_accuracy import EMOTION_ACCURACY
from mienkit.metrics.inception_score import CLASS_SCORE

SIDE = 64
PEOPLE = np.repeat(np.arange(12), 3)


def look(smile: float = 0.0, below: float = 0.0) -> Look:
    """A face in the middle of its picture, whose chin is lower by a share of the side."""
    landmarks = np.full((68, 2), 0.5)
    landmarks[:17, 0] = np.linspace(0.3, 0.7, 17)
    landmarks[:17, 1] = 0.7 + below
    landmarks[17:27, 1] = 0.42
    return Look(landmarks=landmarks, channels={"AU12": smile, "AU4": 0.1}, embedding=np.ones(1, np.float32))


def test_agreement_is_that_of_the_metric_and_its_interval_holds_it():
    chance = np.random.default_rng(0)
    wanted = chance.random((36, 17))
    shown = 0.5 * wanted + 0.05 * chance.normal(size=(36, 17))
    shown[:, AU_INDEX["AU9"]] = np.nan
    found, plain = judge_units(shown, wanted, PEOPLE), au_agreement(shown, wanted)
    for one, mean in zip((found.mae, found.pcc, found.icc), plain.means, strict=True):
        assert one.value == pytest.approx(mean)
        assert one.low < mean < one.high
        assert one.high - one.low < 0.2
    assert np.isnan(found.units["AU9"]["icc"])


def test_draws_of_everybody_once_give_the_metric_again():
    from mienkit.evaluation.unit_agreement import drawn_figures, person_moments

    chance = np.random.default_rng(1)
    wanted, shown = chance.random((2, 36, 17))
    sums = person_moments(shown, wanted, PEOPLE).sum(0, keepdims=True)
    assert [float(one[0]) for one in drawn_figures(sums)] == pytest.approx(au_agreement(shown, wanted).means)


def test_agreement_of_nobody_or_of_one_person_has_no_interval():
    nobody = judge_units(np.full((3, 17), np.nan), np.full((3, 17), np.nan), [0, 1, 2])
    assert nobody.mae.count == 0
    assert np.isnan([nobody.mae.value, nobody.icc.low]).all()
    wanted = np.random.default_rng(0).random((4, 17))
    alone = judge_units(wanted, wanted, [0] * 4)
    assert alone.icc.value == pytest.approx(1)
    assert np.isnan(alone.icc.low)


@pytest.mark.parametrize(("figure", "of_copy", "perfect"), [(AU_MAE, 0.3, 0.1), (EMOTION_ACCURACY, 0.2, 0.8)])
def test_corrected_figures_are_0_for_copy_and_1_for_exact_results(figure, of_copy, perfect):
    copy, best = (np.full(36, value) for value in (of_copy, perfect))
    worse, middle = copy + (copy - best), (copy + best) / 2
    found = [bootstrap_corrected(figure, some, copy, best, PEOPLE).value for some in (copy, best, middle, worse)]
    assert found == pytest.approx([0, 1, 0.5, -1])


def test_nothing_is_corrected_by_exact_results_that_are_no_better_than_copy():
    level = np.full(36, 0.2)
    assert np.isnan(bootstrap_corrected(AU_MAE, level, level, level, PEOPLE).value)
    assert bootstrap_corrected(AU_MAE, [np.nan], [0.1], [0.0], [0]).count == 0


def test_an_interval_of_a_corrected_figure_is_over_people():
    chance = np.random.default_rng(0)
    values = 0.2 + 0.05 * chance.normal(size=12)[PEOPLE]
    found = bootstrap_corrected(AU_MAE, values, np.full(36, 0.3), np.full(36, 0.1), PEOPLE)
    spread = np.std(values[::3]) / np.sqrt(12) / 0.2
    assert found.high - found.low == pytest.approx(2 * 1.96 * spread, rel=0.2)


def test_an_edit_that_comes_back_leaves_nothing_and_one_that_stays_all():
    photo = np.zeros((8, 8, 3), np.uint8)
    edited = photo + np.uint8(40)
    half = photo + np.uint8(20)
    before, after = look(0.1), look(0.9)
    back, stayed, halfway = (
        try_undo(0, (photo, edited, undone), before, after, seen)
        for undone, seen in ((photo, before), (edited, after), (half, look(0.5)))
    )
    assert (back.pixels, back.units) == (0, 0)
    assert (stayed.pixels, stayed.units) == (1, 1)
    assert (halfway.pixels, halfway.units) == pytest.approx((0.5, 0.5))


def test_who_changes_nothing_has_nothing_to_undo():
    photo = np.zeros((8, 8, 3), np.uint8)
    found = judge_undo([try_undo(person, (photo,) * 3, look(), look(), look()) for person in range(5)])
    assert np.isnan(found.pixels.value)
    assert np.isnan(found.units.value)
    assert np.isnan(judge_undo([]).pixels.value)


def test_a_face_that_the_judge_lost_leaves_its_units_unknown_alone():
    photo = np.zeros((8, 8, 3), np.uint8)
    trial = try_undo(0, (photo, photo + np.uint8(9), photo), look(), look(0.5), None)
    assert trial.pixels == 0
    assert np.isnan(trial.units)


def test_only_what_lies_around_the_face_is_background():
    photo = np.full((SIDE, SIDE, 3), 100, np.uint8)
    mouth, corner, forehead = photo.copy(), photo.copy(), photo.copy()
    mouth[36:44, 28:36] = 200
    forehead[22:25, 30:34] = 200
    corner[:8, :8] = 130
    assert change_around(photo, mouth, look(), look()) == 0
    assert change_around(photo, forehead, look(), look()) == 0
    outside = (face_of(look().landmarks, SIDE) == 0).sum()
    assert change_around(photo, corner, look(), look()) == pytest.approx(30 * 64 / outside, rel=0.02)


def test_a_chin_that_drops_is_no_background():
    photo = np.full((SIDE, SIDE, 3), 100, np.uint8)
    dropped = photo.copy()
    dropped[50:53, 31:33] = 0
    assert change_around(photo, dropped, look(), look()) > 0
    assert change_around(photo, dropped, look(), look(below=0.12)) == 0


class Mean:
    """Features of a picture: the mean colour of its four quarters."""

    name = "quarters"

    def features(self, pictures, landmarks=None):
        half = pictures.shape[1] // 2
        quarters = [pictures[:, :half, :half], pictures[:, :half, half:], pictures[:, half:]]
        return np.stack([one.mean((1, 2, 3)) for one in quarters], 1) / 255


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_edit, "FEWEST", 20)
    monkeypatch.setattr(set_edit, "FEWEST_OF_KERNEL", 10)


def test_figures_of_sets_are_named_after_network_and_count_and_see_noise(few):
    chance = np.random.default_rng(0)
    real, same = chance.integers(90, 110, (2, 40, 8, 8, 3)).astype(np.uint8)
    noisy = np.clip(same + 60.0 * chance.normal(size=(40, 1, 1, 1)), 0, 255).astype(np.uint8)
    known = real_set([Mean()], real)
    good, bad = set_figures(same, known), set_figures(noisy, known)
    assert list(good) == ["kernel_distance_quarters_40", "frechet_quarters_40"]
    assert all(bad[name] > 10 * abs(good[name]) for name in good)
    assert set(map(metric, good)) == {metric("kernel_distance"), metric("frechet")}


def test_too_few_pictures_have_no_figures_of_sets(few):
    pictures = np.zeros((15, 8, 8, 3), np.uint8)
    assert list(set_figures(pictures, real_set([Mean()], pictures))) == ["kernel_distance_quarters_15"]
    assert set_figures(pictures[:9], real_set([Mean()], pictures)) == {}
    assert emotion_score(np.eye(8), "judge 1") == {}


def test_a_class_score_is_the_judges_and_counts_emotions(few):
    clear, alike = np.eye(8)[np.arange(800) % 8], np.eye(8)[np.zeros(800, int)]
    name = CLASS_SCORE.named("judge 1ab", "800")
    assert emotion_score(clear, "judge 1ab") == pytest.approx({name: 8}, rel=0.1)
    assert emotion_score(alike, "judge 1ab") == pytest.approx({name: 1})


def test_every_unit_that_is_asked_for_stands_in_the_table_of_units():
    assert set(judge_units(np.zeros((2, 17)), np.zeros((2, 17)), [0, 1]).units) == set(ACTION_UNITS)
