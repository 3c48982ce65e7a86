"""Draws a face from a picture of its landmarks: a U-Net, a patch critic, and the distance to the exact result.

Source: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks" (CVPR); official code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import TransferBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import linear_decay
from mienkit.core.task import Edited
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.losses.pair import changed_region_l1
from mienkit.nn.key_points import draw_key_points
from mienkit.nn.patch import PatchCritic
from mienkit.nn.unet import UNet

BEGINNING = 1e-3
"""Spread of the last layer's weights where a network begins with the face as it is."""


@MODELS.register
class Pix2pix(Recipe):
    """Paints what landmarks show: from their map alone, or as the person of a given face."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 256
        condition: Literal["map", "map+face"] = "map+face"
        """What the networks see: landmarks drawn as a picture of three channels (the published shape), or a face of
        the person as well, without which a transfer could not keep who it is. What pix2pix is given for expressions
        is reconstructed: its paper has no faces."""
        radius: float = 2 / 256
        """Of a landmark's disc, as a share of the side (reconstructed)."""
        paints: Literal["picture", "change"] = "picture"
        """``change``: what the network paints is added to the face, and begins at almost nothing (not in the paper)."""
        width: int = 64
        """Channels of the U-Net's first level."""
        critic_width: int = 64
        critic_halvings: int = 3
        dropout: float = 0.5
        steps: int = 200_000  # 200 epochs, here of 1,000 pictures
        batch_size: int = 1
        learning_rate: float = 2e-4
        beta1: float = 0.5
        decay_from: float = 0.5  # 100 epochs, then 100 of linear decay
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        pixel: float = 100.0
        """Weight of the L1 distance to the exact result."""
        focus: float = 0.0
        """How much more a pixel counts in it that should change (not in the paper)."""

        def __post_init__(self) -> None:
            require(
                self.image_size >= 16 and self.image_size.bit_count() == 1,
                f"image_size={self.image_size} must be a power of 2 from 16 on: the U-Net halves it down to 1",
            )
            require(0 <= self.dropout < 1, f"dropout={self.dropout} must be in [0, 1)")
            require(min(self.steps, self.batch_size) >= 1, "steps and batch_size must be positive")
            require(self.paints == "picture" or self.condition == "map+face", "paints=change needs condition=map+face")
            linear_decay(self.decay_from)

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "face": {},
        "official": {"condition": "map"},
        "small": {
            "image_size": 64, "radius": 0.02, "paints": "change", "width": 16, "critic_width": 12,
            "dropout": 0.0, "steps": 3_000, "batch_size": 16, "learning_rate": 1e-3, "focus": 8.0,
        },
        "tiny": {
            "image_size": 32, "width": 4, "critic_width": 4, "critic_halvings": 1, "steps": 3, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Isola et al. 2017 (CVPR); what it is given for expressions is reconstructed"
    batch = TransferBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        channels = 6 if config.condition == "map+face" else 3
        levels = config.image_size.bit_length() - 1
        self.generator = UNet(channels, levels=levels, width=config.width, dropout=config.dropout)
        self.critic = PatchCritic(channels + 3, width=config.critic_width, halvings=config.critic_halvings)
        if config.paints == "change":
            self.generator.begin_faint(BEGINNING)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic = Phase(
            name="critic",
            optimizer=self._adam(self.critic),
            terms=self.critic_terms,
            weights={"real": c.adversarial / 2, "fake": c.adversarial / 2},
            learning_rate=linear_decay(c.decay_from),
        )
        generator = Phase(
            name="generator",
            optimizer=self._adam(self.generator),
            terms=self.generator_terms,
            weights={"realness": c.adversarial, "pixel": c.pixel},
            learning_rate=linear_decay(c.decay_from),
        )
        return [Stage(name="joint", steps=c.steps, phases=[critic, generator])]

    def _adam(self, network: nn.Module) -> Adam:
        return Adam(network.parameters(), lr=self.config.learning_rate, betas=(self.config.beta1, 0.999), fused=True)

    def critic_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch.image, batch.result_landmarks)
        fake = self.synthesize(given, batch.key)
        return {
            "real": cross_entropy_real(self.critic(given, batch.result)),
            "fake": cross_entropy_fake(self.critic(given, fake)),
        }

    def generator_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch.image, batch.result_landmarks)
        fake = self.synthesize(given, batch.key)
        return {
            "realness": cross_entropy_real(self.critic(given, fake)),
            "pixel": self._distance(fake, batch),
        }

    def _distance(self, painted: Tensor, batch: TransferBatch) -> Tensor:
        if not self.config.focus:
            return F.l1_loss(painted, batch.result)
        return changed_region_l1(painted, batch.result, batch.image, batch.paired, self.config.focus)

    def given(self, image: Tensor, landmarks: Tensor) -> Tensor:
        """Put together what both networks see, (B, 3 or 6, H, W) in [-1, 1]."""
        drawn = draw_key_points(landmarks, self.image_size, self.config.radius).to(image).expand(-1, 3, -1, -1)
        return torch.cat([drawn, image], 1) if self.config.condition == "map+face" else drawn

    def synthesize(self, given: Tensor, key: Tensor | None = None) -> Tensor:
        """Return the painted faces, (B, 3, H, W) in [-1, 1]."""
        painted = self.generator(given, key)
        return painted if self.config.paints == "picture" else (given[:, 3:] + 2 * painted).clamp(-1, 1)

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        return Edited(image=self.synthesize(self.given(image, aims)), change=torch.ones_like(image[:, :1]))

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        return self.paint(target, target_landmarks, source_landmarks)

    def preview(self, batch: TransferBatch) -> Sample:
        drawn = draw_key_points(batch.result_landmarks, self.image_size, self.config.radius)
        return Sample(columns={
            "face": batch.image, "landmarks": drawn.expand(-1, 3, -1, -1),
            "painted": self.paint(batch.image, batch.landmarks, batch.result_landmarks).image, "exact": batch.result,
            "driver": batch.driver,
            "transferred": self.paint(batch.image, batch.landmarks, batch.driver_landmarks).image,
        })  # fmt: skip

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)
