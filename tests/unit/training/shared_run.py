"""Train for 20 steps in float64, shared and alone, and write the loss curves: ``torchrun shared_run.py CURVES``.

Then start a training that only the last process is told to stop.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from toys import Wgan, batches, new

from mienkit.core.batch import FaceBatch
from mienkit.training import Run, open_fabric, train

if TYPE_CHECKING:
    from lightning.fabric import Fabric

STEPS = 20


def main(curves: Path) -> None:
    torch.set_num_threads(1)
    fabric = open_fabric("cpu", "64-true")
    shared, alone = record(fabric), record(None)
    stopped = stop_from_the_last(fabric)
    if fabric.global_rank == 0:
        written = {"world": fabric.world_size, "shared": shared, "alone": alone, "stopped": stopped}
        curves.write_text(json.dumps(written))


def record(fabric: "Fabric | None") -> list[dict[str, float]]:
    """Train with global batches of 8 and return the terms of every step."""
    run = Run(new(Wgan, Wgan.Config(steps=STEPS, every=2, times=2, rate=1e-2)).double())
    lines: list[dict[str, float]] = []
    train(run, double_batches, [lambda run, terms: lines.append(numbers(terms))], fabric=fabric)
    return lines


def double_batches(start: int) -> Iterator[FaceBatch]:
    for batch in batches(start, size=8):
        yield replace(batch, **{k: t.double() for k, t in batch.tensors().items() if t.is_floating_point()})


def stop_from_the_last(fabric: "Fabric") -> int:
    """Send SIGTERM to the last process in the fourth step and return the step at which this one ends."""
    run = Run(new(Wgan, Wgan.Config(steps=1000)))

    def stream(start: int) -> Iterator[FaceBatch]:
        for number, batch in enumerate(batches(start)):
            if number == 3 and fabric.global_rank == fabric.world_size - 1:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    assert not train(run, stream, fabric=fabric)
    return run.step


def numbers(terms: dict[str, torch.Tensor]) -> dict[str, float]:
    return {name: value.item() for name, value in terms.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
