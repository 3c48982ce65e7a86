import pytest

from mienkit.weights import atomic
from mienkit.weights.atomic import replacing, sync, write_text


def test_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_failure_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(FileNotFoundError), replacing(path):
        (tmp_path / "missing").read_text()
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half \ud800")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_end(tmp_path, monkeypatch):
    path, done = tmp_path / "a.txt", []
    monkeypatch.setattr(atomic, "sync", lambda synced: done.append((synced.suffix, path.exists())))
    write_text(path, "text")
    assert done == [(".part", False), (tmp_path.suffix, True)]


def test_sync_waits_for_files_and_folders(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr("os.fsync", done.append)
    (tmp_path / "a").touch()
    sync(tmp_path / "a")
    sync(tmp_path)
    assert len(done) == 2
