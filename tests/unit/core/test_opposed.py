"""What gives way on a face when another unit rises."""

import pytest
import torch

from mienkit.core.action_unit import ACTION_UNITS, SIDED_UNITS, au_dict, au_vector
from mienkit.core.expression import Expression
from mienkit.core.opposed import OPPOSED, give_way


def shown(aus, **settings):
    smile = au_vector({"AU12": 0.8, "AU6": 0.5, "AU25": 0.6, "AU17": 0.2})
    return au_dict(Expression(aus=aus, **settings).target(smile))


def test_a_unit_that_rises_by_half_leaves_half_of_what_it_cannot_stand_beside():
    left = au_dict(give_way(au_vector({"AU12": 0.8, "AU6": 0.5}), au_vector({"AU15": 0.5})))
    assert (left["AU12"], left["AU6"]) == (pytest.approx(0.4), 0.5)


def test_what_falls_moves_nothing_else():
    aus = au_vector({"AU12": 0.8, "AU4": 0.3})
    assert torch.equal(give_way(aus, au_vector({"AU15": 0.0}) - 0.5), aus)


def test_no_unit_gives_way_to_itself_and_all_exist():
    for name, others in OPPOSED.items():
        assert {name, *others} <= set(ACTION_UNITS)
        assert name not in others


def test_a_smile_gives_way_to_lip_corners_pulled_down_in_every_mode_that_keeps_the_face():
    assert shown({"AU15": 1.0})["AU12"] == 0
    assert shown({"AU15": 0.5}, mode="relative")["AU12"] == pytest.approx(0.4)
    assert shown({"AU15": 1.0})["AU6"] == 0.5


def test_what_is_asked_for_by_name_is_shown_whatever_it_stands_beside():
    both = shown({"AU15": 1.0, "AU12": 0.7})
    assert (both["AU15"], both["AU12"]) == (1, pytest.approx(0.7))


def test_one_side_gives_way_alone_but_the_chin_has_none():
    smile = au_vector({"AU15": 0.8, "AU17": 0.4})
    sides = dict(zip(SIDED_UNITS, Expression(aus={"AU12_L": 1.0}).sides(smile).tolist(), strict=True))
    assert (sides["AU15_L"], sides["AU15_R"]) == (0, pytest.approx(0.8))
    assert sides["AU17_L"] == sides["AU17_R"] == pytest.approx(0.2)
