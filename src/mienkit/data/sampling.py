"""Endless streams of batches, each a function of the seed and its number, so that a resumed run goes on exactly."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch

from mienkit.core.batch import Batch, FaceBatch
from mienkit.core.config import require
from mienkit.data.chance import Chance, Order, pictures, places, sample_keys
from mienkit.data.decode import decode_into
from mienkit.data.faces import FaceArrays
from mienkit.data.loader import float_matrix
from mienkit.data.row import AU_COLUMNS
from mienkit.data.stream import RowStream, Window
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


STREAMED: tuple[str, ...] = ("image", "source_id", *AU_COLUMNS)
"""Columns that ``streamed_faces`` reads."""


def streamed_faces(
    rows: RowStream,
    *,
    size: int,
    batch_size: int,
    seed: int,
    rank: int = 0,
    world: int = 1,
    targets: Targets = "official",
) -> Stream[FaceBatch]:
    """Draw chance faces of one process's files, as ``face_batches`` does from memory; targets are those of rows nearby.

    Args:
        rows: of this process, with the columns STREAMED, all units known.
        size: side of the pictures in pixels.
        batch_size: B, over all processes; this one draws its equal part.
        seed: of everything that is drawn but the order.
        rank: number of this process.
        world: number of processes.
        targets: as in ``face_batches``.

    Raises:
        ConfigError: the processes cannot share a batch equally.
        UnknownNameError: there is no such kind of targets.
    """
    require(batch_size % world == 0, f"a batch of {batch_size} cannot be shared equally by {world} processes")
    draw_targets = target_rule(targets)
    own = batch_size // world

    def draw_batch(number: int, drawn: Any, window: Window) -> FaceBatch:
        key = sample_keys(seed, places(number, batch_size)[rank * own : (rank + 1) * own])
        chance = Chance(key)
        images = np.empty((own, size, size, 3), np.uint8)
        decode_into(drawn["image"].to_pylist(), images, drawn["source_id"].to_pylist())
        return FaceBatch(
            key=key,
            image=pictures(images, np.arange(own), chance.coin("flip")),
            source=torch.from_numpy(float_matrix(drawn, AU_COLUMNS)),
            target=draw_targets(chance, torch.from_numpy(float_matrix(window.rows, AU_COLUMNS))),
        )

    def stream(start: int) -> Iterator[FaceBatch]:
        for number, (drawn, window) in enumerate(rows.batches(own, start), start):
            yield draw_batch(number, drawn, window)

    return stream
