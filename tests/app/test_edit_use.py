"""Use case: a photo in, the same photo with another expression out."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

import mienkit
from fakes import FakeEmotionEditor, make_pixels, make_workshop
from mienkit.app.edit import EditReport, Workshop, edit, edit_file, load_workshop
from mienkit.app.request import EditRequest
from mienkit.core.errors import ConfigError, FaceError, OutputError, UnknownNameError
from mienkit.face.detector import Box
from mienkit.face.mark import COMPOSITE, read_mark
from mienkit.face.photo import read_photo

SMILE = EditRequest(aus={"AU12": 0.9})


def record_beside(path: Path) -> dict[str, object]:
    return json.loads(path.with_name(f"{path.name}.json").read_text())


def test_the_record_says_what_was_requested_measured_and_by_whom(
    photo: Path, tmp_path: Path, workshop: Workshop
) -> None:
    out = tmp_path / "smile.png"
    edit_file(photo, out, SMILE, workshop)
    record = record_beside(out)
    assert record["synthetic"] is True
    assert record["mienkit"] == mienkit.__version__
    assert record["model"] == {"name": "fake", "version": mienkit.__version__, "weights_sha256": None}
    assert record["meter"] == {"name": "fake meter 1", "unknown": ["AU9"]}
    assert record["request"] == {"aus": {"AU12": 0.9}, "mode": "absolute", "faces": "largest"}
    assert record["seed"] == 0
    face = record["faces"][0]  # type: ignore[index]
    assert face["target"]["AU12"] == pytest.approx(0.9)
    assert face["after"]["AU12"] == pytest.approx(0.9, abs=0.02)
    assert face["before"]["AU12"] != pytest.approx(0.9, abs=0.1)
    assert len(face["box"]) == 4
    assert 0.5 < record["unchanged_pixels"] < 1  # type: ignore[operator]


def test_what_the_meter_cannot_see_is_unknown_and_never_zero(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    report = edit_file(photo, tmp_path / "smile.png", SMILE, workshop)
    assert report.faces[0].before["AU9"] is None
    assert report.faces[0].after["AU9"] is None
    assert None not in [value for name, value in report.faces[0].after.items() if name != "AU9"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_every_written_photo_is_marked_as_synthetic(
    photo: Path, tmp_path: Path, workshop: Workshop, suffix: str
) -> None:
    out = tmp_path / f"smile{suffix}"
    edit_file(photo, out, SMILE, workshop)
    mark = read_mark(out)
    assert mark is not None
    assert (mark.model, mark.request["aus"]) == ("fake", {"AU12": 0.9})
    if suffix != ".tif":
        assert COMPOSITE.encode() in out.read_bytes()


def test_pixels_outside_of_the_change_are_bit_identical_in_the_file(
    photo: Path, tmp_path: Path, workshop: Workshop
) -> None:
    report = edit_file(photo, tmp_path / "smile.png", SMILE, workshop)
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(tmp_path / "smile.png"))
    same = (before == after).all(axis=-1)
    assert same.mean() == pytest.approx(report.unchanged)
    assert same[:40].all()


def test_colour_profile_and_orientation_survive(tmp_path: Path, workshop: Workshop) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    photo, out = tmp_path / "turned.jpg", tmp_path / "smile.jpg"
    Image.fromarray(make_pixels(240, 200)).rotate(90, expand=True).save(
        photo, icc_profile=profile, exif=exif, quality=95
    )
    edit_file(photo, out, SMILE, workshop)
    with Image.open(out) as written:
        assert written.info["icc_profile"] == profile
        assert written.getexif().get(0x0112, 1) == 1
    np.testing.assert_array_equal(read_photo(out).pixels.shape, read_photo(photo).pixels.shape)


def test_all_faces_are_edited_in_one_photo(tmp_path: Path) -> None:
    boxes = [Box(20, 20, 120, 120, 1.0), Box(200, 30, 280, 110, 0.9)]
    photo, out = tmp_path / "two.png", tmp_path / "smiles.png"
    Image.fromarray(make_pixels(160, 300)).save(photo)
    report = edit_file(photo, out, EditRequest(aus={"AU12": 1.0}, faces="all"), make_workshop(boxes))
    assert [face.after["AU12"] for face in report.faces] == pytest.approx([1, 1], abs=0.02)
    changed = (np.asarray(Image.open(photo)) != np.asarray(Image.open(out))).any(axis=-1)
    assert changed[:, :150].any()
    assert changed[:, 180:].any()


def test_a_face_that_is_not_there_is_an_error(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    with pytest.raises(FaceError):
        edit_file(photo, tmp_path / "smile.png", EditRequest(aus={"AU12": 1.0}, faces="5"), workshop)
    assert not list(tmp_path.glob("smile*"))


def test_an_editor_of_emotions_refuses_action_units_and_writes_nothing(photo: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="takes emotions"):
        edit_file(photo, tmp_path / "smile.png", SMILE, make_workshop(editor=FakeEmotionEditor()))
    assert not list(tmp_path.glob("smile*"))


def test_the_photo_itself_is_never_written_over(photo: Path, workshop: Workshop) -> None:
    before = photo.read_bytes()
    with pytest.raises(OutputError):
        edit_file(photo, photo, SMILE, workshop, force=True)
    assert photo.read_bytes() == before


def test_a_record_that_cannot_be_written_stops_the_edit_before_it_begins(
    photo: Path, tmp_path: Path, workshop: Workshop
) -> None:
    (tmp_path / "smile.png.json").write_text("mine")
    with pytest.raises(OutputError, match=r"smile\.png\.json exists"):
        edit_file(photo, tmp_path / "smile.png", SMILE, workshop)
    assert not (tmp_path / "smile.png").exists()


def test_three_lines_of_python_edit_a_photo(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    report = mienkit.edit(photo, aus={"AU12": 0.8}, out=tmp_path / "smile.png", model=workshop)
    assert isinstance(report, EditReport)
    assert report.out == tmp_path / "smile.png"
    assert report.faces[0].after["AU12"] == pytest.approx(0.8, abs=0.02)


def test_pixels_can_be_edited_without_any_file(workshop: Workshop, tmp_path: Path) -> None:
    pixels = make_pixels()
    report = edit(pixels, emotion=("happy", 0.5), model=workshop)
    assert report.pixels.shape == pixels.shape
    assert report.faces[0].target["AU12"] == pytest.approx(0.5)
    assert not list(tmp_path.iterdir())


def test_python_uses_the_default_instruments(photo: Path, fake_instruments: None) -> None:
    report = edit(photo, aus={"AU12": 0.8}, model="copy")
    assert report.unchanged == 1
    assert report.record["model"]["name"] == "copy"  # type: ignore[index]


def test_pixels_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        edit(np.zeros((4, 4), np.float32), aus={"AU12": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({}, ConfigError, "ask for action units or for an emotion"),
        ({"aus": {"AU13": 1.0}}, UnknownNameError, "AU12, AU14"),
        ({"aus": {"AU12": 7.0}}, ConfigError, "outside"),
        ({"aus": {"AU12": -0.5}}, ConfigError, "outside"),
        ({"emotion": "hunger"}, UnknownNameError, "happiness"),
        ({"emotion": "happiness", "intensity": 2.0}, ConfigError, "outside"),
        ({"aus": {"AU12": 1.0}, "mode": "sideways"}, UnknownNameError, "from-neutral"),
        ({"sweeps": ("AU12=0:1:5",), "faces": "all"}, ConfigError, "one face"),
        ({"sweeps": ("AU12=0:1:5",), "emotion": "anger"}, ConfigError, "anger=0:1:5"),
        ({"sweeps": ("AU12=0:2:5",)}, ConfigError, "outside"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_at_once(
    asked: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        EditRequest(**asked)  # type: ignore[arg-type]


def test_a_relative_request_may_take_away() -> None:
    assert EditRequest(aus={"au12": -0.5}, mode="relative").aus == {"AU12": -0.5}


def test_a_model_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UnknownNameError, match="copy"):
        load_workshop("copi")


def test_the_callers_random_numbers_are_left_alone(photo: Path, workshop: Workshop) -> None:
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    edit(photo, aus={"AU12": 0.8}, model=workshop)
    torch.testing.assert_close(torch.rand(2), expected)
