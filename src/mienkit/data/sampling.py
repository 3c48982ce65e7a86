"""Endless streams of batches, each a function of the seed and its number, so that a resumed run goes on exactly."""

from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar

import torch

from mienkit.core.batch import Batch, FaceBatch
from mienkit.data.chance import Chance, Order, pictures, places, sample_keys
from mienkit.data.faces import FaceArrays
from mienkit.data.target import Targets, target_rule

AnyBatch = TypeVar("AnyBatch", bound=Batch)
Stream: TypeAlias = Callable[[int], Iterator[AnyBatch]]
"""Gives the endless batches from the n-th on."""


def endless(draw_batch: Callable[[int], AnyBatch]) -> Stream[AnyBatch]:
    """Turn a function of the batch's number into a stream that starts at any number."""

    def stream(start: int) -> Iterator[AnyBatch]:
        number = start
        while True:
            yield draw_batch(number)
            number += 1

    return stream


def face_batches(faces: FaceArrays, *, batch_size: int, seed: int, targets: Targets = "official") -> Stream[FaceBatch]:
    """Chance faces with their expression and one to synthesise; every face once an epoch, half of them mirrored.

    Args:
        faces: all of their units must be known (``FaceArrays.has_expression``).
        batch_size: B.
        seed: of everything that is drawn.
        targets: ``official`` (of any training face, with noise) or ``natural`` (mixtures of two).

    Raises:
        DataError: units of some faces are unknown.
        UnknownNameError: there is no such kind of targets.
    """
    expressions = torch.from_numpy(faces.require_expressions())
    draw_targets = target_rule(targets)
    order = Order(len(faces), seed)

    def draw_batch(number: int) -> FaceBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        rows, chance = order.rows(positions), Chance(key)
        return FaceBatch(
            key=key,
            image=pictures(faces.images, rows, chance.coin("flip")),
            source=expressions[torch.from_numpy(rows)],
            target=draw_targets(chance, expressions),
        )

    return endless(draw_batch)
