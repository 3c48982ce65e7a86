"""CycleGAN: two emotions, two ways, and what an edit makes of them."""

import pytest
import torch
from painted_people import learn, two_kinds
from torch import Tensor

from mienkit.baselines.cyclegan import Cyclegan
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.training.loop import run_phase


def build(preset: str = "tiny", **settings: object) -> Cyclegan:
    torch.manual_seed(0)
    return Cyclegan(build_config(Cyclegan.Config, Cyclegan.presets[preset], settings)).eval()


def emotion(**shares: float) -> Tensor:
    code = torch.zeros(1, len(EMOTIONS))
    for name, share in shares.items():
        code[0, EMOTIONS.index(name)] = share
    return code


def face() -> Tensor:
    return two_kinds().first[:1]


def test_a_generator_has_the_official_number_of_parameters():
    with torch.device("meta"):
        model = build("official", pool=0)
    assert sum(one.numel() for one in model.forward_generator.parameters()) == 11_378_179
    assert sum(one.numel() for one in model.second_critic.parameters()) == 2_764_737


def test_the_faces_to_learn_from_are_those_of_its_two_emotions():
    assert build(second="surprise").emotions == ("neutral", "surprise")


@pytest.mark.parametrize(("settings", "message"), [
    ({"second": "happy"}, "spell the two emotions as neutral and happiness"),
    ({"second": "neutral"}, "first and second are both neutral"),
    ({"second": "smirk"}, "no emotion is called 'smirk'"),
])  # fmt: skip
def test_emotions_that_cannot_be_learned_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        build(**settings)


def test_the_whole_second_emotion_is_what_the_first_generator_makes():
    model, image = build(), face()
    edited = model.edit(image, emotion(neutral=1), emotion(happiness=1)).image
    assert torch.allclose(edited, model.forward_generator(image), atol=1e-6)


def test_the_first_emotion_is_what_the_second_generator_makes():
    model, image = build(), face()
    edited = model.edit(image, emotion(happiness=1), emotion(neutral=1)).image
    assert torch.allclose(edited, model.backward_generator(image), atol=1e-6)


def test_half_of_an_emotion_is_half_of_the_way():
    model, image = build(), face()
    half = model.edit(image, emotion(neutral=1), emotion(neutral=0.5, happiness=0.5)).image
    assert torch.allclose(half, (image + model.forward_generator(image)) / 2, atol=1e-6)


def test_what_a_face_shows_already_is_left_alone():
    edited = build().edit(face(), emotion(happiness=1), emotion(happiness=1))
    assert torch.equal(edited.image, face())
    assert edited.change.max() == 0


def test_an_emotion_that_it_does_not_know_is_refused():
    with pytest.raises(ConfigError, match="knows neutral and happiness only"):
        build().edit(face(), emotion(neutral=1), emotion(anger=1))


def test_the_pools_are_saved_and_not_released():
    model = build().train()
    for phase in model.stages()[0].phases:
        run_phase(model, phase, two_kinds())
    assert model.first_pool.count == 4
    assert "first_pool.kept" in model.state_dict()
    assert not [name for name in model.released_state() if "pool" in name or "critic" in name]


def test_no_identity_term_is_no_term():
    phases = build(identity=0.0).stages()[0].phases
    assert "first identity" not in phases[0].weights
    assert "first identity" not in build(identity=0.0).generator_terms(two_kinds())


def test_faces_led_to_a_smile_look_more_like_smiles_than_before():
    """The critic of smiles says so, which never sees a face and its smile side by side."""
    model, batch = build("small", image_size=32, width=8, blocks=1, steps=70).train(), two_kinds()
    learn(model, batch)
    made, before, exact = (
        model.second_critic(face).mean() for face in (model.there(batch.first), batch.first, batch.second)
    )
    assert exact > before + 0.1
    assert made > before + 0.1
