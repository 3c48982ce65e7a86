"""G2-GAN: one network takes an expression off a face, another puts one on, and landmarks tell both what to show.

Source: Song, Lu, He, Sun, Tan 2018, "Geometry Guided Adversarial Facial Expression Synthesis" (ACM MM). Only its
abstract could be had: sizes, weights and schedule are reconstructed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import TransferBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.noise import uniform
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import linear_decay
from mienkit.core.task import Edited
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.nn.key_points import draw_key_points
from mienkit.nn.patch import PatchCritic
from mienkit.nn.unet import UNet

MAPS = 1
"""Channels of a picture of landmarks."""
KNOWN = 1
"""Stream of a sample's key: whether the landmarks of its neutral face are told."""


@MODELS.register
class G2gan(Recipe):
    """Paints a face with given landmarks by way of its neutral face: expression removal, then expression synthesis."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        """All values are reconstructed."""

        image_size: int = 128
        radius: float = 2 / 256
        """Of a landmark's disc, as a share of the side."""
        width: int = 64
        """Channels of each U-Net's first level."""
        critic_width: int = 64
        critic_halvings: int = 3
        rest_known: float = 0.5
        """Share of faces whose neutral landmarks the removal is told; in use nobody knows them."""
        steps: int = 100_000
        batch_size: int = 8
        learning_rate: float = 2e-4
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 0.5
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        pixel: float = 10.0
        cycle: float = 5.0
        identity: float = 0.1
        """Features of our own critics; the paper takes those of a Light-CNN that recognises people."""

        def __post_init__(self) -> None:
            require(
                self.image_size >= 16 and self.image_size.bit_count() == 1,
                f"image_size={self.image_size} must be a power of 2 from 16 on: the U-Nets halve it down to 1",
            )
            require(0 <= self.rest_known <= 1, f"rest_known={self.rest_known} must be in [0, 1]")
            require(min(self.steps, self.batch_size) >= 1, "steps and batch_size must be positive")
            linear_decay(self.decay_from)

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "reconstructed": {},
        "small": {
            "image_size": 64, "radius": 0.02, "width": 20, "critic_width": 12, "critic_halvings": 2,
            "rest_known": 0.25, "steps": 1_000, "batch_size": 16, "learning_rate": 1e-3,
            "adversarial": 0.05, "identity": 0.0,
        },
        "tiny": {
            "image_size": 16, "width": 4, "critic_width": 4, "critic_halvings": 1, "steps": 3, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Song et al. 2018 (ACM MM), reconstructed from its abstract"
    batch = TransferBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        levels = config.image_size.bit_length() - 1
        self.removal, self.synthesis = (
            UNet(3 + MAPS, levels=levels, width=config.width, dropout=0.0) for _ in range(2)
        )
        self.removal_critic, self.synthesis_critic = (
            PatchCritic(3 + MAPS + 3, width=config.critic_width, halvings=config.critic_halvings) for _ in range(2)
        )

    def stages(self) -> Sequence[Stage]:
        c = self.config
        half = c.adversarial / 2
        critics = Phase(
            name="critics",
            optimizer=self._adam(self.removal_critic, self.synthesis_critic),
            terms=self.critic_terms,
            weights={"removal_real": half, "removal_fake": half, "synthesis_real": half, "synthesis_fake": half},
            learning_rate=linear_decay(c.decay_from),
        )
        weights = {
            "removal_realness": c.adversarial, "synthesis_realness": c.adversarial,
            "removal_pixel": c.pixel, "synthesis_pixel": c.pixel,
            "removal_cycle": c.cycle, "synthesis_cycle": c.cycle,
        }  # fmt: skip
        generators = Phase(
            name="generators",
            optimizer=self._adam(self.removal, self.synthesis),
            terms=self.generator_terms,
            weights=weights | ({"identity": c.identity} if c.identity else {}),
            learning_rate=linear_decay(c.decay_from),
        )
        return [Stage(name="joint", steps=c.steps, phases=[critics, generators])]

    def _adam(self, *networks: nn.Module) -> Adam:
        c = self.config
        moved = [parameter for network in networks for parameter in network.parameters()]
        return Adam(moved, lr=c.learning_rate, betas=(c.beta1, c.beta2), fused=True)

    def critic_terms(self, batch: TransferBatch) -> Terms:
        to_remove, to_show = self.removal_task(batch), self.synthesis_task(batch)
        return {
            "removal_real": cross_entropy_real(self.removal_critic(to_remove, batch.neutral)),
            "removal_fake": cross_entropy_fake(self.removal_critic(to_remove, self.removal(to_remove))),
            "synthesis_real": cross_entropy_real(self.synthesis_critic(to_show, batch.result)),
            "synthesis_fake": cross_entropy_fake(self.synthesis_critic(to_show, self.synthesis(to_show))),
        }

    def generator_terms(self, batch: TransferBatch) -> Terms:
        to_remove, to_show = self.removal_task(batch), self.synthesis_task(batch)
        rested, shown = self.removal(to_remove), self.synthesis(to_show)
        back = self.synthesis(torch.cat([rested, self.draw(batch.landmarks)], 1))
        rested_again = self.removal(torch.cat([shown, to_remove[:, 3:]], 1))
        terms = {
            "removal_realness": cross_entropy_real(self.removal_critic(to_remove, rested)),
            "synthesis_realness": cross_entropy_real(self.synthesis_critic(to_show, shown)),
            "removal_pixel": F.l1_loss(rested, batch.neutral),
            "synthesis_pixel": F.l1_loss(shown, batch.result),
            "removal_cycle": F.l1_loss(back, batch.image),
            "synthesis_cycle": F.l1_loss(rested_again, batch.neutral),
        }
        if self.config.identity:
            terms["identity"] = feature_error(self.removal_critic, to_remove, rested, batch.neutral) + feature_error(
                self.synthesis_critic, to_show, shown, batch.result
            )
        return terms

    def removal_task(self, batch: TransferBatch) -> Tensor:
        """Return what the removal sees: faces, and their neutral landmarks or nothing, (B, 4, H, W)."""
        known = uniform(batch.key, stream=KNOWN) < self.config.rest_known
        told = torch.where(known[:, None, None, None], self.draw(batch.neutral_landmarks), -1.0)
        return torch.cat([batch.image, told.to(batch.image)], 1)

    def synthesis_task(self, batch: TransferBatch) -> Tensor:
        """Return what the synthesis sees: neutral faces and the landmarks to show, (B, 4, H, W)."""
        return torch.cat([batch.neutral, self.draw(batch.result_landmarks).to(batch.neutral)], 1)

    def draw(self, landmarks: Tensor) -> Tensor:
        """Draw landmarks, (B, 68, 2) in pixels, as pictures, (B, 1, H, W) in [-1, 1]."""
        return draw_key_points(landmarks, self.image_size, self.config.radius)

    def rest(self, image: Tensor) -> Tensor:
        """Take the expressions off faces, (B, 3, H, W), whose neutral landmarks nobody knows."""
        return self.removal(torch.cat([image, image.new_full((len(image), MAPS, *image.shape[2:]), -1.0)], 1))

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """See ``Painter``; the faces become neutral first, and show the landmarks then."""
        shown = self.synthesis(torch.cat([self.rest(image), self.draw(aims).to(image)], 1))
        return Edited(image=shown, change=torch.ones_like(shown[:, :1]))

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        """See ``Transferer``; the source's landmarks are taken as they are."""
        return self.paint(target, target_landmarks, source_landmarks)

    def preview(self, batch: TransferBatch) -> Sample:
        return Sample(columns={
            "face": batch.image, "neutral": self.rest(batch.image), "exact neutral": batch.neutral,
            "landmarks": self.draw(batch.result_landmarks).expand(-1, 3, -1, -1),
            "painted": self.paint(batch.image, batch.landmarks, batch.result_landmarks).image, "exact": batch.result,
            "driver": batch.driver,
            "transferred": self.paint(batch.image, batch.landmarks, batch.driver_landmarks).image,
        })  # fmt: skip

    def released_state(self) -> Mapping[str, Any]:
        return self._used().state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self._used().load_state_dict(state)

    def _used(self) -> nn.ModuleDict:
        return nn.ModuleDict({"removal": self.removal, "synthesis": self.synthesis})


def feature_error(critic: PatchCritic, given: Tensor, painted: Tensor, exact: Tensor) -> Tensor:
    """Mean absolute difference of what a critic sees, before its last layer, in painted and exact pictures.

    Source: Wang et al. 2018 (pix2pixHD), eq. 4, of one level.
    """
    look = critic.layers[:-1]
    with torch.no_grad():
        wanted = look(torch.cat([given, exact], 1))
    return F.l1_loss(look(torch.cat([given, painted], 1)), wanted)
