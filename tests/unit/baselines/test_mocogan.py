"""MoCoGAN: the three codes, its critics, what they see, and eight clips."""

import pytest
import torch
from drawn_clips import learn, nearest_error, rises
from torch import nn

from mienkit.baselines.mocogan import Mocogan, VideoCritic
from mienkit.core.batch import ClipBatch
from mienkit.core.config import build_config
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.training.loop import parameters_of

HAPPY, ANGRY = EMOTIONS.index("happiness"), EMOTIONS.index("anger")


def build(preset: str = "tiny", **settings: object) -> Mocogan:
    torch.manual_seed(0)
    return Mocogan(build_config(Mocogan.Config, Mocogan.presets[preset], settings)).eval()


def noise(count: int = 4) -> ClipBatch:
    clip = torch.rand(count, 10, 3, 16, 16) * 2 - 1
    return ClipBatch(key=torch.arange(count), clip=clip, label=torch.arange(count) % 7 + 1)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_networks_have_the_sizes_of_the_official_layers():
    with torch.device("meta"):
        model = build("official")
    code = 50 + 8 + 10  # official: 6 categories, those of its faces
    painter = code * 512 * 16 + sum(16 * i * o for i, o in ((512, 256), (256, 128), (128, 64), (64, 3)))
    norms = 2 * (512 + 256 + 128 + 64)
    recurrent = 2 * 3 * 10 * (10 + 1)
    assert count(model.generator) == painter + norms + recurrent
    assert count(model.image_critic) == 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256) + 2 * (128 + 256)
    clip_layers = 3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * (1 + 8)
    assert count(model.video_critic) == 64 * clip_layers + 2 * (128 + 256 + 512)


def test_the_person_and_the_emotion_stay_while_the_motion_goes_on():
    codes = build().generator.codes(torch.tensor([5]), torch.tensor([HAPPY]), 10)[0]
    still, motion = codes[:, :-3], codes[:, -3:]
    assert torch.equal(still, still[:1].expand(10, -1))
    assert (motion[1:] - motion[:-1]).abs().sum(1).min() > 0
    assert still[0, -8:].argmax() == HAPPY


def test_another_emotion_is_asked_of_the_same_person_in_the_same_motion():
    happy, angry = build().generator.codes(torch.tensor([5, 5]), torch.tensor([HAPPY, ANGRY]), 10)
    changed = (happy != angry).any(0).nonzero().flatten()
    assert changed.tolist() == [6 + ANGRY, 6 + HAPPY]


def test_a_longer_clip_begins_as_the_shorter_one():
    model, key, label = build(), torch.tensor([3]), torch.tensor([HAPPY])
    longer = model.sample(key, label, 25)
    assert longer.shape == (1, 25, 3, 16, 16)
    assert torch.allclose(longer[:, :10], model.sample(key, label, 10), atol=1e-5)


def test_a_clip_has_a_frame():
    with pytest.raises(ConfigError, match="a clip has 1 frame or more, not 0"):
        build().sample(torch.tensor([3]), torch.tensor([HAPPY]), 0)


def test_clips_do_not_depend_on_which_are_drawn_together():
    model, key, label = build(), torch.arange(4), torch.arange(4)
    together = model.sample(key, label, 10)
    alone = torch.cat([model.sample(key[n : n + 1], label[n : n + 1], 10) for n in range(4)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_video_critic_sees_a_share_of_the_clips_and_the_image_critic_one_frame_of_each():
    model, seen = build(whole=0.3), []
    for critic in (model.image_critic, model.video_critic):
        critic.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape)))
    model.image_terms(noise(10))
    model.video_terms(noise(10))
    assert seen == [(10, 3, 16, 16)] * 2 + [(3, 10, 3, 16, 16)] * 2


def test_frames_of_the_image_critic_are_chosen_all_over_the_clips():
    moments = build()._moments(noise(200))
    assert moments.unique().tolist() == list(range(10))


def test_stills_show_others_than_the_clips():
    model, batch = build(), noise()
    still, clips = model.stills(batch), model.clips(batch)
    apart = (still[:, None] - clips).abs().amax((2, 3, 4))
    assert apart.min() > clips.abs().max() / 2  # the painter is new and nearly grey


def test_a_critic_of_longer_clips_reads_one_emotion_of_all_instants():
    realness, category = VideoCritic(4, 2)(torch.rand(2, 14, 3, 16, 16))
    assert realness.shape == (2, 5)
    assert category.shape == (2, 8)


def test_the_emotion_is_learned_from_real_clips_and_asked_of_the_generator():
    image, video, generator = build().stages()[0].phases
    assert image.weights == {"real": 1, "fake": 1}
    assert video.weights == {"real": 1, "fake": 1, "category": 1}
    assert generator.weights == {"still": 1, "clip": 1, "category": 1}
    assert "category" not in build(category=0).generator_terms(noise())


def test_every_weight_gets_a_gradient_from_its_phase():
    model, batch = build(), noise()
    for phase in model.stages()[0].phases:
        model.zero_grad(set_to_none=True)
        terms = phase.terms(batch)
        torch.stack([weight * terms[name] for name, weight in phase.weights.items()]).sum().backward()
        assert all(parameter.grad is not None for parameter in parameters_of(phase.optimizer)), phase.name
        assert all(parameter.grad.abs().sum() > 0 for parameter in parameters_of(phase.optimizer)), phase.name


@pytest.mark.parametrize(("settings", "message"), [
    ({"image_size": 48}, "image_size=48 must be a power of 2"),
    ({"image_size": 64, "frames": 15}, "frames=15 must be 16 or more for image_size=64"),
    ({"whole": 0}, r"whole=0 must be in \(0, 1\]"),
    ({"content": 0}, "content, motion and widths must be positive"),
    ({"motion": 0}, "content, motion and widths must be positive"),
    ({"learning_rate": -1}, "learning_rate and critic_rate must be positive"),
    ({"critic_rate": 0}, "learning_rate and critic_rate must be positive"),
    ({"decay_from": 1.5}, r"decay_from=1.5 must be in \[0, 1\]"),
])  # fmt: skip
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        build(**settings)


def test_critics_are_not_released():
    assert {name.partition(".")[0] for name in build().released_state()} == {"recurrent", "begin", "painter"}


def test_clips_come_nearer_to_the_eight_that_it_learns_from():
    batch = rises(10, 16)
    model = build(
        width=8, critic_width=8, steps=120, batch_size=8, learning_rate=2e-3, critic_rate=1e-3, decay_from=0.5
    )
    before = nearest_error(model.clips(batch), batch)
    learn(model.train(), batch)
    assert nearest_error(model.clips(batch), batch) < 0.67 * before
