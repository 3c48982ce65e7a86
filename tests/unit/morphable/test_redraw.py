"""A face redrawn with another expression, on a drawn person whose landmarks are known exactly."""

from dataclasses import replace

import numpy as np
import pytest

from mienkit.core.action_unit import AU_INDEX
from mienkit.data.drawn import draw_faces
from mienkit.morphable.action_units import action_units_of, expression_of
from mienkit.morphable.change import Request, change_units
from mienkit.morphable.fill import distance_inside, fetch, grow, push_pull
from mienkit.morphable.fit import fit_head
from mienkit.morphable.portrait import Portrait, sit
from mienkit.morphable.redraw import Redrawn, redraw
from mienkit.morphable.surface import Kind
from mienkit.morphable.warp import folded_share, resize_flow, spread_flow

SIDE = 192


@pytest.fixture(scope="module")
def portrait(shared_data) -> Portrait:
    """A drawn person, neutral."""
    drawn = draw_faces(np.array([7]), np.zeros((1, 17), np.float32), size=SIDE, seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIENKIT_ASSETS", str(shared_data))
        return sit(drawn.images[0].astype(np.float32), fit_head(drawn.landmarks[0]))


@pytest.fixture(scope="module")
def smiling(portrait) -> Portrait:
    """The same person, whose photo shows a row of white teeth wherever the head has teeth, tongue or gums."""
    aus = np.zeros(17, np.float32)
    aus[[AU_INDEX["AU12"], AU_INDEX["AU25"], AU_INDEX["AU26"]]] = 0.9, 0.8, 0.4
    fit = replace(portrait.fit, expression=portrait.fit.expression + expression_of(aus))
    image = redraw(portrait, fit.expression)
    return sit(np.where((image.kind >= Kind.SOCKET)[..., None], np.float32([235, 230, 220]), image.image), fit)


def raised(portrait: Portrait, **units: float) -> Redrawn:
    aus = np.zeros(17, np.float32)
    for name, intensity in units.items():
        aus[AU_INDEX[name]] = intensity
    return redraw(portrait, portrait.fit.expression + expression_of(aus))


def marks(portrait: Portrait, drawn: Redrawn) -> np.ndarray:
    place = portrait.surface.place[portrait.model.landmarks68]
    return drawn.screen[np.maximum(place, 0), :2]


def test_the_same_expression_gives_the_photo_back(portrait):
    drawn = redraw(portrait, portrait.fit.expression)
    assert np.abs(drawn.image - portrait.image).max() < 0.5
    assert np.abs(drawn.flow).max() < 0.05
    assert np.array_equal(drawn.kind, portrait.kind)


def test_a_smile_moves_the_corners_up_and_apart_and_leaves_the_brows(portrait):
    before = marks(portrait, redraw(portrait, portrait.fit.expression))
    moved = marks(portrait, raised(portrait, AU12=1)) - before
    assert moved[48, 1] < -0.01 * SIDE
    assert moved[54, 1] < -0.01 * SIDE
    assert moved[48, 0] < 0 < moved[54, 0]
    assert np.abs(moved[17:27]).max() < 0.005 * SIDE


def test_the_flow_says_where_the_skin_came_from(portrait):
    drawn = raised(portrait, AU12=1)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32) + np.float32(0.5)
    moved = fetch(portrait.image, columns + drawn.flow[..., 0], rows + drawn.flow[..., 1])
    skin = (drawn.kind == Kind.SKIN) & (drawn.fresh < 0.1)
    error = np.abs(moved - drawn.image).mean(2)[skin].mean()
    still = np.abs(portrait.image - drawn.image).mean(2)[skin].mean()
    assert error < 0.7 * still  # what is left is light on new slopes


def test_a_dropped_jaw_opens_a_mouth_that_is_new(portrait):
    drawn = raised(portrait, AU26=1, AU25=1)
    opened = drawn.kind >= Kind.SOCKET
    assert opened.sum() > 2 * (portrait.kind >= Kind.SOCKET).sum() + 20
    assert drawn.fresh[opened].mean() > 0.6
    assert drawn.fresh[:20].max() == 0


