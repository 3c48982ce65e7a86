"""The process that hands out the lots of a data set: what it needs of time and memory, its workers apart.

Everything runs in a new process each time, because memory that a process has once had is seldom given back.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mienkit.app.engine import Work, choose_engine
from mienkit.app.prepare import PrepareJob, list_samples, prepare
from mienkit.core.errors import ConfigError
from mienkit.data.lots import Lots

STATUS = Path("/proc/self/status")
PEAK, NOW = "VmHWM", "VmRSS"
"""Lines of the system's account of this process: the most memory it ever had, and what it has now."""


@dataclass(frozen=True, kw_only=True)
class Drive:
    """One call of ``mien prepare``, as its driver saw it."""

    samples: int
    rows: int
    seconds: float
    """Of the whole call."""
    listing: float
    """Seconds until the lots were listed."""
    finishing: float
    """Seconds after the last lot was done."""
    stages: dict[str, float]
    """Stage -> seconds, summed over the workers."""
    before: float
    """MiB that the driver has before it begins, its programs loaded."""
    listed: float
    """The most it has had when the lots are listed, MiB."""
    worked: float
    """... when the last lot is done."""
    peak: float
    """... at the end."""


def drive(job: PrepareJob, engine: str, workers: int) -> Drive:
    """Prepare a data set in this process and watch it."""
    times, peaks = [time.perf_counter()], [memory(NOW)]

    def mark() -> None:
        times.append(time.perf_counter())
        # The system counts pages in batches, so that its account may fall by some.
        peaks.append(max(peaks[-1], memory(PEAK)))

    def track(things: Iterable[Any], total: int) -> Iterator[Any]:
        mark()
        yield from things
        mark()

    report = prepare(job, choose_engine(engine, workers, None), force=True, track=track)
    mark()
    begun, listed, worked, ended = times
    return Drive(
        samples=report.samples,
        rows=report.rows,
        seconds=ended - begun,
        listing=listed - begun,
        finishing=ended - worked,
        stages=report.seconds,
        before=peaks[0],
        listed=peaks[1],
        worked=peaks[2],
        peak=peaks[3],
    )


def list_only(job: PrepareJob) -> Drive:
    """List a data set into lots, and do nothing with them."""
    reader = job.open()
    lots = Lots(folder=job.out, size=reader.size or 256)
    before, begin = memory(NOW), time.perf_counter()
    lots.open(job.describe(), True)
    listing = list_samples(job, reader, lots)
    seconds, peak = time.perf_counter() - begin, memory(PEAK)
    return Drive(
        samples=listing.samples,
        rows=0,
        seconds=seconds,
        listing=seconds,
        finishing=0,
        stages={},
        before=before,
        listed=peak,
        worked=peak,
        peak=peak,
    )


def hand_out(engine: str, lots: int) -> float:
    """Return the seconds between two lots in which there is nothing to do, from the first that is done to the last."""
    done = [time.perf_counter() for _ in choose_engine(engine, 2, None).run(hire_idler, range(lots))]
    return (done[-1] - done[0]) / (lots - 1)


def hire_idler() -> Work:
    """Make ready what does nothing with a lot."""
    return idle


def idle(lot: int) -> None:
    """Do nothing."""


def memory(line: str) -> float:
    """Return MiB of this process alone, as the system counts them.

    Raises:
        ConfigError: the system keeps no such account.
    """
    try:
        account = STATUS.read_text(encoding="utf-8")
    except OSError:
        raise ConfigError(f"memory is read from {STATUS}, which only Linux has; measure there") from None
    return read_account(account.splitlines(), line)


def read_account(lines: Sequence[str], name: str) -> float:
    """Read one line, ``VmHWM:   123456 kB``, in MiB."""
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
