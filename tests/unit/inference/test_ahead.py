"""A thread makes things ahead, and ends when nobody wants them."""

import threading
from collections.abc import Iterator

import pytest

from mienkit.inference.ahead import ahead


def count_to(number: int, made: list[int], closed: list[bool]) -> Iterator[int]:
    try:
        for n in range(number):
            made.append(n)
            yield n
    finally:
        closed.append(True)


def test_things_come_in_order_and_the_thread_ends() -> None:
    before = threading.active_count()
    assert list(ahead(iter(range(50)))) == list(range(50))
    assert threading.active_count() == before


def test_only_a_few_things_are_made_ahead() -> None:
    made: list[int] = []
    things = ahead(count_to(100, made, []), room=2)
    assert next(things) == 0
    things.close()
    assert len(made) <= 5


def test_what_is_taken_from_is_closed_when_nobody_takes_any_more() -> None:
    closed: list[bool] = []
    things = ahead(ahead(count_to(100, [], closed)))
    next(things)
    things.close()
    assert closed == [True]


def test_an_error_comes_out_where_its_thing_would_have() -> None:
    def fail_at_two() -> Iterator[int]:
        yield 0
        yield 1
        raise LookupError("the third is missing")

    things = ahead(fail_at_two())
    assert [next(things), next(things)] == [0, 1]
    with pytest.raises(LookupError, match="the third is missing"):
        next(things)


def test_things_are_made_in_another_thread() -> None:
    def who() -> Iterator[int]:
        yield threading.get_ident()

    assert next(ahead(who())) != threading.get_ident()
