"""What ``rights.yaml`` forbids is not done, by any verb that changes a face."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mienkit.app.edit import open_to_edit
from mienkit.app.edit_film import open_to_edit as open_film_to_edit
from mienkit.app.measure import UNPUBLISHED, open_photo, open_to_change, open_to_use
from mienkit.app.prepare_lot import LotWork, look_at_all
from mienkit.app.transfer import open_to_transfer
from mienkit.core.errors import DataError
from mienkit.data.reader import Sample
from mienkit.face.photo import read_photo


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


def test_a_photo_that_was_opened_already_is_held_to_its_rights_too(photo):
    forbid(photo)
    with pytest.raises(DataError, match="may not be modified"):
        open_to_change(read_photo(photo))


def test_a_film_that_is_a_folder_of_photos_is_held_to_the_rights_of_each(photo, tmp_path):
    forbid(photo)
    with pytest.raises(DataError, match=r"anna.png may not be modified"):
        open_film_to_edit(photo.parent, tmp_path / "out.mp4")


def test_a_permission_that_has_ended_stops_the_face_that_shows_an_expression_to_another(photo, tmp_path):
    other = tmp_path / "others" / "ben.png"
    other.parent.mkdir()
    other.write_bytes(photo.read_bytes())
    forbid(photo, "{may_modify: false}")
    assert open_to_use(photo).path == photo, "it is not modified"
    forbid(photo, "{expires: 2020-01-31}")
    with pytest.raises(DataError, match="ended on 2020-01-31"):
        open_to_transfer(photo, other, tmp_path / "out.png")


def test_what_may_not_be_published_is_said_so_once(photo):
    forbid(photo, "{may_publish: false}")
    assert open_to_change(open_to_change(photo)).notes == (UNPUBLISHED,)


def test_a_table_holds_nobody_whose_face_may_not_be_changed(photo):
    forbid(photo)
    work = LotWork()
    sample = Sample(picture=photo, source="folder", source_id="anna", licence="own", subject="anna", kind="photograph")
    assert list(look_at_all([sample], None, "largest", 0, work)) == []
    assert "may not be modified" in work.failed["anna"][1]
