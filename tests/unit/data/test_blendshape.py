import numpy as np
import pytest

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX
from mienkit.core.errors import DataError
from mienkit.data.blendshape import BLENDSHAPES, READINGS, blendshape_aus

BLIND = ("AU5", "AU6", "AU9", "AU10")


def aus_of(**scores):
    vector = np.zeros((1, len(BLENDSHAPES)), np.float32)
    for name, value in scores.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in BLENDSHAPES:
                vector[0, BLENDSHAPES.index(full)] = value
    return dict(zip(ACTION_UNITS, blendshape_aus(vector)[0].tolist(), strict=True))


def test_units_that_the_scores_cannot_see_are_unknown_and_all_others_known():
    aus = aus_of(noseSneer=1.0, cheekSquint=1.0, eyeWide=1.0)
    assert [name for name, value in aus.items() if np.isnan(value)] == list(BLIND)


def test_a_resting_face_reads_zero():
    resting = {"browDown": 0.33, "eyeSquint": 0.49, "eyeBlink": 0.14, "mouthPress": 0.14, "mouthShrugLower": 0.12,
               "browInnerUp": 0.07, "browOuterUp": 0.11, "mouthSmile": 0.03}  # fmt: skip
    assert all(value == 0 for name, value in aus_of(**resting).items() if name not in BLIND)


@pytest.mark.parametrize("unit", sorted(READINGS))
def test_the_response_at_full_strength_reads_one(unit):
    for reading in READINGS[unit]:
        assert aus_of(**{reading.shape: reading.rest + reading.response})[unit] == pytest.approx(1, abs=1e-6)
        half = aus_of(**{reading.shape: reading.rest + reading.response / 2})[unit]
        assert half == pytest.approx(0.5, abs=1e-6)


def test_intensities_stay_within_zero_and_one():
    scores = np.random.default_rng(0).uniform(0, 1, (200, len(BLENDSHAPES))).astype(np.float32)
    aus = blendshape_aus(scores)
    assert np.nanmin(aus) == 0
    assert np.nanmax(aus) == 1


def test_left_and_right_are_averaged():
    scores = np.zeros((1, len(BLENDSHAPES)), np.float32)
    scores[0, BLENDSHAPES.index("mouthSmileLeft")] = 0.92
    one_sided = blendshape_aus(scores)[0, AU_INDEX["AU12"]]
    assert one_sided == pytest.approx(aus_of(mouthSmile=0.46)["AU12"], abs=1e-6)


def test_the_order_of_the_names_decides():
    scores = np.random.default_rng(0).uniform(0, 1, (3, len(BLENDSHAPES))).astype(np.float32)
    turned = blendshape_aus(scores[:, ::-1], BLENDSHAPES[::-1])
    np.testing.assert_array_equal(turned, blendshape_aus(scores))


def test_a_wrong_number_of_scores_is_refused():
    with pytest.raises(DataError, match="52 blendshape scores"):
        blendshape_aus(np.zeros((1, 51), np.float32))
