"""AttGAN: an encoder and decoder that is told attributes at its bottleneck, and must reconstruct with the face's own.

Source: He et al. 2019, "AttGAN: Facial Attribute Editing by Only Changing What You Want" (IEEE TIP).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import FaceBatch, PairBatch, TransferBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.task import Edited
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.losses.pair import changed_region_l1
from mienkit.losses.penalty import gradient_penalty

WIDEST = 16
"""Most channels of a layer, in those of the first: 1024 of 64."""
Learned: TypeAlias = FaceBatch | TransferBatch
BEGINNING = 1e-3
"""Spread of the last layer's weights where the network begins by changing next to nothing."""


@MODELS.register
class Attgan(Recipe):
    """Edits emotions, or action units: WGAN-GP, a critic that also reads the expression, and a reconstruction."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        condition: Literal["emotions", "aus"] = "emotions"
        """What an expression is: one of eight classes, or 17 intensities (neither is in the paper, which has 13
        attributes that exclude each other in no way)."""
        dim: int = 64
        """Channels of the outermost layers."""
        depth: int = 5
        """Layers of the encoder, of the decoder, and of the critic, each of stride 2."""
        shortcut_layers: int = 1
        """Decoder layers whose output is joined by the encoder's of the same size."""
        inject_layers: int = 1
        """Decoder layers whose output is joined by the attributes, as the code is."""
        decoder_norm: bool = True
        """Whether the decoder normalises. False, which is not in the paper, goes with ``paints=change``: a norm gives
        every channel the same spread, however little of a face should change."""
        paints: Literal["picture", "change"] = "picture"
        """``change``: what the network paints is added to the face, and begins at nothing (not in the paper)."""
        critic_dim: int = 64
        critic_features: int = 1024
        """Of the fully connected layer in each of the critic's two heads."""
        steps: int = 305_000  # reconstructed: 60 epochs of CelebA's 162,770 training faces at batch 32
        batch_size: int = 32
        n_critic: int = 5
        """Critic updates per generator update."""
        learning_rate: float = 2e-4
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 0.5  # epoch 30 of 60
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        gp: float = 10.0
        """Relative to ``adversarial``."""
        label: float = 10.0
        """Weight of what the critic reads from edits: cross-entropy of emotions, mean squared error of units."""
        label_real: float = 1.0
        """The critic's weight of what it reads from real faces."""
        reconstruction: float = 100.0
        pair: float = 0.0
        """Weight of the error to the exact result, where the tables have one (not in the paper)."""
        pair_focus: float = 15.0
        """How much more a pixel that changes counts than one that stays."""
        pair_threshold: float = 0.02
        """Mean absolute difference over the channels from which a pixel changes."""

        def __post_init__(self) -> None:
            side = 2**self.depth
            require(self.image_size % side == 0 and self.image_size > side,
                    f"image_size={self.image_size} must be a multiple of {side} and more than that, because of "
                    f"depth={self.depth}")  # fmt: skip
            require(0 <= self.shortcut_layers < self.depth, f"shortcut_layers must be under depth={self.depth}")
            require(0 <= self.inject_layers < self.depth, f"inject_layers must be under depth={self.depth}")
            require(0 <= self.decay_from < 1, f"decay_from={self.decay_from} must be in [0, 1)")

    _SMALL: ClassVar[Mapping[str, object]] = {
        "image_size": 64, "dim": 24, "depth": 4, "decoder_norm": False, "paints": "change",
        "critic_dim": 24, "critic_features": 128,
        "steps": 2_200, "batch_size": 8, "n_critic": 1, "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.99,
        "adversarial": 0.5, "label": 1.0, "reconstruction": 10.0, "pair": 20.0, "pair_focus": 80.0,
    }  # fmt: skip
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "aus": {"condition": "aus", "label": 1600.0, "label_real": 160.0},
        "small": _SMALL,
        "small-aus": {**_SMALL, "condition": "aus", "label": 20.0, "label_real": 20.0},
        "tiny": {
            "image_size": 32, "dim": 4, "depth": 3, "critic_dim": 4, "critic_features": 8,
            "steps": 4, "batch_size": 4, "n_critic": 2,
        },
    }  # fmt: skip
    source = "He et al. 2019 (IEEE TIP)"
    vocabulary: tuple[str, ...] = EMOTIONS

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        self.config, self.image_size = c, c.image_size
        self.vocabulary = EMOTIONS if c.condition == "emotions" else ACTION_UNITS
        labels = len(self.vocabulary)
        self.generator = Generator(c.dim, c.depth, labels, c.shortcut_layers, c.inject_layers, c.decoder_norm)
        self.critic = Critic(c.image_size, c.critic_dim, c.depth, c.critic_features, labels)
        if c.pair > 0:
            self.batch = TransferBatch if c.condition == "emotions" else PairBatch
        if c.paints == "change":
            nn.init.normal_(self.generator.colour.weight, 0, BEGINNING)
            nn.init.zeros_(self.generator.colour.bias)  # type: ignore[arg-type]

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic = Phase(
            name="critic",
            optimizer=self._adam(self.critic),
            terms=self.critic_terms,
            weights={"real": c.adversarial, "fake": c.adversarial, "gp": c.adversarial * c.gp, "label": c.label_real},
            learning_rate=self._rate,
        )
        generator = Phase(
            name="generator",
            optimizer=self._adam(self.generator),
            terms=self.generator_terms,
            weights={
                "fake": -c.adversarial,
                "label": c.label,
                "reconstruction": c.reconstruction,
                **({"pair": c.pair} if c.pair else {}),
            },
            every=c.n_critic,
            learning_rate=self._rate,
        )
        return [Stage(name="joint", steps=c.steps, phases=[critic, generator])]

    def _adam(self, network: nn.Module) -> Adam:
        c = self.config
        return Adam(network.parameters(), lr=c.learning_rate, betas=(c.beta1, c.beta2), fused=True)

    def _rate(self, progress: float) -> float:
        return min(1.0, (1 - progress) / (1 - self.config.decay_from))

    def critic_terms(self, batch: Learned) -> Terms:
        fake = self.synthesize(batch.image, batch.target)[0]
        realness, read = self.critic(batch.image)
        mix = uniform(batch.key, 1, 1, 1).to(fake)
        return {
            "real": wasserstein_real(realness),
            "fake": wasserstein_fake(self.critic(fake)[0]),
            "gp": gradient_penalty(lambda image: self.critic(image)[0], batch.image, fake, mix),
            "label": self._label_error(read, batch.source),
        }

    def generator_terms(self, batch: Learned) -> Terms:
        fake, own = self.synthesize(batch.image, batch.target, batch.source)
        realness, read = self.critic(fake)
        terms = {
            "fake": wasserstein_fake(realness),
            "label": self._label_error(read, batch.target),
            "reconstruction": F.l1_loss(own, batch.image),
        }
        if isinstance(batch, PairBatch | TransferBatch):
            c = self.config
            terms["pair"] = changed_region_l1(
                fake, batch.result, batch.image, batch.paired, c.pair_focus, c.pair_threshold
            )
        return terms

    def _label_error(self, read: Tensor, wanted: Tensor) -> Tensor:
        return F.cross_entropy(read, wanted) if self.config.condition == "emotions" else F.mse_loss(read, wanted)

    def synthesize(self, image: Tensor, *wanted: Tensor) -> list[Tensor]:
        """Return the faces, encoded once, with each of some expressions, (B, 3, H, W) in [-1, 1]."""
        codes = self.generator.encode(image)
        painted = [self.generator.decode(codes, one) for one in wanted]
        return painted if self.config.paints == "picture" else [(image + 2 * one).clamp(-1, 1) for one in painted]

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return Edited(image=self.synthesize(image, target)[0], change=torch.ones_like(image[:, :1]))

    def preview(self, batch: Learned) -> Sample:
        edited, own = self.synthesize(batch.image, batch.target, batch.source)
        exact = {"exact": batch.result} if isinstance(batch, PairBatch | TransferBatch) else {}
        return Sample(columns={"source": batch.image, "edited": edited, "reconstructed": own, **exact})

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


