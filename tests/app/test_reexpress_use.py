"""A table of photographs becomes one of photographs and exact edits."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from mienkit.app.in_order import in_order
from mienkit.app.reexpress import ReexpressReport, ReexpressRequest, reexpress_table
from mienkit.app.reexpress_photo import Edits, Outcome, reexpress_photo
from mienkit.app.table import check_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import AU_INDEX
from mienkit.core.emotion import EMOTIONS, name_emotions
from mienkit.core.errors import ConfigError, DataError, UnknownNameError
from mienkit.data.loader import load_faces
from mienkit.data.readers.mediapipe_table import MediapipeTable
from mienkit.data.row import BEFORE_COLUMNS, KINDS, MAP_COLUMNS, SIDED_COLUMNS, FaceRow
from mienkit.data.table import read_table
from mienkit.data.writer import TableWriter
from mienkit.morphable.camera import Angles, pose_of_angles, project
from mienkit.morphable.correspondence import load_correspondence
from mienkit.morphable.gate import Reason
from mienkit.morphable.head import load_head_model

PHOTOS = 2
EDITS = Edits(size=128, per_photo=2, seed=0, neutralise=False, aus={})


pytest.importorskip("numba")


@pytest.fixture
def photos(shared_data: Path) -> list[FaceRow]:
    """The first photographs of people who do not exist."""
    samples = MediapipeTable(shared_data).samples()
    return [sample.to_row("train") for sample in islice((s for s in samples if s.source == "faker-sd3"), PHOTOS)]


@pytest.fixture
def table(photos: list[FaceRow], tmp_path: Path) -> Path:
    with TableWriter(tmp_path / "photos.table", size=256) as writer:
        writer.extend(photos)
    return tmp_path / "photos.table"


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the test's own process: starting others takes seconds."""
    monkeypatch.setattr(
        "mienkit.app.reexpress.work_through",
        lambda photos, request: (reexpress_photo(photo, request.edits) for photo in photos),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def turned(photo: FaceRow, yaw: float, scale: float = 10.0) -> FaceRow:
    """Give a photo the landmarks of the neutral head, turned to a side."""
    points = load_correspondence(68).pick(load_head_model().neutral).astype(np.float64)
    placed = project(points, pose_of_angles(Angles(yaw, 0.0, 0.0), scale, np.array([128.0, 128.0])))
    return replace(photo, landmarks=placed[:, :2].astype(np.float32))


def edit(photo: FaceRow, **changes: object) -> Outcome:
    return reexpress_photo(photo, Edits(**{**vars(EDITS), **changes}))


@pytest.mark.usefixtures("head_model")
def test_a_table_gets_edits_that_know_their_photo(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.table"
    report = reexpress_table(table, out, ReexpressRequest(per_photo=2, workers=2))
    assert (report.photos, report.edits, report.rows) == (PHOTOS, 2 * PHOTOS, 3 * PHOTOS)
    assert check_table(out) == []
    faces = load_faces(out, 128)
    edits = faces.pair >= 0
    assert edits.sum() == 2 * PHOTOS
    assert (faces.kind[edits] == KINDS.index("re-expressed")).all()
    assert (faces.subject[edits] == faces.subject[faces.pair[edits]]).all()
    assert not np.isnan(faces.expressions()).any()
    assert (np.abs(faces.aus - faces.before)[edits].max(1) > 0.02).all()
    rows = read_table(out, ["flow", "fresh", "pair"]).to_pylist()
    assert all((row["pair"] is None) == (row["flow"] is None) == (row["fresh"] is None) for row in rows)
    reexpress_table(table, tmp_path / "alone", ReexpressRequest(per_photo=2, workers=1))
    assert contents(tmp_path / "alone") == contents(out)


@pytest.mark.usefixtures("head_model", "one_process")
@pytest.mark.parametrize("rows_per_shard", [1, 2])
def test_an_interrupted_call_and_another_one_write_what_a_single_one_does(
    rows_per_shard: int, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(things: Iterable[Outcome], count: int) -> Iterator[Outcome]:
        yield from islice(things, 1)
        raise KeyboardInterrupt

    # With 2 rows a file, the first photo's edits are kept and the photo itself is not.
    monkeypatch.setattr("mienkit.app.reexpress.ROWS_PER_SHARD", rows_per_shard)
    request = ReexpressRequest(per_photo=2)
    with pytest.raises(KeyboardInterrupt):
        reexpress_table(table, tmp_path / "torn", request, track=interrupted)
    assert 0 < len(list((tmp_path / "torn").glob("*"))) < 6 // rows_per_shard
    reexpress_table(table, tmp_path / "torn", request)
    reexpress_table(table, tmp_path / "whole", request)
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")


@pytest.mark.usefixtures("head_model", "one_process")
def test_what_was_written_before_an_interruption_is_kept(table: Path, photos: list[FaceRow], tmp_path: Path) -> None:
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    request = ReexpressRequest(per_photo=1)
    reexpress_table(table, whole, request)
    written = next(whole.glob("faces-*")).read_bytes()
    torn.mkdir()
    (torn / "faces-00000.parquet").write_bytes(written)  # and no manifest: so an interrupted call leaves it
    report = reexpress_table(table, torn, request)
    assert (report.skipped, report.photos, report.rows) == (PHOTOS, 0, 2 * PHOTOS)
    assert (torn / "faces-00000.parquet").read_bytes() == written


@pytest.mark.usefixtures("head_model")
def test_a_photo_stands_after_its_edits_and_the_same_seed_gives_the_same_bytes(photos: list[FaceRow]) -> None:
    first, second, other = edit(photos[0]), edit(photos[0]), edit(photos[0], seed=1)
    assert [row.pair for row in first.rows] == [photos[0].source_id] * 2 + [None]
    assert [row.image for row in first.rows] == [row.image for row in second.rows]
    assert first.rows[0].image != other.rows[0].image
    assert first.rows[-1].image == other.rows[-1].image


@pytest.mark.usefixtures("head_model")
def test_asked_units_are_set_and_their_landmarks_move(photos: list[FaceRow]) -> None:
    made, photo = edit(photos[0], aus={"AU26": 1.0, "AU25": 1.0}).rows
    assert made.aus[AU_INDEX["AU26"]] == 1
    assert made.landmarks[8, 1] > photo.landmarks[8, 1] + 2  # the chin
    assert np.abs(made.landmarks[36:48] - photo.landmarks[36:48]).max() < 1
    assert made.fresh.max() > 0.5
    assert made.source_id == f"{photo.source_id}+AU26=1,AU25=1"


@pytest.mark.usefixtures("head_model")
def test_one_side_moves_alone_and_its_row_tells_both(photos: list[FaceRow], tmp_path: Path) -> None:
    made, photo = edit(photos[1], aus={"AU2_L": 1.0}).rows
    assert made.source_id == f"{photo.source_id}+AU2_L=1"
    assert made.sided["AU2_L"] == 1
    assert made.sided["AU2_R"] == pytest.approx(made.before[AU_INDEX["AU2"]])
    assert made.aus[AU_INDEX["AU2"]] == pytest.approx((1 + made.sided["AU2_R"]) / 2)
    right, left = (
        np.abs(made.landmarks - photo.landmarks).max(1)[brow].max() for brow in (slice(17, 22), slice(22, 27))
    )
    assert left > 1 > 5 * right
    with TableWriter(tmp_path / "one.table", size=128, optional=(*BEFORE_COLUMNS, *SIDED_COLUMNS, *MAP_COLUMNS)) as out:
        out.extend([made, photo])
    assert check_table(tmp_path / "one.table") == []
    tilt = load_faces(tmp_path / "one.table", 128).tilt
    assert tilt[0, AU_INDEX["AU2"]] == pytest.approx((1 - made.sided["AU2_R"]) / 2)
    assert not tilt[1].any()


@pytest.mark.usefixtures("head_model")
def test_only_photos_of_the_split_that_is_asked_for(photos: list[FaceRow], tmp_path: Path, one_process: None) -> None:
    with TableWriter(tmp_path / "photos.table", size=256) as writer:
        writer.extend([photos[0], replace(photos[1], split="val")])
    report = reexpress_table(
        tmp_path / "photos.table", tmp_path / "held.table", ReexpressRequest(per_photo=1, split="val", workers=1)
    )
    rows = read_table(tmp_path / "held.table", ["source_id", "split"]).to_pylist()
    assert report.photos == 1
    assert {row["split"] for row in rows} == {"val"}
    assert photos[1].source_id in {row["source_id"] for row in rows}
    with pytest.raises(DataError, match="no photographs of the split 'test'"):
        reexpress_table(tmp_path / "photos.table", tmp_path / "none.table", ReexpressRequest(split="test"))


@pytest.mark.usefixtures("head_model")
def test_neutralising_shows_no_unit(photos: list[FaceRow]) -> None:
    made = edit(photos[1], neutralise=True).rows[0]
    assert made.emotion == "neutral"
    assert not made.aus.any()


@pytest.mark.usefixtures("head_model")
def test_posing_shows_each_emotion_clearly(photos: list[FaceRow]) -> None:
    rows = edit(photos[1], posed=True).rows[:-1]
    shown = torch.from_numpy(np.stack([row.aus for row in rows]))
    assert {row.emotion for row in rows} >= {"anger", "happiness", "sadness", "surprise"}
    assert [EMOTIONS[number] for number in name_emotions(shown)] == [row.emotion for row in rows]
    assert all(row.aus.max() >= 0.8 * 0.8 for row in rows if row.emotion != "neutral")


@pytest.mark.usefixtures("head_model")
def test_photos_that_cannot_be_used_are_counted_by_reason(photos: list[FaceRow]) -> None:
    labels = vars(photos[0])
    broken = FaceRow(**{**labels, "image": b"no picture"})
    faceless = FaceRow(**{**labels, "landmarks": None})
    report = ReexpressReport()
    for photo in (broken, faceless):
        report.note(edit(photo))
    assert report.photo_faults == {str(Reason.UNREADABLE): 1, str(Reason.NO_LANDMARKS): 1}
    assert report.edits == report.without == 0


@pytest.mark.usefixtures("head_model")
def test_profiles_and_tiny_faces_are_left_out_and_say_why(photos: list[FaceRow]) -> None:
    assert edit(turned(photos[0], 50.0)).fault == Reason.POSE
    assert edit(turned(photos[0], 0.0, scale=0.1)).fault == Reason.NO_FIT


@pytest.mark.usefixtures("head_model", "one_process")
def test_a_table_of_which_nothing_is_left_says_why(
    photos: list[FaceRow], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with TableWriter(tmp_path / "t", size=256) as writer:
        writer.extend(turned(photo, 50.0) for photo in photos)
    assert main(["reexpress", str(tmp_path / "t"), "-o", str(tmp_path / "o")]) == 2
    assert f"{Reason.POSE} ({PHOTOS} times)" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("lack", ["ict-facekit", "numba"])
def test_what_is_missing_is_named_before_anything_is_written(
    lack: str, table: Path, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    words = request.getfixturevalue("without_" + lack.replace("-", "_"))
    assert main(["reexpress", str(table), "-o", str(tmp_path / "o")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert words in lines[0]
    assert not (tmp_path / "o").exists()


@pytest.mark.usefixtures("head_model", "one_process")
def test_the_command_tells_what_it_wrote(table: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["reexpress", str(table), "-o", str(tmp_path / "o"), "--aus", "AU12=1,AU6=0.5"]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["edits"] == PHOTOS
    assert main([*arguments, "--force", "--posed"]) == 2
    assert "exclude each other" in capfd.readouterr().err


@pytest.mark.usefixtures("head_model")
def test_a_table_without_photographs_is_refused(photos: list[FaceRow], tmp_path: Path) -> None:
    with TableWriter(tmp_path / "t", size=256) as writer:
        writer.add(FaceRow(**{**vars(photos[0]), "kind": "drawn"}))
    with pytest.raises(DataError, match="no photographs"):
        reexpress_table(tmp_path / "t", tmp_path / "o", ReexpressRequest())


def test_requests_that_make_no_sense_are_refused() -> None:
    for wrong in ({"per_photo": 0}, {"size": 100}, {"seed": -1}, {"workers": -1}, {"aus": {"AU12": 1.5}}):
        with pytest.raises(ConfigError):
            ReexpressRequest(**wrong)
    with pytest.raises(UnknownNameError, match="AU99"):
        ReexpressRequest(aus={"AU99": 1.0})


class Later:
    """An answer that says when it was asked for."""

    def __init__(self, value: int, log: list[str]) -> None:
        self.value, self.log = value, log

    def result(self) -> int:
        self.log.append(f"got {self.value}")
        return self.value


def test_photos_are_handed_out_a_few_ahead_and_come_back_in_order() -> None:
    log: list[str] = []
    seen = (log.append(f"gave {n}") or n for n in range(4))
    assert list(in_order(seen, lambda n: Later(n, log), 2)) == [0, 1, 2, 3]
    assert log.index("got 0") == log.index("gave 2") + 1
