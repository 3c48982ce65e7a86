"""Times of several pieces of work, taken in turn, so that a busy moment of the machine slows all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def milliseconds(works: Mapping[str, Work], rounds: int, warm_up: int = 2) -> dict[str, float]:
    """Return the median time of each piece of work; every round runs each once, every other round backwards."""
    for work in works.values():
        for _ in range(warm_up):
            work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name in list(works)[:: 1 if number % 2 == 0 else -1]:
            start = time.perf_counter()
            works[name]()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}
