"""How far an expression is on its way."""

from itertools import pairwise

import pytest

from mienkit.core.errors import ConfigError
from mienkit.inference.course import Course, parse_course


def test_a_course_rises_stays_and_falls():
    course = parse_course("onset:0.5,apex:1,offset:0.7")
    assert course.seconds == pytest.approx(2.2)
    shares = [course.share(time) for time in (0, 0.25, 0.5, 1.2, 1.85, 2.2, 9)]
    assert shares == pytest.approx([0, 0.5, 1, 1, 0.5, 0, 0])


def test_it_never_falls_while_it_rises():
    course = parse_course("onset:1")
    shares = [course.share(number / 100) for number in range(101)]
    assert all(one <= other for one, other in pairwise(shares))


def test_it_goes_as_far_as_its_intensity():
    assert parse_course("onset:1,apex:1", 0.4).share(1.5) == pytest.approx(0.4)


def test_a_rise_ends_at_its_apex():
    assert Course.rising(2.0).share(1.99) == 1


def test_without_an_onset_it_begins_at_its_apex():
    assert parse_course("apex:1,offset:1").share(0) == 1


@pytest.mark.parametrize("text", ["", "fast", "onset:x", "rise:1", "onset:1;apex:2"])
def test_another_form_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match=r"write e\.g\. onset:0\.5,apex:1,offset:0\.7"):
        parse_course(text)


def test_a_part_that_is_given_twice_is_refused():
    with pytest.raises(ConfigError, match="'onset:1,onset:2' gives onset twice"):
        parse_course("onset:1,onset:2")


@pytest.mark.parametrize(
    ("text", "height"), [("onset:-1", 1), ("onset:0", 1), ("onset:99999", 1), ("onset:1", 0), ("onset:1", 1.2)]
)
def test_numbers_out_of_range_are_refused(text, height):
    with pytest.raises(ConfigError):
        parse_course(text, height)
