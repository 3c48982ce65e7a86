"""MoCoGAN: who is seen, what happens and how it goes on are codes of their own; every frame is painted by itself.

Source: Tulyakov, Liu, Yang, Kautz 2018, "MoCoGAN: Decomposing Motion and Content for Video Generation" (CVPR); sizes
and defaults of the official code. Written from facts about that code, none of it copied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import ClipBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.model import MODELS
from mienkit.core.noise import normal, uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import falling_from
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.nn.deconvolution import START, doublings, falling_widths, levels_of, opening

CLIP, STILL = 1, 4
"""Streams of a sample's key: the first of the three that a clip is made from, and of those of a single frame."""
MOMENT = 0
"""Stream of a sample's key: which frame the image critic sees."""
PATCH_LEVELS = 4
"""Halvings of the image critic."""
SPREAD = 0.02
"""Of the painter's first weights. torch's default for transposed convolutions is eight times as much in the last layer
since 1.0, which saturates the first frames; when the official code was written it was about this."""


@MODELS.register
class Mocogan(Recipe):
    """Draws clips of an emotion: a code for the person, one for the emotion and one for each instant of the motion."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 64
        frames: int = 16
        """Of a training clip; samples may be longer or shorter."""
        content: int = 50
        """Numbers that tell who is seen."""
        motion: int = 10
        """Numbers that tell an instant of the motion."""
        width: int = 64
        """Channels of the generator's last level; each one before has twice as many."""
        critic_width: int = 64
        """Channels of both critics' first level; each has twice as many as the one before."""
        steps: int = 100_000
        batch_size: int = 10
        """Clips, of each of which the image critic sees one frame."""
        whole: float = 0.3  # 3 of 10
        """Share of them that the video critic sees."""
        learning_rate: float = 2e-4
        critic_rate: float = 2e-4
        beta1: float = 0.5
        weight_decay: float = 1e-5
        decay_from: float = 1.0
        """Share of the steps after which the rates fall linearly to 0; 1 = never."""
        category: float = 1.0
        """Weight, for the generator, of showing what it was asked for (``use_infogan``)."""

        def __post_init__(self) -> None:
            side = self.image_size
            require(side >= 16 and side.bit_count() == 1, f"image_size={side} must be a power of 2 from 16 on")
            least = shortest_clip(side)
            require(self.frames >= least, f"frames={self.frames} must be {least} or more for image_size={side}")
            require(0 < self.whole <= 1, f"whole={self.whole:g} must be in (0, 1]")
            falling_from(self.decay_from)
            require(min(self.steps, self.batch_size) >= 1, "steps and batch_size must be positive")
            sizes = min(self.content, self.motion, self.width, self.critic_width)
            require(sizes >= 1, "content, motion and widths must be positive")
            require(self.learning_rate > 0 and self.critic_rate > 0, "learning_rate and critic_rate must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "official": {},
        "small": {
            "width": 16, "critic_width": 16, "steps": 1_500, "batch_size": 16, "whole": 0.5, "learning_rate": 1e-3,
            "critic_rate": 1e-3, "decay_from": 0.5, "category": 3.0,
        },
        "tiny": {
            "image_size": 16, "frames": 10, "content": 6, "motion": 3, "width": 4, "critic_width": 4,
            "steps": 4, "batch_size": 4, "whole": 0.5,
        },
    }  # fmt: skip
    source = "Tulyakov et al. 2018 (CVPR)"
    batch = ClipBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        levels = levels_of(config.image_size)
        self.generator = Generator(config.content, config.motion, config.width, levels)
        self.image_critic = ImageCritic(config.critic_width)
        self.video_critic = VideoCritic(config.critic_width, levels)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        image = self._phase("image critic", self.image_critic, {"real": 1, "fake": 1})
        video = self._phase("video critic", self.video_critic, {"real": 1, "fake": 1, "category": 1})
        wanted = {"still": 1.0, "clip": 1.0} | ({"category": c.category} if c.category else {})
        return [
            Stage(name="joint", steps=c.steps, phases=[image, video, self._phase("generator", self.generator, wanted)])
        ]

    def _phase(self, name: str, network: nn.Module, weights: Mapping[str, float]) -> Phase:
        c = self.config
        terms = {"image critic": self.image_terms, "video critic": self.video_terms, "generator": self.generator_terms}
        rate = c.learning_rate if name == "generator" else c.critic_rate
        return Phase(
            name=name,
            optimizer=Adam(network.parameters(), rate, (c.beta1, 0.999), weight_decay=c.weight_decay, fused=True),
            terms=terms[name],
            weights=weights,
            learning_rate=falling_from(c.decay_from),
        )

    def image_terms(self, batch: ClipBatch) -> Terms:
        moment = self._moments(batch)
        real = batch.clip[torch.arange(len(batch), device=moment.device), moment]
        return {
            "real": cross_entropy_real(self.image_critic(real)),
            "fake": cross_entropy_fake(self.image_critic(self.stills(batch))),
        }

    def video_terms(self, batch: ClipBatch) -> Terms:
        seen = self._whole(batch)
        realness, category = self.video_critic(seen.clip)
        return {
            "real": cross_entropy_real(realness),
            "fake": cross_entropy_fake(self.video_critic(self.clips(seen))[0]),
            "category": F.cross_entropy(category, seen.label),
        }

    def generator_terms(self, batch: ClipBatch) -> Terms:
        seen = self._whole(batch)
        realness, category = self.video_critic(self.clips(seen))
        terms = {
            "still": cross_entropy_real(self.image_critic(self.stills(batch))),
            "clip": cross_entropy_real(realness),
        }
        return terms | ({"category": F.cross_entropy(category, seen.label)} if self.config.category else {})

    def _whole(self, batch: ClipBatch) -> ClipBatch:
        """Take the samples that the video critic sees."""
        return batch.rows(slice(0, max(1, round(self.config.whole * len(batch)))))

    def _moments(self, batch: ClipBatch) -> Tensor:
        """Choose a frame of each clip, (B,) int64."""
        return (uniform(batch.key, stream=MOMENT) * self.config.frames).long()

    def stills(self, batch: ClipBatch) -> Tensor:
        """Draw single frames, each of another clip, (B, 3, H, W)."""
        codes = self.generator.codes(batch.key, batch.label, self.config.frames, STILL)
        moment = self._moments(batch)
        return self.generator(codes[torch.arange(len(batch), device=moment.device), moment])

    def clips(self, batch: ClipBatch) -> Tensor:
        """Draw clips as long as those of the training, (B, T, 3, H, W)."""
        return self.sample(batch.key, batch.label, self.config.frames)

    def sample(self, key: Tensor, label: Tensor, frames: int) -> Tensor:
        """See ``Sampler``; a longer clip begins as a shorter one of the same key.

        Raises:
            ConfigError: there are no frames.
        """
        require(frames >= 1, f"a clip has 1 frame or more, not {frames}")
        codes = self.generator.codes(key, label, frames)
        return self.generator(codes.flatten(0, 1)).unflatten(0, (len(key), frames))

    def preview(self, batch: ClipBatch) -> Sample:
        made, last = self.clips(batch), self.config.frames - 1
        moments = [0, last // 3, 2 * last // 3, last]
        pairs = [("real", batch.clip), ("made", made)]
        return Sample(columns={f"{title} {moment}": clip[:, moment] for title, clip in pairs for moment in moments})

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


class Generator(nn.Module):
    """Paints frames from codes; the codes of an instant's motion come out of a recurrent cell that is fed noise."""

    def __init__(self, content: int, motion: int, width: int, levels: int) -> None:
        super().__init__()
        self.content, self.motion = content, motion
        self.recurrent = nn.GRUCell(motion, motion)
        widths = falling_widths(width, levels)
        self.begin = opening(content + len(EMOTIONS) + motion, widths[0], (START, START))
        self.painter = nn.Sequential(doublings(widths, 2), nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False))
        for layer in self.modules():
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0, SPREAD)

    def codes(self, key: Tensor, label: Tensor, frames: int, stream: int = CLIP) -> Tensor:
        """Draw what the frames of clips of emotions, (B,) int64, are painted from: (B, T, K).

        The person and the emotion are the same in every frame of a clip.
        """
        content = normal(key, self.content, stream=stream)
        still = torch.cat([content, F.one_hot(label, len(EMOTIONS)).to(content)], 1)
        motion = self.motions(key, frames, stream + 1)
        return torch.cat([still[:, None].expand(-1, frames, -1).to(motion), motion], 2)

    def motions(self, key: Tensor, frames: int, stream: int = CLIP + 1) -> Tensor:
        """Draw how clips go on, (B, T, M)."""
        dtype = self.recurrent.weight_hh.dtype
        state = normal(key, self.motion, stream=stream).to(dtype)
        noise = normal(key, frames, self.motion, stream=stream + 1).to(dtype)
        states = []
        for instant in range(frames):
            state = self.recurrent(noise[:, instant], state)
            states.append(state)
        return torch.stack(states, 1)

    def forward(self, code: Tensor) -> Tensor:
        """Paint frames from codes, (N, K): (N, 3, S, S) in [-1, 1]."""
        start = self.begin(code[:, :, None, None]).contiguous(memory_format=torch.channels_last)
        return torch.tanh(self.painter(start).float())


