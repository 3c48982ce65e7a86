"""Draws a face under a condition that both networks see, with nothing but the critic to learn from.

Source: Mirza & Osindero 2014, "Conditional Generative Adversarial Nets"; networks of Isola et al. 2017 (CVPR), whose
ablation "cGAN" this is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import TransferBatch
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import linear_decay
from mienkit.core.task import Edited
from mienkit.face.meter import load_meter
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.nn.key_points import draw_key_points
from mienkit.nn.patch import PatchCritic
from mienkit.nn.unet import UNet
from mienkit.nn.warp import resized

BEGINNING = 1e-3
"""Spread of the last layer's weights where a network begins with the face as it is."""
CONTRAST = 4.0
"""By which changes are enlarged for the critic: they are small beside the differences between faces."""


@MODELS.register
class Cgan(Recipe):
    """Paints a person's face under a condition: a map of landmarks, or an emotion."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        """Reconstructed: the paper that names CGAN as a baseline does not say which one it is."""

        image_size: int = 256
        condition: Literal["map", "labels"] = "map"
        """Beside a face of the person both networks see its landmarks to be drawn, or planes of the wanted emotion."""
        radius: float = 2 / 256
        """Of a landmark's disc, as a share of the side."""
        paints: Literal["picture", "change"] = "picture"
        """``change``: what the network paints is added to the face, and begins at almost nothing (not in the paper)."""
        judges: Literal["picture", "change"] = "picture"
        """``change``: the critic sees what was changed in the face instead of the picture that came of it, which tells
        it the same (not in the paper)."""
        width: int = 64
        """Channels of the U-Net's first level."""
        up: Literal["transpose", "resize"] = "transpose"
        """How the U-Net doubles the side; ``resize`` leaves no checkerboard (not in the paper)."""
        norm: Literal["batch", "instance"] = "batch"
        """Of the U-Net. The published batch is of one picture, for which both are nearly the same."""
        critic_width: int = 64
        critic_halvings: int = 3
        critic_norm: Literal["batch", "instance", "spectral", "none"] = "batch"
        dropout: float = 0.5
        steps: int = 200_000  # 200 epochs, here of 1,000 pictures
        batch_size: int = 1
        learning_rate: float = 2e-4
        critic_rate: float = 2e-4
        beta1: float = 0.5
        decay_from: float = 0.5
        """Share of the steps after which the rates fall linearly to 0."""

        def __post_init__(self) -> None:
            require(
                self.image_size >= 16 and self.image_size.bit_count() == 1,
                f"image_size={self.image_size} must be a power of 2 from 16 on: the U-Net halves it down to 1",
            )
            require(0 <= self.dropout < 1, f"dropout={self.dropout} must be in [0, 1)")
            require(min(self.steps, self.batch_size) >= 1, "steps and batch_size must be positive")
            linear_decay(self.decay_from)

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "map": {},
        "labels": {"condition": "labels"},
        "small": {
            "image_size": 64, "radius": 0.02, "paints": "change", "judges": "change",
            "width": 16, "up": "resize", "norm": "instance", "critic_width": 16, "critic_norm": "instance",
            "dropout": 0.0, "steps": 1_800, "batch_size": 16, "learning_rate": 1e-3, "critic_rate": 1e-3,
        },
        "tiny": {
            "image_size": 32, "width": 4, "critic_width": 4, "critic_halvings": 1, "steps": 3, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Mirza & Osindero 2014; Isola et al. 2017 (CVPR), ablation cGAN; reconstructed"
    batch = TransferBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        channels = 3 + (3 if config.condition == "map" else len(EMOTIONS))
        levels = config.image_size.bit_length() - 1
        self.generator = UNet(
            channels, levels=levels, width=config.width, up=config.up, norm=config.norm, dropout=config.dropout
        )
        self.critic = PatchCritic(
            channels + 3, width=config.critic_width, halvings=config.critic_halvings, norm=config.critic_norm
        )
        if config.paints == "change":
            self.generator.begin_faint(BEGINNING)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        critic = Phase(
            name="critic",
            optimizer=self._adam(self.critic, c.critic_rate),
            terms=self.critic_terms,
            weights={"real": 0.5, "fake": 0.5},
            learning_rate=linear_decay(c.decay_from),
        )
        generator = Phase(
            name="generator",
            optimizer=self._adam(self.generator, c.learning_rate),
            terms=self.generator_terms,
            weights={"realness": 1.0},
            learning_rate=linear_decay(c.decay_from),
        )
        return [Stage(name="joint", steps=c.steps, phases=[critic, generator])]

    def _adam(self, network: nn.Module, rate: float) -> Adam:
        return Adam(network.parameters(), lr=rate, betas=(self.config.beta1, 0.999), fused=True)

    def critic_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch.image, batch.result_landmarks, batch.target)
        fake = self.synthesize(given, batch.key)
        return {
            "real": cross_entropy_real(self.judge(given, batch.result)),
            "fake": cross_entropy_fake(self.judge(given, fake)),
        }

    def generator_terms(self, batch: TransferBatch) -> Terms:
        given = self.given(batch.image, batch.result_landmarks, batch.target)
        return {"realness": cross_entropy_real(self.judge(given, self.synthesize(given, batch.key)))}

    def given(self, image: Tensor, landmarks: Tensor, emotion: Tensor) -> Tensor:
        """Put together what both networks see, (B, 6 or 11, H, W): the face, and its landmarks or its emotion."""
        if self.config.condition == "map":
            drawn = draw_key_points(landmarks, self.image_size, self.config.radius)
            return torch.cat([drawn.to(image).expand(-1, 3, -1, -1), image], 1)
        planes = emotion[:, :, None, None].expand(-1, -1, *image.shape[2:])
        return torch.cat([planes.to(image), image], 1)

    def synthesize(self, given: Tensor, key: Tensor | None = None) -> Tensor:
        """Return the painted faces, (B, 3, H, W) in [-1, 1]."""
        painted = self.generator(given, key)
        return painted if self.config.paints == "picture" else (given[:, -3:] + 2 * painted).clamp(-1, 1)

    def judge(self, given: Tensor, picture: Tensor) -> Tensor:
        """Return the critic's scores, (B, 1, h, w)."""
        if self.config.judges == "change":
            picture = (picture - given[:, -3:]) * CONTRAST
        return self.critic(given, picture)

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """See ``Painter``.

        Raises:
            ConfigError: this one is told emotions instead.
        """
        if self.config.condition == "labels":
            raise ConfigError("this cgan is told emotions, not landmarks; train one with `--set condition=map`")
        return self._redrawn(image, self.given(image, aims, aims))

    def transfer(self, source: Tensor, target: Tensor, source_landmarks: Tensor, target_landmarks: Tensor) -> Edited:
        """See ``Transferer``; told emotions, it takes the source's as the meter reads it."""
        if self.config.condition == "map":
            return self.paint(target, target_landmarks, source_landmarks)
        meter = load_meter()
        emotion = meter.measure(resized(source.float(), meter.image_size)).emotions.clone()
        return self._redrawn(target, self.given(target, source_landmarks, emotion))

    def _redrawn(self, image: Tensor, given: Tensor) -> Edited:
        return Edited(image=self.synthesize(given), change=torch.ones_like(image[:, :1]))

    def preview(self, batch: TransferBatch) -> Sample:
        given = self.given(batch.image, batch.result_landmarks, batch.target)
        drawn = draw_key_points(batch.result_landmarks, self.image_size, self.config.radius)
        return Sample(columns={
            "face": batch.image, "landmarks": drawn.expand(-1, 3, -1, -1), "painted": self.synthesize(given),
            "exact": batch.result, "driver": batch.driver,
            "transferred": self.synthesize(self.given(batch.image, batch.driver_landmarks, batch.target)),
        })  # fmt: skip

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)
