"""How fast work goes, told by a clock of our own."""

import pytest

from mienkit.cli.output import track
from mienkit.cli.pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def do(pace: Pace, clock: Clock, lots: int, size: int, seconds: float) -> None:
    """Do lots, each of which is done as a whole after some seconds."""
    for _ in range(lots):
        clock.now += seconds
        for _ in range(size):
            clock.now += 1e-5
            pace.tick()


@pytest.mark.parametrize(("size", "seconds"), [(1, 0.01), (1, 3.0), (64, 2.0), (256, 20.0)])
def test_a_steady_rate_is_told_however_the_work_comes(clock: Clock, size: int, seconds: float) -> None:
    pace = Pace(total=10**6, clock=clock)
    do(pace, clock, lots=40, size=size, seconds=seconds)
    assert pace.rate == pytest.approx(size / seconds, rel=0.05 if seconds > 0.1 else 0.35)


def test_one_lot_alone_is_not_thought_to_take_no_time(clock: Clock) -> None:
    pace = Pace(total=1000, clock=clock)
    assert (pace.rate, str(pace)) == (None, "")
    do(pace, clock, lots=1, size=256, seconds=8)
    assert pace.rate == pytest.approx(32, rel=0.01)


def test_what_was_long_ago_does_not_count(clock: Clock) -> None:
    pace = Pace(total=1000, clock=clock)
    do(pace, clock, lots=1, size=1, seconds=600)
    do(pace, clock, lots=100, size=1, seconds=0.5)
    assert pace.rate == pytest.approx(2, rel=0.01)


def test_what_is_done_at_once_is_remembered_as_one_step(clock: Clock) -> None:
    pace = Pace(total=10**6, clock=clock)
    do(pace, clock, lots=20, size=1000, seconds=1)
    assert len(pace.steps) <= 12


def test_the_time_left_goes_on_while_a_lot_is_under_way(clock: Clock) -> None:
    pace = Pace(total=300, clock=clock)
    do(pace, clock, lots=10, size=20, seconds=4)
    assert str(pace) == "5.00/s, 0:00:20 left"
    clock.now += 3
    assert str(pace) == "5.00/s, 0:00:17 left"
    clock.now += 60
    assert str(pace) == "5.00/s, 0:00:00 left"


def test_when_all_is_done_the_whole_time_is_told(clock: Clock) -> None:
    pace = Pace(total=6000, clock=clock)
    do(pace, clock, lots=1, size=3000, seconds=100)
    do(pace, clock, lots=1, size=3000, seconds=20)
    assert str(pace) == "50.0/s, 0:02:00 in all"


def test_where_nobody_knows_how_much_there_is_only_the_rate_is_told(clock: Clock) -> None:
    pace = Pace(total=None, clock=clock)
    do(pace, clock, lots=10, size=20, seconds=4)
    assert str(pace) == "5.00/s"


def test_an_estimate_that_was_too_low_is_forgotten(clock: Clock) -> None:
    pace = Pace(total=100, clock=clock)
    do(pace, clock, lots=10, size=20, seconds=4)
    assert str(pace) == "5.00/s"


@pytest.mark.parametrize("count", [0, 2])
def test_the_bar_ends_with_what_there_was_if_nobody_knew(capsys: pytest.CaptureFixture[str], count: int) -> None:
    assert list(track(iter("abc"), count, what="letters")) == ["a", "b", "c"]
    printed = capsys.readouterr().err
    assert "3/3 letters" in printed
    assert "/s, 0:00:00 in all" in printed


def test_the_bar_hands_on_every_thing_and_tells_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(iter("abc"), 3, what="letters")) == ["a", "b", "c"]
    printed = capsys.readouterr()
    assert "3/3 letters" in printed.err
    assert "/s, 0:00:00 in all" in printed.err
    assert printed.out == ""
