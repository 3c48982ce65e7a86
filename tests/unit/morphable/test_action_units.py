"""Action units as movements of the head, and back."""

import numpy as np
import pytest
from real_head import real_model as real_model
from tiny_head import tiny_head

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, MIDDLE_UNITS, au_vector
from mienkit.morphable.action_units import (
    ANTAGONISTS,
    AU_SHAPES,
    action_units_of,
    close_lips,
    expression_of,
    join_halves,
    lip_seal,
    shapes_called,
    units_shown,
    with_units,
    without_antagonists,
)
from mienkit.morphable.head import EXPRESSION_NAMES, HeadModel

SHAPE = {name: index for index, name in enumerate(EXPRESSION_NAMES)}
LIPS = [61, 62, 63], [67, 66, 65]


def units(**intensities: float) -> np.ndarray:
    return au_vector(intensities).numpy()


def random_units(count: int = 200, seed: int = 0) -> np.ndarray:
    dice = np.random.default_rng(seed)
    aus = dice.uniform(size=(count, 17)) * (dice.uniform(size=(count, 17)) < 0.4)
    aus[:, AU_INDEX["AU5"]] *= aus[:, AU_INDEX["AU45"]] == 0
    return aus.astype(np.float32)


@pytest.fixture
def model(real_model: HeadModel) -> HeadModel:
    return real_model


def movement(model: HeadModel, landmarks: list[int], **intensities: float) -> np.ndarray:
    """Return the mean movement of landmarks, (3,) cm."""
    moved = model.shape(expression=expression_of(units(**intensities))) - model.neutral
    return np.asarray(moved[model.landmarks68[landmarks]].mean(0))


def gap(model: HeadModel, expression: np.ndarray) -> float:
    """Return how far the lips are apart, cm."""
    height = model.shape(expression=expression)[model.landmarks68, 1]
    return float((height[LIPS[0]] - height[LIPS[1]]).mean())


def test_every_unit_has_a_row_of_shapes_that_exist() -> None:
    assert tuple(AU_SHAPES) == ACTION_UNITS
    stems = {stem for shapes in (*AU_SHAPES.values(), *map(dict.fromkeys, ANTAGONISTS.values())) for stem in shapes}
    assert all(shapes_called(stem) for stem in stems)


def test_units_come_back_exactly() -> None:
    aus = random_units()
    np.testing.assert_allclose(action_units_of(expression_of(aus)), aus, atol=1e-5)


@pytest.mark.parametrize("name", ACTION_UNITS)
def test_a_single_unit_comes_back_alone(name: str) -> None:
    aus = units(**{name: 1.0})
    np.testing.assert_allclose(action_units_of(expression_of(aus)), aus, atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_side_comes_back_when_that_side_is_read(side: str) -> None:
    aus = random_units(50)
    np.testing.assert_allclose(action_units_of(expression_of(aus, side), side), aus, atol=1e-5)


def test_a_side_moves_only_its_half() -> None:
    wink = expression_of(units(AU45=1.0), "left")
    assert wink[SHAPE["eyeBlink_L"]] == 1
    assert wink[SHAPE["eyeBlink_R"]] == 0
    assert expression_of(units(AU26=1.0), "right")[SHAPE["jawOpen"]] == np.float32(0.5)


def test_a_smile_on_one_side_reads_as_half_a_smile() -> None:
    assert action_units_of(expression_of(units(AU12=0.8), "left"))[AU_INDEX["AU12"]] == pytest.approx(0.4)


def test_single_faces_and_rows_agree() -> None:
    aus = random_units(3)
    assert expression_of(aus).shape == (3, 57)
    np.testing.assert_array_equal(expression_of(aus)[1], expression_of(aus[1]))
    np.testing.assert_array_equal(action_units_of(expression_of(aus))[1], action_units_of(expression_of(aus[1])))


def test_another_number_of_units_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"\(17,\) or \(N, 17\) values are needed, not \(16,\)"):
        expression_of(np.zeros(16))
    with pytest.raises(ValueError, match=r"\(57,\)"):
        action_units_of(np.zeros(17))


def test_wrong_shapes_and_sides_are_errors() -> None:
    with pytest.raises(ValueError, match="no expression shape is called 'smile'"):
        shapes_called("smile")
    with pytest.raises(ValueError, match="'left', 'right' or None, not 'up'"):
        shapes_called("jawOpen", "up")  # type: ignore[arg-type]


def test_shapes_of_no_unit_are_not_read() -> None:
    pucker = np.zeros(57)
    pucker[SHAPE["mouthFunnel"]] = pucker[SHAPE["jawLeft"]] = 1
    np.testing.assert_array_equal(action_units_of(pucker), 0)


def test_closed_lids_hide_wide_eyes() -> None:
    closed = expression_of(units(AU5=1.0, AU45=1.0))
    assert closed[SHAPE["eyeWide_L"]] == 0
    assert closed[SHAPE["eyeBlink_L"]] == 1


