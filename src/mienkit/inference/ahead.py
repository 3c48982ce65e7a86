"""A few things made ahead of whoever takes them, in a thread of their own."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

PATIENCE = 0.1
"""Seconds after which a thread that cannot hand on its thing looks whether anybody still wants it."""


@dataclass(frozen=True)
class Made(Generic[Thing]):
    """One thing, or what went wrong with it; neither says that there are no more."""

    thing: Thing | None = None
    error: BaseException | None = None
    last: bool = False


def ahead(things: Iterator[Thing], room: int = 2) -> Generator[Thing]:
    """Let a thread make things while the ones before are used; so stages behind one another use several cores.

    Errors come out where the thing would have. When nobody takes any more, the thread ends and closes its source.

    Args:
        things: made one after the other, always in the same thread.
        room: how many may wait.
    """
    made: Queue[Made[Thing]] = Queue(room)
    unwanted = Event()
    thread = Thread(target=_make, args=(things, made, unwanted), daemon=True)
    thread.start()
    try:
        while not (one := made.get()).last:
            if one.error is not None:
                raise one.error
            yield one.thing  # type: ignore[misc]  # there is one
    finally:
        unwanted.set()
        thread.join()


def _make(things: Iterator[Thing], made: "Queue[Made[Thing]]", unwanted: Event) -> None:
    try:
        for thing in things:
            if not _hand_on(Made(thing), made, unwanted):
                break
        _hand_on(Made(last=True), made, unwanted)
    except BaseException as error:  # it is raised again where the things are used
        _hand_on(Made(error=error), made, unwanted)
    finally:
        close = getattr(things, "close", None)
        if close is not None:
            close()


def _hand_on(one: Made[Thing], made: "Queue[Made[Thing]]", unwanted: Event) -> bool:
    """Wait for room; False if nobody wants it any more."""
    while not unwanted.is_set():
        try:
            made.put(one, timeout=PATIENCE)
        except Full:
            continue
        return True
    return False
