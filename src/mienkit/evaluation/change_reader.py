"""The upper bound for a meter: a network that sees both pictures of a pair and has only to say what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.optim import AdamW

from mienkit.core.batch import MeterBatch
from mienkit.core.image import Picture, to_float
from mienkit.core.recipe import Phase, Recipe, Stage, Terms
from mienkit.evaluation.interval import Floats
from mienkit.face.meter import MeterNet

BATCH = 64


class ChangeReader(Recipe):
    """The meter's own network on six channels; not in the registry, because nobody has both pictures of a user.

    Source: ours, after the read-back probe that learned changes from pairs of pictures.
    """

    source: ClassVar[str] = "ours"

    @dataclass(frozen=True, kw_only=True)
    class Config:
        image_size: int = 128
        width: int = 32
        steps: int = 1_500
        batch_size: int = 32
        """Couples of two pictures."""
        learning_rate: float = 3e-3
        weight_decay: float = 0.02

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.image_size = config, config.image_size
        self.batch, self.compiled = MeterBatch, ("network",)
        self.network = MeterNet(config.image_size, config.width, pictures=2)

    def begin_as(self, meter: Mapping[str, Tensor]) -> None:
        """Take over a meter's weights: the first picture is seen as it sees pictures, the second one at random."""
        state = self.network.state_dict()
        for name, weight in meter.items():
            first = state[name] if state[name].shape == weight.shape else state[name][:, : weight.shape[1]]
            first.copy_(weight)

    def stages(self) -> Sequence[Stage]:
        c = self.config
        phase = Phase(
            name="fit",
            optimizer=AdamW(self.network.parameters(), c.learning_rate, (0.9, 0.99), weight_decay=c.weight_decay),
            terms=self.terms,
            weights={"change": 10.0, "landmarks": 1e-3},
            learning_rate=lambda progress: min(1.0, 50 * progress + 0.02) * max(0.01, 1 - progress),
            clip_norm=5.0,
        )
        return [Stage(name="fit", steps=c.steps, phases=[phase])]

    def terms(self, batch: MeterBatch) -> Terms:
        raw = self.network(batch.image.flatten(1, 2))
        known = batch.change_known
        landmarks = (raw.landmarks - batch.landmarks[:, 0]).square().mean((1, 2)) * batch.landmarks_known[:, 0]
        return {
            "change": ((raw.aus - batch.change).square() * known).sum() / known.sum().clamp(min=1),
            "landmarks": landmarks.mean(),  # of the first picture: the network looks where it finds them
        }

    @torch.inference_mode()
    def read_changes(self, before: Picture, after: Picture) -> Floats:
        """Read the units of ``after`` minus those of ``before``, (N, S, S, 3) both; returns (N, 17)."""
        pairs = [torch.cat([to_float(before[i : i + BATCH]), to_float(after[i : i + BATCH])], 1)
                 for i in range(0, len(before), BATCH)]  # fmt: skip
        found: Tensor = torch.cat([self.network(pair).aus for pair in pairs])
        return found.double().numpy()