def test_a_jaw_that_hangs_open_without_lips_that_follow_reads_as_parted_lips() -> None:
    opened = np.zeros((3, 57))
    opened[:, SHAPE["jawOpen"]] = 0.0, 0.1, 0.5
    read = action_units_of(opened)
    np.testing.assert_allclose(read[:, AU_INDEX["AU26"]], [0, 0.2, 1], atol=0.05)
    assert read[0, AU_INDEX["AU25"]] == 0
    assert 0.1 < read[1, AU_INDEX["AU25"]] < 0.5
    assert read[2, AU_INDEX["AU25"]] == 1


def test_an_expression_that_shows_the_units_stays_exactly_as_it_is() -> None:
    dice = np.random.default_rng(1)
    expression = dice.uniform(0, 0.4, 57).astype(np.float32)
    np.testing.assert_array_equal(with_units(expression, action_units_of(expression)), expression)


def test_units_change_and_the_rest_stays() -> None:
    expression = expression_of(units(AU12=0.8, AU25=0.5))
    expression[SHAPE["jawLeft"]] = 0.3
    after = with_units(expression, units(AU4=0.5))
    np.testing.assert_allclose(action_units_of(after), units(AU4=0.5), atol=1e-5)
    assert after[SHAPE["jawLeft"]] == np.float32(0.3)


def test_weights_never_leave_their_range() -> None:
    torn = with_units(np.full(57, 1.2, np.float32), np.ones(17, np.float32))
    assert torn.max() <= 1.5
    assert torn.min() >= -0.5


def test_antagonists_relax_as_far_as_the_unit_is_raised() -> None:
    smile = expression_of(units(AU12=1.0, AU6=0.7))
    half = without_antagonists(smile, units(AU15=0.5))
    assert half[SHAPE["mouthSmile_L"]] == pytest.approx(0.5)
    assert half[SHAPE["cheekSquint_L"]] == smile[SHAPE["cheekSquint_L"]]
    assert without_antagonists(smile, units(AU15=1.0), share=0.5)[SHAPE["mouthSmile_R"]] == pytest.approx(0.5)


def test_no_unit_is_its_own_antagonist() -> None:
    for name, against in ANTAGONISTS.items():
        assert not set(against) & {stem for stem, weight in AU_SHAPES[name].items() if weight > 0.2}, name


def test_lips_are_sealed_until_something_opens_them() -> None:
    aus = np.stack([units(), units(AU12=1.0, AU23=1.0), units(AU25=0.1), units(AU26=0.6), units(AU10=1.0)])
    np.testing.assert_allclose(lip_seal(aus), [1, 1, 0.5, 0, 0], atol=1e-6)
    assert lip_seal(units(AU25=0.1)).shape == ()


def test_sealed_lips_touch_and_lips_that_meet_stay() -> None:
    head = tiny_head()
    apart = np.zeros(57, np.float32)
    closed = close_lips(head, np.zeros(2), apart, 1.0)
    assert gap(head, apart) == pytest.approx(0.1, abs=1e-5)
    assert gap(head, closed) == pytest.approx(0, abs=1e-5)
    assert gap(head, close_lips(head, np.zeros(2), apart, 0.5)) == pytest.approx(0.05, abs=1e-5)
    apart[SHAPE["mouthClose"]] = 0.2
    np.testing.assert_array_equal(close_lips(head, np.zeros(2), apart, 1.0), apart)


def test_identity_counts_when_lips_are_closed() -> None:
    head = tiny_head()
    identity = np.array([1.0, -2.0, 0.5])
    closed = close_lips(head, identity, np.zeros(57, np.float32), 1.0)
    height = head.shape(identity, closed)[:, 1]
    assert (height[LIPS[0]] - height[LIPS[1]]).mean() == pytest.approx(
        min(0, float((head.shape(identity)[LIPS[0], 1] - head.shape(identity)[LIPS[1], 1]).mean())), abs=1e-4
    )


@pytest.mark.parametrize(
    ("unit", "landmarks", "axis", "centimetres"),
    [
        ("AU1", [21, 22], 1, 0.5),  # inner brows up
        ("AU2", [17, 26], 1, 0.3),  # outer brows up
        ("AU4", [19, 20, 23, 24], 1, -0.4),  # brows down
        ("AU5", [37, 38, 43, 44], 1, 0.25),  # upper lids up
        ("AU6", [40, 41, 46, 47], 1, 0.2),  # lower lids up
        ("AU9", [31, 35], 1, 0.5),  # nostrils up
        ("AU10", [50, 52], 1, 0.4),  # upper lip up
        ("AU12", [48, 54], 1, 0.9),  # corners up
        ("AU14", [48, 54], 2, -0.5),  # corners in
        ("AU15", [48, 54], 1, -0.5),  # corners down
        ("AU17", [57], 1, 0.4),  # lower lip up
        ("AU26", [8], 1, -1.2),  # chin down
        ("AU45", [37, 38, 43, 44], 1, -0.7),  # upper lids down
    ],
)
def test_a_unit_moves_what_it_is_called_after(
    model: HeadModel, unit: str, landmarks: list[int], axis: int, centimetres: float
) -> None:
    moved = float(movement(model, landmarks, **{unit: 1.0})[axis])
    assert moved * np.sign(centimetres) >= abs(centimetres)


