"""Use case: the demo."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import FakeEmotionEditor, make_workshop
from mienkit.app import demo
from mienkit.app.demo import SWEPT, example_photo, run_demo
from mienkit.app.edit import Workshop
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import FaceError, OutputError
from mienkit.face.mark import read_mark


@pytest.fixture(autouse=True)
def small_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tests most of the clip's frames."""
    monkeypatch.setattr(demo, "FRAMES", 4)
    monkeypatch.setattr(demo, "CLIP", 64)
    monkeypatch.setattr(demo, "MOVED", ())  # landmarks that move need a real face; see test_animate_a_person


def test_the_demo_writes_a_sheet_a_clip_and_a_report(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    made = run_demo(tmp_path / "demo", workshop, photo)
    assert [path.name for path in (made.sheet, made.clip, made.report)] == ["sheet.png", "clip.gif", "report.json"]
    with Image.open(made.sheet) as sheet:
        assert sheet.size > (1200, 1500)
    with Image.open(made.clip) as clip:
        assert clip.n_frames > 4
    assert read_mark(made.sheet) is not None
    assert read_mark(made.clip) is not None


def test_the_report_has_requested_and_measured_units_of_every_picture(
    photo: Path, tmp_path: Path, workshop: Workshop
) -> None:
    made = run_demo(tmp_path / "demo", workshop, photo)
    report = json.loads(made.report.read_text())
    assert tuple(report["emotions"]) == EMOTIONS
    assert list(report["sweeps"]) == ["+".join(units) for units in SWEPT]
    smiles = report["sweeps"]["AU12"]
    assert [one["requested"]["AU12"] for one in smiles] == [0, 0.25, 0.5, 0.75, 1]
    assert [one["measured"]["AU12"] for one in smiles] == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.02)
    assert report["meter"] == {"name": "fake meter 1", "unknown": ["AU9"]}
    assert set(report["seconds"]) == {"find and measure", "emotions", "sweeps", "clip", "write", "moves"}


def test_a_second_demo_replaces_the_first(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    first = run_demo(tmp_path / "demo", workshop, photo).sheet.read_bytes()
    assert run_demo(tmp_path / "demo", workshop, photo).sheet.read_bytes() == first


def test_an_editor_of_emotions_has_a_demo_without_sweeps(photo: Path, tmp_path: Path) -> None:
    made = run_demo(tmp_path / "demo", make_workshop(editor=FakeEmotionEditor()), photo)
    assert made.record["sweeps"] == {}


def test_without_a_photo_the_demo_shows_a_portrait_that_comes_with_scikit_image() -> None:
    assert example_photo().pixels.shape == (512, 512, 3)


def test_a_photo_without_a_face_leaves_no_folder_behind(no_face: Path, tmp_path: Path, workshop: Workshop) -> None:
    with pytest.raises(FaceError):
        run_demo(tmp_path / "demo", workshop, no_face)
    assert not (tmp_path / "demo").exists()


def test_a_photo_called_like_a_result_is_not_written_over(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    mine = photo.rename(tmp_path / "sheet.png")
    with pytest.raises(OutputError):
        run_demo(tmp_path, workshop, mine)
