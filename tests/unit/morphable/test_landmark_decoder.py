"""From landmarks to the head's shapes: how exact it is, what it cannot be fooled by, and what never overlaps."""

import numpy as np
import pytest
from real_head import real_model as real_model

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.emotion import EMOTIONS, emotion_aus
from mienkit.morphable.action_units import HIGHEST, expression_of
from mienkit.morphable.curves import CLOSE, head_curves
from mienkit.morphable.head import EXPRESSION_NAMES, NARROW_FACE, HeadModel
from mienkit.morphable.landmark_decoder import SHUT_CM, LandmarkDecoder, decoder_of
from mienkit.morphable.looks import roll_looks
from mienkit.morphable.marked_head import in_picture

PEOPLE = 24
NOISE = 0.25 / 490
"""A quarter of a millimetre; a head's landmarks have a norm of about 49 cm."""


def person(number: int) -> LandmarkDecoder:
    return decoder_of(roll_looks(number).identity)


def motion_of(decoder: LandmarkDecoder, weights: np.ndarray) -> np.ndarray:
    """Show weights, (T, 57), and see how landmarks move, (T, 68, 3)."""
    shown = np.tensordot(weights, decoder.head.expression, 1)
    return in_picture(decoder.head.rest(decoder.identity) + shown) - decoder.rest


def named(**weights: float) -> np.ndarray:
    values = np.zeros((1, len(EXPRESSION_NAMES)), np.float32)
    for name, weight in weights.items():
        values[0, EXPRESSION_NAMES.index(name)] = weight
    return values


def millimetres(model: HeadModel, noise: float) -> np.ndarray:
    """Tell how far the vertices of faces are off, (people, vertices), who show two to four units at random."""
    dice, off = np.random.default_rng(8), []
    for number in range(PEOPLE):
        decoder, aus = person(7000 + number), np.zeros(NUM_AUS, np.float32)
        aus[dice.choice(NUM_AUS, dice.integers(2, 5), replace=False)] = dice.uniform(0.3, 1)
        shown = decoder.kept_apart(expression_of(aus) + decoder.seal)
        motion = motion_of(decoder, shown[None]) + dice.normal(0, max(noise, 1e-12), (1, 68, 3)).astype(np.float32)
        error = decoder.decode(motion)[0] - shown
        off.append(np.linalg.norm(np.tensordot(error, model.expression[:, :NARROW_FACE], 1), axis=1))
    return 10 * np.stack(off)


def test_vertices_are_found_to_a_tenth_of_a_millimetre(real_model: HeadModel) -> None:
    off = millimetres(real_model, 0)
    assert off.mean() < 0.13
    assert np.quantile(off, 0.95) < 0.45


def test_landmarks_that_are_a_quarter_millimetre_off_do_little_harm(real_model: HeadModel) -> None:
    off = millimetres(real_model, NOISE)
    assert off.mean() < 0.22
    assert np.quantile(off, 0.95) < 0.6


def test_rest_shows_lips_that_touch_and_nothing_else(real_model: HeadModel) -> None:
    decoder = person(22)
    assert decoder.seal[CLOSE] > 0.01
    found = decoder.decode(np.zeros((2, 68, 3), np.float32))
    np.testing.assert_allclose(found, decoder.seal[None].repeat(2, 0), atol=0.002)
    assert np.count_nonzero(found) == 2


def test_a_smile_is_a_smile_and_little_else(real_model: HeadModel) -> None:
    decoder = person(5)
    shown = decoder.seal + named(mouthSmile_L=0.8, mouthSmile_R=0.4)
    (found,) = decoder.decode(motion_of(decoder, shown)) - decoder.seal
    smile = {name: weight for name, weight in zip(EXPRESSION_NAMES, found, strict=True) if abs(weight) > 0.03}
    assert smile == pytest.approx({"mouthSmile_L": 0.8, "mouthSmile_R": 0.4}, abs=0.03)


def test_a_head_that_moves_away_or_nears_shows_nothing(real_model: HeadModel) -> None:
    decoder = person(5)
    motion = (1.05 * decoder.rest + np.array([0.02, -0.03, 0.01], np.float32) - decoder.rest)[None]
    np.testing.assert_allclose(decoder.decode(motion), decoder.seal[None], atol=0.002)


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_the_motion_of_one_person_moves_another_alike(real_model: HeadModel, emotion: str) -> None:
    (curve,) = head_curves([40], np.stack([np.zeros(NUM_AUS), emotion_aus(emotion).numpy()])[None].astype(np.float32))
    (found,) = person(41).decode(curve[1:] - curve[:1])
    (own,) = person(40).decode(curve[1:] - curve[:1])
    assert np.corrcoef(found, own)[0, 1] > 0.9


@pytest.mark.parametrize("number", [7, 19, 22, 41])
def test_lids_and_lips_that_are_pushed_too_far_only_meet(real_model: HeadModel, number: int) -> None:
    decoder = person(number)
    motion = 1.6 * motion_of(decoder, decoder.seal + named(eyeBlink_L=1.0, eyeBlink_R=1.0, eyeSquint_L=0.3))
    motion += motion_of(decoder, decoder.seal + named(mouthClose=0.08))
    shown = decoder.decode(motion)
    for side in "LR":
        assert decoder.head.lid_gap(side, decoder.identity, shown) == pytest.approx(SHUT_CM, abs=0.01)
    others = shown.copy()
    others[:, CLOSE] = 0
    open_without = decoder.head.lip_gap(decoder.identity, others)
    assert decoder.head.lip_gap(decoder.identity, shown) > np.minimum(open_without, 0) - 0.01


def test_what_lies_apart_is_left_alone(real_model: HeadModel) -> None:
    weights = named(eyeBlink_L=0.5, jawOpen=0.6, mouthClose=0.2)
    np.testing.assert_allclose(person(5).kept_apart(weights), weights, atol=1e-6)


def test_weights_are_those_that_the_mesh_bears(real_model: HeadModel) -> None:
    noise = np.random.default_rng(1).normal(0, 0.003, (5, 68, 3)).astype(np.float32)
    found = person(41).decode(noise)
    assert found.min() >= 0
    assert 0.1 < found.max() <= HIGHEST


@pytest.mark.parametrize("wrong", [np.zeros((2, 68, 2)), np.zeros((68, 3)), np.full((1, 68, 3), np.nan)])
def test_what_is_no_motion_is_refused(real_model: HeadModel, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(T, 68, 3\) finite"):
        person(5).decode(wrong)
