"""StarGAN: one generator for all expressions, held to the person by a cycle.

Source: Choi et al. 2018, "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation" (CVPR).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from mienkit.nn.translator import LabelCritic, Translator

Learned: TypeAlias = FaceBatch | TransferBatch
BEGINNING = 1e-3
"""Spread of the last layer's weights where the network begins by changing next to nothing."""


@MODELS.register
class Stargan(Recipe):
    """Edits emotions, or action units: WGAN-GP, a critic that also reads the expression, and a cycle."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        condition: Literal["emotions", "aus"] = "emotions"
        """What an expression is: one of eight classes, or 17 intensities (not in the paper)."""
        conv_dim: int = 64
        """Channels of the generator's first layer."""
        repeat: int = 6
        """Residual blocks."""
        decoder_norm: bool = True
        """Whether the generator's decoder normalises. False, which is not in the paper, goes with ``paints=change``."""
        paints: Literal["picture", "change"] = "picture"
        """``change``: what the network paints is added to the face, and begins at nothing (not in the paper)."""
        critic_dim: int = 64
        critic_cap: int = 2048
        """Most channels of a critic's layer."""
        critic_depth: int = 6
        steps: int = 200_000
        batch_size: int = 16
        n_critic: int = 5
        """Critic updates per generator update."""
        learning_rate: float = 1e-4
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 0.5  # the last 100,000 of 200,000 iterations
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        gp: float = 10.0
        """Relative to ``adversarial``."""
        label: float = 1.0
        """Weight of what the critic reads: cross-entropy of emotions, mean squared error of units."""
        cycle: float = 10.0
        pair: float = 0.0
        """Weight of the error to the exact result, where the tables have one (not in the paper)."""
        pair_focus: float = 15.0
        """How much more a pixel that changes counts than one that stays."""
        pair_threshold: float = 0.02
        """Mean absolute difference over the channels from which a pixel changes."""
        average: bool = False
        """Release the moving average of the generator's weights."""

        def __post_init__(self) -> None:
            require(self.image_size % 4 == 0, f"image_size={self.image_size} must be a multiple of 4")
            require(self.image_size >> self.critic_depth >= 1, f"critic_depth={self.critic_depth} is too deep for "
                    f"image_size={self.image_size}; at most {self.image_size.bit_length() - 1}")  # fmt: skip
            require(0 <= self.decay_from < 1, f"decay_from={self.decay_from} must be in [0, 1)")

    _SMALL: ClassVar[Mapping[str, object]] = {
        "image_size": 64, "conv_dim": 16, "repeat": 2, "decoder_norm": False, "paints": "change",
        "critic_dim": 16, "critic_cap": 128, "critic_depth": 4,
        "steps": 1_700, "batch_size": 8, "n_critic": 1, "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.99,
        "adversarial": 0.05, "label": 0.1, "cycle": 1.0, "pair": 5.0, "pair_focus": 80.0, "average": True,
    }  # fmt: skip
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "aus": {"condition": "aus", "label": 160.0},  # GANimation's official code: 160 times the mean square
        "small": _SMALL,
        "small-aus": {**_SMALL, "condition": "aus", "label": 2.0},
        "tiny": {
            "image_size": 32, "conv_dim": 4, "repeat": 1, "critic_dim": 4, "critic_cap": 16, "critic_depth": 3,
            "steps": 4, "batch_size": 4, "n_critic": 2, "average": True,
        },
    }  # fmt: skip
    source = "Choi et al. 2018 (CVPR)"
    vocabulary: tuple[str, ...] = EMOTIONS

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = config
        self.config, self.image_size = c, c.image_size
        self.vocabulary = EMOTIONS if c.condition == "emotions" else ACTION_UNITS
        labels = len(self.vocabulary)
        self.generator = Translator(3 + labels, c.conv_dim, c.repeat, c.decoder_norm)
        self.critic = LabelCritic(c.image_size, c.critic_dim, c.critic_cap, c.critic_depth, labels)
        self.averaged = ("generator",) if c.average else ()
        if c.pair > 0:
            self.batch = TransferBatch if c.condition == "emotions" else PairBatch
        if c.paints == "change":
            nn.init.normal_(self.generator.colour.weight, 0, BEGINNING)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic = Phase(
            name="critic",
            optimizer=self._adam(self.critic),
            terms=self.critic_terms,
            weights={"real": c.adversarial, "fake": c.adversarial, "gp": c.adversarial * c.gp, "label": c.label},
            learning_rate=self._rate,
        )
        generator = Phase(
            name="generator",
            optimizer=self._adam(self.generator),
            terms=self.generator_terms,
            weights={
                "fake": -c.adversarial,
                "label": c.label,
                "cycle": c.cycle,
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
        fake = self.synthesize(batch.image, batch.target)
        realness, read = self.critic(batch.image)
        mix = uniform(batch.key, 1, 1, 1).to(fake)
        return {
            "real": wasserstein_real(realness),
            "fake": wasserstein_fake(self.critic(fake)[0]),
            "gp": gradient_penalty(lambda image: self.critic(image)[0], batch.image, fake, mix),
            "label": self._label_error(read, batch.source),
        }

    def generator_terms(self, batch: Learned) -> Terms:
        fake = self.synthesize(batch.image, batch.target)
        realness, read = self.critic(fake)
        terms = {
            "fake": wasserstein_fake(realness),
            "label": self._label_error(read, batch.target),
            "cycle": F.l1_loss(self.synthesize(fake, batch.source), batch.image),
        }
        if isinstance(batch, PairBatch | TransferBatch):
            c = self.config
            terms["pair"] = changed_region_l1(
                fake, batch.result, batch.image, batch.paired, c.pair_focus, c.pair_threshold
            )
        return terms

    def _label_error(self, read: Tensor, wanted: Tensor) -> Tensor:
        return F.cross_entropy(read, wanted) if self.config.condition == "emotions" else F.mse_loss(read, wanted)

    def synthesize(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the edited faces, (B, 3, H, W) in [-1, 1]."""
        painted = self.generator(image, target)
        return painted if self.config.paints == "picture" else (image + 2 * painted).clamp(-1, 1)

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        return Edited(image=self.synthesize(image, target), change=torch.ones_like(image[:, :1]))

    def preview(self, batch: Learned) -> Sample:
        edited = self.synthesize(batch.image, batch.target)
        back = self.synthesize(edited, batch.source)
        exact = {"exact": batch.result} if isinstance(batch, PairBatch | TransferBatch) else {}
        return Sample(columns={"source": batch.image, "edited": edited, "and back": back, **exact})

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)
