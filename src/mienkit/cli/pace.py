"""How fast work goes, and how long it will take yet."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

RECENT = 10.0
"""Seconds over which a rate is taken, at least: what comes in lots comes by fits and starts."""
STEPS = 4
"""Lots, or single things, over which a rate is taken, at least."""
AT_ONCE = 0.1
"""Seconds within which things are done as one lot."""


@dataclass(kw_only=True)
class Pace:
    """What is done of some work, and when it was; its text is up to date whenever it is shown."""

    total: int | None
    """How much there is to do; None where nobody knows."""
    clock: Callable[[], float] = monotonic
    """Seconds; never goes back."""
    done: int = 0
    steps: deque[tuple[float, int]] = field(init=False)
    """The last moments at which something was done, with how much was then; a rate begins with the first one."""

    def __post_init__(self) -> None:
        self.started = self.last = self.clock()
        self.steps = deque([(self.started, 0)])

    def tick(self) -> None:
        """Note that one more thing is done."""
        self.last = self.clock()
        self.done += 1
        if self.total is not None and self.done > self.total:
            self.total = None  # it was an estimate, and too low
        if len(self.steps) > 1 and self.last - self.steps[-1][0] < AT_ONCE:
            self.steps[-1] = (self.steps[-1][0], self.done)
        else:
            self.steps.append((self.last, self.done))
        while len(self.steps) > STEPS + 1 and self.last - self.steps[1][0] >= RECENT:
            self.steps.popleft()

    @property
    def rate(self) -> float | None:
        """Things a second: over the last seconds, or, when all is done, over the whole time; None before the first."""
        (first, before), (last, done) = self.steps[0], self.steps[-1]
        if self.total is not None and self.done >= self.total:
            first, before, last = self.started, 0, self.last
        return (done - before) / (last - first) if last > first else None

    def __str__(self) -> str:
        """Say it in words: ``14.2/s, 0:03:10 left``; when all is done, how long it took; else the rate alone."""
        rate = self.rate
        if rate is None:
            return ""
        if self.total is None:
            return f"{short(rate)}/s"
        left = self.total - self.done
        if left <= 0:
            return f"{short(rate)}/s, {clock_time(self.last - self.started)} in all"
        return f"{short(rate)}/s, {clock_time(left / rate - (self.clock() - self.last))} left"


def short(rate: float) -> str:
    """Write a rate with three figures."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}" if rate >= 10 else f"{rate:.2f}"


def clock_time(seconds: float) -> str:
    """Write seconds as hours, minutes and seconds; what should be over is 0."""
    return str(timedelta(seconds=max(0, round(seconds))))
