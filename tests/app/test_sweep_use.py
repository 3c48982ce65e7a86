"""Use case: a contact sheet of growing expressions."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import FakeEditor, make_workshop
from mienkit.app.edit import Workshop
from mienkit.app.request import EditRequest
from mienkit.app.sweep import sweep_file
from mienkit.core.errors import OutputError
from mienkit.face.mark import read_mark

REQUEST = EditRequest(sweeps=("AU12=0:1:4", "AU1+AU2=0:1:3"), aus={"AU6": 0.5})


def test_the_sheet_has_a_row_for_each_sweep_and_is_marked(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    out = tmp_path / "sheet.png"
    sweep_file(photo, out, REQUEST, workshop)
    with Image.open(out) as sheet:
        assert sheet.width > 5 * 224
        assert sheet.height > 2 * 224
    mark = read_mark(out)
    assert mark is not None
    assert mark.request["sweeps"] == list(REQUEST.sweeps)


def test_the_record_has_every_picture_with_what_was_measured(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    out = tmp_path / "sheet.png"
    sweep_file(photo, out, REQUEST, workshop)
    pictures = json.loads((tmp_path / "sheet.png.json").read_text())["pictures"]
    assert [one["requested"].get("AU12") for one in pictures[:4]] == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=1e-3)
    assert [one["measured"]["AU12"] for one in pictures[:4]] == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=0.02)
    assert pictures[5]["requested"] == {"AU6": 0.5, "AU1": 0.5, "AU2": 0.5}
    assert pictures[0]["measured"]["AU9"] is None


def test_all_steps_of_all_sweeps_go_through_the_model_together(photo: Path, tmp_path: Path) -> None:
    editor = FakeEditor()
    sweep_file(photo, tmp_path / "sheet.png", REQUEST, make_workshop(editor=editor))
    assert editor.batches == [7]


def test_a_clip_goes_there_and_back(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    clip = tmp_path / "sheet.gif"
    sweep_file(photo, tmp_path / "sheet.png", EditRequest(sweeps=("AU12=0:1:6",)), workshop, clip=clip)
    with Image.open(clip) as frames:
        assert frames.n_frames >= 8
    assert read_mark(clip) is not None


def test_a_clip_that_exists_stops_the_sweep_before_it_begins(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    clip = tmp_path / "sheet.gif"
    clip.write_bytes(b"mine")
    with pytest.raises(OutputError, match="--force"):
        sweep_file(photo, tmp_path / "sheet.png", REQUEST, workshop, clip=clip)
    assert clip.read_bytes() == b"mine"
    assert not (tmp_path / "sheet.png").exists()