class Generator(nn.Module):
    """Encodes a face without its attributes being asked for, and decodes it with those that are.

    Source: He et al. 2019, table 1; layer table of the official code.
    """

    def __init__(
        self, dim: int, depth: int, labels: int, shortcuts: int, injections: int, decoder_norm: bool = True
    ) -> None:
        """Build it.

        Args:
            dim: channels of the outermost layers.
            depth: layers of the encoder, and of the decoder.
            labels: attributes.
            shortcuts: decoder layers joined by the encoder's output of the same size.
            injections: decoder layers joined by the attributes.
            decoder_norm: whether the decoder normalises, as published.
        """
        super().__init__()
        self.shortcuts, self.injections = shortcuts, injections
        widths = [dim * min(2**level, WIDEST) for level in range(depth)]
        self.encoder = nn.ModuleList(downwards(i, o) for i, o in pairwise([3, *widths]))
        self.decoder = nn.ModuleList()
        channels = widths[-1] + labels
        for level in range(depth - 1):
            out = widths[depth - 1 - level]
            self.decoder.append(upwards(channels, out, decoder_norm))
            channels = out + (widths[depth - 2 - level] if level < shortcuts else 0)
            channels += labels if level < injections else 0
        self.colour = nn.ConvTranspose2d(channels, 3, 4, 2, 1)

    def encode(self, image: Tensor) -> list[Tensor]:
        """Return the output of every layer; the last one is the code."""
        codes = [image]
        for layer in self.encoder:
            codes.append(layer(codes[-1]))
        return codes[1:]

    def decode(self, codes: Sequence[Tensor], wanted: Tensor) -> Tensor:
        """Paint faces with attributes, (B, 3, H, W) in [-1, 1]."""
        features = with_planes(codes[-1], wanted)
        for level, layer in enumerate(self.decoder):
            features = layer(features)
            if level < self.shortcuts:
                features = torch.cat([features, codes[-2 - level]], 1)
            if level < self.injections:
                features = with_planes(features, wanted)
        return torch.tanh(self.colour(features).float())


