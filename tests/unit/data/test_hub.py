"""Folders for ``datasets``, read back by ``datasets`` itself, without a network."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from mienkit.core.errors import ConfigError, OutputError
from mienkit.data.hub import write_hub_folder
from mienkit.data.table import read_table


@pytest.fixture
def table(make_row, write_table):
    """Seven faces for training, two for testing, one of them drawn; with a column that few tables have."""
    maps = {"flow": np.full((32, 32, 2), 0.5, np.float32)}
    rows = [make_row(number, licence="CC-BY-4.0", **(maps if number == 0 else {})) for number in range(7)]
    rows += [make_row(7, split="test", emotion="fear"), make_row(8, split="test", kind="drawn", landmarks=None)]
    return write_table(rows, optional=["flow"], rows_per_shard=4)


@pytest.fixture
def load(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    return lambda folder: datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))


def test_datasets_loads_the_folder_with_its_splits_pictures_and_numbers(table, tmp_path, load):
    made = write_hub_folder(table, tmp_path / "hub", rows_per_file=3)
    assert (made.rows, made.files) == ({"train": 7, "test": 2}, 4)
    loaded = load(tmp_path / "hub")
    assert {name: len(split) for name, split in loaded.items()} == {"train": 7, "test": 2}
    rows = read_table(table).to_pylist()
    for row, found in zip(rows, [*loaded["train"], *loaded["test"]], strict=True):
        picture = found.pop("image")
        assert isinstance(picture, Image.Image)
        assert np.asarray(picture)[0, 0, 0] == int(row["source_id"].removeprefix("face-"))
        del row["image"]
        assert found == row


def test_files_are_named_as_the_hub_wants_them_and_are_even(table, tmp_path):
    write_hub_folder(table, tmp_path / "hub", rows_per_file=3)
    files = sorted((tmp_path / "hub" / "data").iterdir())
    assert [(file.name, pq.read_metadata(file).num_rows) for file in files] == [
        ("test-00000-of-00001.parquet", 2),
        ("train-00000-of-00003.parquet", 3),
        ("train-00001-of-00003.parquet", 3),
        ("train-00002-of-00003.parquet", 1),
    ]


def test_the_card_tells_licences_splits_counts_and_what_is_synthetic(table, tmp_path):
    write_hub_folder(table, tmp_path / "hub")
    _, heading, text = (tmp_path / "hub" / "README.md").read_text().split("---\n", 2)
    yaml = pytest.importorskip("yaml")
    told = yaml.safe_load(heading)
    assert told["license"] == ["cc-by-4.0", "cc0-1.0"]
    assert told["size_categories"] == ["n<1K"]
    assert "synthetic" in told["tags"]
    assert [entry["split"] for entry in told["configs"][0]["data_files"]] == ["train", "test"]
    assert "1 of 9 pictures are no photographs (drawn (1))" in text
    assert "| train | 7 |" in text
    assert "CC-BY-4.0 (7), CC0-1.0 (2)" in text


def test_a_table_of_photographs_is_not_called_synthetic(make_row, write_table, tmp_path):
    write_hub_folder(write_table([make_row(licence="Research only")]), tmp_path / "hub")
    card = (tmp_path / "hub" / "README.md").read_text()
    assert "ynthetic" not in card
    assert 'license: ["other"]' in card


def test_a_folder_is_replaced_only_when_asked_and_only_one_of_ours(table, tmp_path):
    out = tmp_path / "hub"
    write_hub_folder(table, out)
    with pytest.raises(OutputError, match="--force"):
        write_hub_folder(table, out)
    write_hub_folder(table, out, rows_per_file=3, force=True)
    assert len(list((out / "data").iterdir())) == 4
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="other files"):
        write_hub_folder(table, out, force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"table", "hub"}


def test_the_table_is_never_written_into(table, tmp_path):
    for place in (table, table / "hub"):
        with pytest.raises(OutputError, match="is the table or lies in it"):
            write_hub_folder(table, place, force=True)


def test_an_interrupted_writing_leaves_nothing(table, tmp_path, monkeypatch):
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mienkit.data.hub.put_in_place", full)
    with pytest.raises(OutputError, match="No space left on device; choose another folder"):
        write_hub_folder(table, tmp_path / "hub")
    assert {path.name for path in tmp_path.iterdir()} == {"table"}


def test_files_without_rows_are_refused(table, tmp_path):
    with pytest.raises(ConfigError, match="at least 1"):
        write_hub_folder(table, tmp_path / "hub", rows_per_file=0)
