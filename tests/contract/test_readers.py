"""What every reader keeps: its samples fill a table that has no problem. Each reader brings a small made data set."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import layouts
import mienkit.data.readers as package
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError, UnknownNameError
from mienkit.data.blendshape import BLENDSHAPES
from mienkit.data.check import check_table
from mienkit.data.loader import load_faces
from mienkit.data.reader import READERS, Sample, Video
from mienkit.data.row import KINDS, SPLITS
from mienkit.data.table import open_table
from mienkit.data.writer import TableWriter
from mienkit.face.detectors.mediapipe import LANDMARKS_68

PEOPLE = 3


def encode(seed: int, size: int, suffix: str = ".jpg") -> bytes:
    """Make a picture of patches: another seed, another picture."""
    patches = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
    done, encoded = cv2.imencode(suffix, cv2.resize(patches, (size, size), interpolation=cv2.INTER_NEAREST))
    assert done
    return encoded.tobytes()


def made_photos(folder: Path) -> None:
    scores = np.zeros((PEOPLE, len(BLENDSHAPES)), np.float32)
    scores[1, [BLENDSHAPES.index("mouthSmileLeft"), BLENDSHAPES.index("mouthSmileRight")]] = 0.92
    write_parquet(
        folder / "photos-00000-of-00001.parquet",
        {
            **made_columns([f"p{number}" for number in range(PEOPLE)], 256),
            "landmarks68": [np.arange(136, dtype=np.float32)] * PEOPLE,
            "blendshapes": list(scores),
            **{
                name: np.asarray([value] * PEOPLE, np.float32)
                for name, value in (("yaw", 1), ("pitch", 2), ("roll", 3))
            },
        },
        {"blendshape_names": BLENDSHAPES},
    )


def made_edits(folder: Path) -> None:
    made_photos(folder)
    ids = ["p0", "p1", "p1", "p2"]
    mesh = np.stack([np.arange(478), np.arange(478) / 2], axis=1).astype(np.float32)
    write_parquet(
        folder / "reexpressed-00000-of-00001.parquet",
        {
            **made_columns(ids, 128),
            "aus_before": [np.full(17, 0.1, np.float32)] * len(ids),
            "aus_after": [np.full(17, 0.2 + 0.1 * number, np.float32) for number in range(len(ids))],
            "landmarks478": [mesh.reshape(-1)] * len(ids),
        },
        {"au_names": ACTION_UNITS},
    )


def made_columns(ids: list[str], size: int) -> dict[str, object]:
    return {
        "image": [encode(number, size) for number in range(len(ids))],
        "width": np.full(len(ids), size, np.int32),
        "height": np.full(len(ids), size, np.int32),
        "source": ["made"] * len(ids),
        "source_id": ids,
        "licence": ["CC0-1.0"] * len(ids),
        "subject": [f"person-{one}" for one in ids],
        "split": ["val" if one == "p0" else "train" for one in ids],
    }


def write_parquet(path: Path, columns: dict[str, object], metadata: dict[str, tuple[str, ...]]) -> None:
    texts = {key: json.dumps(names) for key, names in metadata.items()}
    table = pa.table({name: pa.array(values) for name, values in columns.items()}).replace_schema_metadata(texts)
    pq.write_table(table, path)


def made_table(folder: Path) -> None:
    draw_table(folder, DrawRequest(count=6, size=16, per_scene=2))


MADE: dict[str, Callable[[Path], None]] = {
    "ckplus": layouts.make_ckplus,
    "emotionet": layouts.make_emotionet,
    "folder": layouts.make_folder,
    "mediapipe_table": made_photos,
    "mug": layouts.make_mug,
    "openface": layouts.make_openface,
    "oulu_casia": layouts.make_oulu_casia,
    "rafd": layouts.make_rafd,
    "reexpressed_table": made_edits,
    "table": made_table,
}
"""Reader -> what makes a small data set for it. A new reader adds its line here."""

every_reader = pytest.mark.parametrize("name", sorted(READERS))


def read_made(name: str, folder: Path) -> list[Sample]:
    folder.mkdir(exist_ok=True)
    MADE[name](folder)
    return list(READERS[name](folder).samples())


def test_every_file_in_the_folder_is_a_registered_reader_with_a_made_data_set():
    files = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(READERS) == set(MADE)


@every_reader
def test_samples_are_as_many_as_the_reader_says_and_the_same_every_time(name, tmp_path):
    samples = read_made(name, tmp_path)
    reader = READERS[name](tmp_path)
    assert len(samples) == len(reader) > 0
    counts = dict(reader.left_out.counts)
    again = [sample.source_id for sample in reader.samples()]
    assert again == [sample.source_id for sample in samples]
    assert reader.left_out.counts == counts


@every_reader
def test_samples_are_unique_and_speak_the_tables_words(name, tmp_path):
    samples = read_made(name, tmp_path)
    reader = READERS[name](tmp_path)
    for sample in samples:
        assert sample.kind in KINDS
        assert sample.split in (None, *SPLITS)
        assert sample.emotion in (None, *EMOTIONS)
        assert sample.licence
        assert sample.aus.shape == sample.before.shape == (17,)
        assert np.isnan(sample.aus).all() or sample.au_measurer
        assert sample.size == reader.size
        assert sample.frame is None or sample.sequence
        assert sample.landmarks is None or sample.landmarks.shape == (68, 2)
        known = sample.aus[~np.isnan(sample.aus)]
        assert ((known >= 0) & (known <= 1)).all()
    assert max(Counter((sample.source, sample.source_id) for sample in samples).values()) == 1


@every_reader
def test_a_person_is_in_one_split_and_files_are_where_they_are_said_to_be(name, tmp_path):
    splits: dict[str, set[str | None]] = {}
    for sample in read_made(name, tmp_path):
        splits.setdefault(sample.subject, set()).add(sample.split)
        file = sample.picture.path if isinstance(sample.picture, Video) else sample.picture
        assert isinstance(file, bytes) or file == tmp_path / sample.source_id
        assert isinstance(file, bytes) or file.is_file()
    assert {len(found) for found in splits.values()} == {1}


@every_reader
def test_frames_of_a_sequence_show_one_person_and_have_numbers_of_their_own(name, tmp_path):
    clips: dict[str, list[Sample]] = {}
    for sample in read_made(name, tmp_path):
        if sample.sequence and sample.frame is not None:
            clips.setdefault(sample.sequence, []).append(sample)
    for frames in clips.values():
        assert len({one.subject for one in frames}) == 1
        numbers = [one.frame for one in frames]
        assert numbers == sorted(set(numbers))


@every_reader
def test_samples_fill_a_table_without_a_problem(name, tmp_path):
    samples = read_made(name, tmp_path / "data")
    reader = READERS[name](tmp_path / "data")
    if reader.size is None:
        with pytest.raises(DataError, match="not aligned yet; use `mien prepare`"):
            samples[0].to_row("train")
        return
    with TableWriter(tmp_path / "table", size=reader.size, optional=reader.optional) as writer:
        writer.extend(sample.to_row("train") for sample in samples)
    assert check_table(tmp_path / "table") == []
    assert open_table(tmp_path / "table").rows == len(samples)


@every_reader
def test_a_missing_folder_and_an_empty_one_are_data_errors(name, tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        READERS[name](tmp_path / "nothing")
    with pytest.raises(DataError, match="holds no"):
        list(READERS[name](tmp_path).samples())


def test_an_unknown_reader_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'folder'"):
        READERS["fodler"]


def test_photos_get_units_from_scores_and_stay_unknown_where_those_are_blind(tmp_path):
    smiling = read_made("mediapipe_table", tmp_path)[1]
    aus = dict(zip(ACTION_UNITS, smiling.aus.tolist(), strict=True))
    assert aus["AU12"] == pytest.approx(1, abs=1e-6)
    assert aus["AU4"] == 0
    assert all(np.isnan(aus[name]) for name in ("AU5", "AU6", "AU9", "AU10"))
    assert smiling.landmarks.tolist()[1] == [2, 3]
    assert smiling.pose.tolist() == [1, 2, 3]
    assert smiling.split == "train"


def test_edits_name_their_photo_and_both_states(tmp_path):
    edits = read_made("reexpressed_table", tmp_path)
    assert [(one.source_id, one.pair) for one in edits] == [
        ("p0+1", "p0"),
        ("p1+1", "p1"),
        ("p1+2", "p1"),
        ("p2+1", "p2"),
    ]
    assert edits[2].aus[0] == pytest.approx(0.4)
    assert edits[2].before[0] == pytest.approx(0.1)
    assert edits[2].pose.tolist() == [1, 2, 3]
    np.testing.assert_allclose(edits[0].landmarks, [[index, index / 2] for index in LANDMARKS_68])


def test_edits_without_their_photos_are_an_error(tmp_path):
    made_edits(tmp_path)
    (tmp_path / "photos-00000-of-00001.parquet").unlink()
    with pytest.raises(DataError, match=r"holds no photos-\*.parquet"):
        list(READERS["reexpressed_table"](tmp_path).samples())


def test_every_bad_file_is_named_at_once(tmp_path):
    made_photos(tmp_path)
    good = pq.read_table(tmp_path / "photos-00000-of-00001.parquet")
    pq.write_table(good.drop_columns(["yaw", "roll"]), tmp_path / "photos-a.parquet")
    (tmp_path / "photos-b.parquet").write_bytes(b"nothing")
    with pytest.raises(DataError) as caught:
        list(READERS["mediapipe_table"](tmp_path).samples())
    assert "2 of 3 files cannot be used" in str(caught.value)
    assert "photos-a.parquet has no column yaw, roll" in str(caught.value)
    assert "photos-b.parquet is not a readable Parquet file" in str(caught.value)


@pytest.fixture(scope="module")
def shared_faces(shared_data, tmp_path_factory):
    """The two shared tables, without their pictures so that it is quick."""
    tiny = encode(0, 8)
    folders = []
    for name in ("mediapipe_table", "reexpressed_table"):
        reader = READERS[name](shared_data)
        folders.append(tmp_path_factory.mktemp(name))
        with TableWriter(folders[-1], size=reader.size, optional=reader.optional) as writer:
            for sample in reader.samples():
                row = sample.to_row("test")
                object.__setattr__(row, "image", tiny)
                writer.add(row)
    return load_faces(folders, 8)


def test_the_shared_tables_have_their_rows_and_splits(shared_faces):
    photos = shared_faces.of_kind("photograph")
    assert (photos.sum(), (~photos).sum()) == (3006, 5958)
    splits = [np.bincount(shared_faces.split[which], minlength=3).tolist() for which in (photos, ~photos)]
    assert splits == [[2763, 243, 0], [5480, 478, 0]]


def test_every_shared_edit_finds_its_photo_of_the_same_person_and_split(shared_faces):
    edits = np.flatnonzero(shared_faces.of_kind("re-expressed"))
    photos = shared_faces.pair[edits]
    assert (photos >= 0).all()
    np.testing.assert_array_equal(shared_faces.subject[photos], shared_faces.subject[edits])
    np.testing.assert_array_equal(shared_faces.split[photos], shared_faces.split[edits])


def test_subjects_of_the_shared_tables_never_cross_splits(shared_faces):
    train, val = (set(shared_faces.subject[shared_faces.split == split].tolist()) for split in (0, 1))
    assert len(train | val) == 2869
    assert not train & val


def test_landmarks_of_shared_edits_lie_near_those_of_their_photos(shared_faces):
    edits = np.flatnonzero(shared_faces.of_kind("re-expressed"))
    distance = np.linalg.norm(shared_faces.landmarks[edits] - shared_faces.landmarks[shared_faces.pair[edits]], axis=2)
    assert np.median(distance) * 128 / 8 < 4  # pixels of a 128 px crop


def test_most_units_of_shared_photos_rest_at_zero(shared_faces):
    aus = shared_faces.aus[shared_faces.of_kind("photograph")]
    known = ~np.isnan(aus).all(0)
    assert known.sum() == 13
    resting = [name for name in ACTION_UNITS if name not in ("AU4", "AU12", "AU25")]
    assert all(np.median(aus[:, ACTION_UNITS.index(n)]) == 0 for n in resting if known[ACTION_UNITS.index(n)])
