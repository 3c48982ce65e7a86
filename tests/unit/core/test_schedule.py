import pytest

from mienkit.core.errors import ConfigError
from mienkit.core.schedule import cosine_decay, falling_from, linear_decay


def test_linear_decay_holds_then_falls_to_zero():
    factor = linear_decay(0.5)
    assert [factor(progress) for progress in (0, 0.5, 0.75, 0.9999)] == pytest.approx([1, 1, 0.5, 0.0002])


def test_a_rate_that_never_falls_stays_as_it_is():
    assert falling_from(1) is None
    assert falling_from(0.5)(0.75) == linear_decay(0.5)(0.75)
    for start in (-0.1, 1.1, float("nan")):
        with pytest.raises(ConfigError, match=r"decay_from=.* must be in \[0, 1\]; 1 is never"):
            falling_from(start)


def test_cosine_rises_and_falls():
    factor = cosine_decay(warm_up=0.2, floor=0.1)
    assert [factor(progress) for progress in (0, 0.1, 0.2, 0.6, 1)] == pytest.approx([0, 0.5, 1, 0.55, 0.1])
    assert cosine_decay()(0) == 1


@pytest.mark.parametrize("make", [lambda: linear_decay(1), lambda: cosine_decay(-0.1), lambda: cosine_decay(floor=1)])
def test_impossible_schedule_is_refused(make):
    with pytest.raises(ConfigError, match=r"\[0, 1\)"):
        make()
