"""Bad input: one line that says what to do, exit code 2, no traceback, nothing half-written."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from fakes import make_pixels
from mienkit.app.draw import DrawRequest, draw_table
from mienkit.cli.entry import main
from mienkit.weights import save_weights

Capture = pytest.CaptureFixture[str]


def refused(arguments: Sequence[object], capsys: Capture, *words: str) -> None:
    """Run ``mien`` and hold it to its promise."""
    assert main([str(argument) for argument in arguments]) == 2
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if not line.startswith("hint: ")]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert "Traceback" not in printed.err
    assert printed.out == ""
    for word in words:
        assert word in lines[0]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def png_header(width: int, height: int) -> bytes:
    """Return the start of a PNG file that promises many pixels and has none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bad_photo(kind: str, path: Path) -> Path:
    """Make a photo that cannot be used."""
    Image.fromarray(make_pixels()).save(path)
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "truncated": whole[: len(whole) // 2],
        "not an image": b"dear diary, " * 100,
        "bomb": png_header(20_000, 15_000),
    }
    path.write_bytes(contents[kind])
    return path


@pytest.mark.usefixtures("fake_editor")
class TestEdit:
    """``mien edit`` with something wrong."""

    @pytest.mark.parametrize(
        ("kind", "word"), [("empty", "empty"), ("truncated", ""), ("not an image", "picture"), ("bomb", "million")]
    )
    def test_a_photo_that_cannot_be_used(self, kind: str, word: str, tmp_path: Path, capsys: Capture) -> None:
        photo = bad_photo(kind, tmp_path / "me.png")
        refused(["edit", photo, "--au", "AU12=1", "-o", tmp_path / "smile.png"], capsys, str(photo), word)
        assert files_in(tmp_path) == {"me.png"}

    @pytest.mark.parametrize("kind", ["empty", "truncated", "not an image", "bomb"])
    @pytest.mark.parametrize("verb", ["measure", "demo"])
    def test_other_verbs_refuse_the_same_photos(self, verb: str, kind: str, tmp_path: Path, capsys: Capture) -> None:
        photo = bad_photo(kind, tmp_path / "me.png")
        arguments = [verb, photo] if verb == "measure" else [verb, "--photo", photo, "-o", tmp_path / "demo"]
        refused(arguments, capsys, str(photo))
        assert files_in(tmp_path) == {"me.png"}

    def test_a_photo_that_is_not_there(self, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", tmp_path / "me.png", "--au", "AU12=1", "-o", tmp_path / "s.png"], capsys, "me.png")
        assert files_in(tmp_path) == set()

    @pytest.mark.parametrize("extra", [["--au", "AU12=1"], ["--sweep", "AU12=0:1:3"]])
    def test_a_picture_without_a_face(self, extra: list[str], no_face: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", no_face, *extra, "-o", tmp_path / "s.png"], capsys, "face")
        assert files_in(tmp_path) == {"wall.png"}

    def test_an_unknown_action_unit_says_which_exist(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", photo, "--au", "AU13=1", "-o", tmp_path / "s.png"], capsys, "AU13", "AU12, AU14", "AU45")

    def test_intensity_seven(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", photo, "--au", "AU12=7", "-o", tmp_path / "s.png"], capsys, "AU12=7", "[0, 1]")
        refused(
            ["edit", photo, "--emotion", "anger", "--intensity", 7, "-o", tmp_path / "s.png"], capsys, "7", "[0, 1]"
        )

    def test_nothing_asked_for(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", photo, "-o", tmp_path / "s.png"], capsys, "AU12=0.8")

    def test_an_unknown_mode_emotion_device_or_model(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        asked = ["edit", photo, "-o", tmp_path / "s.png"]
        refused([*asked, "--au", "AU12=1", "--mode", "sideways"], capsys, "sideways", "relative")
        refused([*asked, "--emotion", "hapiness"], capsys, "did you mean 'happiness'")

    def test_a_gif_without_a_sweep(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", photo, "--au", "AU12=1", "--gif", "-o", tmp_path / "s.png"], capsys, "--sweep")

    def test_an_output_that_cannot_be_written(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", photo, "--au", "AU12=1", "-o", photo / "s.png"], capsys, "not a folder")
        refused(["edit", photo, "--au", "AU12=1", "-o", tmp_path / "s.docx"], capsys, ".docx", ".png")
        assert files_in(tmp_path) == {"me.png"}

    def test_a_folder_that_takes_no_files(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(["edit", photo, "--au", "AU12=1", "-o", "/proc/mienkit/s.png"], capsys, "/proc")
        assert files_in(tmp_path) == {"me.png"}

    def test_an_output_that_exists(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        (tmp_path / "s.png").write_bytes(b"mine")
        refused(["edit", photo, "--au", "AU12=1", "-o", tmp_path / "s.png"], capsys, "--force")
        assert (tmp_path / "s.png").read_bytes() == b"mine"

    def test_the_photo_as_output(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        before = photo.read_bytes()
        refused(["edit", photo, "--au", "AU12=1", "-o", photo, "--force"], capsys, "never written over")
        assert photo.read_bytes() == before

    def test_a_demo_into_a_file(self, photo: Path, capsys: Capture) -> None:
        refused(["demo", "-o", photo], capsys, "not a folder")

    def test_an_empty_folder(self, tmp_path: Path, capsys: Capture) -> None:
        (tmp_path / "photos").mkdir()
        refused(["edit", tmp_path / "photos", "--au", "AU12=1", "-o", tmp_path / "out"], capsys, "no pictures")
        assert files_in(tmp_path) == {"photos"}


@pytest.mark.usefixtures("fake_instruments")
class TestModels:
    """Models and weights that are not what they should be."""

    def edit(self, photo: Path, *arguments: object) -> list[object]:
        return ["edit", photo, "--au", "AU12=1", "-o", photo.with_name("s.png"), *arguments]

    def test_a_model_that_does_not_exist(self, photo: Path, capsys: Capture) -> None:
        refused(self.edit(photo, "--model", "copi"), capsys, "copi", "did you mean 'copy'")

    def test_a_device_that_does_not_exist(self, photo: Path, capsys: Capture) -> None:
        refused(self.edit(photo, "--model", "copy", "--device", "tpu"), capsys, "tpu", "auto, cpu, cuda")

    def test_weights_that_are_not_there(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(self.edit(photo, "--weights", tmp_path / "none"), capsys, str(tmp_path / "none"))

    def test_corrupt_weights(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        folder = tmp_path / "weights"
        save_weights(folder, "copy", {}, {"image_size": 64}, "card")
        (folder / "model.safetensors").write_bytes(b"\x00" * 40)
        refused(self.edit(photo, "--weights", folder), capsys, "model.safetensors", "get the weights again")

    def test_foreign_weights(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        folder = tmp_path / "weights"
        folder.mkdir()
        (folder / "config.json").write_text('{"architectures": ["Bert"]}')
        (folder / "model.safetensors").write_bytes(b"")
        refused(self.edit(photo, "--weights", folder), capsys, "foreign weights")

    def test_weights_of_another_model(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        save_weights(tmp_path / "weights", "copy", {}, {}, "card")
        refused(self.edit(photo, "--weights", tmp_path / "weights", "--model", "ganimation"), capsys, "copy")

    def test_weights_of_a_model_that_nobody_knows(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        save_weights(tmp_path / "weights", "cpoy", {}, {}, "card")
        refused(self.edit(photo, "--weights", tmp_path / "weights"), capsys, "did you mean 'copy'")

    def test_weights_with_settings_that_the_model_has_not(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        save_weights(tmp_path / "weights", "copy", {}, {"wings": 2}, "card")
        refused(self.edit(photo, "--weights", tmp_path / "weights"), capsys, "wings")

    def test_nothing_is_left_behind(self, photo: Path, tmp_path: Path, capsys: Capture) -> None:
        refused(self.edit(photo, "--weights", tmp_path / "none"), capsys)
        assert files_in(tmp_path) == {"me.png"}


class TestTables:
    """Face tables that break their format."""

    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        folder = tmp_path / "drawn.table"
        draw_table(folder, DrawRequest(count=8, size=16))
        return folder

    @pytest.mark.parametrize("verb", [["data", "show"], ["train", "ganimation", "--table"]])
    def test_a_table_with_a_missing_column(
        self, verb: list[str], table: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        shard = next(table.glob("*.parquet"))
        pq.write_table(pq.read_table(shard).drop_columns(["subject"]), shard)
        refused([*verb, table], capsys, "column subject")
        assert not (tmp_path / "runs").exists()

    def test_a_folder_that_is_no_table(self, tmp_path: Path, capsys: Capture) -> None:
        refused(["data", "show", tmp_path], capsys, "table")
        refused(["data", "check", tmp_path / "none"], capsys, "not a face table")

    def test_a_training_without_a_table(self, capsys: Capture) -> None:
        refused(["train", "ganimation"], capsys, "--table")

    def test_a_training_of_something_that_cannot_be_trained(self, table: Path, capsys: Capture) -> None:
        refused(["train", "copy", "--table", table], capsys, "nothing to train")

    @pytest.mark.parametrize(
        ("extra", "word"),
        [
            (["--set", "n_critics=3"], "did you mean 'n_critic'"),
            (["--set", "n_critic"], "NAME=VALUE"),
            (["--set", "n_critic=often"], "int"),
            (["--preset", "theirs"], "paper"),
            (["--config", "missing.toml"], "missing.toml"),
            (["--precision", "8-bit"], "8-bit"),
            (["--device", "tpu"], "tpu"),
            (["--compile"], "no network that can be compiled"),
        ],
    )
    def test_settings_that_are_wrong(
        self, extra: list[str], word: str, table: Path, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        refused(["train", "ganimation", "--preset", "tiny", "--table", table, *extra], capsys, word)

    def test_a_table_that_exists(self, table: Path, capsys: Capture) -> None:
        refused(["draw", "-o", table], capsys, "--force")

    @pytest.mark.parametrize(
        "extra", [["--count", "0"], ["--size", "4"], ["--kind", "weird"], ["--per-scene", "0"], ["--jitter", "2"]]
    )
    def test_numbers_out_of_range(self, extra: list[str], tmp_path: Path, capsys: Capture) -> None:
        refused(["draw", "-o", tmp_path / "t.table", *extra], capsys)

    def test_a_data_set_that_nobody_can_read(self, tmp_path: Path, capsys: Capture) -> None:
        refused(["prepare", "affectnte", tmp_path, "-o", tmp_path / "t"], capsys, "affectnte", "folder")
        refused(["prepare", "folder", tmp_path / "none", "-o", tmp_path / "t"], capsys, "not a folder")


def test_an_optional_file_that_does_not_exist(capsys: Capture) -> None:
    refused(["fetch", "mediapip"], capsys, "did you mean 'mediapipe'")


def test_an_optional_file_that_is_not_the_one_it_should_be(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "assets"))
    (tmp_path / "wrong.task").write_bytes(b"not a model")
    refused(["fetch", "mediapipe", "--from", tmp_path / "wrong.task"], capsys)
    assert not list((tmp_path / "assets").glob("*")) if (tmp_path / "assets").exists() else True
