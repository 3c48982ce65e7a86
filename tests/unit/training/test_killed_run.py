"""Real ``kill -9``: the process dies in mid-step or in mid-write, and the same command goes on."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("killed_run.py")


def run_all(*jobs: tuple[Path, str, int]) -> list[int]:
    text = json.dumps([(str(folder), how, number) for folder, how, number in jobs])
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), text], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("how", ["step", "write"])
def test_killed_run_ends_with_the_bits_of_an_uninterrupted_one(how, tmp_path):
    number = random.Random().randrange(7, 39) if how == "step" else 20
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run_all((whole, "", 0), (killed, how, number)) == [0, -signal.SIGKILL]
    last = max(path.name for path in (killed / "checkpoints").glob("step-*.pt"))
    assert last == f"step-{number // 5 * 5 if how == 'step' else 15:06d}.pt"
    assert bool(list((killed / "checkpoints").glob(".*.part"))) == (how == "write")
    assert not (killed / "final.pt").exists()

    assert run_all((killed, "", 0)) == [0]
    expected, final = (torch.load(folder / "final.pt", weights_only=True) for folder in (whole, killed))
    for key, value in expected.items():
        assert torch.equal(value, final[key]), f"{key} differs after a kill at {how} {number}"
    steps = [json.loads(line)["step"] for line in (killed / "log.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 41))
    assert not list((killed / "checkpoints").glob(".*.part"))
