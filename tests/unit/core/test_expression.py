import pytest
import torch

from mienkit.core.action_unit import AU_INDEX, SIDED_UNITS, au_vector
from mienkit.core.emotion import emotion_aus
from mienkit.core.errors import ConfigError, UnknownNameError
from mienkit.core.expression import MODES, Expression

MEASURED = au_vector({"AU12": 0.3, "AU4": 0.6, "AU26": 0.9})


def named(vector):
    return {name: round(vector[index].item(), 6) for name, index in AU_INDEX.items() if vector[index]}


def test_absolute_sets_the_named_units_and_leaves_the_others():
    target = Expression(aus={"AU12": 0.8, "AU6": 0.5}).target(MEASURED)
    assert named(target) == {"AU12": 0.8, "AU6": 0.5, "AU4": 0.6, "AU26": 0.9}


def test_relative_adds_to_what_is_measured_and_stays_in_range():
    target = Expression(aus={"AU12": 0.4, "AU4": -1.0, "AU26": 0.5}, mode="relative").target(MEASURED)
    assert named(target) == {"AU12": 0.7, "AU26": 1.0}


def test_from_neutral_forgets_what_is_measured():
    assert named(Expression(aus={"AU12": 0.8}, mode="from-neutral").target(MEASURED)) == {"AU12": 0.8}


@pytest.mark.parametrize("mode", MODES)
def test_an_emotion_is_a_whole_expression_in_every_mode(mode):
    target = Expression(emotion="happy", intensity=0.5, mode=mode).target(MEASURED)
    assert torch.equal(target, emotion_aus("happiness", 0.5))


@pytest.mark.parametrize("mode", MODES)
def test_what_is_measured_is_not_changed(mode):
    measured = MEASURED.clone()
    Expression(aus={"AU12": 0.8}, mode=mode).target(measured)
    assert torch.equal(measured, MEASURED)


def test_a_target_has_the_type_of_what_is_measured():
    assert Expression(emotion="fear").target(MEASURED.double()).dtype == torch.float64
    assert Expression(aus={"AU1": 0.1}).target(MEASURED.double()).dtype == torch.float64


def test_names_are_spelt_one_way_inside():
    assert Expression(aus={"au04": 0.5}).aus == {"AU4": 0.5}
    assert Expression(emotion="Smile").emotion == "happiness"


@pytest.mark.parametrize("asked", [{}, {"aus": {"AU12": 1}, "emotion": "fear"}])
def test_nothing_and_two_things_are_refused(asked):
    with pytest.raises(ConfigError, match="action units or for an emotion, one of the two"):
        Expression(**asked)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"aus": {"AU12": 7}}, r"AU12=7 is outside \[0, 1\]"),
        ({"aus": {"AU12": -0.2}}, r"AU12=-0.2 is outside \[0, 1\]"),
        ({"aus": {"AU12": -0.2}, "mode": "from-neutral"}, r"outside \[0, 1\]"),
        ({"aus": {"AU12": -1.2}, "mode": "relative"}, r"AU12=-1.2 is outside \[-1, 1\]"),
        ({"emotion": "fear", "intensity": 2}, r"intensity=2 is outside \[0, 1\]"),
    ],
)
def test_an_intensity_out_of_range_is_refused(asked, message):
    with pytest.raises(ConfigError, match=message):
        Expression(**asked)


def test_a_negative_change_is_fine():
    assert Expression(aus={"AU12": -0.2}, mode="relative").aus == {"AU12": -0.2}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"aus": {"AU13": 0.5}}, "no action unit is called 'AU13'"),
        ({"emotion": "hapiness"}, "no emotion is called 'hapiness'; did you mean 'happiness'"),
        ({"aus": {"AU12": 0.5}, "mode": "relativ"}, "no mode is called 'relativ'; did you mean 'relative'"),
    ],
)
def test_an_unknown_name_suggests_the_right_one(asked, message):
    with pytest.raises(UnknownNameError, match=message):
        Expression(**asked)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"aus": {"AU12": 0.8, "AU6": 0.5}}, "AU12=0.8 AU6=0.5"),
        ({"aus": {"AU12": 0.25, "AU4": -1}, "mode": "relative"}, "AU12=+0.25 AU4=-1"),
        ({"emotion": "fear"}, "fear"),
        ({"emotion": "fear", "intensity": 0.5}, "fear 0.5"),
    ],
)
def test_an_expression_describes_itself_in_a_few_characters(asked, words):
    assert Expression(**asked).describe() == words


def sided(sides):
    return {name: round(value.item(), 6) for name, value in zip(SIDED_UNITS, sides, strict=True) if value}


def test_a_side_is_set_alone_and_the_whole_is_the_mean_of_both():
    wanted = Expression(aus={"au12_L": 0.8}, mode="from-neutral")
    assert sided(wanted.sides(MEASURED)) == {"AU12_L": 0.8}
    assert named(wanted.target(MEASURED)) == {"AU12": 0.4}
    assert wanted.sided == ("AU12_L",)


def test_a_side_that_is_not_named_keeps_what_is_measured():
    sides = sided(Expression(aus={"AU12_R": 0.9}).sides(MEASURED))
    assert (sides["AU12_L"], sides["AU12_R"], sides["AU4_L"]) == (0.3, 0.9, 0.6)


@pytest.mark.parametrize("names", [("AU12", "AU12_L"), ("AU12_L", "AU12")])
def test_a_side_comes_after_the_whole_unit_however_they_are_written(names):
    values = {"AU12": 0.2, "AU12_L": 0.5}
    asked = {name: values[name] for name in names}
    sides = sided(Expression(aus=asked, mode="from-neutral").sides(MEASURED))
    assert sides == {"AU12_L": 0.5, "AU12_R": 0.2}
    added = sided(Expression(aus=asked, mode="relative").sides(MEASURED))
    assert (added["AU12_L"], added["AU12_R"]) == (1.0, 0.5)


def test_whole_units_move_both_sides_alike():
    sides = Expression(aus={"AU12": 0.8, "AU4": 0.1}).sides(MEASURED)
    assert torch.equal(sides[::2], sides[1::2])
    assert Expression(aus={"AU12": 0.8}).sided == ()


def test_contempt_is_one_sided_where_sides_are_known_and_whole_where_they_are_not():
    contempt = Expression(emotion="contempt")
    assert sided(contempt.sides(MEASURED)) == {"AU12_L": 0.2, "AU14_L": 1.0}
    assert torch.equal(contempt.target(MEASURED), emotion_aus("contempt"))


def test_a_side_describes_itself():
    assert Expression(aus={"au12_L": 0.8, "AU4": 0.5}).describe() == "AU12_L=0.8 AU4=0.5"
