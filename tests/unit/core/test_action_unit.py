import pytest
import torch

from mienkit.core.action_unit import (
    ACTION_UNITS,
    AU_INDEX,
    AU_NAMES,
    NUM_AUS,
    SIDED,
    au_dict,
    au_vector,
    canonical_au,
    check_intensity,
)
from mienkit.core.errors import ConfigError, UnknownNameError


def test_units_stand_in_the_order_of_openface():
    numbers = [int(name.removeprefix("AU")) for name in ACTION_UNITS]
    assert numbers == [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45]
    assert NUM_AUS == 17
    assert [AU_INDEX[name] for name in ACTION_UNITS] == list(range(17))
    assert AU_NAMES["AU12"] == "lip corner puller"


@pytest.mark.parametrize("spelling", ["AU4", "au4", "au04", "AU04", "04", "4", " AU4 ", "AU04_r"])
def test_every_usual_spelling_of_a_unit_is_understood(spelling):
    assert canonical_au(spelling) == "AU4"


@pytest.mark.parametrize("wrong", ["AU13", "AU", "", "smile", "AU4x", "-4", "AU12_c"])
def test_an_unknown_unit_is_answered_with_those_that_exist(wrong):
    with pytest.raises(UnknownNameError) as caught:
        canonical_au(wrong)
    assert f"no action unit is called '{wrong}'" in str(caught.value)
    assert str(caught.value).endswith(f"choose one of {', '.join(ACTION_UNITS)}")


def test_one_sided_columns_say_the_unit_and_the_side():
    assert SIDED.match("AU12_L").groups() == ("AU12", "L")
    assert SIDED.match("AU12_r") is None


def test_vector_and_names_are_inverse():
    vector = au_vector({"au12": 0.8, "AU06": 0.5})
    assert vector.shape == (17,)
    assert vector.sum().item() == pytest.approx(1.3)
    assert au_dict(vector) == {**dict.fromkeys(ACTION_UNITS, 0.0), "AU12": 0.8, "AU6": 0.5}


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        au_dict(torch.zeros(16))


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_an_intensity_in_range_is_returned(value):
    assert check_intensity("AU12", value) == value


@pytest.mark.parametrize(("value", "lowest"), [(7, 0), (-0.1, 0), (-1.5, -1), (float("nan"), 0), (float("inf"), 0)])
def test_an_intensity_out_of_range_is_refused_with_the_range(value, lowest):
    with pytest.raises(ConfigError, match=rf"AU12={value:g} is outside \[{lowest}, 1\]; FACS letters"):
        check_intensity("AU12", value, lowest)