def test_skin_that_moves_around_a_mouth_is_not_new(portrait):
    for drawn in (raised(portrait, AU12=1), raised(portrait, AU26=1, AU25=1), raised(portrait, AU15=1)):
        away = distance_inside(drawn.kind < Kind.SOCKET) > 0.06 * portrait.width
        away[: SIDE * 2 // 5] = False  # eyes
        assert drawn.fresh[away].max() < 0.3
        assert drawn.fresh[away].mean() < 0.005


def test_a_smile_that_opens_leaves_no_teeth_in_the_dark_and_keeps_the_upper_ones(smiling):
    aus = np.zeros(17, np.float32)
    aus[[AU_INDEX["AU25"], AU_INDEX["AU26"]]] = 1
    drawn = redraw(smiling, smiling.fit.expression + expression_of(aus))
    both = (distance_inside(smiling.kind >= Kind.SOCKET) > 1) & (distance_inside(drawn.kind >= Kind.SOCKET) > 1)
    assert both.sum() > 30
    assert np.abs(drawn.image - smiling.image)[both].max() < 100  # one even row, whatever gaps the head's teeth have
    rows, columns = np.nonzero(distance_inside(drawn.kind >= Kind.SOCKET) > 0.02 * smiling.width)
    light = drawn.image.mean(2)[rows, columns] / smiling.teeth.mean()
    assert light[rows > np.quantile(rows, 0.5)].max() < 0.45


def test_a_blink_covers_the_eyes_with_new_lids(portrait):
    drawn = raised(portrait, AU45=1)
    eyes = np.isin(portrait.kind, (Kind.RIGHT_EYE, Kind.LEFT_EYE))
    assert np.isin(drawn.kind, (Kind.RIGHT_EYE, Kind.LEFT_EYE)).sum() < 0.4 * eyes.sum()
    assert drawn.fresh[eyes].mean() > 0.3


def test_a_shut_lid_has_the_colour_of_the_skin_around_it(portrait):
    """Not of the dark strip under the crease, which is all that the photo shows of it."""
    points = portrait.surface.marks.pick(portrait.screen[:, :2]).astype(int)
    dark = portrait.image.copy()
    for upper in (159, 386):
        x, y = points[upper]
        dark[y - 6 : y + 1, x - 14 : x + 15] = 40
    drawn = raised(sit(dark, portrait.fit), AU45=1)
    for upper, lower in ((159, 145), (386, 374)):
        x, y = (points[upper] + points[lower]) // 2
        around = portrait.image[points[lower][1] + 8 : points[lower][1] + 14, x - 3 : x + 4].mean()
        assert drawn.image[y - 1 : y + 1, x - 2 : x + 3].mean() > 0.72 * around


def test_lids_that_close_darken_nothing_far_from_the_eyes(portrait):
    """The mouth moves too, so that its rim is painted anew."""
    both, mouth = raised(portrait, AU45=1, AU15=1), raised(portrait, AU15=1)
    eyes = marks(portrait, mouth)[36:48]
    below = slice(round(eyes[:, 1].max() + 0.1 * SIDE), SIDE)
    assert np.abs(both.image - mouth.image)[below].mean() < 0.5


def test_sealed_lips_touch(portrait):
    open_mouth = portrait.fit.expression + expression_of(np.eye(17, dtype=np.float32)[AU_INDEX["AU25"]] * 0.6)
    gap = (redraw(portrait, open_mouth).kind >= Kind.SOCKET).sum()
    sealed = (redraw(portrait, open_mouth, seal=1.0).kind >= Kind.SOCKET).sum()
    assert sealed < 0.4 * gap


def test_what_lies_around_follows_without_folds(portrait):
    drawn = raised(portrait, AU26=1, AU25=1, AU1=1, AU2=1)
    assert folded_share(drawn.flow) < 0.005
    assert np.abs(drawn.flow[0]).max() < 0.5


def test_drawing_twice_gives_the_same_bytes(portrait):
    first, second = raised(portrait, AU12=0.5), raised(portrait, AU12=0.5)
    assert first.image.tobytes() == second.image.tobytes()
    assert first.flow.tobytes() == second.flow.tobytes()


def test_asking_for_what_is_there_changes_nothing():
    expression = expression_of(np.full(17, 0.3, np.float32))
    same, seal = change_units(expression, Request(np.full(17, 0.4), np.full(17, 0.4)))
    assert np.array_equal(same, expression)
    assert seal == 0


def test_asking_for_none_removes_a_unit_whatever_was_measured():
    smile = np.eye(17, dtype=np.float32)[AU_INDEX["AU12"]]
    expression = expression_of(0.9 * smile)
    after, seal = change_units(expression, Request(0.4 * smile, 0 * smile))
    assert action_units_of(after)[AU_INDEX["AU12"]] == pytest.approx(0, abs=0.02)
    assert seal == 0  # lips that were closed stay as they were


def test_a_unit_rises_by_what_was_asked():
    brow = np.eye(17, dtype=np.float32)[AU_INDEX["AU1"]]
    after, _ = change_units(expression_of(0.2 * brow), Request(0.1 * brow, 0.6 * brow))
    assert action_units_of(after)[AU_INDEX["AU1"]] == pytest.approx(0.7, abs=0.03)


def test_a_smile_goes_where_the_corners_of_the_mouth_fall():
    smile, sad = (np.eye(17, dtype=np.float32)[AU_INDEX[name]] for name in ("AU12", "AU15"))
    after, _ = change_units(expression_of(0.8 * smile), Request(0.7 * smile, 0.7 * smile + sad))
    shown = action_units_of(after)
    assert shown[AU_INDEX["AU12"]] == pytest.approx(0, abs=0.02)
    assert shown[AU_INDEX["AU15"]] == pytest.approx(1, abs=0.02)


def test_two_units_that_were_asked_for_stay_even_if_they_hardly_go_together():
    smile, sad = (np.eye(17, dtype=np.float32)[AU_INDEX[name]] for name in ("AU12", "AU15"))
    after, _ = change_units(expression_of(0.2 * smile), Request(0.2 * smile, 0.6 * smile + 0.5 * sad))
    assert action_units_of(after)[AU_INDEX["AU12"]] == pytest.approx(0.6, abs=0.05)


def test_lips_are_sealed_when_a_mouth_closes():
    parted = np.eye(17, dtype=np.float32)[AU_INDEX["AU25"]]
    _, seal = change_units(expression_of(0.8 * parted), Request(0.8 * parted, 0 * parted))
    assert seal == pytest.approx(1)


def test_holes_are_filled_from_around_and_the_rest_is_kept():
    values = np.linspace(0, 1, 32, dtype=np.float32)[None, :, None].repeat(32, 0)
    weight = np.ones((32, 32), np.float32)
    weight[12:18, 12:18] = 0
    spoilt = np.where(weight[..., None] > 0, values, 99).astype(np.float32)
    filled = push_pull(spoilt, weight)
    assert np.abs(filled - values).max() < 0.1
    assert np.array_equal(filled[weight > 0], values[weight > 0])


def test_no_flow_extends_to_none():
    nothing = np.zeros((16, 16, 2), np.float32)
    skin = np.zeros((16, 16), bool)
    skin[4:12, 4:12] = True
    assert not spread_flow(nothing, skin, ~skin & False, np.ones((16, 16), np.float32), 10).any()


def test_a_fold_is_seen():
    flow = np.zeros((32, 32, 2), np.float32)
    assert folded_share(flow) == 0
    flow[:, 8:24, 0] = -3 * np.linspace(0, 8, 16)
    assert folded_share(flow) > 0.2


def test_a_flow_at_half_the_side_is_half_as_long():
    flow = np.full((32, 32, 2), 4.0, np.float32)
    assert np.allclose(resize_flow(flow, 16), 2)


def test_masks_grow_upwards_alone_where_asked():
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    grown = grow(mask, 0, upwards=2)
    assert grown[2:5, 4].all()
    assert grown.sum() == 3
    assert distance_inside(mask)[4, 4] == pytest.approx(1, abs=0.1)


def wink(portrait: Portrait, **units: float) -> np.ndarray:
    aus = np.array([units.get(name, 0.0) for name in AU_INDEX], np.float32)
    return portrait.fit.expression + expression_of(aus, "left")


def around(portrait: Portrait, which: Kind) -> tuple[slice, slice]:
    rows, columns = np.nonzero(portrait.kind == which)
    return np.s_[rows.min() - 4 : rows.max() + 5, columns.min() - 4 : columns.max() + 5]


def test_a_wink_leaves_the_other_eye_as_the_photo_has_it(portrait):
    drawn = redraw(portrait, wink(portrait, AU45=1.0))
    shut, open_eye = around(portrait, Kind.LEFT_EYE), around(portrait, Kind.RIGHT_EYE)
    assert np.abs(drawn.image - portrait.image)[open_eye].max() < 1
    assert drawn.fresh[open_eye].mean() < 0.1 < drawn.fresh[shut].mean()
    both = raised(portrait, AU45=1.0)
    np.testing.assert_allclose(drawn.image[shut], both.image[shut], atol=1)


def test_one_brow_lifts_the_lid_of_its_own_eye_alone(portrait):
    drawn = redraw(portrait, wink(portrait, AU2=1.0))
    moved = np.abs(drawn.image - portrait.image).max(2)
    left, right = (moved[around(portrait, which)].mean() for which in (Kind.LEFT_EYE, Kind.RIGHT_EYE))
    assert left > 10 * right
