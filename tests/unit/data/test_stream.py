"""Rows of tables that are larger than memory."""

import os
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from mienkit.core.errors import ConfigError, DataError, TableError
from mienkit.data.row import AU_COLUMNS
from mienkit.data.stream import RowStream, share_shards
from mienkit.data.table import open_table

READ_IN_LITTLE_MEMORY = Path(__file__).with_name("read_in_little_memory.py")


@pytest.fixture
def table(make_row, write_table):
    """Fifty rows in files of seven, every tenth of the validation split."""
    rows = [make_row(number, image=b"x", split="val" if number % 10 == 0 else "train") for number in range(50)]
    return write_table(rows, rows_per_shard=7)


def stream_of(table, **changes):
    return RowStream(open_table(table).shards, ["source_id"], **{"seed": 0, "split": "train", "buffer": 16, **changes})


def names(batches, count):
    return [batch["source_id"].to_pylist() for batch, _ in islice(batches, count)]


def test_processes_share_the_files_evenly_and_none_is_left_out(make_row, write_table):
    tables = [
        write_table([make_row(number, image=b"x") for number in range(first, last)], name, rows_per_shard=size)
        for name, first, last, size in (("a", 0, 23, 5), ("b", 100, 111, 4))
    ]
    shares = [share_shards(tables, rank, 3) for rank in range(3)]
    every = [shard for share in shares for shard in share]
    assert sorted(every) == sorted(shard for table in tables for shard in open_table(table).shards)
    rows = [sum(len(RowStream([shard], [], seed=0)) for shard in share) for share in shares]
    assert sum(rows) == 34
    assert max(rows) - min(rows) <= 5


def test_more_processes_than_files_are_refused(table):
    with pytest.raises(ConfigError, match="9 processes cannot share 8 files"):
        share_shards([table], 0, 9)


def test_every_wanted_row_comes_once_an_epoch_in_another_order(table):
    stream = stream_of(table)
    assert len(stream) == 45
    rows = [name for batch in names(stream.batches(5), 18) for name in batch]
    first, second = rows[:45], rows[45:]
    assert set(Counter(first).values()) == set(Counter(second).values()) == {1}
    assert sorted(first) == sorted(second) == sorted(f"face-{n}" for n in range(50) if n % 10)
    assert first != second


def test_rows_of_different_files_are_mixed(table):
    first = names(stream_of(table).batches(15), 1)[0]
    files = {int(name.removeprefix("face-")) // 7 for name in first}
    assert len(files) >= 2
    assert first != sorted(first)


@pytest.mark.parametrize("start", [1, 4, 7, 23])
def test_a_stream_goes_on_from_any_batch(table, start):
    whole = names(stream_of(table).batches(4), 30)
    assert names(stream_of(table).batches(4, start), 30 - start) == whole[start:]


def test_the_seed_decides_the_order(table):
    orders = [names(stream_of(table, seed=seed).batches(45), 1)[0] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


def test_what_lies_before_is_not_read(table, monkeypatch):
    stream = stream_of(table)
    read = []
    monkeypatch.setattr(stream, "_read", lambda groups, inner=stream._read: read.append(len(groups)) or inner(groups))
    next(stream.batches(4, start=1000))
    assert 0 < sum(read) <= 4  # of 8 groups an epoch, and after 88 epochs


def test_tables_with_different_columns_and_crops_are_one_stream(make_row, write_table):
    plain = write_table([make_row(number) for number in range(3)], "plain", template="elsewhere")
    sided = write_table([make_row(9, sided={"AU12_L": 0.5})], "sided", optional=["AU12_L"])
    stream = RowStream(share_shards([plain, sided], 0, 1), ["source_id"], seed=0)
    assert sorted(names(stream.batches(4), 1)[0]) == ["face-0", "face-1", "face-2", "face-9"]


def test_rows_whose_units_are_not_known_are_left_out(make_row, write_table):
    some = np.full(17, 0.5, np.float32)
    gap = some.copy()
    gap[3] = np.nan
    folder = write_table([make_row(0, aus=some), make_row(1, aus=gap)])
    stream = RowStream(open_table(folder).shards, ["source_id"], seed=0, known=AU_COLUMNS)
    assert names(stream.batches(1), 3) == [["face-0"]] * 3
    with pytest.raises(DataError, match="has a row of the split 'train' with known AU1, "):
        RowStream(
            open_table(write_table([make_row(0, aus=gap)], "gap")).shards, [], seed=0, split="train", known=AU_COLUMNS
        )


def test_a_split_or_column_that_is_not_there_is_named(table):
    with pytest.raises(DataError, match="split 'test'"):
        stream_of(table, split="test")
    with pytest.raises(TableError, match="no column AU99"):
        RowStream(open_table(table).shards, ["AU99"], seed=0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process and tells it")
def test_a_table_larger_than_memory_is_read_to_its_end(make_row, write_table):
    """The same process that streams the table cannot hold it: the limit is real."""
    plain = bytes(32_000)  # small on the disk, and as large in memory as any other picture
    rows = (make_row(0, source_id=f"face-{n}", image=n.to_bytes(4) + plain) for n in range(4096))
    folder = write_table(rows, rows_per_shard=256)
    environment = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(READ_IN_LITTLE_MEMORY), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["streamed", "4096", "refused"]
