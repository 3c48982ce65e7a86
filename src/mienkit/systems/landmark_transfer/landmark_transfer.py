"""How landmark-guided transfer is trained: the landmarks' fusion first, then the network that redraws the face.

Source: Fan et al. 2023, IEEE Access 11:82276-82283. Only the abstract could be had; the rest is
reconstructed.
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
from mienkit.losses.adversarial import (
    hinge_fake,
    hinge_real,
    least_squares_fake,
    least_squares_real,
    wasserstein_fake,
)
from mienkit.losses.pair import changed_region_l1
from mienkit.nn.patch import PatchCritic
from mienkit.nn.repaint import Painted, Paints, Repainter
from mienkit.nn.unet import UNet
from mienkit.systems.landmark_transfer.fusion import Fusion, from_pixels, shape_encoder, to_pixels


class TransferNetwork(nn.Module):
    """What a user needs: the fusion of landmarks, and the U-Net that takes their picture and the target's."""

    def __init__(self, fusion: Fusion, painter: UNet) -> None:
        super().__init__()
        self.fusion, self.painter = fusion, painter


@MODELS.register
class LandmarkTransfer(Recipe):
    """Puts one face's expression on another: their landmarks are fused, and a U-Net redraws the face at them."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        """Reconstructed throughout: the paper's layer table, weights, sizes and schedule could not be had."""

        image_size: int = 256
        fusion: Literal["vector", "image"] = "vector"
        """What the fusion's encoders see: coordinates, or pictures of the landmarks. The abstract can mean either."""
        fusion_width: int = 512
        fusion_depth: int = 6
        """Linear layers of an encoder of coordinates."""
        fusion_steps: int = 200_000  # 200 epochs of RaFD's 8,040 photographs at batch 8
        fusion_rate: float = 3e-4
        fusion_beta1: float = 0.99
        landmarks: float = 100.0
        """Weight of the error to the exact landmarks, in halves of the picture's side."""
        landmark_cycle: float = 10.0
        landmark_adversarial: float = 0.0
        """Weight of a critic of shapes; 0 = there is none. FReeNet: 0.1."""
        point_radius: float = 2 / 256
        """Of a landmark's disc, in sides of the picture."""
        levels: int = 8
        """How often the U-Net halves the side."""
        width: int = 64
        dropout: float = 0.5
        paints: Paints = "picture"
        """``change``: what the U-Net paints is added to the target, whose details a small one would blur."""
        moves: bool = False
        """Whether what it is added to is the target moved to the fused landmarks. The U-Net sees that, too, and tells
        where its fine detail goes."""
        metered: bool = False
        """Whether half of the landmarks it learns from are as the meter reads them, which is what a user's photos
        give, instead of the table's."""
        critic_dim: int = 64
        critic_halvings: int = 3
        steps: int = 200_000
        """Of the second stage, the redrawing."""
        batch_size: int = 8
        learning_rate: float = 2e-4
        beta1: float = 0.5
        beta2: float = 0.999
        decay_from: float = 0.5
        """Share of each stage's steps after which its rates fall linearly to 0."""
        adversarial: float = 1.0
        result: float = 100.0
        """Weight of the error to the exact picture."""
        focus: float = 0.0
        """How much more a pixel that changes counts in it than one that stays."""
        floor: float = 0.0
        """At use, what is painted fades out where it is fainter than that, on the scale of [-1, 1], and outside of the
        face; 0 = nowhere."""

        def __post_init__(self) -> None:
            parts = 1 << self.levels
            require(self.image_size % parts == 0, f"image_size={self.image_size} must be a multiple of {parts}, "
                    f"2 to the {self.levels} levels")  # fmt: skip
            require(0 <= self.decay_from < 1, f"decay_from={self.decay_from} must be in [0, 1)")
            require(0 <= self.dropout < 1, f"dropout={self.dropout} must be in [0, 1)")
            require(0 <= self.floor < 1, f"floor={self.floor} must be in [0, 1)")
            require(self.paints == "change" or not (self.floor or self.moves), "floor and moves are for paints=change")
            require(min(self.steps, self.fusion_steps, self.batch_size, self.fusion_depth) >= 1,
                    "steps, fusion_steps, batch_size, fusion_depth must be positive")  # fmt: skip

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "ours": {
            "image_size": 128, "fusion_width": 256, "fusion_depth": 4, "fusion_steps": 8_000, "fusion_rate": 1e-3,
            "fusion_beta1": 0.9, "levels": 7, "width": 16, "dropout": 0.0, "critic_dim": 16, "steps": 8_000,
            "learning_rate": 7e-4, "point_radius": 0.0125, "paints": "change", "moves": True,
            "metered": True, "focus": 15.0, "floor": 0.04,
        },
        "small": {
            "image_size": 64, "fusion_width": 128, "fusion_depth": 3, "fusion_steps": 4_000, "fusion_rate": 1e-3,
            "fusion_beta1": 0.9, "levels": 6, "width": 16, "dropout": 0.0, "critic_dim": 16, "critic_halvings": 2,
            "steps": 2_200, "batch_size": 16, "learning_rate": 1e-3,
            "point_radius": 0.02, "paints": "change", "focus": 8.0,
        },
        "tiny": {
            "image_size": 32, "fusion_width": 16, "fusion_depth": 2, "fusion_steps": 2, "levels": 5, "width": 4,
            "critic_dim": 4, "critic_halvings": 2, "steps": 3, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Fan et al. 2023 (IEEE Access), reconstructed from the abstract"
    batch = TransferBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size, self.metered = config, config.image_size, config.metered
        c = config
        self.repainter = Repainter(
            image_size=c.image_size, radius=c.point_radius, paints=c.paints, moves=c.moves, floor=c.floor
        )
        self.generator = TransferNetwork(
            Fusion(c.fusion, c.image_size, width=c.fusion_width, depth=c.fusion_depth, radius=c.point_radius),
            self.repainter.network(levels=c.levels, width=c.width, up="resize", dropout=c.dropout),
        )
        self.critic = PatchCritic(1 + 3 + 3, width=c.critic_dim, halvings=c.critic_halvings, norm="spectral")
        if c.landmark_adversarial:
            self.shape_critic = shape_encoder(c.fusion_width, 1, c.fusion_depth)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        decay = linear_decay(c.decay_from)
        fusion_weights = {"landmarks": c.landmarks, "cycle": c.landmark_cycle, "fake": c.landmark_adversarial}
        shapes = [
            Phase(
                name="fusion",
                optimizer=self._adam(self.generator.fusion, c.fusion_rate, c.fusion_beta1),
                terms=self.fusion_terms,
                weights={name: weight for name, weight in fusion_weights.items() if weight},
                learning_rate=decay,
            )
        ]
        if c.landmark_adversarial:
            shapes.insert(0, Phase(
                name="shape_critic",
                optimizer=self._adam(self.shape_critic, c.fusion_rate, c.fusion_beta1),
                terms=self.shape_critic_terms,
                weights={"real": 1, "fake": 1},
                learning_rate=decay,
            ))  # fmt: skip
        pictures = [
            Phase(
                name="critic",
                optimizer=self._adam(self.critic, c.learning_rate, c.beta1),
                terms=self.critic_terms,
                weights={"real": 1, "fake": 1},
                learning_rate=decay,
            ),
            Phase(
                name="painter",
                optimizer=self._adam(self.generator.painter, c.learning_rate, c.beta1),
                terms=self.painter_terms,
                weights={"fake": -c.adversarial, "result": c.result},
                learning_rate=decay,
            ),
        ]
        return [
            Stage(name="fusion", steps=c.fusion_steps, phases=shapes),
            Stage(name="transfer", steps=c.steps, phases=pictures),
        ]

    def _adam(self, network: nn.Module, rate: float, beta1: float) -> Adam:
        return Adam(network.parameters(), lr=rate, betas=(beta1, self.config.beta2), fused=True)

    def shape_critic_terms(self, batch: TransferBatch) -> Terms:
        exact = from_pixels(batch.result_landmarks, self.image_size)
        return {
            "real": least_squares_real(self.shape_critic(exact.flatten(1))),
            "fake": least_squares_fake(self.shape_critic(self._fused(batch).flatten(1))),
        }

    def fusion_terms(self, batch: TransferBatch) -> Terms:
        fused = self._fused(batch)
        driver, calm, exact = (
            from_pixels(points, self.image_size)
            for points in (batch.driver_landmarks, batch.driver_neutral_landmarks, batch.result_landmarks)
        )
        terms = {
            "landmarks": F.l1_loss(fused, exact),
            "cycle": F.l1_loss(self.generator.fusion(fused, calm), driver),
        }
        if self.config.landmark_adversarial:
            terms["fake"] = least_squares_real(self.shape_critic(fused.flatten(1)))
        return {name: value for name, value in terms.items() if name != "cycle" or self.config.landmark_cycle}

    def critic_terms(self, batch: TransferBatch) -> Terms:
        painted = self._painted(batch.image, batch.landmarks, self._fused_pixels(batch), batch.key)
        return {
            "real": hinge_real(self.critic(painted.points, batch.image, batch.result)),
            "fake": hinge_fake(self.critic(painted.points, batch.image, painted.image)),
        }

    def painter_terms(self, batch: TransferBatch) -> Terms:
        painted = self._painted(batch.image, batch.landmarks, self._fused_pixels(batch), batch.key)
        return {
            "fake": wasserstein_fake(self.critic(painted.points, batch.image, painted.image)),
            "result": self._error(painted.image, batch),
        }

    def _error(self, fake: Tensor, batch: TransferBatch) -> Tensor:
        if not self.config.focus:
            return F.l1_loss(fake, batch.result)
        return changed_region_l1(fake, batch.result, batch.image, batch.paired, self.config.focus)

    def _fused(self, batch: TransferBatch) -> Tensor:
        driver, face = (from_pixels(points, self.image_size) for points in (batch.driver_landmarks, batch.landmarks))
        return self.generator.fusion(driver, face)

    @torch.no_grad()
    def _fused_pixels(self, batch: TransferBatch) -> Tensor:
        return to_pixels(self._fused(batch), self.image_size)

    def _painted(self, image: Tensor, landmarks: Tensor, aims: Tensor, key: Tensor | None = None) -> Painted:
        return self.repainter.draw(self.generator.painter, image, landmarks, aims, key)

    def fuse(self, source_landmarks: Tensor, target_landmarks: Tensor) -> Tensor:
        """See ``Fuser``."""
        source, target = (from_pixels(points, self.image_size) for points in (source_landmarks, target_landmarks))
        return to_pixels(self.generator.fusion(source, target), self.image_size)

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        """See ``Transferer``; of the source face the landmarks alone are used."""
        return self.paint(target, target_landmarks, self.fuse(source_landmarks, target_landmarks))

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """See ``Painter``; the whole crop is redrawn, or with a floor what is meant within the face."""
        return self.repainter.paint(self.generator.painter, image, landmarks, aims)

    def preview(self, batch: TransferBatch) -> Sample:
        painted = self._painted(batch.image, batch.landmarks, self._fused_pixels(batch))
        return Sample(
            columns={
                "driver": batch.driver,
                "face": batch.image,
                "fused": painted.points.expand(-1, 3, -1, -1),
                "transferred": painted.image,
                "exact": batch.result,
            }
        )

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)