class ImageCritic(nn.Module):
    """Scores patches of single frames."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width << level for level in range(PATCH_LEVELS - 1)]
        self.first = nn.Conv2d(3, width, 4, 2, 1, bias=False)
        self.levels = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2))
                for i, o in pairwise(widths)
            )
        )
        self.last = nn.Conv2d(widths[-1], 1, 4, 2, 1, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        """Look at frames, (B, 3, H, W) in [-1, 1]; returns log odds of being real, (B, 1, h, w)."""
        return self.last(self.levels(F.leaky_relu(self.first(image), 0.2))).float()


class VideoCritic(nn.Module):
    """Scores clips, and reads which emotion they show."""

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        widths = [width << level for level in range(levels)]
        self.first = halving(3, width)
        self.levels = nn.Sequential(
            *(nn.Sequential(halving(i, o), nn.BatchNorm3d(o), nn.LeakyReLU(0.2)) for i, o in pairwise(widths))
        )
        self.last = nn.Conv3d(widths[-1], 1 + len(EMOTIONS), 4, bias=False)

    def forward(self, clip: Tensor) -> tuple[Tensor, Tensor]:
        """Look at clips, (B, T, 3, H, W): log odds of being real, (B, instants), and logits of emotions, (B, 8)."""
        films = clip.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)  # faster on a CPU
        told = self.last(self.levels(F.leaky_relu(self.first(films), 0.2))).flatten(2).float()
        return told[:, 0], told[:, 1:].mean(2)


def halving(channels: int, out: int) -> nn.Conv3d:
    """Make a convolution that halves height and width, and looks at four instants together."""
    return nn.Conv3d(channels, out, 4, (1, 2, 2), (0, 1, 1), bias=False)


def shortest_clip(image_size: int) -> int:
    """Return how many frames the video critic needs: each of its layers takes three away."""
    return 3 * (levels_of(image_size) + 1) + 1
