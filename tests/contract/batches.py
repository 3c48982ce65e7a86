"""Random batches of every kind, small enough for contract tests; the n-th of a stream is always the same."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from mienkit.core.action_unit import NUM_AUS
from mienkit.core.batch import (
    Batch,
    ClipBatch,
    CurveBatch,
    DomainBatch,
    FaceBatch,
    FlowBatch,
    MeterBatch,
    PaintBatch,
    PairBatch,
    TransferBatch,
)
from mienkit.core.emotion import EMOTIONS
from mienkit.core.landmark import NUM_LANDMARKS
from mienkit.core.model import Model
from mienkit.geometry.preshape import PreShape, flatten_shapes, unflatten_shapes

SIZE = 4
FRAMES = 16
MAP = 8
"""Rows and columns of the maps that a pair carries."""


class Dice:
    """Draws the fields of one batch for one model."""

    def __init__(self, model: Model, seed: int, size: int = SIZE) -> None:
        self.rng = torch.Generator().manual_seed(seed)
        self.size = size
        self.side: int = getattr(model, "image_size", 32)
        self.codes = len(getattr(model, "vocabulary", range(NUM_AUS)))
        self.config = model.config
        self.frames: int = getattr(model.config, "frames", FRAMES)

    def unit(self, *shape: int) -> Tensor:
        return torch.rand(self.size, *shape, generator=self.rng)

    def signed(self, *shape: int) -> Tensor:
        return self.unit(*shape) * 2 - 1

    def key(self) -> Tensor:
        return torch.randint(2**62, (self.size,), generator=self.rng)

    def image(self) -> Tensor:
        return self.signed(3, self.side, self.side)

    def clip(self) -> Tensor:
        return self.signed(self.frames, 3, self.side, self.side)

    def landmarks(self) -> Tensor:
        return self.unit(NUM_LANDMARKS, 2) * self.side

    def expression(self) -> Tensor:
        return self.unit(self.codes)

    def emotion(self) -> Tensor:
        return torch.randint(len(EMOTIONS), (self.size,), generator=self.rng)

    def curve(self) -> Tensor:
        """A face that moves a little: the first instant's landmarks plus a growing change."""
        dimensions, instants = getattr(self.config, "dimensions", 2), getattr(self.config, "instants", FRAMES) + 1
        start, change = (self.signed(1, dimensions * NUM_LANDMARKS) for _ in range(2))
        moved = start + 0.2 * change * torch.linspace(0, 1, instants)[None, :, None]
        return flatten_shapes(PreShape.of(unflatten_shapes(moved, dimensions)).points)


def face_fields(dice: Dice) -> dict[str, Tensor]:
    fields = {"key": dice.key(), "image": dice.image()}
    return fields | {"source": dice.expression(), "target": dice.expression()}


def face_batch(dice: Dice) -> FaceBatch:
    return FaceBatch(**face_fields(dice))


def pair_batch(dice: Dice) -> PairBatch:
    return PairBatch(
        **face_fields(dice),
        result=dice.image(),
        paired=dice.unit(),
        real=dice.image(),
        labelled=dice.image(),
        label=dice.expression(),
        label_known=dice.unit(dice.codes).round(),
    )


def flow_batch(dice: Dice) -> FlowBatch:
    dice.codes = NUM_AUS  # sides, where a model knows them, stand in the tilt
    return FlowBatch(
        **pair_batch(dice).tensors(),
        tilt=dice.signed(NUM_AUS),
        flow=dice.signed(2, MAP, MAP) * 4,
        flow_known=dice.unit(1, MAP, MAP),
        fresh=dice.unit(1, MAP, MAP),
        fresh_known=dice.unit().round(),
    )


def transfer_batch(dice: Dice) -> TransferBatch:
    shown = ("image", "result", "neutral", "driver")
    faces = {name: dice.image() for name in shown}
    named = [f"{name}_landmarks" if name != "image" else "landmarks" for name in (*shown, "driver_neutral")]
    codes = {name: one_hot(dice.emotion(), len(EMOTIONS)).float() for name in ("source", "target")}
    return TransferBatch(key=dice.key(), **faces, **codes, **{name: dice.landmarks() for name in named})


def domain_batch(dice: Dice) -> DomainBatch:
    return DomainBatch(key=dice.key(), first=dice.image(), second=dice.image())


def meter_batch(dice: Dice) -> MeterBatch:
    return MeterBatch(
        key=dice.key(),
        image=dice.signed(2, 3, dice.side, dice.side),
        landmarks=dice.unit(2, NUM_LANDMARKS, 2) * dice.side,
        landmarks_known=dice.unit(2).round(),
        aus=dice.unit(2, NUM_AUS),
        aus_weight=dice.unit(2, NUM_AUS).round(),
        emotion=dice.unit(2, len(EMOTIONS)).softmax(-1),
        emotion_known=dice.unit(2).round(),
        pose=dice.signed(2, 3) * 30,
        pose_known=dice.unit(2).round(),
        change=dice.signed(NUM_AUS),
        change_known=dice.unit(NUM_AUS).round(),
    )


def paint_batch(dice: Dice) -> PaintBatch:
    return PaintBatch(
        key=dice.key(),
        image=dice.image(),
        landmarks=dice.landmarks(),
        result=dice.image(),
        result_landmarks=dice.landmarks(),
    )


def curve_batch(dice: Dice) -> CurveBatch:
    return CurveBatch(key=dice.key(), curve=dice.curve(), label=dice.emotion())


def clip_batch(dice: Dice) -> ClipBatch:
    return ClipBatch(key=dice.key(), clip=dice.clip(), label=dice.emotion())


MAKERS: dict[type[Batch], Callable[[Dice], Batch]] = {
    FaceBatch: face_batch,
    PairBatch: pair_batch,
    FlowBatch: flow_batch,
    TransferBatch: transfer_batch,
    DomainBatch: domain_batch,
    MeterBatch: meter_batch,
    PaintBatch: paint_batch,
    CurveBatch: curve_batch,
    ClipBatch: clip_batch,
}
"""Kind of batch -> how to draw one. A new kind in ``core/batch.py`` gets its line here."""


def random_batch(model: Model, kind: type[Batch], seed: int = 0, size: int = SIZE) -> Batch:
    """Draw a batch of a kind that a model can take."""
    return MAKERS[kind](Dice(model, seed, size))


def stream(model: Model, kind: type[Batch]) -> Callable[[int], Iterator[Batch]]:
    """Return what ``train`` takes: the endless stream from the n-th batch on."""

    def batches(start: int) -> Iterator[Batch]:
        while True:
            yield random_batch(model, kind, seed=start)
            start += 1

    return batches
