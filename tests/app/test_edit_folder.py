"""Use case: a folder of photos."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.app.edit import Workshop
from mienkit.app.edit_folder import edit_folder
from mienkit.app.folder import list_photos, work_through
from mienkit.app.request import EditRequest
from mienkit.core.errors import AssetError, DataError, OutputError

SMILE = EditRequest(aus={"AU12": 0.9})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.png", "deep/b.jpg", "c.bmp")):
        Image.fromarray(make_pixels(seed=number)).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a photo")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_bad_files_are_listed_and_the_rest_is_finished(photos: Path, tmp_path: Path, workshop: Workshop) -> None:
    out = tmp_path / "out"
    report = edit_folder(photos, out, SMILE, workshop)
    assert [Path(name).name for name in report.done] == ["a.png", "c.bmp", "b.jpg"]
    assert [Path(name).name for name in report.failed] == ["broken.jpg"]
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    pictures = {"a.png", "deep/b.jpg", "c.bmp.png"}
    assert written == pictures | {f"{name}.json" for name in pictures}


def test_what_is_done_is_skipped_and_what_was_interrupted_is_done_again(
    photos: Path, tmp_path: Path, workshop: Workshop
) -> None:
    out = tmp_path / "out"
    edit_folder(photos, out, SMILE, workshop)
    (out / "deep/b.jpg.json").unlink()
    report = edit_folder(photos, out, SMILE, workshop)
    assert [Path(name).name for name in report.skipped] == ["a.png", "c.bmp"]
    assert [Path(name).name for name in report.done] == ["b.jpg"]
    assert (out / "deep/b.jpg.json").exists()


def test_results_of_another_request_are_not_taken_for_done(photos: Path, tmp_path: Path, workshop: Workshop) -> None:
    out, other = tmp_path / "out", EditRequest(aus={"AU12": 0.1})
    edit_folder(photos, out, SMILE, workshop)
    refused = edit_folder(photos, out, other, workshop)
    assert not refused.done
    assert all("--force" in reason for name, reason in refused.failed.items() if "broken" not in name)
    forced = edit_folder(photos, out, other, workshop, force=True)
    assert len(forced.done) == 3
    assert json.loads((out / "a.png.json").read_text())["request"]["aus"] == {"AU12": 0.1}


def test_a_file_of_the_users_own_is_never_taken_for_an_interrupted_result(
    photos: Path, tmp_path: Path, workshop: Workshop
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    Image.new("RGB", (8, 8), "red").save(out / "a.png")
    before = (out / "a.png").read_bytes()
    report = edit_folder(photos, out, SMILE, workshop)
    assert "exists" in report.failed[str(photos / "a.png")]
    assert (out / "a.png").read_bytes() == before


def test_results_inside_of_the_folder_are_not_edited_again(photos: Path, workshop: Workshop) -> None:
    edit_folder(photos, photos / "out", SMILE, workshop)
    report = edit_folder(photos, photos / "out", SMILE, workshop)
    assert len(report.skipped) == 3
    assert not report.done


def test_a_folder_of_sweeps_gives_a_sheet_for_each_photo(photos: Path, tmp_path: Path, workshop: Workshop) -> None:
    request = EditRequest(sweeps=("AU12=0:1:3",))
    edit_folder(photos, tmp_path / "out", request, workshop)
    with Image.open(tmp_path / "out/deep/b.jpg.png") as sheet:
        assert sheet.width > 3 * 224


def test_results_do_not_go_into_the_folder_itself_or_a_file(photos: Path, tmp_path: Path, workshop: Workshop) -> None:
    with pytest.raises(OutputError, match="choose another folder"):
        edit_folder(photos, photos, SMILE, workshop)
    with pytest.raises(OutputError, match="is a file"):
        edit_folder(photos, photos / "notes.txt", SMILE, workshop)


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures"):
        list_photos(tmp_path)


def test_a_missing_file_that_every_photo_needs_stops_at_the_first(tmp_path: Path) -> None:
    tried: list[Path] = []

    def work(photo: Path) -> None:
        tried.append(photo)
        raise AssetError("the head model is missing; run `mien fetch ict-facekit`")

    with pytest.raises(AssetError, match="mien fetch"):
        work_through([tmp_path / "a.png", tmp_path / "b.png"], work, lambda photo: False)
    assert len(tried) == 1
