"""TextureGAN: paints a person, seen at rest, with landmarks that stand elsewhere: a frame of a clip.

Source: Otberdout et al. 2022 (TPAMI 44(2), arXiv 1907.10087), section 4. Only its abstract could be had: adversarial,
identity and reconstruction losses are its own, networks, weights and schedule are reconstructed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from mienkit.core.batch import PaintBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import falling_from
from mienkit.core.task import Edited
from mienkit.losses.adversarial import cross_entropy_fake, cross_entropy_real
from mienkit.losses.pair import changed_region_l1
from mienkit.nn.patch import PatchCritic
from mienkit.nn.repaint import Painted, Paints, Repainter

WARMTH = 0.1
"""Of the contrast between people: cosines are divided by it."""
SEEN = 32
"""Side of the pictures by which people are told apart, in pixels: who it is shows at that size, pores do not."""
FACE = 3 / 16
"""What is cut off each side of the crop before: hair and backdrop tell people apart, and are not who they are."""


@MODELS.register
class Texturegan(Recipe):
    """Paints a person at given landmarks: a U-Net on the face at rest, judged by patches and by who it is."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        """Reconstructed: the full text could not be had."""

        image_size: int = 128
        radius: float = 2 / 128
        """Of a landmark's disc, as a share of the side."""
        paints: Paints = "picture"
        """``change``: what the U-Net paints is added to the face at rest (ours)."""
        moves: bool = False
        """Move the face to the landmarks first, and add what no movement shows (ours)."""
        metered: bool = False
        """Half of the landmarks it learns from are as the meter reads them (ours)."""
        width: int = 64
        up: Literal["transpose", "resize"] = "transpose"
        dropout: float = 0.5
        critic_width: int = 64
        critic_halvings: int = 3
        identity_width: int = 32
        """Channels of the first layer of the network that tells people apart."""
        identity_steps: int = 10_000
        """Of the first stage, in which that network learns, from pictures of one person with two expressions."""
        steps: int = 200_000
        batch_size: int = 16
        learning_rate: float = 2e-4
        beta1: float = 0.5
        decay_from: float = 0.5
        adversarial: float = 1.0
        identity: float = 1.0
        result: float = 100.0
        """Weight of the L1 distance to the exact frame."""
        focus: float = 0.0
        """How much more a pixel counts in it that should change (ours)."""
        floor: float = 0.0
        """At use, what is painted fades out where it is fainter than that, and outside of the face (ours)."""

        def __post_init__(self) -> None:
            require(
                self.image_size >= 32 and self.image_size.bit_count() == 1,
                f"image_size={self.image_size} must be a power of 2 from 32 on: the U-Net halves it down to 1",
            )
            require(0 <= self.dropout < 1, f"dropout={self.dropout} must be in [0, 1)")
            require(0 <= self.floor < 1, f"floor={self.floor} must be in [0, 1)")
            require(self.paints == "change" or not (self.floor or self.moves), "floor and moves are for paints=change")
            require(min(self.steps, self.identity_steps) >= 1, "steps and identity_steps must be positive")
            require(self.batch_size >= 2, "batch_size must be at least 2: people are told from each other")
            falling_from(self.decay_from)

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {},
        "ours": {
            "radius": 0.0125, "paints": "change", "moves": True, "metered": True, "width": 16, "up": "resize",
            "dropout": 0.0, "critic_width": 16, "identity_width": 16, "identity_steps": 300, "steps": 3_000,
            "batch_size": 8, "learning_rate": 5e-4, "focus": 15.0, "floor": 0.04,
        },
        "small": {
            "image_size": 64, "radius": 0.02, "paints": "change", "width": 16, "up": "resize", "dropout": 0.0,
            "critic_width": 12, "critic_halvings": 2, "identity_width": 8, "identity_steps": 400, "steps": 2_000,
            "learning_rate": 1e-3, "focus": 8.0,
        },
        "tiny": {
            "image_size": 32, "width": 4, "critic_width": 4, "critic_halvings": 1, "identity_width": 4,
            "identity_steps": 2, "steps": 3, "batch_size": 4,
        },
    }  # fmt: skip
    source = "Otberdout et al. 2022 (TPAMI), reconstructed from the abstract"
    batch = PaintBatch

    def __init__(self, config: Config) -> None:
        super().__init__()
        c = self.config = config
        self.image_size, self.metered = c.image_size, c.metered
        self.repainter = Repainter(
            image_size=c.image_size, radius=c.radius, paints=c.paints, moves=c.moves, floor=c.floor
        )
        levels = c.image_size.bit_length() - 1
        self.generator = self.repainter.network(levels=levels, width=c.width, up=c.up, dropout=c.dropout)
        self.critic = PatchCritic(1 + 3, width=c.critic_width, halvings=c.critic_halvings)
        self.recogniser = Recogniser(c.identity_width)

    def stages(self) -> Sequence[Stage]:
        c, decay = self.config, falling_from(self.config.decay_from)
        recogniser = Phase(
            name="recogniser",
            optimizer=self._adam(self.recogniser),
            terms=self.recogniser_terms,
            weights={"contrast": 1},
        )
        critic = Phase(
            name="critic",
            optimizer=self._adam(self.critic),
            terms=self.critic_terms,
            weights={"real": c.adversarial / 2, "fake": c.adversarial / 2},
            learning_rate=decay,
        )
        generator = Phase(
            name="generator",
            optimizer=self._adam(self.generator),
            terms=self.generator_terms,
            weights={"realness": c.adversarial, "identity": c.identity, "result": c.result},
            learning_rate=decay,
        )
        return [
            Stage(name="identity", steps=c.identity_steps, phases=[recogniser]),
            Stage(name="texture", steps=c.steps, phases=[critic, generator]),
        ]

    def _adam(self, network: nn.Module) -> Adam:
        return Adam(network.parameters(), lr=self.config.learning_rate, betas=(self.config.beta1, 0.999), fused=True)

    def recogniser_terms(self, batch: PaintBatch) -> Terms:
        return {"contrast": contrast(self.recogniser(batch.image), self.recogniser(batch.result))}

    def critic_terms(self, batch: PaintBatch) -> Terms:
        painted = self._painted(batch)
        return {
            "real": cross_entropy_real(self.critic(painted.points, batch.result)),
            "fake": cross_entropy_fake(self.critic(painted.points, painted.image)),
        }

    def generator_terms(self, batch: PaintBatch) -> Terms:
        painted = self._painted(batch)
        alike = (self.recogniser(painted.image) * self.recogniser(batch.image)).sum(1)
        return {
            "realness": cross_entropy_real(self.critic(painted.points, painted.image)),
            "identity": (1 - alike).mean(),
            "result": self._error(painted.image, batch),
        }

    def _painted(self, batch: PaintBatch) -> Painted:
        return self.repainter.draw(self.generator, batch.image, batch.landmarks, batch.result_landmarks, batch.key)

    def _error(self, painted: Tensor, batch: PaintBatch) -> Tensor:
        if not self.config.focus:
            return F.l1_loss(painted, batch.result)
        return changed_region_l1(painted, batch.result, batch.image, batch.paired, self.config.focus)

    def paint(self, image: Tensor, landmarks: Tensor, aims: Tensor) -> Edited:
        """See ``Painter``; the whole crop is redrawn, or with a floor what is meant within the face."""
        return self.repainter.paint(self.generator, image, landmarks, aims)

    def preview(self, batch: PaintBatch) -> Sample:
        painted = self._painted(batch)
        columns = {"at rest": batch.image, "landmarks": painted.points.expand(-1, 3, -1, -1)}
        return Sample(columns={**columns, "painted": painted.image, "exact": batch.result})

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


