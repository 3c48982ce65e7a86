"""Sweeps written as text."""

import pytest

from mienkit.core.errors import ConfigError, UnknownNameError
from mienkit.inference.sweep import parse_sweep


def test_a_sweep_includes_both_ends() -> None:
    assert parse_sweep("AU12=0:1:5").values == (0, 0.25, 0.5, 0.75, 1)


def test_units_joined_by_plus_grow_together() -> None:
    sweep = parse_sweep("au01+AU2=0:1:3")
    assert sweep.title == "AU1+AU2"
    assert [dict(one.aus) for one in sweep.expressions()][1] == {"AU1": 0.5, "AU2": 0.5}


def test_an_emotion_can_be_swept() -> None:
    expressions = parse_sweep("Happy=0:1:3").expressions()
    assert [(one.emotion, one.intensity) for one in expressions] == [("happiness", v) for v in (0, 0.5, 1)]


def test_fixed_units_hold_all_the_way() -> None:
    expressions = parse_sweep("AU12=0:1:3").expressions({"AU6": 0.4})
    assert all(one.aus["AU6"] == 0.4 for one in expressions)


def test_a_relative_sweep_may_go_below_zero() -> None:
    expressions = parse_sweep("AU12=-1:1:3").expressions(mode="relative")
    assert [one.aus["AU12"] for one in expressions] == [-1, 0, 1]


@pytest.mark.parametrize(
    "text", ["AU12", "AU12=0:1", "=0:1:5", "AU12=a:b:3", "AU12=0:1:1", "AU12=0:1:65", "AU12=.:1:5"]
)
def test_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="AU12=0:1:5"):
        parse_sweep(text)


def test_an_unknown_unit_says_which_exist() -> None:
    with pytest.raises(UnknownNameError, match="AU12, AU14"):
        parse_sweep("AU13=0:1:5")


def test_a_value_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="outside"):
        parse_sweep("AU12=0:7:5").expressions()


def test_an_emotion_cannot_be_joined_by_fixed_units() -> None:
    with pytest.raises(ConfigError, match="leave out AU6"):
        parse_sweep("happiness=0:1:3").expressions({"AU6": 0.5})


def test_one_side_of_a_unit_can_be_swept() -> None:
    sweep = parse_sweep("au12_L+AU2=0:1:3")
    assert (sweep.title, sweep.detail) == ("AU12_L+AU2", "left lip corner puller + outer brow raiser")
    assert [dict(one.aus) for one in sweep.expressions()][2] == {"AU12_L": 1, "AU2": 1}
