"""VGAN: what moves is painted by convolutions in space and time, and laid over a picture that stands still.

Source: Vondrick, Pirsiavash, Torralba 2016, "Generating Videos with Scene Dynamics" (NeurIPS); sizes and defaults of
the official code. Written from facts about that code, none of it copied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import ClipBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.model import MODELS
from mienkit.core.noise import normal
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import falling_from
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.nn.clip_critic import ClipCritic
from mienkit.nn.deconvolution import START, doublings, falling_widths, levels_of, opening

SPREAD = 0.01
"""Of the first weights of convolutions; of the norms' factors it is twice as much, around 1."""
NORM_EPSILON = 1e-3
"""Added to the variance in the norms of the critic and the encoder."""


@MODELS.register
class Vgan(Recipe):
    """Draws clips, or goes on from a picture: a moving foreground, a mask, and a background."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 64
        frames: int = 32
        """Of every clip: a multiple of a quarter of the side."""
        condition: Literal["none", "label", "image", "image+label"] = "none"
        """What the clips follow. ``image``: a picture that they begin with, in place of noise (the paper's conditional
        network); ``label``: an emotion (not in the paper)."""
        noise: int = 100
        """Numbers that tell a clip."""
        label_size: int = 4
        """Numbers that tell an emotion, learned; few, or the noise is not heard beside them."""
        width: int = 64
        """Channels of the generator's last level; each one before has twice as many."""
        critic_width: int = 64
        """Channels of the critic's first level; each has twice as many as the one before."""
        steps: int = 100_000
        batch_size: int = 64
        learning_rate: float = 2e-4
        beta1: float = 0.5
        decay_from: float = 1.0
        """Share of the steps after which the rates fall linearly to 0; 1 = never."""
        mask: float = 0.1
        """Weight of how much of a clip moves; the conditional network has none."""
        first: float = 10.0
        """Weight of the L1 distance of the first frame to the picture, where there is one."""

        def __post_init__(self) -> None:
            side = self.image_size
            require(side >= 16 and side.bit_count() == 1, f"image_size={side} must be a power of 2 from 16 on")
            least = side // START
            fits = self.frames >= least and self.frames % least == 0
            require(fits, f"frames={self.frames} must be a multiple of {least} for image_size={side}")
            falling_from(self.decay_from)
            require(min(self.steps, self.batch_size) >= 1, "steps and batch_size must be positive")
            sizes = min(self.noise, self.label_size, self.width, self.critic_width)
            require(sizes >= 1, "noise, label_size and widths must be positive")
            require(self.learning_rate > 0, "learning_rate must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "official": {},
        "official-image": {"condition": "image", "width": 128, "critic_width": 128, "batch_size": 32},
        "small": {
            "frames": 16, "condition": "label", "width": 16, "critic_width": 16, "steps": 1_200, "batch_size": 8,
            "learning_rate": 5e-4, "decay_from": 0.5,
        },
        "tiny": {
            "image_size": 16, "frames": 4, "noise": 8, "label_size": 4, "width": 4, "critic_width": 4,
            "steps": 4, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Vondrick et al. 2016 (NeurIPS)"
    batch = ClipBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.begins_with_image, self.conditional = "image" in config.condition, "label" in config.condition
        levels = levels_of(config.image_size)
        duration = config.frames >> levels
        self.generator = Generator(config, levels, duration)
        self.critic = ClipCritic(
            config.critic_width,
            levels,
            duration=duration,
            outputs=2,
            labels=len(EMOTIONS) if self.conditional else 0,
            norm=partial(nn.BatchNorm3d, eps=NORM_EPSILON),
        )
        self.apply(initialise)
        if self.begins_with_image:
            self.animate = self.go_on  # only such a one is an Animator

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic = self._phase("critic", self.critic, {"real": 0.5, "fake": 0.5})
        wanted = {"first": c.first} if self.begins_with_image else {"mask": c.mask}
        generator = self._phase("generator", self.generator, {"realness": 1.0, **wanted})
        return [Stage(name="joint", steps=c.steps, phases=[critic, generator])]

    def _phase(self, name: str, network: nn.Module, weights: Mapping[str, float]) -> Phase:
        c = self.config
        return Phase(
            name=name,
            optimizer=Adam(network.parameters(), c.learning_rate, (c.beta1, 0.999), fused=True),
            terms=self.critic_terms if name == "critic" else self.generator_terms,
            weights=weights,
            learning_rate=falling_from(c.decay_from),
        )

    def critic_terms(self, batch: ClipBatch) -> Terms:
        fake, _ = self._draw(batch)
        return {
            "real": cross_entropy_real(self.score(batch.clip, batch.label)),
            "fake": cross_entropy_fake(self.score(fake, batch.label)),
        }

    def generator_terms(self, batch: ClipBatch) -> Terms:
        fake, mask = self._draw(batch)
        terms = {"realness": cross_entropy_real(self.score(fake, batch.label))}
        if self.begins_with_image:
            return terms | {"first": F.l1_loss(fake[:, 0], batch.clip[:, 0])}
        return terms | {"mask": mask.mean()}

    def score(self, clip: Tensor, label: Tensor) -> Tensor:
        """Return log odds of being real, (B, 1): a softmax over two scores is the sigmoid of their difference."""
        scores = self.critic(clip, label if self.conditional else None)
        return scores[:, 0] - scores[:, 1]

    def _draw(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """Draw clips with the masks of what moves in them, as the training does."""
        start = batch.clip[:, 0] if self.begins_with_image else self.noise(batch.key)
        return self.generator(start, batch.label)

    def noise(self, key: Tensor) -> Tensor:
        """Draw what clips are made from, (B, Z)."""
        return normal(key, self.config.noise)

    def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
        """See ``Sampler``; the label says nothing to a network that was trained without.

        Raises:
            ConfigError: it makes clips of another length, or needs a picture to begin with.
        """
        if self.begins_with_image:
            raise ConfigError(
                "this vgan goes on from a picture; to draw clips from noise, train one without condition=image"
            )
        self._check_length(frames)
        return self.generator(self.noise(key), label)[0]

    def go_on(self, image: Tensor, landmarks: Tensor, emotion: Tensor, key: Tensor, frames: int) -> Tensor:
        """See ``Animator``; without noise, it always goes on in the same way.

        Raises:
            ConfigError: it makes clips of another length.
        """
        self._check_length(frames)
        return self.generator(image, emotion)[0]

    def _check_length(self, frames: int) -> None:
        made = self.config.frames
        require(
            frames == made,
            f"this vgan makes clips of {made} frames, not {frames}; ask for {made}, or train another with "
            f"`--set frames={frames}`",
        )

    def preview(self, batch: ClipBatch) -> Sample:
        made, mask = self._draw(batch)
        last = self.config.frames - 1
        moments, pairs = [0, last // 2, last], [("real", batch.clip), ("made", made)]
        shown = {f"{title} {moment}": clip[:, moment] for title, clip in pairs for moment in moments}
        return Sample(columns=shown | {"what moves": 2 * mask.amax(1) - 1})

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


class Generator(nn.Module):
    """Paints a clip that moves and a picture that does not, and lays one over the other."""

    def __init__(self, config: Vgan.Config, levels: int, duration: int) -> None:
        super().__init__()
        widths = falling_widths(config.width, levels)
        told = config.label_size if "label" in config.condition else 0
        self.labels = nn.Embedding(len(EMOTIONS), told) if told else None
        if "image" in config.condition:
            self.encoder: nn.Module | None = encoder(widths[::-1])
            code, background = widths[0] + told, doublings([widths[0] + told, *widths[1:]], 2, bias=True)
            spread = opening(code, widths[0], (duration, 1, 1), bias=True)
        else:
            self.encoder = None
            code = config.noise + told
            spread = opening(code, widths[0], (duration, START, START), bias=True)
            background = nn.Sequential(opening(code, widths[0], (START, START), True), doublings(widths, 2, bias=True))
        self.foreground = nn.Sequential(spread, doublings(widths, 3, bias=True))
        self.paint = nn.ConvTranspose3d(config.width, 3, 4, 2, 1)
        self.mask = nn.ConvTranspose3d(config.width, 1, 4, 2, 1)
        self.background = nn.Sequential(background, nn.ConvTranspose2d(config.width, 3, 4, 2, 1))

    def forward(self, start: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Make clips of emotions, (B,) int64, from noise, (B, Z), or pictures, (B, 3, H, W).

        Returns:
            Clips, (B, T, 3, H, W) in [-1, 1], and how much of each place is foreground, (B, T, 1, H, W) in [0, 1].
        """
        code = self.encoder(start) if self.encoder else start.to(self.paint.weight)[:, :, None, None]
        if self.labels is not None:
            planes = self.labels(label)[:, :, None, None].expand(-1, -1, *code.shape[2:])
            code = torch.cat([code, planes], 1)
        features = self.foreground(code[:, :, None])
        moving, mask = torch.tanh(self.paint(features).float()), torch.sigmoid(self.mask(features).float())
        still = torch.tanh(self.background(code).float())[:, :, None]
        clip = mask * moving + (1 - mask) * still
        return clip.transpose(1, 2), mask.transpose(1, 2)


def encoder(widths: Sequence[int]) -> nn.Sequential:
    """Make what sums a picture up in place of noise: (B, 3, S, S) to (B, C, 4, 4)."""
    levels = [
        nn.Sequential(nn.Conv2d(i, o, 4, 2, 1), nn.BatchNorm2d(o, eps=NORM_EPSILON), nn.ReLU())
        for i, o in pairwise(widths)
    ]
    return nn.Sequential(nn.Conv2d(3, widths[0], 4, 2, 1), nn.ReLU(), *levels)


@torch.no_grad()
def initialise(layer: nn.Module) -> None:
    """Give a layer its first weights, as the official code does."""
    if isinstance(layer, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        layer.weight.normal_(0, SPREAD)
        if layer.bias is not None:
            layer.bias.zero_()
    elif isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d):
        layer.weight.normal_(1, 2 * SPREAD)
