"""Use case: the expression of one photo's face on the face of another photo."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import FakeDetector, FakeMeter, FakeTransferer, make_pixels
from mienkit.app.editors import LoadedTransferer, load_transferer
from mienkit.app.instruments import Instruments
from mienkit.app.transfer import TransferRequest, TransferWorkshop, transfer_faces, transfer_file
from mienkit.app.transfer_sheet import TILE, traced
from mienkit.core.errors import ConfigError, FaceError, OutputError, WeightsError
from mienkit.face.detector import Box
from mienkit.face.mark import read_mark
from mienkit.face.photo import Photo

LARGEST = TransferRequest()


def make_transfer_workshop(model: object | None = None, boxes: tuple[Box, ...] = ()) -> TransferWorkshop:
    return TransferWorkshop(
        instruments=Instruments(detector=FakeDetector(boxes), meter=FakeMeter()),
        transferer=LoadedTransferer(name="fake", transferer=model or FakeTransferer()),  # type: ignore[arg-type]
    )


@pytest.fixture
def smiling(tmp_path: Path) -> Path:
    """Another photo, whose mouth is bright."""
    path = tmp_path / "smiling.png"
    Image.fromarray(np.clip(make_pixels(seed=1) + 60.0, 0, 255).astype(np.uint8)).save(path)
    return path


def test_the_target_shows_afterwards_what_the_source_shows(photo: Path, smiling: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    report = transfer_file(smiling, photo, out, LARGEST, make_transfer_workshop())
    (face,) = report.faces
    assert face.after["AU12"] == pytest.approx(face.source["AU12"], abs=0.03)
    assert face.before["AU12"] != pytest.approx(face.source["AU12"], abs=0.1)
    assert face.after["AU9"] is None
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(out))
    assert (before == after).all(axis=-1).mean() == pytest.approx(report.unchanged)
    assert 0.5 < report.unchanged < 1


def test_record_and_mark_say_what_was_done_and_by_whom(photo: Path, smiling: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    transfer_file(smiling, photo, out, LARGEST, make_transfer_workshop())
    record = json.loads((tmp_path / "out.png.json").read_text())
    assert record["synthetic"] is True
    assert record["photo"]["file"] == "me.png"
    assert record["model"]["name"] == "fake"
    assert record["request"] == {"source": "smiling.png", "source_face": "largest", "faces": "largest"}
    assert set(record["faces"][0]) >= {"source", "before", "after", "emotions_source", "emotions_after"}
    mark = read_mark(out)
    assert mark is not None
    assert (mark.model, mark.request["source"]) == ("fake", "smiling.png")


def test_the_model_gets_the_meters_landmarks_in_pixels_of_its_own_crops() -> None:
    model = FakeTransferer()
    transfer_faces(Photo(pixels=make_pixels()), Photo(pixels=make_pixels()), LARGEST, make_transfer_workshop(model))
    for landmarks in model.landmarks:
        assert landmarks.shape == (1, 68, 2)
        assert landmarks[0, 0].tolist() == pytest.approx([32, 32])  # the middle of 64 pixels; the meter's crop has 128


def test_every_face_of_the_target_gets_the_expression_of_the_one(smiling: Path, tmp_path: Path) -> None:
    two = tmp_path / "two.png"
    Image.fromarray(make_pixels(200, 300)).save(two)
    boxes = (Box(20, 20, 120, 120, 1.0), Box(200, 30, 280, 110, 0.9))
    workshop = make_transfer_workshop(boxes=boxes)
    report = transfer_file(
        smiling, two, tmp_path / "out.png", TransferRequest(faces="all"), workshop, sheet=tmp_path / "sheet.png"
    )
    assert len(report.faces) == 2
    for face in report.faces:
        assert face.after["AU12"] == pytest.approx(face.source["AU12"], abs=0.03)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert 2 * TILE < sheet.height < 3 * TILE  # a row a face


def test_the_sheet_of_landmarks_is_marked_too_and_no_input_is_touched(
    photo: Path, smiling: Path, tmp_path: Path
) -> None:
    inputs = photo.read_bytes(), smiling.read_bytes()
    sheet = tmp_path / "new" / "sheet.jpg"
    transfer_file(smiling, photo, tmp_path / "out.png", LARGEST, make_transfer_workshop(), sheet=sheet)
    mark = read_mark(sheet)
    assert mark is not None
    assert mark.model == "fake"
    assert (photo.read_bytes(), smiling.read_bytes()) == inputs
    assert {path.name for path in tmp_path.iterdir()} == {"me.png", "smiling.png", "out.png", "out.png.json", "new"}


@pytest.mark.parametrize("which", ["source", "target"])
def test_no_photo_is_ever_written_over(which: str, photo: Path, smiling: Path) -> None:
    out = {"source": smiling, "target": photo}[which]
    before = out.read_bytes()
    with pytest.raises(OutputError, match="is an input"):
        transfer_file(smiling, photo, out, LARGEST, make_transfer_workshop(), force=True)
    with pytest.raises(OutputError, match="is an input"):
        transfer_file(smiling, photo, out.parent / "o.png", LARGEST, make_transfer_workshop(), force=True, sheet=out)
    assert out.read_bytes() == before


def test_photo_and_sheet_need_names_of_their_own(photo: Path, smiling: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    with pytest.raises(OutputError, match="choose another name"):
        transfer_file(smiling, photo, out, LARGEST, make_transfer_workshop(), sheet=out)
    with pytest.raises(OutputError, match=r"\.docx"):
        transfer_file(smiling, photo, out, LARGEST, make_transfer_workshop(), sheet=tmp_path / "sheet.docx")
    assert not out.exists()


@pytest.mark.parametrize("wall", ["source", "target"])
def test_a_photo_without_a_face_is_named_and_nothing_is_written(
    wall: str, no_face: Path, photo: Path, tmp_path: Path
) -> None:
    pair = (no_face, photo) if wall == "source" else (photo, no_face)
    with pytest.raises(FaceError, match=r"wall\.png"):
        transfer_file(*pair, tmp_path / "out.png", LARGEST, make_transfer_workshop())
    assert not list(tmp_path.glob("out*"))


def test_an_expression_comes_from_one_face() -> None:
    with pytest.raises(ConfigError, match="--source-face"):
        TransferRequest(source_face="all")


def test_a_model_that_tells_no_landmarks_has_no_sheet(photo: Path, smiling: Path, tmp_path: Path) -> None:
    class Silent(FakeTransferer):
        fuse = None  # type: ignore[assignment]

    with pytest.raises(ConfigError, match="fake does not tell where"):
        transfer_file(
            smiling, photo, tmp_path / "o.png", LARGEST, make_transfer_workshop(Silent()), sheet=tmp_path / "s.png"
        )
    assert not list(tmp_path.glob("o*"))


def test_what_cannot_transfer_is_refused_before_its_weights_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.app.models.released", lambda name: None)
    with pytest.raises(ConfigError, match="ganimation does not transfer expressions; `mien models`"):
        load_transferer("ganimation")


def test_the_default_says_how_to_train_it_while_it_has_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mienkit.app.models.released", lambda name: None)
    with pytest.raises(WeightsError, match=r"`mien train landmark_transfer --table TABLE`.*--weights"):
        load_transferer()


def test_landmarks_are_drawn_where_they_are_into_a_copy() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    landmarks = np.full((68, 2), 40.5)
    landmarks[30] = (12.5, 20.5)
    drawn = traced(picture, landmarks, (255, 0, 0))
    assert drawn[20, 12].tolist() == [255, 0, 0]
    assert drawn[40, 40].tolist() == [255, 0, 0]
    assert not drawn[:8].any()
    assert not picture.any()
