"""The eight emotions and the units that show them."""

import pytest
import torch

from mienkit.core.action_unit import ACTION_UNITS, AU_INDEX, au_vector, mean_of_sides
from mienkit.core.emotion import (
    EMOTIONS,
    PROTOTYPES,
    SYNONYMS,
    canonical_emotion,
    emotion_aus,
    emotion_likelihood,
    emotion_sides,
    name_emotions,
)
from mienkit.core.errors import UnknownNameError


def test_every_emotion_has_a_prototype_of_units_that_exist():
    assert tuple(PROTOTYPES) == EMOTIONS
    for units in PROTOTYPES.values():
        assert set(units) <= set(ACTION_UNITS)
        assert all(0 < value <= 1 for value in units.values())


def test_prototypes_differ():
    prototypes = torch.stack([emotion_aus(name) for name in EMOTIONS])
    assert torch.pdist(prototypes).min() > 0.5


def test_intensity_scales_the_whole_expression():
    assert torch.equal(emotion_aus("surprise", 0.5), emotion_aus("surprise") / 2)
    assert emotion_aus("neutral").count_nonzero() == 0
    assert emotion_aus("happiness")[AU_INDEX["AU12"]] == 1


@pytest.mark.parametrize(("spelling", "name"), [*SYNONYMS.items(), (" Fear ", "fear"), ("NEUTRAL", "neutral")])
def test_usual_spellings_are_understood(spelling, name):
    assert canonical_emotion(spelling) == name


def test_an_unknown_emotion_is_answered_with_those_that_exist():
    with pytest.raises(UnknownNameError, match=rf"no emotion is called 'envy'.*choose one of {', '.join(EMOTIONS)}"):
        canonical_emotion("envy")


@pytest.mark.parametrize("intensity", [0.5, 1.0])
@pytest.mark.parametrize("name", EMOTIONS)
def test_a_prototype_at_half_and_full_intensity_is_most_like_itself(name, intensity):
    likely = emotion_likelihood(emotion_aus(name, intensity)[None])[0]
    assert EMOTIONS[likely.argmax()] == name


def test_likelihoods_are_probabilities_and_rows_do_not_mix():
    aus = torch.rand(5, 17, generator=torch.Generator().manual_seed(0))
    likely = emotion_likelihood(aus)
    assert likely.shape == (5, 8)
    assert torch.allclose(likely.sum(1), torch.ones(5))
    assert torch.allclose(likely[2:3], emotion_likelihood(aus[2:3]), atol=1e-6)


def test_a_narrow_spread_decides_more_sharply():
    smile = au_vector({"AU12": 0.7, "AU6": 0.4})[None]
    happy = EMOTIONS.index("happiness")
    assert emotion_likelihood(smile, spread=0.2)[0, happy] > emotion_likelihood(smile, spread=0.6)[0, happy]


@pytest.mark.parametrize("name", EMOTIONS)
def test_only_contempt_is_shown_by_one_half_of_the_face(name):
    left, right = emotion_sides(name, 0.5).view(17, 2).T
    assert torch.equal(left, emotion_aus(name, 0.5))
    assert torch.equal(right, torch.zeros(17) if name == "contempt" else left)


@pytest.mark.parametrize("name", EMOTIONS)
@pytest.mark.parametrize("intensity", [0.6, 1.0])
def test_a_prototype_is_named_after_itself_at_any_clear_intensity(name: str, intensity: float) -> None:
    assert EMOTIONS[int(name_emotions(emotion_aus(name, intensity)[None]))] == name


def test_mixtures_single_units_and_faint_smiles_have_no_name_and_blinks_do_not_count() -> None:
    both = (emotion_aus("sadness") + emotion_aus("happiness")) / 2
    squint, faint, blink = au_vector({"AU6": 1.0}), emotion_aus("happiness", 0.4), au_vector({"AU45": 1.0})
    assert name_emotions(torch.stack([both, squint, faint, blink])).tolist() == [-1, -1, -1, 0]


def test_what_half_of_a_face_shows_is_neither_neutral_nor_named() -> None:
    halves = torch.stack([mean_of_sides(emotion_sides("contempt", intensity)) for intensity in (0.2, 0.6, 0.9)])
    assert name_emotions(halves).tolist() == [0, -1, -1]
