"""Whose face is changed next."""

import hashlib
from collections import Counter, deque
from dataclasses import dataclass

import numpy as np

from mienkit.app.augment.attempt import Attempt, Reason, Task
from mienkit.app.augment.census import Census
from mienkit.app.augment.plan import candidates
from mienkit.app.augment.request import FULL, AugmentRequest, FaceClass


@dataclass(frozen=True)
class Waiting:
    """A row that can be changed."""

    task: Task
    subject: str


class Queue:
    """The rows of one class that can be changed: everybody in turn, in an order by lot, then everybody's next row.

    A row in which the judge does not see the class is asked for it once more, at full intensity.
    """

    def __init__(self, census: Census, wanted: FaceClass, request: AugmentRequest, suffix: str) -> None:
        """List the rows; those are left out that were made by an earlier augmentation (``suffix``: of their names)."""
        chance = np.random.default_rng([request.seed, number_of(wanted.name)])
        shuffled = chance.permutation(candidates(census, wanted, request.shown)).tolist()
        turn: Counter[str] = Counter()
        order: list[tuple[int, int, int]] = []
        there = frozenset(census.name)
        for place in shuffled:
            source, name = census.name[place]
            if (source, name + suffix) in there:
                continue
            order.append((turn[census.subject[place]], len(order), place))
            turn[census.subject[place]] += 1
        self._most, self._made = request.most_per_person, Counter[str]()
        self._waiting = deque(
            Waiting(Task(place=place, level=first_level(census, place, wanted, request)), census.subject[place])
            for _, _, place in sorted(order)
        )

    def take(self, count: int) -> list[Task]:
        """Take up to so many rows; of nobody more than may still be made."""
        taken: list[Task] = []
        under_way: Counter[str] = Counter()
        later: list[Waiting] = []
        while self._waiting and len(taken) < count:
            one = self._waiting.popleft()
            if self._made[one.subject] >= self._most:
                continue
            if self._made[one.subject] + under_way[one.subject] >= self._most:
                later.append(one)
                continue
            under_way[one.subject] += 1
            taken.append(one.task)
        self._waiting.extendleft(reversed(later))
        return taken

    def note(self, attempt: Attempt, subject: str) -> None:
        """Hear what became of a row."""
        if attempt.reason is None:
            self._made[subject] += 1
        elif attempt.reason == Reason.NOT_SHOWN and attempt.level < FULL:
            self._waiting.appendleft(Waiting(Task(place=attempt.place, level=FULL), subject))


def first_level(census: Census, place: int, wanted: FaceClass, request: AugmentRequest) -> float:
    """Return the intensity that a row is asked for at first; it belongs to the row, whoever else is in the table."""
    source, name = census.name[place]
    share = number_of(f"{request.seed}/{wanted.name}/{source}/{name}") / 2**32
    return wanted.level(share, request.shown)


def number_of(text: str) -> int:
    """Turn a text into a number below 2^32, the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
