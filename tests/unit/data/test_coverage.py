from collections.abc import Iterator

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.errors import TableError
from mienkit.data.coverage import FEW, count_levels, cover_table
from mienkit.data.table import FaceTable, open_table


def face(**units):
    aus = np.zeros(17, np.float32)
    for name, value in units.items():
        aus[AU_INDEX[name]] = np.nan if value is None else value
    return aus


def warnings(coverage):
    return {problem.name: problem.message for problem in coverage.warnings}


@pytest.mark.parametrize(
    ("value", "level"),
    [(0, 0), (0.09, 0), (0.11, 1), (0.2, 1), (0.29, 1), (0.4, 2), (0.6, 3), (0.8, 4), (0.89, 4), (0.91, 5), (1, 5)],
)
def test_an_intensity_counts_for_the_nearest_level(value, level):
    counted = count_levels(face(AU12=value)[None])
    assert counted[AU_INDEX["AU12"]].tolist() == [int(number == level) for number in range(6)]
    assert counted.sum() == 17


def test_every_face_is_at_a_level_or_unknown(make_row, write_table):
    values = [0, 0, 0.2, 0.21, 0.55, 1, None, None, None]
    rows = [make_row(number, aus=face(AU12=value)) for number, value in enumerate(values)]
    units = cover_table(open_table(write_table(rows, rows_per_shard=4))).units
    assert list(units) == list(ACTION_UNITS)
    assert (units["AU12"].levels, units["AU12"].unknown) == ([2, 2, 0, 1, 0, 1], 3)
    assert (units["AU9"].levels, units["AU9"].unknown) == ([9, 0, 0, 0, 0, 0], 0)


def test_a_trace_that_a_coder_wrote_down_is_not_above_a_fifth(make_row, write_table):
    """As a float32, 0.2 is a little more than 0.2."""
    rows = [make_row(number, aus=face(AU4=value)) for number, value in enumerate((0.2, 0.2, 0.201, 0.4))]
    assert cover_table(open_table(write_table(rows))).units["AU4"].shown == 2


def test_people_are_counted_once_in_each_part(make_row, write_table):
    people = (("ann", "train", 0), ("ann", "train", 0), ("ben", "train", 1), ("cleo", "val", 1))
    rows = [
        make_row(number, subject=subject, split=split, fold=fold, emotion="fear" if number else None)
        for number, (subject, split, fold) in enumerate(people)
    ]
    found = cover_table(open_table(write_table(rows, optional=["fold"])))
    assert (found.faces, found.subjects) == (4, 3)
    assert {name: (part.faces, part.subjects) for name, part in found.splits.items()} == {
        "train": (3, 2), "val": (1, 1), "test": (0, 0),
    }  # fmt: skip
    assert {name: (part.faces, part.subjects) for name, part in found.folds.items()} == {"0": (2, 1), "1": (2, 2)}
    assert {name: count for name, count in found.emotions.items() if count} == {"fear": 3, "unknown": 1}
    assert (found.sources, found.measurers) == ({"made": 4}, {"exact": 4})
    assert warnings(found)["empty-split"] == "nobody is in test"


def test_who_is_in_two_splits_or_in_two_folds_is_named(make_row, write_table):
    parts = (("train", 0), ("val", 0), ("test", 1), ("test", 2), ("train", None), ("train", 1))
    people = ("ann", "ann", "ben", "ben", "cleo", "cleo")
    rows = [
        make_row(number, subject=subject, split=split, fold=fold)
        for number, (subject, (split, fold)) in enumerate(zip(people, parts, strict=True))
    ]
    found = warnings(cover_table(open_table(write_table(rows, optional=["fold"]))))
    assert found["split-leak"] == "1 subjects are in two splits: ann"
    assert found["fold-leak"] == "1 subjects are in two folds: ben"
    assert "empty-split" not in found


def test_units_that_hardly_any_face_shows_are_told_apart_from_those_that_nobody_measured(make_row, write_table):
    often = dict.fromkeys(ACTION_UNITS, 0.5) | {"AU9": None}
    rows = [make_row(number, aus=face(**often) if number else face(**{**often, "AU15": 0.1})) for number in range(FEW)]
    found = warnings(cover_table(open_table(write_table(rows))))
    assert found["rare-unit"] == "fewer than 20 faces show AU15 above 0.2"
    assert found["unknown-unit"] == "nobody measured AU9"


def test_a_table_is_counted_some_rows_at_a_time(make_row, write_table, monkeypatch):
    folder = write_table([make_row(number) for number in range(7)], rows_per_shard=3)
    sizes = []
    real = FaceTable.batches

    def watched(table, *arguments) -> Iterator[object]:
        for rows in real(table, *arguments):
            sizes.append(rows.num_rows)
            yield rows

    monkeypatch.setattr(FaceTable, "batches", watched)
    monkeypatch.setattr(FaceTable, "read", None)
    assert cover_table(open_table(folder)).faces == 7
    assert sizes == [3, 3, 1]


def test_a_split_that_does_not_exist_is_refused(make_row, write_table):
    folder = write_table([make_row(0, split="dev")])
    with pytest.raises(TableError, match="dev"):
        cover_table(open_table(folder))
