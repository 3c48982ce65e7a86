"""TGAN: one network turns noise into a row of codes, another paints a frame from each; a critic sees whole clips.

Source: Saito, Matsumoto, Saito 2017, "Temporal Generative Adversarial Nets with Singular Value Clipping" (ICCV); sizes
and defaults of the official code. Written from facts about that code, none of it copied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer, RMSprop

from mienkit.core.batch import ClipBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import falling_from
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.nn.clip_critic import ClipCritic
from mienkit.nn.deconvolution import START, doublings, falling_widths, levels_of, opening

SPREAD = 0.01
"""The first weights of all layers are uniform between minus this and this."""
LEAST_FACTOR = 0.01
"""Of a norm in the critic, as a share of the features' spread."""


@MODELS.register
class Tgan(Recipe):
    """Draws clips: a code for the whole clip, and one for each frame that comes out of it."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 64
        frames: int = 16
        """Of every clip: a power of 2."""
        condition: Literal["none", "label"] = "none"
        """``label``: clips show the emotion that is asked for (not in the paper)."""
        slow: int = 100
        """Numbers that tell a clip."""
        fast: int = 100
        """Numbers that tell a frame of it."""
        label_size: int = 12
        """Numbers that tell an emotion, learned; few, or the noise is not heard beside them."""
        time_width: int = 128
        """Channels of the last levels of the network that makes the codes of frames."""
        width: int = 32
        """Channels of the last level of the network that paints; each one before has twice as many."""
        critic_width: int = 64
        """Channels of the critic's first level; each has twice as many as the one before."""
        steps: int = 100_000
        batch_size: int = 32
        learning_rate: float = 5e-5
        decay_from: float = 1.0
        """Share of the steps after which the rates fall linearly to 0; 1 = never."""
        clip_every: int = 5
        """Steps of the critic from one clipping of its singular values to the next."""

        def __post_init__(self) -> None:
            side, frames = self.image_size, self.frames
            require(side >= 16 and side.bit_count() == 1, f"image_size={side} must be a power of 2 from 16 on")
            least = side // START
            fits = frames >= least and frames.bit_count() == 1
            require(fits, f"frames={frames} must be a power of 2 from {least} on for image_size={side}")
            falling_from(self.decay_from)
            positive = min(self.steps, self.batch_size, self.clip_every) >= 1
            require(positive, "steps, batch_size and clip_every must be positive")
            sizes = min(self.slow, self.fast, self.label_size, self.time_width, self.width, self.critic_width)
            require(sizes >= 1, "slow, fast, label_size and widths must be positive")
            require(self.learning_rate > 0, "learning_rate must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "official": {},
        "small": {
            "condition": "label", "time_width": 32, "width": 8, "critic_width": 16, "steps": 1_200, "batch_size": 8,
            "learning_rate": 1e-3, "decay_from": 0.5,
        },
        "tiny": {
            "image_size": 16, "frames": 4, "slow": 8, "fast": 8, "label_size": 4, "time_width": 4, "width": 4,
            "critic_width": 4, "steps": 6, "batch_size": 4, "clip_every": 2,
        },
    }  # fmt: skip
    source = "Saito et al. 2017 (ICCV)"
    batch = ClipBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.conditional = config.condition == "label"
        self.generator = Generator(config)
        levels, labels = levels_of(config.image_size), len(EMOTIONS) if self.conditional else 0
        self.critic = ClipCritic(config.critic_width, levels, duration=1, labels=labels)
        self.critic.apply(drop_shift)
        self.apply(initialise)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        rate = falling_from(c.decay_from)
        generator = Phase(
            name="generator",
            optimizer=RMSprop(self.generator.parameters(), c.learning_rate),
            terms=self.generator_terms,
            weights={"fake": -1.0},
            learning_rate=rate,
        )
        clipped = RMSprop(self.critic.parameters(), c.learning_rate)
        clipped.register_step_post_hook(self._clip)
        critic = Phase(
            name="critic",
            optimizer=clipped,
            terms=self.critic_terms,
            weights={"real": 1.0, "fake": 1.0},
            learning_rate=rate,
        )
        return [Stage(name="joint", steps=c.steps, phases=[generator, critic])]

    def _clip(self, optimizer: Optimizer, *_: object) -> None:
        """Bring the critic back to where it is Lipschitz, every so many steps, which the optimiser counts and saves."""
        taken = int(next(iter(optimizer.state.values()))["step"])
        if taken % self.config.clip_every == 0:
            clip_critic(self.critic)

    def generator_terms(self, batch: ClipBatch) -> Terms:
        return {"fake": wasserstein_fake(self.score(self._draw(batch), batch.label))}

    def critic_terms(self, batch: ClipBatch) -> Terms:
        return {
            "real": wasserstein_real(self.score(batch.clip, batch.label)),
            "fake": wasserstein_fake(self.score(self._draw(batch), batch.label)),
        }

    def score(self, clip: Tensor, label: Tensor) -> Tensor:
        """Score clips, (B, 1, instants)."""
        return self.critic(clip, label if self.conditional else None)

    def _draw(self, batch: ClipBatch) -> Tensor:
        return self.sample(batch.key, batch.label, self.config.frames)

    def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
        """See ``Sampler``; the label says nothing to a network that was trained without.

        Raises:
            ConfigError: it makes clips of another length.
        """
        made = self.config.frames
        require(
            frames == made,
            f"this tgan makes clips of {made} frames, not {frames}; ask for {made}, or train another with "
            f"`--set frames={frames}`",
        )
        return self.generator(2 * uniform(key, self.config.slow) - 1, label)

    def preview(self, batch: ClipBatch) -> Sample:
        made, last = self._draw(batch), self.config.frames - 1
        moments, pairs = [0, last // 3, 2 * last // 3, last], [("real", batch.clip), ("made", made)]
        return Sample(columns={f"{title} {moment}": clip[:, moment] for title, clip in pairs for moment in moments})

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


class Generator(nn.Module):
    """Makes the codes of a clip's frames, then paints each frame from its own code and the clip's."""

    def __init__(self, config: Tgan.Config) -> None:
        super().__init__()
        told = config.label_size if config.condition == "label" else 0
        self.labels = nn.Embedding(len(EMOTIONS), told) if told else None
        slow, levels = config.slow + told, levels_of(config.image_size)
        times = time_widths(config.time_width, config.frames)
        self.moments = nn.Sequential(
            opening(slow, times[0], (1,), bias=True),
            doublings(times, 1, bias=True),
            nn.ConvTranspose1d(times[-1], config.fast, 4, 2, 1),
        )
        self.moments.apply(drop_shift)
        widths = falling_widths(config.width, levels + 1)
        self.begin_slow, self.begin_fast = (beginning(size, widths[0] // 2) for size in (slow, config.fast))
        self.painter = nn.Sequential(doublings(widths, 2), nn.ConvTranspose2d(config.width, 3, 3, 1, 1))

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Make clips of emotions, (B,) int64, from noise, (B, Z) in [-1, 1]: (B, T, 3, S, S) in [-1, 1]."""
        slow = noise.to(next(self.parameters()))
        if self.labels is not None:
            slow = torch.cat([slow, self.labels(label)], 1)
        fast = self.codes(slow)
        frames = fast.shape[1]
        start = torch.cat([self.begin_slow(slow.repeat_interleave(frames, 0)), self.begin_fast(fast.flatten(0, 1))], 1)
        features = start.unflatten(1, (-1, START, START)).contiguous(memory_format=torch.channels_last)
        return torch.tanh(self.painter(features).float()).unflatten(0, (-1, frames))

    def codes(self, slow: Tensor) -> Tensor:
        """Return the codes of the frames of clips, (B, T, F) in [-1, 1], from the clips' own, (B, Z)."""
        return torch.tanh(self.moments(slow[:, :, None])).transpose(1, 2)


def beginning(size: int, channels: int) -> nn.Sequential:
    """Make a layer that spreads a code over the smallest features, still in one row."""
    out = channels * START**2
    return nn.Sequential(nn.Linear(size, out, bias=False), nn.BatchNorm1d(out), nn.ReLU())


def time_widths(last: int, frames: int) -> list[int]:
    """Return the channels of the levels that double one instant to all: 512, 256, 128, 128 for 16 frames."""
    count = frames.bit_length() - 1
    return [4 * last, 2 * last, *[last] * count][:count]


def drop_shift(layer: nn.Module) -> None:
    """Let a norm over the batch scale features and not shift them; other layers stay as they are."""
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm3d):
        layer.register_parameter("bias", None)


@torch.no_grad()
def initialise(layer: nn.Module) -> None:
    """Give a layer its first weights, as the official code does."""
    if isinstance(layer, nn.Linear | nn.Conv3d | nn.ConvTranspose1d | nn.ConvTranspose2d):
        layer.weight.uniform_(-SPREAD, SPREAD)
        if layer.bias is not None:
            layer.bias.zero_()


@torch.no_grad()
def clip_critic(critic: nn.Module) -> None:
    """Bring every layer of a critic back to where it makes no distance larger.

    Source: Saito et al. 2017, section 4.2: singular values of convolutions are at most 1, factors of norms at most the
    spread of the features. The least factor is the official code's.
    """
    for layer in critic.modules():
        if isinstance(layer, nn.Conv3d):
            layer.weight.copy_(clip_singular_values(layer.weight))
        elif isinstance(layer, nn.BatchNorm3d):
            assert layer.running_var is not None
            spread = layer.running_var.sqrt()
            layer.weight.clamp_(LEAST_FACTOR * spread, spread)


def clip_singular_values(weight: Tensor) -> Tensor:
    """Return a weight, (O, ...), whose matrix (O, rest) has no singular value above 1."""
    left, values, right = torch.linalg.svd(weight.flatten(1), full_matrices=False)
    if values[0] <= 1:
        return weight
    return ((left * values.clamp(max=1)) @ right).view_as(weight)
