"""Processes that work side by side on this machine: one thread each, deaf to Ctrl-C, gone with the one that asked."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

from mienkit.app.in_order import in_order
from mienkit.core.errors import WorkerError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AHEAD = 4
"""Items handed out for each worker before their answers are asked for."""
GONE = (
    "a worker was killed, most often because memory ran out; the same command goes on where it stopped, "
    "with --workers 1 it needs the least memory"
)
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def in_processes(
    items: Iterable[Item],
    function: Callable[[Item], Answer],
    workers: int | None = None,
    hire: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[Answer]:
    """Do something with each item in several processes; the answers come in the order of the items.

    Even a single worker is a process of its own: with other threads sums are taken in another order.

    Args:
        items: handed out some ahead of their answers, never all at once.
        function: of a module, because it is told to the workers by its name.
        workers: processes; one a processor if None.
        hire: prepares each worker, with the arguments, after it was limited to one thread.
        arguments: of ``hire``.

    Raises:
        WorkerError: a process was killed from outside.
    """
    count = workers or os.cpu_count() or 1
    pool_of = ProcessPoolExecutor(count, get_context("spawn"), initializer=begin, initargs=(hire, arguments))
    with single_threads(), pool_of as pool:

        def submit(item: Item) -> "Future[Answer]":
            with uninterrupted_workers():
                return pool.submit(function, item)

        try:
            yield from in_order(items, submit, AHEAD * count)
        except BrokenProcessPool:
            raise WorkerError(GONE) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after an interruption nobody asks for the others


@contextmanager
def single_threads() -> Iterator[None]:
    """Let processes that are started now compute with one thread each."""
    kept = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def uninterrupted_workers() -> Iterator[None]:
    """Let a process that is started now leave Ctrl-C, which a terminal sends to all of them, to the one that waits."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin(hire: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()) -> None:
    """Prepare a worker."""
    limit_threads()
    Thread(target=leave_with_parent, daemon=True).start()
    if hire is not None:
        hire(*arguments)


def limit_threads() -> None:
    """Let this process compute with one thread."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def leave_with_parent() -> None:
    """End this worker when the process that it works for is killed: nobody else would ever tell it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
