"""How GANimation is trained, with the settings of the paper, of the official code, and ours.

Source: Pumarola et al. 2018 (ECCV), section 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.action_unit import ACTION_UNITS
from mienkit.core.batch import FaceBatch, PairBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.task import Edited
from mienkit.losses.adversarial import wasserstein_fake, wasserstein_real
from mienkit.losses.attention import (
    attention_mean,
    attention_norm,
    attention_target,
    total_variation,
    total_variation_l1_sum,
)
from mienkit.losses.pair import changed_region_l1
from mienkit.losses.penalty import gradient_penalty
from mienkit.systems.ganimation.moving import MovingGenerator
from mienkit.systems.ganimation.networks import Critic, Generator


@MODELS.register
class Ganimation(Recipe):
    """Edits action units: WGAN-GP, an AU regressor inside the critic, a cycle, and a sparse attention mask."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        network: Literal["published", "moving"] = "published"
        """``moving``: the colour image is the input, moved by a flow, plus what the network paints (``moving.py``)."""
        conv_dim: int = 64
        """Channels of the generator's first layer."""
        repeat: int = 6
        """Residual blocks."""
        condition: Literal["target", "change"] = "target"
        """What the generator is told: the wanted intensities, or wanted minus present ones."""
        critic_dim: int = 64
        critic_cap: int = 2048
        """Most channels of a critic's layer."""
        critic_depth: int = 6
        steps: int = 240_000  # 30 epochs of 200,000 images at batch 25
        batch_size: int = 25
        n_critic: int = 5
        """Critic updates per generator update."""
        pair_steps: int = 0
        """Steps of a first stage in which the generator learns from exact results alone."""
        learning_rate: float = 1e-4
        pair_rate: float = 1e-4
        """Learning rate of that first stage."""
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 2 / 3  # the last 10 of 30 epochs
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        gp: float = 10.0
        gp_step: Literal["joint", "separate"] = "joint"
        """``separate``: the penalty takes an optimiser step of its own, as in the official code."""
        aus: float = 4000.0
        aus_form: Literal["norm", "official", "mean"] = "norm"
        """``norm``: squared L2 norm, mean over the batch (paper); ``official``: mean square / batch size."""
        cycle: float = 10.0
        attention: float = 0.1
        attention_form: Literal["norm", "mean", "target"] = "norm"
        """``target``: squared distance of each mask's mean from ``attention_aim``."""
        attention_aim: float = 0.85
        tv: float = 1e-4
        tv_form: Literal["squares", "l1-sum"] = "squares"
        pair: float = 0.0
        """Weight of the error to the exact result, where a table has one."""
        pair_focus: float = 4.0
        """How much more a pixel that changes counts than one that stays."""
        pair_threshold: float = 0.1
        """Mean absolute difference over the channels from which a pixel changes."""
        average: bool = False
        """Release the moving average of the generator's weights."""

        def __post_init__(self) -> None:
            require(self.image_size % 8 == 0, f"image_size={self.image_size} must be a multiple of 8")
            require(self.image_size >> self.critic_depth >= 1, f"critic_depth={self.critic_depth} is too deep for "
                    f"image_size={self.image_size}; at most {self.image_size.bit_length() - 1}")  # fmt: skip
            require(0 <= self.decay_from < 1, f"decay_from={self.decay_from} must be in [0, 1)")
            require(
                min(self.steps, self.batch_size, self.n_critic) >= 1, "steps, batch_size, n_critic must be positive"
            )

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "official": {  # albertpumarola/GANimation: see docs/models/ganimation.md for each. Its tv of 1e-5 is a sum over
            # the batch of 25, ours a mean.
            "aus_form": "official", "attention_form": "mean", "tv": 25e-5, "tv_form": "l1-sum", "gp_step": "separate",
        },
        "ours": {
            "network": "moving", "conv_dim": 32, "repeat": 2, "condition": "change",
            "critic_dim": 32, "critic_cap": 128, "critic_depth": 5,
            "pair_steps": 9_000, "steps": 1_000, "batch_size": 16, "n_critic": 1,
            "learning_rate": 5e-4, "pair_rate": 2e-3, "beta1": 0.9, "beta2": 0.99, "decay_from": 0.5,
            "adversarial": 0.02, "aus_form": "mean", "aus": 0.2, "cycle": 0.0, "pair": 1.0,
            "attention_form": "target", "attention": 1.0, "tv": 1e-5, "average": True,
        },
        "small": {  # `ours`, narrower and shorter: some minutes of one core on drawn faces (docs/small.md)
            "image_size": 64, "network": "moving", "conv_dim": 24, "repeat": 2, "condition": "change",
            "critic_dim": 16, "critic_cap": 128, "critic_depth": 5,
            "pair_steps": 4_000, "steps": 400, "batch_size": 16, "n_critic": 1,
            "learning_rate": 5e-4, "pair_rate": 2e-3, "beta1": 0.9, "beta2": 0.99, "decay_from": 0.5,
            "adversarial": 0.02, "aus_form": "mean", "aus": 0.2, "cycle": 0.0,
            "pair": 1.0, "pair_focus": 15.0, "pair_threshold": 0.02,
            "attention_form": "target", "attention": 1.0, "tv": 1e-5, "average": True,
        },
        "tiny": {
            "image_size": 32, "conv_dim": 4, "repeat": 1, "critic_dim": 4, "critic_cap": 16, "critic_depth": 3,
            "steps": 3, "batch_size": 4, "n_critic": 2, "average": True,
        },
    }  # fmt: skip
    source = "Pumarola et al. 2018 (ECCV)"
    vocabulary: ClassVar[tuple[str, ...]] = ACTION_UNITS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        generator = MovingGenerator if config.network == "moving" else Generator
        self.generator = generator(config.conv_dim, config.repeat)
        self.critic = Critic(config.image_size, config.critic_dim, config.critic_cap, config.critic_depth)
        self.averaged = ("generator",) if config.average else ()
        if config.pair > 0:
            self.batch = PairBatch

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic_weights = {"real": c.adversarial, "fake": c.adversarial, "gp": c.adversarial * c.gp, "aus": c.aus}
        critic_adam = self._adam(self.critic, c.learning_rate)
        generator_adam = self._adam(self.generator, c.learning_rate)
        generator_weights = {
            "fake": -c.adversarial, "aus": c.aus, "cycle": c.cycle,
            "attention": c.attention, "tv": c.tv, "pair": c.pair,
        }  # fmt: skip
        phases = [
            Phase(
                name="critic",
                optimizer=critic_adam,
                terms=self.critic_terms,
                weights=critic_weights,
                learning_rate=self._rate,
            ),
            Phase(
                name="generator",
                optimizer=generator_adam,
                terms=self.generator_terms,
                weights={name: weight for name, weight in generator_weights.items() if weight},
                every=c.n_critic,
                learning_rate=self._rate,
            ),
        ]
        if c.gp_step == "separate":
            phases[0].weights.pop("gp")  # type: ignore[attr-defined]
            phases.insert(1, Phase(name="penalty", optimizer=critic_adam, terms=self.penalty_terms,
                                   weights={"gp": c.adversarial * c.gp}, learning_rate=self._rate))  # fmt: skip
        joint = Stage(name="joint", steps=c.steps, phases=phases)
        if not c.pair_steps:
            return [joint]
        pairs = Phase(
            name="pairs",
            optimizer=self._adam(self.generator, c.pair_rate),
            terms=self.pair_terms,
            weights={"pair": c.pair, "attention": c.attention, "tv": c.tv},
            learning_rate=warm_up,
        )
        return [Stage(name="pairs", steps=c.pair_steps, phases=[pairs]), joint]

    def _adam(self, network: nn.Module, rate: float) -> Adam:
        return Adam(network.parameters(), lr=rate, betas=(self.config.beta1, self.config.beta2), fused=True)

    def _rate(self, progress: float) -> float:
        start = self.config.decay_from
        return 1.0 if progress < start else (1 - progress) / (1 - start)

    def pair_terms(self, batch: PairBatch) -> Terms:
        fake, keep = self.synthesize(batch.image, batch.source, batch.target)
        return {
            "pair": self._pair(fake, batch),
            "attention": self._attention(keep),
            "tv": self._variation(keep),
        }

    def critic_terms(self, batch: FaceBatch) -> Terms:
        real, labelled, label, known = critic_data(batch)
        fake, _ = self.synthesize(batch.image, batch.source, batch.target)
        terms = {
            "real": wasserstein_real(self.critic(real)[0]),
            "fake": wasserstein_fake(self.critic(fake)[0]),
            "aus": self._au_error(self.critic(labelled)[1], label, known),
        }
        return terms if self.config.gp_step == "separate" else terms | self._penalty(real, fake, batch.key)

    def penalty_terms(self, batch: FaceBatch) -> Terms:
        fake, _ = self.synthesize(batch.image, batch.source, batch.target)
        return self._penalty(critic_data(batch)[0], fake, batch.key)

    def _penalty(self, real: Tensor, fake: Tensor, key: Tensor) -> Terms:
        mix = uniform(key, 1, 1, 1).to(real)
        return {"gp": gradient_penalty(lambda image: self.critic(image)[0], real, fake, mix)}

    def generator_terms(self, batch: FaceBatch) -> Terms:
        fake, keep = self.synthesize(batch.image, batch.source, batch.target)
        realness, aus = self.critic(fake)
        terms = {
            "fake": wasserstein_fake(realness),
            "aus": self._au_error(aus, batch.target, torch.ones_like(batch.target)),
            "attention": self._attention(keep),
            "tv": self._variation(keep),
        }
        if self.config.cycle:
            back, keep_back = self.synthesize(fake, batch.target, batch.source)
            terms["cycle"] = F.l1_loss(back, batch.image)
            terms["attention"] = terms["attention"] + self._attention(keep_back)
            terms["tv"] = terms["tv"] + self._variation(keep_back)
        if isinstance(batch, PairBatch):
            terms["pair"] = self._pair(fake, batch)
        return terms

    def _pair(self, fake: Tensor, batch: PairBatch) -> Tensor:
        c = self.config
        return changed_region_l1(fake, batch.result, batch.image, batch.paired, c.pair_focus, c.pair_threshold)

    def _au_error(self, predicted: Tensor, wanted: Tensor, known: Tensor) -> Tensor:
        square = (predicted - wanted).square() * known
        if self.config.aus_form == "norm":
            return square.sum(1).mean()
        mean = square.sum() / known.sum().clamp(min=1)
        return mean / self.config.batch_size if self.config.aus_form == "official" else mean

    def _attention(self, keep: Tensor) -> Tensor:
        c = self.config
        if c.attention_form == "target":
            return attention_target(keep, c.attention_aim)
        return attention_norm(keep) if c.attention_form == "norm" else attention_mean(keep)

    def _variation(self, keep: Tensor) -> Tensor:
        if self.config.tv_form == "l1-sum":
            return total_variation_l1_sum(keep)
        return total_variation(keep) * keep[0].numel()  # the paper sums over the pixels

    def synthesize(self, image: Tensor, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the edited faces, (B, 3, H, W), and the attention A, (B, 1, H, W); A = 1 keeps the pixel."""
        condition = target - source if self.config.condition == "change" else target
        colour, keep = self.generator(image, condition)
        return (1 - keep) * colour + keep * image, keep

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        edited, keep = self.synthesize(image, source, target)
        return Edited(image=edited, change=1 - keep)

    def preview(self, batch: FaceBatch) -> Sample:
        edited, keep = self.synthesize(batch.image, batch.source, batch.target)
        columns = {"source": batch.image, "edited": edited, "change": (1 - keep).expand(-1, 3, -1, -1) * 2 - 1}
        if isinstance(batch, PairBatch):
            columns["exact"] = batch.result
        return Sample(columns=columns, change=1 - keep)

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


def critic_data(batch: FaceBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what the critic learns from: real faces, labelled faces, their AUs, and which of these are known."""
    if isinstance(batch, PairBatch):
        return batch.real, batch.labelled, batch.label, batch.label_known
    return batch.image, batch.image, batch.source, torch.ones_like(batch.source)


def warm_up(progress: float) -> float:
    """Rise over the first 2 %, stay for half of the steps, and fall linearly to 5 %."""
    return min(1.0, 50 * progress + 0.02) * max(0.05, min(1.0, 2 - 2 * progress))
