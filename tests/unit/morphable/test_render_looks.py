"""What a rendered person is made of; needs no head model."""

from dataclasses import replace

import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, NUM_AUS
from mienkit.morphable.chart import Chart, unroll
from mienkit.morphable.complexion import DARKEST, FAIREST, skin_colour
from mienkit.morphable.darkroom import BRIGHTEST, develop, response, roll_film
from mienkit.morphable.growth import hairline
from mienkit.morphable.lamp import roll_lighting
from mienkit.morphable.looks import CUTS, roll_looks
from mienkit.morphable.wrinkle import FOLDS, curve, draw_fold, fold_depths

CHART = Chart(200)


def show(*names: str) -> np.ndarray:
    aus = np.zeros(NUM_AUS, np.float32)
    aus[[ACTION_UNITS.index(name) for name in names]] = 1
    return aus


def test_melanin_darkens_skin_and_blood_reddens_it() -> None:
    melanin = np.geomspace(FAIREST, DARKEST, 8)
    by_melanin = skin_colour(melanin, np.full(8, 0.008))
    assert (np.diff(by_melanin, axis=0) < 0).all()
    pale, ruddy = skin_colour(np.full(2, 0.03), np.array([0.004, 0.02]))
    assert ruddy[0] / ruddy[1] > 1.3 * pale[0] / pale[1]


@pytest.mark.parametrize("melanin", [FAIREST, 0.05, DARKEST])
def test_skin_is_a_colour_that_skin_has(melanin: float) -> None:
    red, green, blue = skin_colour(np.array(melanin), np.array(0.008))
    assert 0 < blue < green < red < 0.75


def test_a_number_is_always_the_same_person() -> None:
    first, again, other = roll_looks(7), roll_looks(7), roll_looks(8)
    assert np.array_equal(first.identity, again.identity)
    assert (first.cut, first.hair, first.eyes) == (again.cut, again.hair, again.eyes)
    assert not np.array_equal(first.identity, other.identity)


def test_people_differ_in_everything_that_is_rolled() -> None:
    people = [roll_looks(number) for number in range(300)]
    assert {person.cut for person in people} == set(CUTS)
    assert {person.beard > 0 for person in people} == {True, False}
    darkness = [person.complexion.darkness for person in people]
    assert min(darkness) < 0.1
    assert max(darkness) > 0.9


def test_the_middle_of_the_face_is_the_middle_of_the_chart() -> None:
    texel = CHART.texels(unroll(np.array([[0.0, 0.0, 12.0]])))[0]
    assert texel == pytest.approx([CHART.columns / 2, CHART.rows / 2], abs=1)


def test_a_spot_is_where_it_was_asked_for() -> None:
    spot = CHART.spot((4.0, -3.0), (1.0, 1.0))
    row, column = np.unravel_index(spot.argmax(), spot.shape)
    assert CHART.texels(np.array([[4.0, -3.0]]))[0] == pytest.approx([column + 0.5, row + 0.5], abs=0.6)


def test_the_two_sides_of_the_face_fold_alike() -> None:
    for fold in FOLDS:
        drawn = draw_fold(Chart(640), fold)
        assert np.abs(drawn - drawn[:, ::-1]).mean() < 0.45 * np.abs(drawn).mean()
        assert drawn.min() == pytest.approx(-fold.depth, rel=1e-4)


def test_a_curve_goes_through_its_places() -> None:
    line = ((0.0, 0.0), (1.0, 1.0), (3.0, 0.5))
    drawn = curve(line)
    for place in line:
        assert np.abs(drawn - place).sum(1).min() < 1e-9


def test_a_young_calm_face_has_no_folds() -> None:
    assert not fold_depths(show(), 0.0).any()


@pytest.mark.parametrize("unit", sorted({name for fold in FOLDS for name in fold.by}))
def test_a_unit_deepens_its_folds_and_age_deepens_them_more(unit: str) -> None:
    calm, shown, old = fold_depths(show(), 0.0), fold_depths(show(unit), 0.0), fold_depths(show(unit), 1.0)
    named = [unit in fold.by for fold in FOLDS]
    assert ((shown > calm) == named).all()
    assert (old >= shown).all()


def test_hair_begins_lower_at_the_sides_than_above_the_forehead() -> None:
    line = hairline(np.array([0.0, 9.6, 20.0]), 9.5, 0.0)
    assert (np.diff(line) < 0).all()
    assert hairline(np.array([5.4]), 9.5, 1.0) > hairline(np.array([5.4]), 9.5, 0.0)


def test_more_light_is_never_darker_and_white_is_white() -> None:
    curve = response()
    assert curve[0] == 0
    assert (np.diff(curve) >= 0).all()
    assert curve[-1] == pytest.approx(255)


def test_a_picture_is_developed_as_the_curve_says_it() -> None:
    pytest.importorskip("numba")
    film = replace(roll_film(np.random.default_rng(0), 8, gain=1.0), noise=np.zeros((8, 8, 3), np.float32))
    for light in (0.0, 0.02, 0.3, 1.5):
        picture = develop(film, np.full((16, 16, 3), light, np.float32))
        wanted = np.interp(light**0.5, np.linspace(0, BRIGHTEST**0.5, len(response())), response())
        assert picture == pytest.approx(wanted, abs=1)


def test_light_comes_from_in_front_or_above() -> None:
    for number in range(50):
        lighting = roll_lighting(np.random.default_rng(number))
        assert np.linalg.norm(lighting.lamps[:, :3], axis=1) == pytest.approx(1, abs=1e-5)
        assert lighting.lamps[0, 2] > 0
        assert lighting.strength > 0.2
