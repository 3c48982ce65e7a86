"""What a run writes while it goes on: ``log.jsonl`` and TensorBoard scalars."""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from mienkit.core.recipe import Terms
from mienkit.training.run import Run
from mienkit.weights.atomic import write_text

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class RunLog:
    """A file of JSON lines, each about one step."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, line: Mapping[str, object]) -> None:
        """Add a line; a number that JSON cannot write becomes null."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain(line), allow_nan=False) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """Read all lines but those that a killed run left half-written."""
        if not self.path.is_file():
            return []
        return [line for text in self.path.read_text(encoding="utf-8").splitlines() if (line := parsed(text))]

    def drop_after(self, step: int) -> None:
        """Forget what came after a checkpoint, so that no step is there twice."""
        if self.path.is_file():
            kept = [json.dumps(line) + "\n" for line in self.lines() if line.get("step", 0) <= step]
            write_text(self.path, "".join(kept))


def plain(value: object) -> object:
    """Turn numbers that JSON does not know into None, inside mappings too."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def parsed(text: str) -> dict[str, Any] | None:
    """Read one line; None where it is none."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


class LogHook:
    """Writes a line every so many steps: the mean of each term since the last line, rates, seconds, images a second.

    ``seconds`` are of the clock, ``cpu_seconds`` of all threads of this process.
    """

    def __init__(self, log: RunLog, every: int = 50, board: "SummaryWriter | None" = None) -> None:
        """Continue a log.

        Args:
            log: where the lines go; both kinds of seconds go on from its last one.
            every: steps between lines.
            board: TensorBoard's writer, for the same numbers.
        """
        self.log, self.every, self.board = log, every, board
        self.seconds_before, self.cpu_before = (
            max((line.get(name, 0.0) for line in log.lines()), default=0.0) for name in ("seconds", "cpu_seconds")
        )
        self.started = self.last_time = time.perf_counter()
        self.cpu_started = time.process_time()
        self.last_images: int | None = None
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def __call__(self, run: Run, terms: Terms) -> None:
        for name, value in terms.items():  # stays on the device: no wait for the GPU between lines
            self.sums[name] = self.sums[name] + value if name in self.sums else value
            self.counts[name] = self.counts.get(name, 0) + 1
        if self.last_images is None:  # the first step compiles and warms up, so speed is measured from its end
            self.last_images, self.last_time = run.progress.images, time.perf_counter()
        if run.step % self.every == 0 or run.finished or run.stopping:
            self.write(run)

    def write(self, run: Run) -> None:
        """Write what came since the last line."""
        terms = {name: total.item() / self.counts[name] for name, total in self.sums.items()}
        line = {
            "step": run.step,
            "stage": run.stage.name,
            "seconds": round(self.seconds_before + time.perf_counter() - self.started, 3),
            "cpu_seconds": round(self.cpu_before + time.process_time() - self.cpu_started, 3),
            "images": run.progress.images,
            "images_per_second": self.measure_speed(run.progress.images),
            "terms": terms,
            "rates": run.rates(),
        }
        self.log.append(line)
        self.draw(line)
        self.sums, self.counts = {}, {}

    def measure_speed(self, images: int) -> float | None:
        """Return images a second since the last line; None where the first step was the only one."""
        now = time.perf_counter()
        seconds, done = now - self.last_time, images - (self.last_images or 0)
        self.last_time, self.last_images = now, images
        return round(done / seconds, 2) if done and seconds > 0 else None

    def draw(self, line: Mapping[str, Any]) -> None:
        """Give TensorBoard the same numbers."""
        if self.board is None:
            return
        scalars = {**line["terms"], **{f"rate/{name}": rate for name, rate in line["rates"].items()}}
        if line["images_per_second"] is not None:
            scalars["images_per_second"] = line["images_per_second"]
        for name, value in scalars.items():
            self.board.add_scalar(name, value, line["step"])
        self.board.flush()
