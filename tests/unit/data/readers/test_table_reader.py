"""A face table as a data set: what went in comes out."""

from dataclasses import fields

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import DataError, TableError
from mienkit.data.check import check_table
from mienkit.data.reader import open_reader
from mienkit.data.row import BEFORE_COLUMNS, FaceLabels
from mienkit.data.table import SHARDS, read_table
from mienkit.data.writer import TableWriter

OPTIONAL = (*BEFORE_COLUMNS, "AU12_L", "AU12_R", "flow", "fresh", "fold", "origin", "editor")


@pytest.fixture
def full(make_row, write_table):
    """Two rows, one with everything that a row can say and one with nothing but what it must."""
    rows = [
        make_row(
            0,
            sequence="s",
            frame=3,
            emotion="fear",
            before=np.full(17, 0.25, np.float32),
            sided={"AU12_L": 0.5},
            pair="other",
            flow=np.full((32, 32, 2), 1.5, np.float32),
            fresh=np.full((32, 32), 0.2, np.float32),
            fold=4,
            origin="photo",
            editor="duchenne 01234567",
        ),
        make_row(1, aus=np.full(17, np.nan, np.float32), au_measurer=None, landmarks=None, pose=None),
    ]
    return rows, write_table(rows, optional=OPTIONAL)


def test_every_label_survives(full):
    rows, place = full
    samples = list(open_reader("table", place).samples())
    assert len(samples) == len(open_reader("table", place)) == 2
    for row, sample in zip(rows, samples, strict=True):
        assert (sample.picture, sample.split, sample.size) == (row.image, row.split, 16)
        for name in (field.name for field in fields(FaceLabels)):
            wanted, found = getattr(row, name), getattr(sample, name)
            if isinstance(wanted, np.ndarray):
                np.testing.assert_array_equal(found, wanted, name)
                assert found.dtype == np.float32
            else:
                assert found == wanted, name


def test_a_table_of_a_table_is_the_same(full, tmp_path):
    reader = open_reader("table", full[1])
    with TableWriter(tmp_path / "again", size=reader.size, optional=reader.optional) as writer:
        writer.extend(sample.to_row("train") for sample in reader.samples())
    assert check_table(tmp_path / "again") == []
    assert read_table(tmp_path / "again").to_pylist() == read_table(full[1]).to_pylist()


def test_plain_tables_have_no_optional_columns(make_row, write_table):
    reader = open_reader("table", write_table([make_row()]))
    assert reader.optional == ()
    (sample,) = reader.samples()
    assert np.isnan(sample.before).all()
    assert sample.fold is None


def test_a_pose_may_be_known_in_part(make_row, write_table):
    place = write_table([make_row(pose=np.asarray([-90, np.nan, np.nan], np.float32))])
    (sample,) = open_reader("table", place).samples()
    np.testing.assert_array_equal(sample.pose, [-90, np.nan, np.nan])


def test_a_crop_of_another_size_is_refused(make_row, write_table):
    with pytest.raises(TableError, match="face-0 is 8 x 8 pixels in a table of 16"):
        list(open_reader("table", write_table([make_row(size=8)])).samples())


def test_no_table_and_an_unfinished_one_are_told_apart(make_row, write_table, tmp_path):
    with pytest.raises(DataError, match="holds no face table"):
        open_reader("table", tmp_path)
    place = write_table([make_row()])
    assert len(list(place.glob(SHARDS))) == 1
    (place / "table.json").unlink()
    with pytest.raises(TableError, match="is unfinished"):
        open_reader("table", place)


def test_units_are_in_their_order(make_row, write_table):
    aus = np.linspace(0, 1, len(ACTION_UNITS)).astype(np.float32)
    (sample,) = open_reader("table", write_table([make_row(aus=aus)])).samples()
    np.testing.assert_array_equal(sample.aus, aus)