def test_a_stretched_mouth_is_wider_and_a_tightened_one_narrower(model: HeadModel) -> None:
    def width(**intensities: float) -> float:
        shape = model.shape(expression=expression_of(units(**intensities)))[model.landmarks68]
        return float(shape[54, 0] - shape[48, 0])

    assert width(AU20=1.0) > width() + 1
    assert width(AU23=1.0) < width() - 0.1


def test_the_outer_brow_raiser_lifts_the_outer_end_most(model: HeadModel) -> None:
    outer, inner = movement(model, [17, 18, 25, 26], AU2=1.0)[1], movement(model, [21, 22], AU2=1.0)[1]
    assert outer > 2 * inner


def test_the_cheek_raiser_lifts_the_cheek_more_than_the_lid_tightener(model: HeadModel) -> None:
    eye = model.neutral[model.landmarks68[36:42]].mean(0)
    below = np.abs(model.neutral[:6706] - eye - (0, -2.3, 0))[:, :2].max(1) < 0.9
    lifts = [
        (model.shape(expression=expression_of(units(**{name: 1.0}))) - model.neutral)[:6706][below, 1].mean()
        for name in ("AU6", "AU7")
    ]
    assert lifts[0] > 0.4
    assert lifts[0] > 2 * lifts[1]


def test_the_levator_bares_teeth_and_the_nose_wrinkler_does_not(model: HeadModel) -> None:
    assert gap(model, expression_of(units(AU10=1.0))) > 0.4
    assert gap(model, expression_of(units(AU9=1.0))) < 0.25


def test_lips_follow_a_dropped_jaw_until_they_are_parted(model: HeadModel) -> None:
    assert 0.3 < gap(model, expression_of(units(AU26=1.0))) < 0.8
    assert gap(model, expression_of(units(AU25=1.0))) == pytest.approx(0.7, abs=0.1)
    assert gap(model, expression_of(units(AU25=1.0, AU26=1.0))) > 1.8


def test_lips_of_real_identities_can_be_sealed(model: HeadModel) -> None:
    dice = np.random.default_rng(3)
    for _ in range(5):
        identity = dice.normal(0, 0.8, 100)
        sealed = close_lips(model, identity, expression_of(units(AU12=0.6)), 1.0)
        height = model.shape(identity, sealed)[model.landmarks68, 1]
        assert (height[LIPS[0]] - height[LIPS[1]]).mean() < 0.01


def test_closing_lids_hide_how_far_they_were_raised():
    asked = units(AU5=0.8, AU45=0.75, AU12=0.3)
    shown = units_shown(asked)
    assert shown[AU_INDEX["AU5"]] == pytest.approx(0.2)
    assert shown[AU_INDEX["AU45"]] == pytest.approx(0.75)
    assert shown[AU_INDEX["AU12"]] == pytest.approx(0.3)
    assert asked[AU_INDEX["AU5"]] == pytest.approx(0.8)


def test_two_units_that_lift_the_same_lip_do_less_than_their_sum(model):
    apart = movement(model, [50, 52], AU9=1)[1] + movement(model, [50, 52], AU10=1)[1]
    together = movement(model, [50, 52], AU9=1, AU10=1)[1]
    assert movement(model, [50, 52], AU9=1)[1] < together < 0.85 * apart


def test_units_without_sides_are_those_whose_leading_shape_has_none():
    one = {name for name, shapes in AU_SHAPES.items() if len(shapes_called(next(iter(shapes)))) == 1}
    assert one == MIDDLE_UNITS


def test_halves_are_joined_and_the_jaw_takes_the_mean():
    smile, yawn = expression_of(units(AU12=0.8, AU26=1.0)), expression_of(units(AU45=1.0))
    joined = join_halves(smile, yawn)
    assert joined[SHAPE["mouthSmile_L"]] == np.float32(0.8)
    assert joined[SHAPE["mouthSmile_R"]] == 0
    assert joined[SHAPE["eyeBlink_L"]] == 0
    assert joined[SHAPE["eyeBlink_R"]] == 1
    assert joined[SHAPE["jawOpen"]] == np.float32(0.25)
    np.testing.assert_array_equal(join_halves(smile, smile), smile)


def test_one_half_changes_to_its_units_and_the_other_stays():
    after = with_units(expression_of(units(AU12=0.6)), units(AU12=0.2, AU2=0.5), "left")
    np.testing.assert_allclose(action_units_of(after, "left"), units(AU12=0.2, AU2=0.5), atol=1e-5)
    np.testing.assert_allclose(action_units_of(after, "right"), units(AU12=0.6), atol=1e-5)
