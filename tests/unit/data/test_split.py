import pytest

from mienkit.core.errors import ConfigError
from mienkit.data.split import subject_split

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
