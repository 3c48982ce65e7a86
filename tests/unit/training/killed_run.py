"""Train in run folders, each time in a process of its own: ``killed_run.py '[["FOLDER", "step", 12], ...]'``.

The second word says how the process dies: ``step`` at a step, ``write`` in the midst of the checkpoint of a step, or
not at all. Prints the exit codes. The processes are forked because importing torch takes longer than the training.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from toys import Wgan, batches, new

from mienkit.training import CheckpointHook, LogHook, Run, RunFolder, train

STEPS, EVERY = 40, 5


def die(*arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def train_in(path: Path, how: str, number: int) -> None:
    with RunFolder(path, {"model": "wgan"}) as folder:
        run = Run(new(Wgan, Wgan.Config(steps=STEPS, every=3, times=2)), seed=5)
        folder.resume(run)

        def kill(run: Run, terms: object) -> None:
            if run.step == number and how == "step":
                die()
            if run.step == number - 1 and how == "write":
                os.fsync = die

        train(run, batches, [LogHook(folder.log, every=1), CheckpointHook(folder.checkpoints, every=EVERY), kill])
    torch.save(dict(run.released_state()) | run.recipe.state_dict(), path / "final.pt")


def in_own_process(path: str, how: str, number: int) -> int:
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 1
    try:
        train_in(Path(path), how, number)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    torch.set_num_threads(1)
    Run(new(Wgan))  # the first optimiser imports the rest of torch
    print(json.dumps([in_own_process(*job) for job in json.loads(sys.argv[1])]))  # noqa: T201 - a script's answer