class Recogniser(nn.Module):
    """Tells people apart, whatever they show: faces as unit vectors.

    Source: ours. The paper's identity loss takes a face recognition network that was trained on photographs of many
    people; this one learns beside the texture, from the same pictures, and nothing has to be fetched.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for i, o in pairwise(widths):
            layers += [nn.Conv2d(i, o, 3, 2, 1), nn.GroupNorm(1, o), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * (SEEN // 8) ** 2, 4 * width))

    def forward(self, image: Tensor) -> Tensor:
        """Embed faces, (B, 3, H, W) in [-1, 1]: (B, K), of norm 1."""
        size = image.shape[-1]
        rim = round(FACE * size)
        face = F.adaptive_avg_pool2d(image[:, :, rim : size - rim, rim : size - rim], SEEN)
        return F.normalize(self.layers(F.instance_norm(face.float())).float(), dim=1)  # not by their light


def contrast(first: Tensor, second: Tensor) -> Tensor:
    """Say how badly each of some embeddings, (B, K), tells its partner, the same row of the others, from all of them.

    Source: van den Oord et al. 2018 (InfoNCE), both ways; two rows of one person count as strangers.
    """
    alike = first @ second.T / WARMTH
    own = torch.arange(len(first), device=first.device)
    return (F.cross_entropy(alike, own) + F.cross_entropy(alike.T, own)) / 2
