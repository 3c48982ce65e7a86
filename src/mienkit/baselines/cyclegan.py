"""Turns faces of one emotion into another and back, without pairs: what goes there must come back the same.

Source: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks" (ICCV);
official code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import DomainBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS, canonical_emotion
from mienkit.core.errors import ConfigError
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import linear_decay
from mienkit.core.task import Edited
from mienkit.losses.adversarial import least_squares_fake, least_squares_real
from mienkit.nn.patch import PatchCritic
from mienkit.nn.pool import ImagePool
from mienkit.nn.resnet import ResNetGenerator

BEGINNING = 1e-3
"""Spread of the last layer's weights where a network begins with the face as it is."""


@MODELS.register
class Cyclegan(Recipe):
    """Knows two emotions: one generator leads from the first to the second, the other back."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        first: str = "neutral"
        second: str = "happiness"
        image_size: int = 256
        paints: Literal["picture", "change"] = "picture"
        """``change``: what the network paints is added to the face, and begins at almost nothing (not in the paper)."""
        width: int = 64
        """Channels of a generator's first layer."""
        blocks: int = 9
        """Residual blocks."""
        critic_width: int = 64
        critic_halvings: int = 3
        pool: int = 50
        """Earlier pictures that each critic also sees."""
        steps: int = 200_000  # 200 epochs, here of 1,000 pictures
        batch_size: int = 1
        learning_rate: float = 2e-4
        critic_rate: float = 2e-4
        beta1: float = 0.5
        decay_from: float = 0.5  # 100 epochs, then 100 of linear decay
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        cycle: float = 10.0
        identity: float = 5.0  # 0.5 times the weight of the cycle
        """Weight of what a generator changes in faces that show its emotion already."""

        def __post_init__(self) -> None:
            names = (canonical_emotion(self.first), canonical_emotion(self.second))
            require(names == (self.first, self.second), f"spell the two emotions as {' and '.join(names)}")
            require(self.first != self.second, f"first and second are both {self.first}; choose two emotions")
            require(self.image_size % 4 == 0, f"image_size={self.image_size} must be a multiple of 4")
            require(min(self.steps, self.batch_size) >= 1 and self.pool >= 0, "steps and batch_size must be positive")
            linear_decay(self.decay_from)

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "official": {},
        "small": {
            "image_size": 64, "paints": "change", "width": 12, "blocks": 2, "critic_width": 16,
            "steps": 2_000, "batch_size": 4, "learning_rate": 5e-4, "critic_rate": 1e-3, "identity": 0.0,
        },
        "tiny": {
            "image_size": 32, "width": 4, "blocks": 1, "critic_width": 4, "critic_halvings": 1, "pool": 6,
            "steps": 4, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Zhu et al. 2017 (ICCV)"
    vocabulary: ClassVar[tuple[str, ...]] = EMOTIONS
    batch = DomainBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.emotions = (config.first, config.second)
        self.forward_generator, self.backward_generator = (
            ResNetGenerator(width=config.width, blocks=config.blocks) for _ in range(2)
        )
        if config.paints == "change":
            for generator in (self.forward_generator, self.backward_generator):
                generator.begin_faint(BEGINNING)
        self.first_critic, self.second_critic = (
            PatchCritic(width=config.critic_width, halvings=config.critic_halvings, norm="instance") for _ in range(2)
        )
        size = (config.pool, 3, config.image_size, config.image_size)
        self.first_pool, self.second_pool = ImagePool(*size), ImagePool(*size)

    def stages(self) -> Sequence[Stage]:
        c, rate = self.config, linear_decay(self.config.decay_from)
        weights = {
            "first": c.adversarial, "second": c.adversarial, "first cycle": c.cycle, "second cycle": c.cycle,
            "first identity": c.identity, "second identity": c.identity,
        }  # fmt: skip
        generators = Phase(
            name="generators",
            optimizer=self._adam([self.forward_generator, self.backward_generator], c.learning_rate),
            terms=self.generator_terms,
            weights={name: weight for name, weight in weights.items() if weight},
            learning_rate=rate,
        )
        half = c.adversarial / 2
        critics = Phase(
            name="critics",
            optimizer=self._adam([self.first_critic, self.second_critic], c.critic_rate),
            terms=self.critic_terms,
            weights={"first real": half, "first fake": half, "second real": half, "second fake": half},
            learning_rate=rate,
        )
        return [Stage(name="joint", steps=c.steps, phases=[generators, critics])]

    def _adam(self, networks: Iterable[nn.Module], rate: float) -> Adam:
        parameters = chain.from_iterable(network.parameters() for network in networks)
        return Adam(parameters, lr=rate, betas=(self.config.beta1, 0.999), fused=True)

    def generator_terms(self, batch: DomainBatch) -> Terms:
        second, first = self.there(batch.first), self.back(batch.second)
        terms = {
            "first": least_squares_real(self.first_critic(first)),
            "second": least_squares_real(self.second_critic(second)),
            "first cycle": F.l1_loss(self.back(second), batch.first),
            "second cycle": F.l1_loss(self.there(first), batch.second),
        }
        if self.config.identity:
            terms["first identity"] = F.l1_loss(self.back(batch.first), batch.first)
            terms["second identity"] = F.l1_loss(self.there(batch.second), batch.second)
        return terms

    def critic_terms(self, batch: DomainBatch) -> Terms:
        second, first = self.there(batch.first), self.back(batch.second)
        return {
            "first real": least_squares_real(self.first_critic(batch.first)),
            "first fake": least_squares_fake(self.first_critic(self.first_pool.swap(first, batch.key))),
            "second real": least_squares_real(self.second_critic(batch.second)),
            "second fake": least_squares_fake(self.second_critic(self.second_pool.swap(second, batch.key))),
        }

    def there(self, image: Tensor) -> Tensor:
        """Lead faces to the second emotion, (B, 3, H, W) in [-1, 1]."""
        return self._applied(self.forward_generator, image)

    def back(self, image: Tensor) -> Tensor:
        """Lead faces to the first emotion, (B, 3, H, W) in [-1, 1]."""
        return self._applied(self.backward_generator, image)

    def _applied(self, generator: nn.Module, image: Tensor) -> Tensor:
        painted = generator(image)
        return painted if self.config.paints == "picture" else (image + 2 * painted).clamp(-1, 1)

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        """Lead faces towards whichever of the two emotions the target has more of than the source.

        The networks know no intensity: half of a change is the mean of the picture before and after it.

        Raises:
            ConfigError: a target has nothing of either emotion.
        """
        share = self.change_share(source.to(image), target.to(image))[:, None, None, None]
        edited = image
        if (share > 0).any():
            edited = edited + share.clamp(min=0) * (self.there(image) - image)
        if (share < 0).any():
            edited = edited - share.clamp(max=0) * (self.back(image) - image)
        return Edited(image=edited.clamp(-1, 1), change=(share != 0).to(image).expand(-1, -1, *image.shape[2:]))

    def change_share(self, source: Tensor, target: Tensor) -> Tensor:
        """Return how much of the way is to be gone, (B,): 1 is all of it to the second emotion, -1 to the first.

        Raises:
            ConfigError: a target has nothing of either emotion.
        """
        first, second = (EMOTIONS.index(name) for name in self.emotions)
        asked = target[:, first] + target[:, second]
        if (asked <= 0).any():
            raise ConfigError(
                f"this cyclegan knows {self.emotions[0]} and {self.emotions[1]} only; ask for one of them, or train "
                "another with `--set second=...`"
            )
        wanted, shown = target[:, second] / asked, source[:, second].clamp(0, 1)
        rise, fall = (wanted - shown) / (1 - shown).clamp(min=1e-6), (wanted - shown) / shown.clamp(min=1e-6)
        return torch.where(wanted > shown, rise, fall).clamp(-1, 1)

    def preview(self, batch: DomainBatch) -> Sample:
        second, first = self.there(batch.first), self.back(batch.second)
        emotion, other = self.emotions
        return Sample(columns={
            emotion: batch.first, f"to {other}": second, "and back": self.back(second),
            other: batch.second, f"to {emotion}": first, "and back ": self.there(first),
        })  # fmt: skip

    def released_state(self) -> Mapping[str, Any]:
        networks = {"forward": self.forward_generator, "backward": self.backward_generator}
        return {f"{way}.{name}": value for way, network in networks.items()
                for name, value in network.state_dict().items()}  # fmt: skip

    def load_released(self, state: Mapping[str, Any]) -> None:
        for way, network in (("forward.", self.forward_generator), ("backward.", self.backward_generator)):
            network.load_state_dict({name.removeprefix(way): v for name, v in state.items() if name.startswith(way)})
