"""Draws a person with given landmarks and draws them back: a cycle of pictures, and a cycle of key points.

Source: Tang et al. 2019, "Cycle In Cycle Generative Adversarial Networks for Keypoint-Guided Image Generation" (ACM
MM); official code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

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
from mienkit.losses.adversarial import least_squares_fake, least_squares_real
from mienkit.losses.pair import changed_region_l1
from mienkit.nn.key_points import draw_key_points
from mienkit.nn.patch import PatchCritic
from mienkit.nn.pool import ImagePool
from mienkit.nn.unet import UNet

BEGINNING = 1e-3
"""Spread of the last layer's weights where a network begins with the face as it is."""


class Given(NamedTuple):
    """What a sample is made of, (B, 3, H, W) each: two faces of a person and their key points, black on white."""

    source: Tensor
    target: Tensor
    source_points: Tensor
    target_points: Tensor


class Made(NamedTuple):
    """What the image generator makes of it, (B, 3, H, W) each."""

    target: Tensor
    """The source face, redrawn by the target's key points."""
    source: Tensor
    """That one, redrawn by the source's."""


@MODELS.register
class C2gan(Recipe):
    """Paints what landmarks show, and must find the landmarks in what it painted."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 256
        radius: float = 2 / 256
        """Of a landmark's disc, as a share of the side (reconstructed)."""
        paints: Literal["picture", "change"] = "picture"
        """``change``: what the network paints is added to the face, and begins at almost nothing (not in the paper)."""
        width: int = 64
        """Channels of the image generator's first level."""
        points_width: int = 64
        """Channels of the key-point generator's first level."""
        critic_width: int = 64
        critic_halvings: int = 3
        dropout: float = 0.5
        pool: int = 50
        """Earlier pictures that each critic also sees."""
        steps: int = 25_000  # 200 epochs, here of 1,000 pictures
        batch_size: int = 8
        learning_rate: float = 2e-4
        """Of both generators."""
        critic_rate: float = 2e-4
        beta1: float = 0.5
        decay_from: float = 0.5  # 100 epochs, then 100 of linear decay
        """Share of the steps after which the rates fall linearly to 0."""
        adversarial: float = 1.0
        pixel: float = 10.0
        """Weight of the L1 distance to the exact result."""
        focus: float = 0.0
        """How much more a pixel counts in it that should change (not in the paper)."""
        cycle: float = 10.0
        points: float = 10.0
        """Weight of the L1 distance between key points and those found in what was painted by them."""

        def __post_init__(self) -> None:
            require(
                self.image_size >= 16 and self.image_size.bit_count() == 1,
                f"image_size={self.image_size} must be a power of 2 from 16 on: the U-Nets halve it down to 1",
            )
            require(0 <= self.dropout < 1, f"dropout={self.dropout} must be in [0, 1)")
            require(min(self.steps, self.batch_size) >= 1 and self.pool >= 0, "steps and batch_size must be positive")
            linear_decay(self.decay_from)

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "official": {},
        "small": {
            "image_size": 64, "radius": 0.02, "paints": "change", "width": 16, "points_width": 8, "critic_width": 12,
            "dropout": 0.0, "steps": 1_500, "batch_size": 8, "learning_rate": 1e-3,
            "critic_rate": 1e-3, "pixel": 100.0, "focus": 8.0,
        },
        "tiny": {
            "image_size": 32, "width": 4, "points_width": 4, "critic_width": 4, "critic_halvings": 1, "pool": 6,
            "steps": 4, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Tang et al. 2019 (ACM MM)"
    batch = TransferBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        side, levels = config.image_size, config.image_size.bit_length() - 1
        width, halvings = config.critic_width, config.critic_halvings
        self.generator = UNet(6, levels=levels, width=config.width, dropout=config.dropout)
        self.point_generator = UNet(3, levels=levels, width=config.points_width, dropout=config.dropout)
        self.critic = PatchCritic(9, width=width, halvings=halvings)
        self.point_critic = PatchCritic(6, width=width, halvings=halvings)
        self.pool, self.point_pool = ImagePool(config.pool, 9, side, side), ImagePool(config.pool, 6, side, side)
        for network in (self.generator, self.point_generator, self.critic, self.point_critic):
            network.apply(xavier)
        if config.paints == "change":
            self.generator.begin_faint(BEGINNING)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        half = c.adversarial / 2
        points = {"point realness": c.adversarial, "points": c.points}
        phases = [
            self._phase("generator", self.generator, self.generator_terms, c.learning_rate, {
                "realness": c.adversarial, "pixel": c.pixel, "cycle": c.cycle, **points,
            }),
            self._phase("point generator", self.point_generator, self.point_terms, c.learning_rate, points),
            self._phase("critic", self.critic, self.critic_terms, c.critic_rate, {"real": half, "fake": half}),
            self._phase("point critic", self.point_critic, self.point_critic_terms, c.critic_rate, {
                "real": half, "fake": half,
            }),
        ]  # fmt: skip
        return [Stage(name="joint", steps=c.steps, phases=phases)]

    def _phase(
        self, name: str, network: nn.Module, terms: Callable[[Any], Terms], rate: float, weights: Mapping[str, float]
    ) -> Phase:
        adam = Adam(network.parameters(), lr=rate, betas=(self.config.beta1, 0.999), fused=True)
        return Phase(
            name=name,
            optimizer=adam,
            terms=terms,
            weights={term: weight for term, weight in weights.items() if weight},
            learning_rate=linear_decay(self.config.decay_from),
        )

    def generator_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch)
        made = self.redraw(given, batch.key)
        return {
            "realness": least_squares_real(self.critic(given.source, given.target_points, made.target)),
            "pixel": self._distance(made.target, batch),
            "cycle": F.l1_loss(made.source, given.source),
            **self._points(given, made, batch.key),
        }

    def point_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch)
        return self._points(given, self.redraw(given, batch.key), batch.key)

    def _points(self, given: Given, made: Made, key: Tensor) -> Terms:
        """Find the key points in both pictures that were made."""
        found, found_back = self.point_generator(made.target, key), self.point_generator(made.source, key)
        missed = F.l1_loss(found, given.target_points) + F.l1_loss(found_back, given.source_points)
        return {"point realness": least_squares_real(self.point_critic(made.target, found)), "points": missed}

    def critic_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch)
        fake = torch.cat([given.source, given.target_points, self.redraw(given, batch.key).target], 1)
        return {
            "real": least_squares_real(self.critic(given.source, given.target_points, given.target)),
            "fake": least_squares_fake(self.critic(self.pool.swap(fake, batch.key))),
        }

    def point_critic_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch)
        painted = self.redraw(given, batch.key).target
        fake = torch.cat([painted, self.point_generator(painted, batch.key)], 1)
        return {
            "real": least_squares_real(self.point_critic(given.target, given.target_points)),
            "fake": least_squares_fake(self.point_critic(self.point_pool.swap(fake, batch.key))),
        }

    def _distance(self, painted: Tensor, batch: TransferBatch) -> Tensor:
        if not self.config.focus:
            return F.l1_loss(painted, batch.result)
        return changed_region_l1(painted, batch.result, batch.image, batch.paired, self.config.focus)

    def given(self, batch: TransferBatch) -> Given:
        """Draw the key points of both faces."""
        return Given(batch.image, batch.result, self._drawn(batch.landmarks), self._drawn(batch.result_landmarks))

    def redraw(self, given: Given, key: Tensor) -> Made:
        """Let the image generator go there and back."""
        target = self.synthesize(given.source, given.target_points, key)
        return Made(target, self.synthesize(target, given.source_points, key))

    def synthesize(self, image: Tensor, points: Tensor, key: Tensor | None = None) -> Tensor:
        """Redraw faces by key points; all are (B, 3, H, W) in [-1, 1]."""
        painted = self.generator(torch.cat([image, points], 1), key)
        return painted if self.config.paints == "picture" else (image + 2 * painted).clamp(-1, 1)

    def _drawn(self, landmarks: Tensor) -> Tensor:
        return -draw_key_points(landmarks, self.image_size, self.config.radius).expand(-1, 3, -1, -1)

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        painted = self.synthesize(image, self._drawn(aims).to(image))
        return Edited(image=painted, change=torch.ones_like(image[:, :1]))

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        return self.paint(target, target_landmarks, source_landmarks)

    def preview(self, batch: TransferBatch) -> Sample:
        given, painted = self.given(batch), self.paint(batch.image, batch.landmarks, batch.result_landmarks).image
        return Sample(columns={
            "face": batch.image, "key points": given.target_points, "painted": painted, "exact": batch.result,
            "points found": self.point_generator(painted), "driver": batch.driver,
            "transferred": self.paint(batch.image, batch.landmarks, batch.driver_landmarks).image,
        })  # fmt: skip

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


def xavier(module: nn.Module) -> None:
    """Draw weights of convolutions as the official code's ``xavier`` does; its gain is reconstructed.

    Source: Glorot & Bengio 2010.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_normal_(module.weight)
