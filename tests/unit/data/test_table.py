import json
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mienkit.core.errors import TableError
from mienkit.data.row import REQUIRED
from mienkit.data.table import MANIFEST, open_table, read_table


@pytest.fixture
def folder(make_row, write_table):
    splits = ["train", "train", "val", "train", "test"]
    rows = [make_row(number, split=split, emotion="fear" if number else None) for number, split in enumerate(splits)]
    return write_table(rows, rows_per_shard=2)


def test_an_opened_table_tells_its_rows_size_and_columns(folder):
    table = open_table(folder)
    assert (table.rows, table.size, len(table.shards)) == (5, 16, 3)
    assert table.columns == tuple(REQUIRED)
    assert table.count() == 5
    assert table.count("train") == 3


def test_columns_and_split_are_selected(folder):
    read = read_table(folder, ["source_id", "AU12"], "train")
    assert read.column_names == ["source_id", "AU12"]
    assert read["source_id"].to_pylist() == ["face-0", "face-1", "face-3"]


def test_rows_are_taken_by_number(folder):
    assert open_table(folder).take([4, 0], ["source_id"])["source_id"].to_pylist() == ["face-4", "face-0"]


def test_batches_give_all_rows_in_order(folder):
    batches = list(open_table(folder).batches(["source_id"]))
    assert [one for batch in batches for one in batch["source_id"].to_pylist()] == [f"face-{n}" for n in range(5)]


def test_a_slow_reader_of_batches_holds_little_of_a_large_table(make_row, write_table):
    noise = np.random.default_rng(0)
    rows = [make_row(image=noise.bytes(20_000), source_id=str(number)) for number in range(1000)]
    before, batches = pa.total_allocated_bytes(), open_table(write_table(rows, rows_per_shard=100)).batches()
    next(batches)
    time.sleep(0.2)
    assert pa.total_allocated_bytes() - before < 6e6


def test_the_fingerprint_changes_with_the_files_only(folder):
    before = open_table(folder).fingerprint
    assert open_table(folder).fingerprint == before
    shard = folder / "faces-00000.parquet"
    pq.write_table(pq.read_table(shard).slice(0, 1), shard)
    assert open_table(folder).fingerprint != before


def test_pyarrow_alone_reads_it(folder):
    read = pq.read_table(folder / "faces-00000.parquet")
    assert read.schema.metadata[b"format"] == b"mienkit face table"
    assert json.loads(read.schema.metadata[b"template"])["size"] == 256
    assert read.num_rows == 2


def test_pandas_reads_it(folder):
    pandas = pytest.importorskip("pandas")
    frame = pandas.concat([pandas.read_parquet(path) for path in sorted(folder.glob("*.parquet"))])
    assert list(frame["source_id"]) == [f"face-{number}" for number in range(5)]
    assert frame["AU12"].between(0, 1).all()


def test_hugging_face_datasets_reads_it(folder, tmp_path, monkeypatch):
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    datasets = pytest.importorskip("datasets")
    files = sorted(str(path) for path in folder.glob("*.parquet"))
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["source_id"][:] == [f"face-{number}" for number in range(5)]
    assert loaded[1]["emotion"] == "fear"
    assert loaded[0]["image"].startswith(b"\x89PNG")


def test_a_folder_that_is_no_table_is_named(tmp_path):
    with pytest.raises(TableError, match="nothing is not a face table"):
        open_table(tmp_path / "nothing")


def test_an_unfinished_table_is_refused(folder):
    (folder / MANIFEST).unlink()
    with pytest.raises(TableError, match="is unfinished; run the command that wrote it again"):
        open_table(folder)


@pytest.mark.parametrize("text", ["{", '{"format": "mienkit face table"}', "[]"])
def test_a_broken_manifest_is_one_clear_line(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(TableError, match="is broken") as caught:
        open_table(folder)
    assert "\n" not in str(caught.value)


def test_a_later_version_is_refused(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "version": 99}))
    with pytest.raises(TableError, match="version 99"):
        open_table(folder)


def test_a_missing_column_is_named(folder):
    shard = folder / "faces-00001.parquet"
    pq.write_table(pq.read_table(shard).drop_columns(["AU12"]), shard)
    with pytest.raises(TableError, match=r"faces-00001\.parquet: there is no column AU12; write the table again"):
        open_table(folder)


def test_a_column_of_a_wrong_type_is_named(folder):
    shard = folder / "faces-00001.parquet"
    read = pq.read_table(shard)
    place = read.schema.get_field_index("AU12")
    pq.write_table(read.set_column(place, "AU12", read["AU12"].cast(pa.string())), shard)
    with pytest.raises(TableError, match="AU12 is string, not float"):
        open_table(folder)


def test_a_missing_and_a_truncated_file_are_named(folder):
    shard = folder / "faces-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(TableError, match=r"faces-00001\.parquet is not a readable Parquet file"):
        open_table(folder)
    shard.unlink()
    with pytest.raises(TableError, match=r"faces-00001\.parquet is missing"):
        open_table(folder)


def test_an_unknown_column_and_split_are_named(folder):
    with pytest.raises(TableError, match="no column age"):
        read_table(folder, ["age"])
    with pytest.raises(TableError, match="no split is called 'dev'"):
        read_table(folder, split="dev")


@pytest.mark.parametrize("rows", [[], [0], [1, 2], [0, 3, 4], [4], list(range(5))])
def test_some_rows_are_read_group_by_group(folder, rows):
    found = [some.to_pydict() for some in open_table(folder).groups(rows, ["source_id"])]
    assert [name for some in found for name in some["source_id"]] == [f"face-{row}" for row in rows]
    assert len(found) == len({row // 2 for row in rows})
