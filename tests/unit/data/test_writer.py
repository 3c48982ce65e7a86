import json

import pyarrow.parquet as pq
import pytest

from mienkit.core.errors import OutputError, TableError
from mienkit.data.table import MANIFEST, open_table, read_table
from mienkit.data.writer import TableWriter

SIZE = 16


def interrupt(folder, rows, **options):
    """Write some rows and stop before the table is finished, as a killed process does."""
    TableWriter(folder, size=SIZE, **options).extend(rows)


def test_files_hold_so_many_rows_each(make_row, tmp_path):
    with TableWriter(tmp_path / "t", size=SIZE, rows_per_shard=2) as writer:
        writer.extend(make_row(number) for number in range(5))
    assert [pq.read_metadata(path).num_rows for path in open_table(tmp_path / "t").shards] == [2, 2, 1]


def test_the_manifest_comes_last(make_row, tmp_path):
    with TableWriter(tmp_path, size=SIZE, rows_per_shard=1) as writer:
        writer.add(make_row(0))
        assert not (tmp_path / MANIFEST).exists()
    assert json.loads((tmp_path / MANIFEST).read_text())["rows"] == 1


def test_an_interrupted_writing_goes_on_and_gives_the_same_rows(make_row, tmp_path):
    rows = [make_row(number) for number in range(7)]
    interrupt(tmp_path, rows[:5], rows_per_shard=2)
    with pytest.raises(TableError, match="unfinished"):
        open_table(tmp_path)
    with TableWriter(tmp_path, size=SIZE, rows_per_shard=2) as writer:
        assert writer.holds("made", "face-3")
        assert not writer.holds("made", "face-4")
        assert [writer.add(row) for row in rows] == [False] * 4 + [True] * 3
    assert read_table(tmp_path)["source_id"].to_pylist() == [f"face-{number}" for number in range(7)]


def test_what_a_killed_writer_left_half_written_is_removed(make_row, tmp_path):
    (tmp_path / ".faces-00000.parquet.abc.part").write_bytes(b"half")
    with TableWriter(tmp_path, size=SIZE) as writer:
        writer.add(make_row())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faces-00000.parquet", MANIFEST]


def test_a_finished_table_is_never_written_over_unasked(make_row, write_table):
    folder = write_table([make_row(0)])
    with pytest.raises(OutputError, match="already holds a face table; use --force"):
        TableWriter(folder, size=SIZE)
    with TableWriter(folder, size=SIZE, force=True) as writer:
        writer.add(make_row(1))
    assert read_table(folder)["source_id"].to_pylist() == ["face-1"]


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("precious")
    for force in (False, True):
        with pytest.raises(OutputError, match=r"holds other files \(thesis.docx\)"):
            TableWriter(tmp_path, size=SIZE, force=force)
    assert (tmp_path / "thesis.docx").read_text() == "precious"


def test_part_of_another_table_is_not_continued(make_row, tmp_path):
    interrupt(tmp_path, [make_row(0)], rows_per_shard=1)
    with pytest.raises(OutputError, match="part of another table"):
        TableWriter(tmp_path, size=2 * SIZE)


def test_a_table_without_a_face_is_an_error(tmp_path):
    with pytest.raises(TableError, match="there is no face"), TableWriter(tmp_path, size=SIZE):
        pass
    assert not (tmp_path / MANIFEST).exists()


def test_a_call_that_wrote_nothing_leaves_no_folder_that_it_made(tmp_path):
    (tmp_path / "found").mkdir()
    for name in ("made", "found"):
        with pytest.raises(TableError), TableWriter(tmp_path / name, size=8):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["found"]


def test_a_place_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        TableWriter(tmp_path / "file", size=SIZE)


def test_an_exception_leaves_an_unfinished_table(make_row, tmp_path):
    def rows():
        yield make_row(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), TableWriter(tmp_path, size=SIZE, rows_per_shard=1) as writer:
        writer.extend(rows())
    assert not (tmp_path / MANIFEST).exists()


def test_the_picture_of_a_tables_coverage_goes_with_the_table_and_other_files_stay(make_row, write_table, tmp_path):
    folder = write_table([make_row(0)])
    (folder / "coverage.png").write_bytes(b"of the old table")
    with TableWriter(folder, size=SIZE, force=True) as writer:
        writer.add(make_row(1))
    assert not (folder / "coverage.png").exists()
    own = tmp_path / "own"
    own.mkdir()
    (own / "coverage.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"other files \(coverage.png\)"):
        TableWriter(own, size=SIZE, force=True)
    assert (own / "coverage.png").read_bytes() == b"mine"
