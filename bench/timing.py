"""Times of several pieces of work, taken in turn, so that a busy moment of the machine slows all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from mienkit.app.workers import begin, single_threads

Work = Callable[[], object]
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def milliseconds(works: Mapping[str, Work], rounds: int, warm_up: int = 2, pause: float = 0.0) -> dict[str, float]:
    """Return the median time of each piece of work; every round runs each once, every other round backwards.

    Args:
        works: what to repeat.
        rounds: how often.
        warm_up: how often before that.
        pause: seconds of rest before each.
    """
    for work in works.values():
        for _ in range(warm_up):
            work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name in list(works)[:: 1 if number % 2 == 0 else -1]:
            time.sleep(pause)
            start = time.perf_counter()
            works[name]()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}


def on_one_core(measure: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Measure in a process of its own with a single thread, as the workers of `mien reexpress` are.

    Args:
        measure: a function that a new process can import.
        arguments: of the function.
        named: of the function.
    """
    with single_threads(), ProcessPoolExecutor(1, get_context("spawn"), initializer=begin) as pool:
        return pool.submit(measure, *arguments, **named).result()
