import numpy as np
import pyarrow.parquet as pq
import pytest

from mienkit.core.errors import ConfigError, OutputError, TableError
from mienkit.data import merge
from mienkit.data.check import check_table
from mienkit.data.loader import load_faces
from mienkit.data.merge import MergeReport, merge_tables
from mienkit.data.row import BEFORE_COLUMNS
from mienkit.data.split import subject_split
from mienkit.data.table import open_table, read_table


@pytest.fixture
def photos(make_row, write_table):
    return write_table([make_row(number, licence="CC-BY-4.0") for number in range(5)], "photos")


@pytest.fixture
def edits(make_row, write_table):
    """Edits of two of the photographs, one of the photographs once more, and a face of another source."""
    before = np.full(17, 0.25, np.float32)
    rows = [
        make_row(10 + n, subject=f"person-{n}", pair=f"face-{n}", kind="re-expressed", before=before) for n in (0, 1)
    ]
    rows += [make_row(3, licence="another"), make_row(4, source="elsewhere")]
    return write_table(rows, "edits", optional=BEFORE_COLUMNS)


def test_tables_become_one_and_a_face_that_occurs_twice_is_kept_once(photos, edits, tmp_path):
    report = merge_tables([photos, edits], tmp_path / "all")
    assert report == MergeReport(rows=8, duplicates=1, subjects=5)
    assert check_table(tmp_path / "all") == []
    rows = read_table(tmp_path / "all")
    names = list(zip(rows["source"].to_pylist(), rows["source_id"].to_pylist(), strict=True))
    assert names == [("made", f"face-{n}") for n in (0, 1, 2, 3, 4, 10, 11)] + [("elsewhere", "face-4")]
    assert rows["licence"].to_pylist() == ["CC-BY-4.0"] * 5 + ["CC0-1.0"] * 3  # the first of a face's rows stays


def test_columns_that_one_table_has_are_empty_in_the_rows_of_the_other(photos, edits, tmp_path):
    merge_tables([photos, edits], tmp_path / "all")
    assert read_table(tmp_path / "all")["before_AU12"].to_pylist() == [None] * 5 + [0.25, 0.25, None]
    assert load_faces(tmp_path / "all", 16).pair.tolist() == [-1] * 5 + [0, 1, -1]


def test_every_row_keeps_what_it_had(photos, edits, tmp_path):
    merge_tables([edits, photos], tmp_path / "all")
    merged, own = read_table(tmp_path / "all"), read_table(edits)
    assert merged.slice(0, own.num_rows).equals(own)


def test_files_are_of_even_length(photos, edits, tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "ROWS_PER_SHARD", 3)
    merge_tables([photos, edits], tmp_path / "all")
    table = open_table(tmp_path / "all")
    assert [pq.read_metadata(shard).num_rows for shard in table.shards] == [3, 3, 2]


def test_a_subject_in_two_splits_is_refused_with_what_to_do(make_row, write_table, tmp_path):
    tables = [write_table([make_row(n, subject=f"p{n % 3}", split=split) for n in some], split)
              for split, some in (("train", (0, 1, 2)), ("val", (3, 4)))]  # fmt: skip
    with pytest.raises(TableError, match=r"2 subjects would be in two splits: p0, p1; use --resplit 0"):
        merge_tables(tables, tmp_path / "all")
    assert not (tmp_path / "all").exists()
    merge_tables(tables, tmp_path / "all", resplit=0)
    rows = read_table(tmp_path / "all").to_pylist()
    assert len({(row["subject"], row["split"]) for row in rows}) == 3


def test_tables_of_another_size_or_template_are_refused(make_row, write_table, photos, tmp_path):
    other = write_table([make_row(9)], "other", template="the eyes higher")
    with pytest.raises(TableError, match=r"stand elsewhere in the crops of .*other than in those of .*photos"):
        merge_tables([photos, other], tmp_path / "all")
    manifest = other / "table.json"
    manifest.write_text(manifest.read_text().replace('"size": 16', '"size": 32'))
    with pytest.raises(TableError, match=r"other has crops of 32 px and .*photos of 16 px; prepare them at one size"):
        merge_tables([photos, other], tmp_path / "all")


def test_an_input_is_never_written_over_and_another_table_only_when_asked(photos, edits, tmp_path):
    before = sorted(path.read_bytes() for path in photos.iterdir())
    with pytest.raises(OutputError, match="never written over"):
        merge_tables([photos, edits], photos, force=True)
    assert sorted(path.read_bytes() for path in photos.iterdir()) == before
    out = tmp_path / "all"
    merge_tables([photos, edits], out)
    with pytest.raises(OutputError, match="--force"):
        merge_tables([photos, edits], out)
    (out / "table.json").unlink()
    with pytest.raises(OutputError, match="part of another table; use --force"):
        merge_tables([photos, edits], out)
    assert merge_tables([photos, edits], out, force=True).rows == 8


def test_one_table_alone_can_only_be_split_anew(photos, tmp_path):
    with pytest.raises(ConfigError, match="two or more"):
        merge_tables([photos], tmp_path / "all")
    assert merge_tables([photos], tmp_path / "all", resplit=1).rows == 5
    splits = read_table(tmp_path / "all")["split"].to_pylist()
    assert splits == [subject_split(f"person-{number}", 1) for number in range(5)]
