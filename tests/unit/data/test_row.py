import numpy as np
import pyarrow as pa
import pytest

from mienkit.data.row import REQUIRED, rows_to_arrow, table_schema


def test_unknown_values_become_null_and_never_zero(make_row):
    row = make_row(aus=np.full(17, np.nan, np.float32), landmarks=None, pose=None, emotion=None)
    table = rows_to_arrow([row], table_schema())
    for name in ("AU1", "AU45", "landmarks", "yaw", "emotion", "sequence", "pair"):
        assert table[name].to_pylist() == [None], name


def test_a_row_fills_every_required_column_with_its_type(make_row):
    table = rows_to_arrow([make_row(3)], table_schema())
    assert table.schema.names == list(REQUIRED)
    assert table.schema.field("AU12").type == pa.float32()
    assert len(table["landmarks"].to_pylist()[0]) == 136


def test_a_label_without_a_column_is_refused(make_row):
    with pytest.raises(ValueError, match="AU12_L"):
        rows_to_arrow([make_row(sided={"AU12_L": 0.5})], table_schema())


def test_sided_and_before_columns_are_stored_where_asked_for(make_row):
    row = make_row(sided={"AU12_L": 0.5}, before=np.full(17, 0.25, np.float32))
    optional = ["AU12_L", "AU12_R", *(f"before_{name}" for name in REQUIRED if name.startswith("AU"))]
    table = rows_to_arrow([row], table_schema(optional))
    assert table["AU12_L"].to_pylist() == [0.5]
    assert table["AU12_R"].to_pylist() == [None]
    assert table["before_AU45"].to_pylist() == [0.25]


@pytest.mark.parametrize("optional", [["AU13_L"], ["colour"]])
def test_only_known_optional_columns_are_taken(optional):
    with pytest.raises(ValueError, match="not an optional column"):
        table_schema(optional)


def test_landmarks_of_a_wrong_shape_are_refused(make_row):
    with pytest.raises(ValueError, match="68, 2"):
        rows_to_arrow([make_row(landmarks=np.zeros((5, 2), np.float32))], table_schema())


def test_a_fold_is_stored_where_asked_for_and_refused_elsewhere(make_row):
    assert rows_to_arrow([make_row(fold=3), make_row(1)], table_schema(["fold"]))["fold"].to_pylist() == [3, None]
    with pytest.raises(ValueError, match="has fold"):
        rows_to_arrow([make_row(fold=0)], table_schema())
