"""Work handed out ahead of its answers, which come back in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_order(items: Iterable[Item], submit: Callable[[Item], "Future[Answer]"], ahead: int) -> Iterator[Answer]:
    """Hand items out, some ahead of the answers, so that neither workers wait nor all answers are in memory.

    Args:
        items: what is to be done.
        submit: hands one out.
        ahead: how many more are under way than answered.
    """
    waiting: deque[Future[Answer]] = deque()
    for item in items:
        waiting.append(submit(item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
