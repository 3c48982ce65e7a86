"""``mien prepare``: a data set becomes a table, whoever does the work and however often it is interrupted."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from fakes import FakeDetector, make_pixels
from mienkit.app import instruments
from mienkit.app.engine import Cluster, Here, Local, choose_engine
from mienkit.app.instruments import load_instruments
from mienkit.app.prepare import PrepareJob, prepare
from mienkit.app.prepare_lot import measured_row
from mienkit.app.prepare_report import PrepareReport
from mienkit.app.table import check_table
from mienkit.cli.entry import main
from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.errors import ConfigError, OutputError, TableError, UnknownNameError
from mienkit.data import lots
from mienkit.data.reader import Sample, open_reader
from mienkit.data.table import read_table
from mienkit.face.detector import Box
from mienkit.face.find import find_faces
from mienkit.face.photo import Photo

pytestmark = pytest.mark.usefixtures("fake_instruments")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "ann").mkdir(parents=True)
    for number, name in enumerate(("ann/one.png", "ann/two.png", "ben.png")):
        Image.fromarray(make_pixels(seed=number)).save(folder / name)
    (folder / "broken.png").write_bytes(b"\x89PNG")
    Image.new("RGB", (64, 64), "grey").save(folder / "wall.png")
    return folder


def run(photos: Path, out: Path, force: bool = False, **settings: Any) -> PrepareReport:
    return prepare(PrepareJob(reader="folder", place=photos, out=out, **settings), Here(), force=force)


def rows_of(table: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_table(table).to_pylist()
    return rows


def test_photos_become_rows_and_bad_ones_are_listed(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "faces.table"
    report = run(photos, out)
    assert (report.samples, report.rows, report.doubles) == (5, 3, 0)
    assert report.kinds == {"FaceError": 1, "ImageError": 1}
    assert set(report.failed) == {"broken.png", "wall.png"}
    assert report.second_looks == 1
    assert check_table(out) == []
    rows = read_table(out)
    assert rows["subject"].to_pylist() == ["ann", "ann", "ben"]
    assert set(rows["au_measurer"].to_pylist()) == {"fake meter 1"}
    assert sorted(path.name for path in out.iterdir()) == [
        "coverage.png", "faces-00000.parquet", "table.json",
    ]  # fmt: skip


def test_every_stage_is_timed(photos: Path, tmp_path: Path) -> None:
    report = run(photos, tmp_path / "t")
    assert set(report.seconds) == {"decode", "find", "measure", "encode", "write"}
    assert min(report.seconds.values()) > 0


def test_only_the_first_twenty_bad_files_are_named_but_all_are_counted(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(make_pixels()).save(tmp_path / "photos" / "a.png")
    for number in range(23):
        (tmp_path / "photos" / f"bad{number:02d}.jpg").write_bytes(b"no picture")
    report = run(tmp_path / "photos", tmp_path / "t")
    assert report.kinds == {"ImageError": 23}
    assert list(report.failed) == [f"bad{number:02d}.jpg" for number in range(20)]


def test_units_that_the_meter_cannot_see_are_unknown_in_the_table(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "t")
    rows = read_table(tmp_path / "t")
    assert rows["AU9"].null_count == rows.num_rows
    assert all(rows[name].null_count == 0 for name in ACTION_UNITS if name != "AU9")


def test_a_row_is_the_aligned_crop_with_its_landmarks(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "t")
    row = rows_of(tmp_path / "t")[0]
    crop = cv2.imdecode(np.frombuffer(row["image"], np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape == (256, 256, 3)
    points = np.asarray(row["landmarks"]).reshape(68, 2)
    assert points[[48, 54]].mean(0) == pytest.approx([128, 156], abs=0.5)


def test_landmarks_of_the_data_set_come_before_measured_ones_and_the_pose_is_measured() -> None:
    points = np.full((68, 2), 40.0, np.float32)
    known = Sample(
        picture=Path("a.png"), source="s", source_id="a.png", licence="l", kind="photograph", subject="a",
        landmarks=points, pose=np.array([90, np.nan, np.nan], np.float32),
    )  # fmt: skip
    photo, tools = Photo(make_pixels()), load_instruments()
    (face,) = find_faces(photo, tools.detector, tools.meter)
    row = measured_row(known, photo, face, tools, seed=0)
    np.testing.assert_allclose(row.landmarks, face.alignment.to_crop(points), atol=1e-4)
    assert np.asarray(row.pose).tolist() == [0, 0, 0]


def test_a_finished_table_is_kept_unless_it_may_be_replaced(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "t")
    before = rows_of(tmp_path / "t")
    with pytest.raises(OutputError, match="--force"):
        run(photos, tmp_path / "t")
    (photos / "ben.png").unlink()
    assert rows_of(tmp_path / "t") == before
    assert run(photos, tmp_path / "t", force=True).rows == 2
    assert len(rows_of(tmp_path / "t")) == 2


def test_all_faces_of_a_photo_are_people_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(make_pixels(160, 300)).save(tmp_path / "photos" / "group.png")
    boxes = [Box(20, 20, 120, 120, 1.0), Box(200, 30, 280, 110, 0.9)]
    detector = FakeDetector(boxes)
    monkeypatch.setattr(instruments, "_detector", lambda name: detector)
    report = run(tmp_path / "photos", tmp_path / "t", faces="all")
    assert (detector.glances, report.second_looks) == (0, 0)  # a small copy would not show the small faces
    rows = read_table(tmp_path / "t")
    assert rows["source_id"].to_pylist() == ["group.png", "group.png#1"]
    assert rows["subject"].to_pylist() == ["group", "group#1"]


def test_a_phone_picture_of_a_kind_that_is_not_read_is_told_of(photos: Path, tmp_path: Path) -> None:
    (photos / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    assert "export it as JPEG" in run(photos, tmp_path / "t").failed["IMG_1.HEIC"]


def test_a_picture_that_comes_twice_is_written_once(photos: Path, tmp_path: Path) -> None:
    (photos / "zoe").mkdir()
    (photos / "zoe" / "copy.png").write_bytes((photos / "ann/one.png").read_bytes())
    report = run(photos, tmp_path / "t")
    assert (report.rows, report.doubles) == (4, 1)
    assert [row["source_id"] for row in rows_of(tmp_path / "t")] == ["ann/one.png", "ann/two.png", "ben.png"]
    assert check_table(tmp_path / "t") == []


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Forty photos: three lots of sixteen."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        Image.fromarray(make_pixels(seed=number)).save(folder / f"{number:02d}.png")
    return folder


class CutOffError(Exception):
    pass


@pytest.mark.parametrize("place", ["_write_samples", "write_rows", "write_report", "finish", "tidy"])
def test_a_run_that_is_cut_off_anywhere_goes_on_to_the_table_of_an_undisturbed_one(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    run(many, tmp_path / "whole")
    calls = iter(range(100))
    real = getattr(lots.Lots, place)

    def cut_off(*arguments: Any) -> Any:
        if next(calls) == (1 if place.startswith("write") else 0):
            raise CutOffError
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(lots.Lots, place, cut_off)
        with pytest.raises(CutOffError):
            run(many, tmp_path / "t")
    assert run(many, tmp_path / "t").rows == 40
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == [
        "coverage.png", "faces-00000.parquet", "faces-00001.parquet", "faces-00002.parquet", "table.json",
    ]  # fmt: skip
    assert rows_of(tmp_path / "t") == rows_of(tmp_path / "whole")
    assert check_table(tmp_path / "t") == []


def test_lots_that_are_finished_are_not_done_again(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lots.Lots, "finish", lambda *_: (_ for _ in ()).throw(CutOffError))
        with pytest.raises(CutOffError):
            run(many, tmp_path / "t")
    for photo in many.iterdir():
        photo.unlink()
    (many / "new.png").write_bytes(b"")
    assert run(many, tmp_path / "t").rows == 40


def test_an_unfinished_table_is_not_gone_on_with_by_another_job(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lots.Lots, "finish", lambda *_: (_ for _ in ()).throw(CutOffError))
        with pytest.raises(CutOffError):
            run(many, tmp_path / "t")
    with pytest.raises(OutputError, match="other settings"):
        run(many, tmp_path / "t", seed=5)
    assert run(many, tmp_path / "t", seed=5, force=True).rows == 40


def test_folds_are_numbered_over_people(photos: Path, tmp_path: Path) -> None:
    run(photos, tmp_path / "t", folds=2)
    rows = rows_of(tmp_path / "t")
    folds = {row["subject"]: row["fold"] for row in rows}
    assert set(folds.values()) <= {0, 1}
    assert [row["fold"] for row in rows] == [folds[row["subject"]] for row in rows]
    with pytest.raises(ConfigError, match="folds"):
        run(photos, tmp_path / "other", folds=50)


def test_a_video_becomes_a_row_for_each_frame_with_a_face(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    (tmp_path / "photos").mkdir()
    with av.open(str(tmp_path / "photos" / "clip.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 96, "yuv420p"
        for pixels in (make_pixels(96, 96), np.full((96, 96, 3), 90, np.uint8), make_pixels(96, 96, seed=1)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    report = run(tmp_path / "photos", tmp_path / "t")
    assert list(report.failed) == ["clip.mp4#00001"]
    assert [(row["frame"], row["source_id"]) for row in rows_of(tmp_path / "t")] == [
        (0, "clip.mp4#00000"), (2, "clip.mp4#00002"),
    ]  # fmt: skip


def test_a_data_set_without_a_face_leaves_no_table(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "photos" / "wall.png")
    with pytest.raises(TableError, match="no face"):
        run(tmp_path / "photos", tmp_path / "t")
    assert not (tmp_path / "t" / "table.json").exists()


def test_engines_are_chosen_by_name() -> None:
    assert choose_engine("local", 3, None) == Local(workers=3)
    assert choose_engine("ray", None, "auto") == Cluster(address="auto")
    with pytest.raises(UnknownNameError, match="local, ray"):
        choose_engine("spark", None, None)
    with pytest.raises(ConfigError, match="--engine ray"):
        choose_engine("local", None, "auto")
    with pytest.raises(ConfigError, match="at least one"):
        choose_engine("local", 0, None)


def test_the_verb_exits_with_one_where_files_were_bad(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mienkit.app.engine.choose_engine", lambda *_: Here())
    assert main(["prepare", "folder", str(photos), "-o", str(tmp_path / "t")]) == 1
    printed = capsys.readouterr()
    assert "3 faces of 2 people from 5 pictures" in printed.out
    assert "broken.png" in printed.err
    assert "no face was found" in printed.err
    assert main(["prepare", "folder", str(photos), "-o", str(tmp_path / "t"), "--force", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["failed"]) == 2


def test_an_unknown_data_set_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="folder"):
        open_reader("fodler", tmp_path)
