"""What ``rights.yaml`` forbids is not done, by any verb that changes a face."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app.edit import open_to_edit
from mienkit.app.edit_film import open_to_edit as open_film_to_edit
from mienkit.app.measure import open_photo, open_to_change
from mienkit.core.errors import DataError


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "anna.png"
    Image.fromarray(np.full((64, 64, 3), 128, np.uint8)).save(path)
    return path


def forbid(photo: Path, entry: str = "{may_modify: false, note: consent of 3 May}") -> None:
    (photo.parent / "rights.yaml").write_text(f'"{photo.name}": {entry}\n', encoding="utf-8")


def test_a_photo_that_may_not_be_modified_is_refused_before_any_work(photo, tmp_path):
    forbid(photo)
    for attempt in (
        lambda: open_to_change(photo),
        lambda: open_to_edit(photo, tmp_path / "out.png"),
        lambda: open_film_to_edit(photo, tmp_path / "out.mp4"),
    ):
        with pytest.raises(DataError, match=r"anna.png may not be modified, says rights.yaml beside it \(consent"):
            attempt()
    assert not (tmp_path / "out.png").exists()


def test_a_permission_that_has_ended_is_refused(photo):
    forbid(photo, "{expires: 2020-01-31}")
    with pytest.raises(DataError, match="ended on 2020-01-31"):
        open_to_change(photo)


def test_a_photo_of_which_nothing_is_said_may_be_changed_and_pixels_have_no_file(photo):
    assert open_to_change(photo).path == photo
    assert open_to_change(np.zeros((8, 8, 3), np.uint8)).path is None


def test_what_may_not_be_modified_may_still_be_looked_at(photo):
    forbid(photo)
    assert open_photo(photo).pixels.shape == (64, 64, 3)
