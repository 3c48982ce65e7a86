"""A file is there whole or not at all, and never over something that somebody needs."""

import os
from pathlib import Path
from typing import IO

import pytest

from mienkit.core.errors import OutputError
from mienkit.face.output import check_output, write_atomically


def hello(file: IO[bytes]) -> None:
    file.write(b"hello")


def test_a_new_file_in_a_new_folder_may_be_written(tmp_path: Path) -> None:
    check_output(tmp_path / "new" / "folder" / "out.png", [], force=False)


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.touch()
    with pytest.raises(OutputError, match="--force"):
        check_output(path, [], force=False)
    check_output(path, [], force=True)


@pytest.mark.parametrize("spelling", ["in.png", "sub/../in.png", "link.png", "hard.png"])
def test_an_input_is_refused_however_it_is_spelled(tmp_path: Path, spelling: str) -> None:
    (tmp_path / "sub").mkdir()
    given = tmp_path / "in.png"
    given.touch()
    (tmp_path / "link.png").symlink_to(given)
    os.link(given, tmp_path / "hard.png")
    with pytest.raises(OutputError, match="is an input"):
        check_output(tmp_path / spelling, [tmp_path / "other.png", given], force=True)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path, [], force=True)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file, not a folder"):
        check_output(tmp_path / "file" / "out.png", [], force=False)


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="no permission to write"):
        check_output(tmp_path / "out.png", [], force=False)


def test_a_name_that_the_disk_refuses_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="name too long"):
        check_output(tmp_path / f"{'x' * 300}.png", [], force=False)


def test_a_written_file_is_whole_and_alone(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "out.txt", hello)
    assert (tmp_path / "a" / "out.txt").read_bytes() == b"hello"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["out.txt"]


def test_a_written_file_has_the_users_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "out.txt", hello)
    finally:
        os.umask(mask)
    assert (tmp_path / "out.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [RuntimeError("bug"), KeyboardInterrupt()])
def test_a_writing_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail(file: IO[bytes]) -> None:
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    def fail(file: IO[bytes]) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no space left"):
        write_atomically(tmp_path / "out.txt", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="choose another folder"):
        write_atomically(tmp_path / "file" / "out.txt", hello)
