"""Who does the work on the lots of a table: this process, all cores of this machine, or a Ray cluster.

All of them call the same function with the number of a lot and nothing else, so that all write the same rows.
"""

import logging
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Protocol

from mienkit.app.workers import GONE, THREAD_LIMITS, in_processes, limit_threads
from mienkit.core.errors import ConfigError, MienError, MissingExtraError, WorkerError
from mienkit.core.naming import unknown_name

Work = Callable[[int], None]
Hire = Callable[[], Work]
"""Makes a worker ready, in its own process; it is pickled."""


RESTARTS = 2
"""Times that Ray replaces a worker: machines of a cluster come and go, but a memory that is too small stays so."""


class Engine(Protocol):
    """Hands out lots, and tells which are done."""

    def run(self, hire: Hire, lots: Sequence[int]) -> Iterator[int]:
        """Yield the number of each lot when it is done, in any order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Here:
    """This process does everything."""

    def run(self, hire: Hire, lots: Sequence[int]) -> Iterator[int]:
        work = hire()
        for lot in lots:
            work(lot)
            yield lot


@dataclass(frozen=True, kw_only=True)
class Local:
    """Some processes on this machine; one a processor if None."""

    workers: int | None = None

    def run(self, hire: Hire, lots: Sequence[int]) -> Iterator[int]:
        return in_processes(lots, do_lot, self.workers, start_worker, (hire,))


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Ray Data: on this machine, or on the cluster at an address, whose machines see the same files."""

    workers: int | None = None
    """None for one a processor of the cluster."""
    address: str | None = None

    def run(self, hire: Hire, lots: Sequence[int]) -> Iterator[int]:
        ray = import_ray()
        environment = {"env_vars": dict.fromkeys(THREAD_LIMITS, "1")}
        ray.init(self.address, runtime_env=environment, log_to_driver=False, ignore_reinit_error=True)
        try:
            workers = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            for row in plan_on_ray(ray, hire, lots, workers).iter_rows():
                if row["error"]:
                    raise pickle.loads(row["error"])
                yield int(row["lot"])
        except (ray.exceptions.RayActorError, ray.exceptions.OutOfMemoryError):
            raise WorkerError(GONE) from None
        finally:
            ray.shutdown()


def plan_on_ray(ray: Any, hire: Hire, lots: Sequence[int], workers: int) -> Any:
    """Make Ray's data set of lots that are done; nothing is done before it is read."""
    items = ray.data.from_items([{"lot": lot} for lot in lots], override_num_blocks=len(lots))
    with warnings.catch_warnings():
        # Ray wants to drop `ray_remote_args_fn`; without it a killed worker comes back forever.
        warnings.simplefilter("ignore")
        return items.map(
            LotActor,
            fn_constructor_args=(hire,),
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(lots))),
            num_cpus=1,
            ray_remote_args_fn=lambda: {"max_restarts": RESTARTS, "max_task_retries": RESTARTS},
        )


class LotActor:
    """A worker as Ray Data wants it. It answers with its deliberate errors, which Ray would wrap in its own."""

    def __init__(self, hire: Hire) -> None:
        limit_threads()
        self._work = ready(hire)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            self._work(int(row["lot"]))
        except MienError as error:
            return {**row, "error": pickle.dumps(error)}
        return {**row, "error": b""}


_worker: list[Work] = []
"""The worker of this process, where a pool started it."""


def start_worker(hire: Hire) -> None:
    """Make the worker of a process ready."""
    _worker[:] = [ready(hire)]


def do_lot(lot: int) -> int:
    """Let the worker of this process do a lot."""
    _worker[0](lot)
    return lot


def ready(hire: Hire) -> Work:
    """Make a worker ready; one that cannot be says why at its first lot, where somebody listens."""
    try:
        return hire()
    except MienError as error:
        return partial(refuse, error)


def refuse(error: MienError, lot: int) -> NoReturn:
    """Say why a worker does no lot."""
    raise error


def import_ray() -> Any:
    """Import Ray.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtraError("the engine ray needs Ray; install it with `pip install 'mienkit[scale]'`") from None
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # it tells of plans and retries; users want one line
    return ray


def choose_engine(name: str, workers: int | None, address: str | None) -> Engine:
    """Make an engine by its name, ``local`` or ``ray``.

    Raises:
        UnknownNameError: there is no such engine.
        ConfigError: an address is given to the local one, or workers are not positive.
    """
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers {workers}: at least one process must work")
    if name == "ray":
        return Cluster(workers=workers, address=address)
    if name != "local":
        raise unknown_name("engine", name, ("local", "ray"))
    if address:
        raise ConfigError("--address is where a Ray cluster is; add --engine ray")
    return Local(workers=workers)
