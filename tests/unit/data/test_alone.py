"""One writer of a folder at a time."""

import errno
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mienkit.core.errors import OutputError
from mienkit.data import alone as module
from mienkit.data.alone import LOCK, alone, leave, take

HOLD = """
import sys, time
from pathlib import Path
from mienkit.data.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_to_wait_and_the_folder_is_free_afterwards(tmp_path: Path) -> None:
    with alone(tmp_path / "t"), pytest.raises(OutputError, match=r"another `mien` is writing into .*; wait"):
        alone(tmp_path / "t").__enter__()
    assert list((tmp_path / "t").iterdir()) == []
    with alone(tmp_path / "t"):
        assert (tmp_path / "t" / LOCK).exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_holder_that_is_killed_holds_no_longer(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="another `mien`"):
            alone(tmp_path).__enter__()
        holder.kill()
        holder.wait()
    assert (tmp_path / LOCK).exists()
    with alone(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_a_lock_that_its_last_holder_removed_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, calls = tmp_path / LOCK, module.lock, []

    def remove_first(file: object) -> bool:
        if not calls:
            path.unlink()
        calls.append(file)
        return real(file)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "lock", remove_first)
    file = take(path)
    assert file is not None
    assert len(calls) == 2
    assert take(path) is None
    leave(file)


@pytest.mark.skipif(sys.platform == "win32", reason="the lock is another one there")
def test_a_disk_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setitem(sys.modules, "fcntl", SimpleNamespace(flock=refuse, LOCK_EX=2, LOCK_NB=4))
    with alone(tmp_path), alone(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match=r"cannot write .*file.*not a directory; choose another folder"):
        alone(tmp_path / "file" / "t").__enter__()
