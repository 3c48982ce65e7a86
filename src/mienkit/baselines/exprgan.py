"""ExprGAN: a face becomes a short code of the person, and is painted anew with a code of how strong which emotion is.

Source: Ding, Sricharan, Chellappa 2018, "ExprGAN: Facial Expression Editing with Controllable Expression Intensity"
(AAAI); sizes and weights of the official code. Written from facts about that code, none of it copied.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import FaceBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.task import Edited
from mienkit.face.meter import load_meter
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.losses.attention import total_variation
from mienkit.nn.warp import resized

START = 4
"""Side of the smallest features."""
CRITIC_LEVELS = 4
LATENT_WIDTHS = (64, 32, 16)
TermsOf: TypeAlias = Callable[[FaceBatch], Terms]
STRENGTH, PRIOR = 1, 2
"""Streams of a sample's key: how strong its emotion is said to be, and a person who does not exist."""


@MODELS.register
class Exprgan(Recipe):
    """Edits emotions: an auto-encoder whose painter is told an emotion's strength, trained in three stages."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        encoder_dim: int = 64
        """Channels of the encoder's first level; each has twice as many as the one before."""
        generator_dim: int = 1024
        """Channels of the generator's first level; each has half as many as the one before."""
        critic_dim: int = 16
        critic_hidden: int = 1024
        """Numbers in which the critic sums a picture up."""
        person_size: int = 50
        """Numbers that tell a person."""
        code_size: int = 5
        """Numbers that tell an emotion's strength, for each emotion."""
        weakest: float = 0.0
        """Least strength that is drawn for a training face; 1 is the most."""
        controller_steps: int = 4_200  # 200 epochs of 1,296 images at the official batch of 60
        joint_steps: int = 1_350  # 50 epochs at batch 48
        steps: int = 1_350
        """Of the last stage, with every critic."""
        batch_size: int = 48
        critic_every: int = 1
        """Steps from one turn of the critics to the next."""
        learning_rate: float = 2e-4
        adversarial_rate: float = 2e-4
        """Learning rate of the last stage."""
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 1.0
        """Share of a stage after which its rates fall linearly to 0; 1 = never."""
        pixel: float = 1.0
        perceptual: float = 0.0
        """Features of the released meter; the paper takes those of VGG-Face, with weight 1."""
        code: float = 1.0
        adversarial: float = 0.01
        latent: float = 0.01
        tv: float = 0.001

        def __post_init__(self) -> None:
            side = self.image_size
            require(side >= 16 and side & (side - 1) == 0, f"image_size={side} must be a power of 2 from 16 on")
            require(0 <= self.decay_from <= 1, f"decay_from={self.decay_from} must be in [0, 1]")
            steps = min(self.steps, self.joint_steps, self.controller_steps)
            require(0 <= self.weakest < 1, f"weakest={self.weakest} must be in [0, 1)")
            least = min(steps, self.batch_size, self.critic_every)
            require(least >= 1, "all steps, batch_size and critic_every must be positive")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "official": {},
        "small": {
            "image_size": 64, "encoder_dim": 24, "generator_dim": 192, "critic_hidden": 256, "code_size": 2,
            "weakest": 0.8,
            "controller_steps": 20, "joint_steps": 1_300, "steps": 180, "batch_size": 16, "critic_every": 4,
            "learning_rate": 4e-4, "decay_from": 0.5, "code": 0.001,
        },
        "tiny": {
            "image_size": 16, "encoder_dim": 4, "generator_dim": 16, "critic_dim": 2, "critic_hidden": 8,
            "person_size": 16, "code_size": 2, "controller_steps": 2, "joint_steps": 2, "steps": 2, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Ding et al. 2018 (AAAI)"
    vocabulary: ClassVar[tuple[str, ...]] = EMOTIONS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        codes = len(EMOTIONS) * config.code_size
        self.encoder = Encoder(config.image_size, config.encoder_dim, config.person_size)
        self.generator = Generator(config.image_size, config.generator_dim, config.person_size, codes)
        self.critic = Critic(config.image_size, config.critic_dim, config.critic_hidden, config.code_size)
        self.latent_critic = latent_critic(config.person_size)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        one = dict.fromkeys(("real", "fake", "code"), 1.0)
        likeness = {"pixel": c.pixel, "code": c.code} | ({"perceptual": c.perceptual} if c.perceptual else {})
        looks = {"fake": c.adversarial, "latent": c.latent, "tv": c.tv}
        both = nn.ModuleList([self.encoder, self.generator])

        def critics(rate: float) -> list[Phase]:
            latent = {"real": 1.0, "fake": 1.0}
            return [
                self._phase("critic", self.critic, self.critic_terms, one, rate),
                self._phase("latent", self.latent_critic, self.latent_terms, latent, rate),
            ]

        controller = [
            self._phase("critic", self.critic, self.controller_critic_terms, one, c.learning_rate),
            self._phase("controller", self.generator, self.controller_terms, {"fake": 1, "code": 1}, c.learning_rate),
        ]
        joint = self._phase("joint", both, self.joint_terms, likeness, c.learning_rate)
        adversarial = self._phase("adversarial", both, self.adversarial_terms, likeness | looks, c.adversarial_rate)
        return [
            Stage(name="controller", steps=c.controller_steps, phases=controller),
            Stage(name="joint", steps=c.joint_steps, phases=[*critics(c.learning_rate), joint]),
            Stage(name="adversarial", steps=c.steps, phases=[*critics(c.adversarial_rate), adversarial]),
        ]

    def _phase(self, name: str, network: nn.Module, terms: TermsOf, weights: Mapping[str, float], rate: float) -> Phase:
        """Make a phase with an optimiser of its own: each stage begins with fresh ones, as the official code does."""
        return Phase(
            name=name,
            optimizer=Adam(network.parameters(), rate, (self.config.beta1, self.config.beta2), fused=True),
            terms=terms,
            weights=weights,
            every=self.config.critic_every if name in ("critic", "latent") else 1,
            learning_rate=self._rate,
        )

    def _rate(self, progress: float) -> float:
        start = self.config.decay_from
        return 1.0 if progress < start else (1 - progress) / (1 - start)

    def controller_critic_terms(self, batch: FaceBatch) -> Terms:
        return self._judge(batch, self.imagine(batch))

    def controller_terms(self, batch: FaceBatch) -> Terms:
        score, told = self.critic(self.imagine(batch), batch.source)
        return {"fake": cross_entropy_real(score), "code": code_error(told, self.training_code(batch))}

    def critic_terms(self, batch: FaceBatch) -> Terms:
        return self._judge(batch, self.reconstruct(batch)[0])

    def _judge(self, batch: FaceBatch, fake: Tensor) -> Terms:
        score, told = self.critic(fake, batch.source)
        return {
            "real": cross_entropy_real(self.critic(batch.image, batch.source)[0]),
            "fake": cross_entropy_fake(score),
            "code": code_error(told, self.training_code(batch)),
        }

    def latent_terms(self, batch: FaceBatch) -> Terms:
        person = self.encoder(batch.image)
        return {
            "real": cross_entropy_real(self.latent_critic(self.nobody(batch))),
            "fake": cross_entropy_fake(self.latent_critic(person)),
        }

    def joint_terms(self, batch: FaceBatch) -> Terms:
        painted, _ = self.reconstruct(batch)
        return self._likeness(batch, painted, self.critic(painted, batch.source)[1])

    def adversarial_terms(self, batch: FaceBatch) -> Terms:
        painted, person = self.reconstruct(batch)
        score, told = self.critic(painted, batch.source)
        side = self.config.image_size
        return self._likeness(batch, painted, told) | {
            "fake": cross_entropy_real(score),
            "latent": cross_entropy_real(self.latent_critic(person)),
            "tv": total_variation(painted) * (3 * (side - 1) / 2),  # half the sum of squares by the side, as they do
        }

    def _likeness(self, batch: FaceBatch, painted: Tensor, told: Tensor) -> Terms:
        terms = {
            "pixel": F.l1_loss(painted, batch.image),
            "code": code_error(told, self.training_code(batch)),
        }
        if self.config.perceptual:
            terms["perceptual"] = perceptual_error(painted, batch.image)
        return terms

    def training_code(self, batch: FaceBatch) -> Tensor:
        """Return codes of what the faces show, at a strength drawn for each, (B, 8 d): nobody knows the true one."""
        c = self.config
        strength = c.weakest + (1 - c.weakest) * uniform(batch.key, c.code_size, stream=STRENGTH)
        return expression_code(batch.source, strength)

    def nobody(self, batch: FaceBatch) -> Tensor:
        """Draw codes of people who do not exist, (B, Z), from the uniform prior."""
        return 2 * uniform(batch.key, self.config.person_size, stream=PRIOR) - 1

    def imagine(self, batch: FaceBatch) -> Tensor:
        """Paint people who do not exist with the expressions of a batch."""
        return self.generator(self.nobody(batch), self.training_code(batch))

    def reconstruct(self, batch: FaceBatch) -> tuple[Tensor, Tensor]:
        """Paint faces from their own codes; returns them and the code of the person, (B, Z)."""
        person = self.encoder(batch.image)
        return self.generator(person, self.training_code(batch)), person

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        """See ``Editor``; a share of an emotion scales its code, so that half a smile lies between rest and smile."""
        full = target.new_ones(len(target), self.config.code_size)
        painted = self.generator(self.encoder(image), expression_code(target, full))
        return Edited(image=painted, change=torch.ones_like(painted[:, :1]))

    def preview(self, batch: FaceBatch) -> Sample:
        again, edited = (self.edit(batch.image, batch.source, code).image for code in (batch.source, batch.target))
        return Sample(columns={"source": batch.image, "painted again": again, "edited": edited})

    def released_state(self) -> Mapping[str, Any]:
        return self._used().state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self._used().load_state_dict(state)

    def _used(self) -> nn.ModuleDict:
        return nn.ModuleDict({"encoder": self.encoder, "generator": self.generator})


class Encoder(nn.Module):
    """Tells a person in a few numbers."""

    def __init__(self, image_size: int, width: int, person_size: int) -> None:
        super().__init__()
        widths = [3, *(width * 2**level for level in range(levels_of(image_size)))]
        self.levels = nn.Sequential(*(part for i, o in pairwise(widths) for part in (halving(i, o), nn.ReLU())))
        self.person = connected(widths[-1] * START**2, person_size)

    def forward(self, image: Tensor) -> Tensor:
        """Look at faces, (B, 3, S, S) in [-1, 1]; returns (B, Z) in [-1, 1]."""
        return torch.tanh(self.person(self.levels(image).flatten(1)).float())


class Generator(nn.Module):
    """Paints a person with an emotion, whose code it is told at every level."""

    def __init__(self, image_size: int, width: int, person_size: int, code_size: int) -> None:
        super().__init__()
        count = levels_of(image_size)
        self.repeats = max(1, person_size // len(EMOTIONS))  # so that a short code is not lost beside the person's
        widths = [max(1, width // 2**level) for level in range(count + 2)]
        self.start = connected(person_size + self.repeats * code_size, width * START**2)
        nn.init.zeros_(self.start.weight[:, person_size:])  # see filtering
        self.levels = nn.ModuleList(filtering(i, code_size, o) for i, o in pairwise(widths))
        self.last = filtering(widths[-1], code_size, 3)
        self.doublings = count

    def forward(self, person: Tensor, code: Tensor) -> Tensor:
        """Paint people, (B, Z), with expressions, (B, K): (B, 3, S, S) in [-1, 1]."""
        start = self.start(torch.cat([person, code.repeat(1, self.repeats)], 1))
        features = F.relu(start).unflatten(1, (-1, START, START))
        for number, level in enumerate(self.levels):
            features = with_code(features, code)
            if number < self.doublings:
                features = F.interpolate(features, scale_factor=2.0)
            features = F.relu(level(features))
        return torch.tanh(self.last(with_code(features, code)).float())


class Critic(nn.Module):
    """Judges whether a face is real and shows an emotion, and reads how strong that is: D_img and Q in one."""

    def __init__(self, image_size: int, width: int, hidden: int, code_size: int) -> None:
        super().__init__()
        labels = len(EMOTIONS)
        widths = [3, *(width * 2**level for level in range(CRITIC_LEVELS))]
        self.levels = nn.ModuleList(
            nn.Sequential(halving(i + labels, o), nn.BatchNorm2d(o), nn.ReLU()) for i, o in pairwise(widths)
        )
        read, narrow = max(8, hidden // 8), max(4, hidden // 16)
        self.sum_up = normalised((widths[-1] + labels) * (image_size >> CRITIC_LEVELS) ** 2, hidden)
        self.realness = connected(hidden + labels, 1)
        self.reading = normalised(hidden + labels, read)
        self.strengths = nn.ModuleList(
            nn.Sequential(normalised(read, narrow), connected(narrow, code_size), nn.Tanh()) for _ in EMOTIONS
        )

    def forward(self, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Look at faces, (B, 3, S, S), said to show (B, 8): log odds of being real, (B, 1), and codes, (B, 8 d)."""
        features = with_code(image, label)
        for level in self.levels:
            features = with_code(level(features), label)
        summed = torch.cat([self.sum_up(features.flatten(1)), label], 1)
        read = self.reading(summed)
        return self.realness(summed).float(), torch.cat([head(read) for head in self.strengths], 1).float()


def latent_critic(person_size: int) -> nn.Sequential:
    """Make the critic that tells codes of faces from the uniform prior: log odds of being from the prior, (B, 1)."""
    widths = [person_size, *LATENT_WIDTHS]
    hidden = [part for i, o in pairwise(widths) for part in (connected(i, o), nn.BatchNorm1d(o), nn.ReLU())]
    return nn.Sequential(*hidden, connected(widths[-1], 1))


def expression_code(expression: Tensor, strength: Tensor) -> Tensor:
    """Spell expressions, (B, 8), as the generator takes them, (B, 8 d).

    The sign tells the emotion: plus at the one that is shown and minus at all others. The magnitude tells how strong
    it is. Of a mixture the code is the mixture of the codes, which reaches a pure emotion and rest exactly.

    Args:
        expression: shares of the emotions.
        strength: (B, d) in [0, 1], the same for all emotions.

    Source: Ding et al. 2018, section on the expression controller, for pure emotions; ours for mixtures.
    """
    signs = (2 * expression - expression.sum(1, keepdim=True)).clamp(-1, 1)
    return (signs[:, :, None] * strength[:, None].to(signs)).flatten(1)


def code_error(told: Tensor, code: Tensor) -> Tensor:
    """Mean square by which codes, (B, 8 d), are missed, summed over the emotions."""
    return len(EMOTIONS) * F.mse_loss(told, code)


def perceptual_error(painted: Tensor, image: Tensor) -> Tensor:
    """Mean absolute difference of what the released meter's first levels see, summed over three levels.

    Source: Johnson et al. 2016, with a network of ours instead of VGG.
    """
    with torch.no_grad():
        wanted = meter_features(image)
    found = meter_features(painted)
    return torch.stack([F.l1_loss(one, other) for one, other in zip(found, wanted, strict=True)]).sum()


def meter_features(image: Tensor) -> list[Tensor]:
    """Return what the meter sees in faces, (B, 3, S, S), at a quarter, an eighth and a sixteenth of its side."""
    network = load_meter(str(image.device)).network
    features, seen = resized(image.float(), network.image_size), []
    for level in (network.fine, network.middle, network.coarse):
        features = level(features.contiguous(memory_format=torch.channels_last))
        seen.append(features)
    return seen


def with_code(features: Tensor, code: Tensor) -> Tensor:
    """Lay a code, (B, K), as planes behind features, (B, C, H, W)."""
    planes = code[:, :, None, None].expand(-1, -1, *features.shape[2:])
    return torch.cat([features, planes.to(features)], 1)


def levels_of(image_size: int) -> int:
    """Return how often the side is halved to the smallest features."""
    return int(math.log2(image_size // START))


def halving(channels: int, out: int) -> nn.Conv2d:
    """Make a convolution that halves the side."""
    layer = nn.Conv2d(channels, out, 5, 2, 2)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def filtering(channels: int, code_size: int, out: int) -> nn.Conv2d:
    """Make a convolution without a bias that keeps the side; at first it does not hear the code behind its features."""
    layer = nn.Conv2d(channels + code_size, out, 3, 1, 1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.weight[:, channels:])
    return layer


def connected(size: int, out: int) -> nn.Linear:
    """Make a layer in which everything meets everything."""
    layer = nn.Linear(size, out)
    nn.init.normal_(layer.weight, 0, math.sqrt(1 / size))
    nn.init.zeros_(layer.bias)
    return layer


def normalised(size: int, out: int) -> nn.Sequential:
    """Connect, normalise over the batch, activate."""
    return nn.Sequential(connected(size, out), nn.BatchNorm1d(out), nn.LeakyReLU(0.2))
