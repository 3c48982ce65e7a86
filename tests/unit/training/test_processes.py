import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mienkit.training.loop import STOP_STRIDE

SCRIPT = Path(__file__).with_name("shared_run.py")
STEPS = 20


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_two(curves: Path) -> None:
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
        *("--master-addr", "127.0.0.1", "--master-port", str(free_port())),
        *(str(SCRIPT), str(curves)),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_processes_have_the_loss_curve_of_one_and_stop_together(tmp_path):
    """One start of two processes serves both promises, because it takes half a minute on a busy machine."""
    run_two(tmp_path / "curves.json")
    curves = json.loads((tmp_path / "curves.json").read_text())
    assert curves["world"] == 2
    assert len(curves["alone"]) == len(curves["shared"]) == STEPS
    for alone, shared in zip(curves["alone"], curves["shared"], strict=True):
        assert shared == pytest.approx(alone, rel=1e-4)
    gp = [line["critic/gp"] for line in curves["alone"]]
    assert gp[0] != pytest.approx(gp[-1], rel=1e-2)  # something moved
    assert curves["stopped"] == STOP_STRIDE  # a signal to one process stops all of them at the same step
