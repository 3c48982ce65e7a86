"""Use case: a sheet of the stages beside an edited photo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import FakeStagedEditor, make_workshop
from mienkit.app.edit import Workshop
from mienkit.app.request import EditRequest
from mienkit.app.stages import squared, stages_path, write_stages
from mienkit.core.errors import ConfigError, OutputError
from mienkit.face.mark import read_mark
from mienkit.face.photo import read_photo
from mienkit.inference.sheet import WHITE

HAPPY = EditRequest(emotion="happiness")


def test_the_sheet_lies_beside_the_photo_and_is_marked(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "smile.jpg"
    out.parent.mkdir()
    place = write_stages(read_photo(photo), out, HAPPY, make_workshop(editor=FakeStagedEditor()))
    assert place == stages_path(out) == tmp_path / "new" / "smile.stages.png"
    mark = read_mark(place)
    assert mark is not None
    assert mark.request["emotion"] == "happiness"
    with Image.open(place) as sheet:
        assert sheet.width > 3 * 224


def test_an_editor_of_one_stage_says_which_have_several(photo: Path, tmp_path: Path, workshop: Workshop) -> None:
    with pytest.raises(ConfigError, match=r"fake works in one stage; for --show-stages choose one of: .*lgpgan"):
        write_stages(read_photo(photo), tmp_path / "smile.png", HAPPY, workshop)


def test_the_stages_of_all_faces_at_once_are_refused(photo: Path, tmp_path: Path) -> None:
    everyone = EditRequest(emotion="happiness", faces="all")
    with pytest.raises(ConfigError, match="shows one face"):
        write_stages(read_photo(photo), tmp_path / "s.png", everyone, make_workshop(editor=FakeStagedEditor()))


def test_a_sheet_that_exists_is_kept(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "smile.stages.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match="--force"):
        write_stages(read_photo(photo), tmp_path / "smile.png", HAPPY, make_workshop(editor=FakeStagedEditor()))


def test_a_wide_picture_is_shown_whole_on_a_white_square() -> None:
    shown = squared(np.full((20, 48, 3), 9, np.uint8), 96)
    assert shown.shape == (96, 96, 3)
    assert tuple(shown[0, 48]) == WHITE
    assert (shown == 9).all(-1).sum() == 96 * 40
