import json

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mienkit.app.tables import import_table
from mienkit.core.errors import ConfigError, OutputError
from mienkit.data.blendshape import BLENDSHAPES
from mienkit.data.check import check_table
from mienkit.data.table import open_table


@pytest.fixture
def photos(tmp_path):
    """Five aligned photographs as a data set."""
    folder = tmp_path / "data"
    folder.mkdir()
    shapes = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 3), np.uint8)
    pictures = [cv2.imencode(".jpg", cv2.resize(shape, (256, 256)))[1].tobytes() for shape in shapes]
    columns = {
        "image": pictures,
        "width": np.full(5, 256, np.int32),
        "source": ["made"] * 5,
        "source_id": [f"p{number}" for number in range(5)],
        "licence": ["CC0-1.0"] * 5,
        "subject": [f"person-{number}" for number in range(5)],
        "split": ["train", "train", "val", "train", "val"],
        "landmarks68": [np.full(136, 60.0, np.float32)] * 5,
        "blendshapes": [np.full(52, 0.6, np.float32)] * 5,
        **{name: np.zeros(5, np.float32) for name in ("yaw", "pitch", "roll")},
    }
    table = pa.table(columns).replace_schema_metadata({"blendshape_names": json.dumps(BLENDSHAPES)})
    pq.write_table(table, folder / "photos-00000.parquet")
    return folder


@pytest.fixture
def table(photos, tmp_path):
    import_table("mediapipe_table", photos, tmp_path / "table")
    return tmp_path / "table"


def test_an_imported_table_is_sound_and_keeps_the_data_sets_split(table):
    assert check_table(table) == []
    opened = open_table(table)
    assert (opened.rows, opened.size) == (5, 256)
    assert opened.count("val") == 2


def test_photos_that_are_not_aligned_are_sent_to_prepare(tmp_path):
    with pytest.raises(ConfigError, match="must be aligned first; use `mien prepare folder`"):
        import_table("folder", tmp_path, tmp_path / "table")
    assert not (tmp_path / "table").exists()


def test_an_existing_table_is_replaced_only_when_asked(photos, table):
    with pytest.raises(OutputError, match="--force"):
        import_table("mediapipe_table", photos, table)
    assert import_table("mediapipe_table", photos, table, force=True) == 5
