"""Some people of a table as a table of their own."""

import pytest

from mienkit.core.errors import ConfigError, OutputError, TableError
from mienkit.data.check import check_table
from mienkit.data.split import subject_fold
from mienkit.data.subset import People, take_people
from mienkit.data.table import open_table, read_table


@pytest.fixture
def photos(make_row, write_table):
    rows = [make_row(number, split="val" if number % 2 else "train") for number in range(12)]
    return write_table(rows, "photos")


def names(table) -> list[str]:
    return sorted(read_table(table)["subject"].to_pylist())


def test_only_people_of_the_split_are_taken_and_the_rest_of_each_row_stays(photos, tmp_path):
    count = take_people(photos, tmp_path / "some", People(split="val"))
    before = {row["subject"]: row for row in read_table(photos).to_pylist()}
    after = read_table(tmp_path / "some").to_pylist()
    assert count == len(after) == 6
    assert all(row == before[row["subject"]] for row in after)
    old, new = open_table(photos), open_table(tmp_path / "some")
    assert (new.size, new.template, new.columns) == (old.size, old.template, old.columns)
    assert check_table(tmp_path / "some") == []


def test_folds_divide_the_people_and_each_keeps_whom_it_has(photos, tmp_path):
    for folds in (3, 2):
        for fold in range(folds):
            take_people(photos, tmp_path / f"{fold}-{folds}", People(fold=fold, folds=folds))
        parts = [names(tmp_path / f"{fold}-{folds}") for fold in range(folds)]
        assert sorted(name for part in parts for name in part) == names(photos)
        assert all(subject_fold(name, folds) == fold for fold, part in enumerate(parts) for name in part)


def test_they_may_be_put_into_another_split(photos, tmp_path):
    take_people(photos, tmp_path / "some", People(split="val", call="train"))
    assert set(read_table(tmp_path / "some")["split"].to_pylist()) == {"train"}
    assert check_table(tmp_path / "some") == []


def test_nobody_is_refused_with_what_to_look_at(photos, tmp_path):
    with pytest.raises(TableError, match="holds nobody like that; `mien data show"):
        take_people(photos, tmp_path / "some", People(split="test"))
    assert not (tmp_path / "some").exists()


def test_the_table_itself_is_never_written_over(photos):
    with pytest.raises(OutputError, match="is an input and is never written over"):
        take_people(photos, photos, People(split="val"), force=True)


@pytest.mark.parametrize(("settings", "message"), [
    ({"split": "best"}, "no split is called 'best'"),
    ({"call": "best"}, "no split is called 'best'"),
    ({"fold": 3}, "fold 3 should be 0 to 2"),
    ({"folds": 1}, "there should be 2 folds or more"),
])  # fmt: skip
def test_people_who_cannot_be_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        People(**settings)


def test_the_verb_names_folds_as_people_do(photos, tmp_path):
    from mienkit.cli.data import parse_fold

    assert parse_fold("1/3") == (0, 3)
    for word in ("3", "0/3", "4/3", "a/b", "1/"):
        with pytest.raises(ConfigError, match="should be like 1/3"):
            parse_fold(word)
