"""Whoever does the work, and whenever it is killed, the table is the same."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.engine import Cluster, Engine, Here, Hire, Local, Work
from mienkit.app.prepare import PrepareJob, prepare
from mienkit.app.table import check_table
from mienkit.core.errors import AssetError, MissingExtraError, OutputError, WorkerError
from mienkit.data.table import read_table

FACES = 200
LOTS = 13
"""So many lots of 16 make the faces."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces that are aligned already: a table made of them needs no detector."""
    table = tmp_path_factory.mktemp("drawn") / "drawn.table"
    draw_table(table, DrawRequest(count=FACES, size=16))
    return table


def rows_by(engine: Engine, drawn: Path, out: Path) -> list[dict[str, Any]]:
    report = prepare(PrepareJob(reader="table", place=drawn, out=out), engine)
    assert (report.rows, report.failed) == (FACES, {})
    rows: list[dict[str, Any]] = read_table(out).to_pylist()
    return rows


def test_one_process_and_two_write_the_same_rows(drawn: Path, tmp_path: Path) -> None:
    one = rows_by(Local(workers=1), drawn, tmp_path / "one")
    assert rows_by(Local(workers=2), drawn, tmp_path / "two") == one
    assert check_table(tmp_path / "two") == []


def test_ray_writes_the_same_rows(drawn: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray.data", reason="Ray is not installed")
    assert rows_by(Cluster(workers=2), drawn, tmp_path / "ray") == rows_by(Local(workers=1), drawn, tmp_path / "one")


def test_without_ray_the_extra_is_named(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"mienkit\[scale\]"):
        rows_by(Cluster(), drawn, tmp_path / "t")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_run_that_is_killed_three_times_gives_the_table_of_an_undisturbed_one(drawn: Path, tmp_path: Path) -> None:
    mien = [sys.executable, "-c", "from mienkit.cli import run; run()"]
    table = tmp_path / "t"
    command = [*mien, "prepare", "table", str(drawn), "-o", str(table), "--workers", "1"]
    for files, count in (("*.samples", 1), ("*.json", 1), ("*.json", LOTS)):  # it lists, it works, it finishes
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda files=files, count=count: len(list(table.glob(f".lots/*/{files}"))) >= count, process)
        time.sleep(random.uniform(0, 0.1))
        process.kill()  # does nothing where it has ended meanwhile
        process.wait()
    if (table / ".lots" / "listing.json").exists() or not (table / "table.json").exists():
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert read_table(table).to_pylist() == rows_by(Here(), drawn, tmp_path / "whole")
    assert check_table(table) == []


def wait_for(reached: Callable[[], bool], process: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    """Wait until something is reached, or the process has ended."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until and not reached():
        time.sleep(0.002)


def refuse_to_hire() -> Work:
    raise AssetError("predictor.dat is missing; get it with `mien fetch`")


def hire_one_that_fails() -> Work:
    def work(lot: int) -> None:
        if lot == 2:
            raise OutputError("the disk is full; make room")

    return work


def test_a_worker_that_cannot_start_says_why_on_this_machine() -> None:
    with pytest.raises(AssetError, match=r"predictor\.dat is missing"):
        list(Local(workers=1).run(refuse_to_hire, range(3)))


class FakeRay:
    """What the engine uses of Ray, in this process, with its error for a worker that is killed."""

    class exceptions:  # noqa: N801 - Ray's name
        class RayActorError(Exception):
            pass

        class OutOfMemoryError(Exception):
            pass

    def __init__(self) -> None:
        self.data, self.ended = self, False
        self.ActorPoolStrategy = dict
        self._rows: list[dict[str, Any]] = []

    def init(self, *_: Any, **__: Any) -> None: ...

    def shutdown(self) -> None:
        self.ended = True

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2}

    def from_items(self, rows: list[dict[str, Any]], **_: Any) -> "FakeRay":
        self._rows = rows
        return self

    def map(self, actor: Any, fn_constructor_args: Any, **_: Any) -> "FakeRay":
        self._worker = actor(*fn_constructor_args)
        return self

    def iter_rows(self) -> Iterator[dict[str, Any]]:
        yield from map(self._worker, self._rows)


def hire_one_that_is_killed() -> Work:
    def work(lot: int) -> None:
        raise FakeRay.exceptions.RayActorError("The actor died unexpectedly before finishing this task.")

    return work


@pytest.mark.parametrize(
    ("hire", "error", "text"),
    [
        (refuse_to_hire, AssetError, "predictor.dat is missing"),
        (hire_one_that_fails, OutputError, "the disk is full"),
        (hire_one_that_is_killed, WorkerError, "a worker was killed"),
    ],
)
def test_errors_of_workers_on_ray_are_those_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, hire: Hire, error: type[Exception], text: str
) -> None:
    ray = FakeRay()
    monkeypatch.setattr("mienkit.app.engine.import_ray", lambda: ray)
    with pytest.raises(error, match=text):
        list(Cluster().run(hire, range(4)))
    assert ray.ended
