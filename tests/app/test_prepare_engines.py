"""Whoever does the work, and whenever it is killed, the table is the same."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mienkit.app.draw import DrawRequest, draw_table
from mienkit.app.engine import Cluster, Engine, Local
from mienkit.app.prepare import PrepareJob, prepare
from mienkit.app.table import check_table
from mienkit.core.errors import MissingExtraError
from mienkit.data.table import read_table

FACES = 200


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
    command = [*mien, "prepare", "table", str(drawn), "-o", str(tmp_path / "t")]
    chance = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_work(tmp_path / "t", process)
        time.sleep(chance.uniform(0, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(1)  # its workers notice, and leave
        if (tmp_path / "t" / "table.json").exists():
            break
    else:
        subprocess.run(command, check=True, capture_output=True)
    assert read_table(tmp_path / "t").to_pylist() == rows_by(Local(workers=1), drawn, tmp_path / "whole")
    assert check_table(tmp_path / "t") == []


def wait_for_work(table: Path, process: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    """Wait until one more lot is finished, or the process has ended."""
    before = len(list(table.glob(".lots/*.json")))
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until and len(list(table.glob(".lots/*.json"))) <= before:
        time.sleep(0.01)
