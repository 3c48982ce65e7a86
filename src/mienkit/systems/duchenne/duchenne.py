"""How Duchenne is trained: exact pairs first, then photographs, critics and the meter beside them.

Source: ours. The pairs are re-expressed photographs, which tell the exact change, flow and what is new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Adam

from mienkit.core.action_unit import SIDED_UNITS, mean_of_sides, tilt_of_sides
from mienkit.core.batch import FlowBatch
from mienkit.core.config import require
from mienkit.core.model import MODELS
from mienkit.core.recipe import Phase, Recipe, Sample, Stage, Terms
from mienkit.core.schedule import cosine_decay, linear_decay
from mienkit.core.task import Edited, Motion
from mienkit.losses.adversarial import hinge_fake, hinge_real, wasserstein_fake
from mienkit.losses.attention import total_variation
from mienkit.losses.motion import flow_distance, map_error
from mienkit.losses.pair import changed_region_l1
from mienkit.losses.penalty import zero_centred_penalty
from mienkit.systems.duchenne.critic import RegionCritics
from mienkit.systems.duchenne.network import Moved, Mover
from mienkit.systems.duchenne.teacher import identity_error, meter_error

DIRECTIONS = ("photo_to_edit", "edit_to_photo", "edit_to_edit", "same_scene", "photo_alone")
MOUTH_FROM = 0.53
"""Where the mouth begins, below the nose, in sides of the crop."""
SHOWN_REACH = 8.0
"""Flow in pixels of a 128 px crop that a preview shows in full colour."""


@MODELS.register
class Duchenne(Recipe):
    """Moves the photo's own skin by action units, and paints only what was not there."""

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        conv_dim: int = 32
        """Channels of the first layer."""
        repeat: int = 2
        """Residual blocks of the encoder's last level."""
        reach: float = 4.0
        """Pixels of a 128 px crop that one unit of the flow's output moves; 0 turns the flow off."""
        mapped: bool = True
        """False lets the colour act everywhere, without a map of what is new."""
        shape: int = 32
        """Numbers that tell a face's shape, with which the flow of each unit is linear."""
        critic_dim: int = 32
        critic_depth: int = 3
        pair_steps: int = 20_000
        """Steps of the first stage, in which exact results teach alone."""
        steps: int = 0
        """Steps of the second stage, with critics and photographs; 0 leaves it out, as the released weights do."""
        batch_size: int = 16
        pair_rate: float = 2e-3
        """Learning rate of the first stage."""
        learning_rate: float = 5e-4
        critic_rate: float = 5e-4
        beta1: float = 0.9
        beta2: float = 0.99
        photo_to_edit: float = 0.4
        """Share of photographs, to become their edits, relative to the other directions."""
        edit_to_photo: float = 0.3
        """Of edits, to become their photographs: the results are real."""
        edit_to_edit: float = 0.15
        same_scene: float = 0.15
        """Of drawn and rendered faces."""
        photo_alone: float = 0.1
        """Of photographs without a result, which critics and meter look at."""
        pixels: float = 1.0
        """Weight of the error to the exact result."""
        pixel_focus: float = 4.0
        """How much more a pixel that changes counts than one that stays."""
        pixel_threshold: float = 0.1
        """Mean absolute difference over the channels from which a pixel changes."""
        new_mouth: float = 0.6
        """How much the inside of a mouth that opened counts where the result was drawn, not photographed."""
        new_eyes: float = 4.0
        """How much lids that closed or opened count there: a few pixels, which everybody looks at."""
        flow: float = 0.2
        """Weight of the distance to the exact flow, in pixels of a 128 px crop."""
        fresh: float = 0.3
        fresh_focus: float = 8.0
        """How much more a place counts that is new than one that is not."""
        paint: float = 0.2
        """Weight of the mean magnitude of what is painted: skin that can be moved should be, it is sharper."""
        tv: float = 0.01
        """Weight of the flow's squared differences of neighbours, in the same pixels."""
        adversarial: float = 0.02
        """Weight of the critics' scores; 0 leaves the critics out."""
        r1: float = 1.0
        """Weight of the critics' gradient penalty, relative to ``adversarial``."""
        penalty_every: int = 8
        """Steps from one penalty to the next; its weight grows with them."""
        meter: float = 0.1
        """Weight of the error that the meter reads; from 0.5 on it is fooled by colours, which people see."""
        identity: float = 0.0
        """Weight of the identity loss; it needs the judge's own network, which then must not judge."""
        cycle: float = 0.1
        """Weight of the error after the edit is undone by the network itself."""

        def __post_init__(self) -> None:
            size, side = self.image_size, self.image_size >> self.critic_depth
            require(size % 16 == 0, f"image_size={size} must be a multiple of 16")
            require(side >= 4, f"critic_depth={self.critic_depth} is too deep for image_size={size}")
            require(
                min(self.batch_size, self.penalty_every, self.shape) >= 1,
                "batch_size, penalty_every, shape must be positive",
            )
            require(min(self.pair_steps, self.steps) >= 0, "pair_steps, steps must be at least 0")
            require(self.pair_steps + self.steps > 0, "pair_steps and steps are both 0: there is nothing to train")
            require(0 <= self.new_mouth <= 1, f"new_mouth={self.new_mouth:g} must be in [0, 1]")
            require(self.new_eyes >= 0, f"new_eyes={self.new_eyes:g} must be at least 0")

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "ours": {},
        "tiny": {
            "image_size": 32, "conv_dim": 4, "repeat": 1, "shape": 4, "critic_dim": 4, "critic_depth": 2,
            "pair_steps": 2, "steps": 8, "batch_size": 4,
        },
    }  # fmt: skip
    source = "ours"
    vocabulary: ClassVar[tuple[str, ...]] = SIDED_UNITS

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.batch = FlowBatch
        self.averaged = self.compiled = ("generator",)
        self.generator = Mover(config.conv_dim, config.repeat, config.reach, config.mapped, config.shape)
        self.critics = RegionCritics(config.critic_dim, config.critic_depth)

    def mix(self) -> Mapping[str, float]:
        return {name: getattr(self.config, name) for name in DIRECTIONS}

    def stages(self) -> Sequence[Stage]:
        c = self.config
        pairs = Phase(
            name="pairs",
            optimizer=Adam(self.generator.parameters(), c.pair_rate, (c.beta1, c.beta2), fused=True),
            terms=self.pair_terms,
            weights=self._exact_weights(),
            learning_rate=cosine_decay(0.02, 0.05),
        )
        generator = Phase(
            name="generator",
            optimizer=Adam(self.generator.parameters(), c.learning_rate, (c.beta1, c.beta2), fused=True),
            terms=self.generator_terms,
            weights=self._exact_weights() | self._judged_weights(),
            learning_rate=linear_decay(),
        )
        joint = [*self._critic_phases(), generator] if c.adversarial else [generator]
        stages = [Stage(name="pairs", steps=c.pair_steps, phases=[pairs]),
                  Stage(name="joint", steps=c.steps, phases=joint)]  # fmt: skip
        return [stage for stage in stages if stage.steps]

    def _critic_phases(self) -> list[Phase]:
        c = self.config
        adam = Adam(self.critics.parameters(), c.critic_rate, (0.0, c.beta2), fused=True)
        critic = Phase(
            name="critic",
            optimizer=adam,
            terms=self.critic_terms,
            weights={"real": c.adversarial, "fake": c.adversarial},
            learning_rate=linear_decay(),
        )
        penalty = Phase(
            name="penalty",
            optimizer=adam,
            terms=self.penalty_terms,
            weights={"r1": c.adversarial * c.r1 * c.penalty_every},
            every=c.penalty_every,
            learning_rate=linear_decay(),
        )
        return [critic, penalty]

    def _exact_weights(self) -> dict[str, float]:
        c = self.config
        return {"pixels": c.pixels, "flow": c.flow, "fresh": c.fresh, "paint": c.paint, "tv": c.tv}

    def _judged_weights(self) -> dict[str, float]:
        c = self.config
        weights = {"fake": -c.adversarial, "meter": c.meter, "identity": c.identity, "cycle": c.cycle}
        return {name: weight for name, weight in weights.items() if weight}

    def pair_terms(self, batch: FlowBatch) -> Terms:
        return self._exact_terms(batch, self._move(batch))

    def critic_terms(self, batch: FlowBatch) -> Terms:
        with torch.no_grad():
            fake = self._move(batch).image
        real, made = self.critics(batch.real), self.critics(fake)
        return {
            "real": mean_of(hinge_real(score) for score in real.values()),
            "fake": mean_of(hinge_fake(score) for score in made.values()),
        }

    def penalty_terms(self, batch: FlowBatch) -> Terms:
        def score(image: Tensor) -> Tensor:
            return torch.cat([patches.mean((1, 2, 3)) for patches in self.critics(image).values()])

        return {"r1": zero_centred_penalty(score, batch.real)}

    def generator_terms(self, batch: FlowBatch) -> Terms:
        moved = self._move(batch)
        terms, wanted = self._exact_terms(batch, moved), self._judged_weights()
        if "fake" in wanted:
            terms["fake"] = mean_of(wasserstein_fake(score) for score in self.critics(moved.image).values())
        if "meter" in wanted:
            terms["meter"] = meter_error(moved.image, batch.image, batch.target - batch.source)
        if "identity" in wanted:
            terms["identity"] = identity_error(moved.image, batch.image)
        if "cycle" in wanted:
            terms["cycle"] = F.l1_loss(self.generator(moved.image, -change_of(batch)).image, batch.image)
        return terms

    def _move(self, batch: FlowBatch) -> Moved:
        return self.generator(batch.image, change_of(batch))

    def _exact_terms(self, batch: FlowBatch, moved: Moved) -> Terms:
        c = self.config
        trust, finer = trusted_places(batch, c.new_mouth, c.new_eyes), 128 / c.image_size
        return {
            "pixels": changed_region_l1(
                moved.image, batch.result, batch.image, trust, c.pixel_focus, c.pixel_threshold
            ),
            "flow": flow_distance(moved.flow * finer, batch.flow * finer, batch.flow_known),
            "fresh": map_error(moved.fresh, batch.fresh, batch.fresh_known, c.fresh_focus),
            "paint": moved.colour.abs().mean(),
            "tv": total_variation(moved.flow * finer),
        }

    def edit(self, image: Tensor, source: Tensor, target: Tensor) -> Edited:
        """See ``Editor``. One picture repeated by ``expand`` is encoded once."""
        repeated = len(image) > 1 and image.stride(0) == 0
        outer, middle, inner, flows = (
            level.expand(len(image), -1, -1, -1) for level in self.generator.encode(image[:1] if repeated else image)
        )
        change, tilt = mean_of_sides(target - source), tilt_of_sides(target - source)
        change = torch.cat([change, tilt], 1) if tilt.any() else change  # alike sides are told once, which is faster
        moved = self.generator.apply_maps(image, change, *self.generator.decode((outer, middle, inner, flows), change))
        motion = Motion(flow=moved.flow, colour=moved.colour, fresh=moved.fresh)
        return Edited(image=moved.image, change=changed_places(moved), motion=motion)

    def preview(self, batch: FlowBatch) -> Sample:
        moved = self._move(batch)
        flow = (moved.flow * (128 / self.image_size / SHOWN_REACH)).clamp(-1, 1)
        columns = {
            "source": batch.image,
            "edited": moved.image,
            "exact": batch.result,
            "flow": torch.cat([flow, torch.zeros_like(flow[:, :1])], 1),
            "fresh": moved.fresh.expand(-1, 3, -1, -1) * 2 - 1,
        }
        return Sample(columns=columns, change=changed_places(moved))

    def released_state(self) -> Mapping[str, Any]:
        return self.generator.state_dict()

    def load_released(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state)


