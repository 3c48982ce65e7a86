import pytest
import torch

from mienkit.core.action_unit import (
    ACTION_UNITS,
    AU_INDEX,
    AU_NAMES,
    NUM_AUS,
    SIDED_UNITS,
    au_dict,
    au_vector,
    both_sides,
    canonical_au,
    canonical_unit,
    check_intensity,
    mean_of_sides,
    side_dict,
    tilt_of_sides,
    unit_title,
    whole_unit,
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


def test_every_unit_has_its_left_and_then_its_right():
    assert len(SIDED_UNITS) == 34
    assert SIDED_UNITS[:3] == ("AU1_L", "AU1_R", "AU2_L")
    assert [whole_unit(name) for name in SIDED_UNITS[::2]] == list(ACTION_UNITS)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("au12_L", "AU12_L"), (" AU04_R ", "AU4_R"), ("12_L", "AU12_L"), ("AU12_r", "AU12"), ("au4", "AU4")],
)
def test_a_side_is_a_capital_letter_and_the_suffix_of_openface_is_none(spelling, name):
    assert canonical_unit(spelling) == name


def test_the_side_of_a_unit_without_sides_is_refused_with_what_to_ask_for():
    with pytest.raises(ConfigError, match=r"AU26 \(jaw drop\) has no sides; ask for AU26"):
        canonical_unit("AU26_L")


@pytest.mark.parametrize("wrong", ["AU13_L", "AU12_l", "AU12_LR", "_L"])
def test_an_unknown_side_is_answered_with_the_units_that_exist(wrong):
    with pytest.raises(UnknownNameError, match="no action unit is called"):
        canonical_unit(wrong)


def test_halves_have_a_mean_and_a_tilt_to_the_left():
    aus = torch.rand(2, 17)
    assert torch.equal(mean_of_sides(both_sides(aus)), aus)
    assert not tilt_of_sides(both_sides(aus)).any()
    lopsided = both_sides(aus)
    lopsided[:, SIDED_UNITS.index("AU12_L")] += 0.5
    assert tilt_of_sides(lopsided)[0, AU_INDEX["AU12"]] == pytest.approx(0.25)
    torch.testing.assert_close(mean_of_sides(lopsided)[:, AU_INDEX["AU12"]], aus[:, AU_INDEX["AU12"]] + 0.25)


def test_sides_are_named_only_where_they_differ():
    sides = both_sides(au_vector({"AU6": 0.5}))
    sides[SIDED_UNITS.index("AU12_R")] = 0.8
    named = {name: value for name, value in side_dict(sides).items() if value}
    assert named == {"AU6": 0.5, "AU12": 0.4, "AU12_R": 0.8}
    assert "AU12_L" in side_dict(sides)


def test_titles_say_the_side():
    assert [unit_title(name) for name in ("AU26", "AU12_L", "AU2_R")] == [
        "jaw drop", "left lip corner puller", "right outer brow raiser",
    ]  # fmt: skip


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
