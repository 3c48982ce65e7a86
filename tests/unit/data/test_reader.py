"""How a reader is opened, and what a sample can be."""

from pathlib import Path

import pytest

import mienkit.data.readers as readers
from mienkit.core.errors import ConfigError, DataError, UnknownNameError
from mienkit.data.reader import Sample, Video, broken_labels, open_reader

assert readers  # registers them


def test_settings_become_the_readers_config(tmp_path):
    assert open_reader("oulu_casia", tmp_path, {"light": "Weak"}).config.light == "Weak"
    assert open_reader("oulu_casia", tmp_path).config.light == "all"


def test_an_unknown_setting_is_named_with_the_reader_and_the_nearest_one(tmp_path):
    with pytest.raises(ConfigError, match="reader 'oulu_casia': there is no setting 'ligth'; did you mean 'light'"):
        open_reader("oulu_casia", tmp_path, {"ligth": "Weak"})


def test_a_reader_without_settings_says_so(tmp_path):
    with pytest.raises(ConfigError, match="reader 'emotionet' has no settings; leave 'light' out"):
        open_reader("emotionet", tmp_path, {"light": "Weak"})


def test_an_unknown_reader_and_folder_are_named(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'rafd'"):
        open_reader("raf", tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        open_reader("rafd", tmp_path / "gone")


def test_a_video_is_no_row_yet():
    labels = {"source": "s", "source_id": "a.mp4", "licence": "l", "kind": "photograph", "subject": "a"}
    with pytest.raises(DataError, match=r"a\.mp4 is not aligned yet"):
        Sample(picture=Video(Path("a.mp4")), size=8, **labels).to_row("train")


@pytest.mark.parametrize(("count", "end"), [(2, "f1: why"), (20, "f19: why"), (23, "f19: why; and 3 more")])
def test_broken_labels_are_named_up_to_twenty(count, end):
    message = str(broken_labels([f"f{number}: why" for number in range(count)]))
    assert message.startswith(f"{count} broken labels")
    assert message.endswith(end)
