import pytest

from mienkit.core.errors import ConfigError
from mienkit.data.split import subject_fold, subject_folds, subject_split

SUBJECTS = [f"person-{number}" for number in range(4000)]
FIRST_TWELVE = [
    "train",
    "train",
    "train",
    "test",
    "train",
    "test",
    "train",
    "train",
    "train",
    "train",
    "train",
    "train",
]
"""Written down when the format was made; a change would mix training and test faces of published tables."""

FIRST_FOLDS = [7, 2, 5, 9, 6, 9, 7, 0, 7, 6, 5, 2]
"""Written down when folds were added."""


def test_a_subject_is_on_the_same_side_every_time():
    assert [subject_split(one, 3) for one in SUBJECTS] == [subject_split(one, 3) for one in reversed(SUBJECTS)][::-1]


def test_the_split_is_the_same_on_every_machine():
    assert [subject_split(f"person-{number}") for number in range(12)] == FIRST_TWELVE


def test_the_shares_are_met():
    found = [subject_split(one, 0, {"train": 0.7, "val": 0.1, "test": 0.2}) for one in SUBJECTS]
    for split, share in (("train", 0.7), ("val", 0.1), ("test", 0.2)):
        assert found.count(split) / len(found) == pytest.approx(share, abs=0.02)


def test_another_seed_splits_otherwise():
    assert [subject_split(one, 1) for one in SUBJECTS] != [subject_split(one, 2) for one in SUBJECTS]


def test_one_split_may_take_all():
    assert {subject_split(one, 0, {"val": 1.0}) for one in SUBJECTS} == {"val"}


@pytest.mark.parametrize("fractions", [{"train": 0.5}, {"train": 1.5, "val": -0.5}, {}, {"dev": 1.0}])
def test_wrong_shares_are_refused(fractions):
    with pytest.raises(ConfigError, match="split"):
        subject_split("anna", 0, fractions)


def test_folds_of_known_subjects_differ_by_at_most_one_in_size():
    folds = subject_folds(SUBJECTS[:123] * 2, 10)
    sizes = [list(folds.values()).count(number) for number in range(10)]
    assert sorted(sizes) == [12] * 7 + [13] * 3
    assert len(folds) == 123


def test_folds_are_the_same_whatever_the_order_and_others_with_another_seed():
    assert subject_folds(SUBJECTS[:50]) == subject_folds(SUBJECTS[:50][::-1])
    assert subject_folds(SUBJECTS[:50], seed=0) != subject_folds(SUBJECTS[:50], seed=1)


def test_folds_without_a_seed_deal_sorted_subjects_out_in_turn():
    folds = subject_folds(["S010", "S005", "S011", "S999", "S022"], 3, seed=None)
    assert folds == {"S005": 0, "S010": 1, "S011": 2, "S022": 0, "S999": 1}


def test_a_fold_of_one_subject_never_changes_and_is_balanced_on_average():
    assert [subject_fold(f"person-{number}") for number in range(12)] == FIRST_FOLDS
    found = [subject_fold(one, 5) for one in SUBJECTS]
    assert [found.count(number) / len(found) for number in range(5)] == pytest.approx([0.2] * 5, abs=0.02)


@pytest.mark.parametrize(
    ("count", "folds", "message"), [(5, 1, "at least 2 folds"), (5, 6, "5 subjects cannot fill 6")]
)
def test_folds_that_cannot_be_made_are_refused(count, folds, message):
    with pytest.raises(ConfigError, match=message):
        subject_folds(SUBJECTS[:count], folds)