class Critic(nn.Module):
    """Judges whole faces as real or not, and reads their attributes.

    Its norm looks at one sample at a time, so that the gradient penalty may too.

    Source: He et al. 2019, table 1; layer table of the official code.
    """

    def __init__(self, image_size: int, dim: int, depth: int, features: int, labels: int) -> None:
        super().__init__()
        widths = [3] + [dim * min(2**level, WIDEST) for level in range(depth)]
        self.body = nn.Sequential(
            *(layer for i, o in pairwise(widths) for layer in
              (nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.InstanceNorm2d(o, affine=True), nn.LeakyReLU(0.2))),
            nn.Flatten(),
        )  # fmt: skip
        flat = widths[-1] * (image_size >> depth) ** 2
        self.realness = reader(flat, features, 1)
        self.label = reader(flat, features, labels)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores, (B, 1), and attributes, (B, K), as they come: logits of classes."""
        features = self.body(image)
        return self.realness(features).float(), self.label(features).float()


def reader(channels: int, features: int, out: int) -> nn.Sequential:
    """Read some numbers."""
    return nn.Sequential(nn.Linear(channels, features), nn.LeakyReLU(0.2), nn.Linear(features, out))


def downwards(channels: int, out: int) -> nn.Sequential:
    """Halve the side."""
    return nn.Sequential(nn.Conv2d(channels, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(0.2))


def upwards(channels: int, out: int, norm: bool) -> nn.Sequential:
    """Double the side."""
    double = nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False)
    # Without the norm, the wish to change next to nothing would shut all rectifiers for good.
    return nn.Sequential(double, nn.BatchNorm2d(out), nn.ReLU()) if norm else nn.Sequential(double, nn.LeakyReLU(0.2))


def with_planes(features: Tensor, wanted: Tensor) -> Tensor:
    """Lay a constant plane for each attribute behind features."""
    planes = wanted[:, :, None, None].expand(-1, -1, *features.shape[2:])
    return torch.cat([features, planes.to(features)], 1)