def change_of(batch: FlowBatch) -> Tensor:
    """Return the change that a batch asks of the network, (B, 34): of each unit's mean, then of its tilt."""
    return torch.cat([batch.target - batch.source, batch.tilt], 1)


def mean_of(values: Any) -> Tensor:
    """Average scalars."""
    return torch.stack(list(values)).mean()


def trusted_places(batch: FlowBatch, new_mouth: float, new_eyes: float) -> Tensor:
    """Say how much each pixel of the result counts, (B, 1, H, W).

    Drawn insides of mouths count ``new_mouth``, lids that closed or opened ``new_eyes``, everything else 1.
    """
    height, width = batch.result.shape[2:]
    fresh = F.interpolate(batch.fresh, size=(height, width), mode="bilinear", align_corners=False)
    mouth = (torch.arange(height, device=fresh.device) >= MOUTH_FROM * height)[:, None]
    return batch.paired[:, None, None, None] * (1 + torch.where(mouth, new_mouth - 1, new_eyes - 1) * fresh)


def changed_places(moved: Moved) -> Tensor:
    """Say where an edit changes its picture, (B, 1, H, W) in [0, 1]: what is new, and what moves by a pixel of 128."""
    distance = moved.flow.norm(dim=1, keepdim=True) * (128 / moved.flow.shape[-1])
    return torch.maximum(moved.fresh, distance.clamp(max=1))
