"""What a training eats: the stream of batches that its recipe asks for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from mienkit.core.action_unit import ACTION_UNITS
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
from mienkit.core.config import require
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import ConfigError
from mienkit.core.image import to_float
from mienkit.core.recipe import Recipe
from mienkit.data.clip import clip_batches, curve_batches, paint_batches
from mienkit.data.couple import CoupleMix, meter_batches
from mienkit.data.emotion import domain_batches, emotion_batches, transfer_batches
from mienkit.data.faces import FaceArrays
from mienkit.data.flow import flow_batches
from mienkit.data.pairing import PairMix, pair_batches
from mienkit.data.row import AU_COLUMNS, Floats
from mienkit.data.sampling import STREAMED, Stream, face_batches, streamed_faces
from mienkit.data.stream import RowStream, share_shards
from mienkit.face.meter import read_landmarks

if TYPE_CHECKING:
    from lightning.fabric import Fabric


READ_AT_ONCE = 64
"""Faces of which the meter reads the landmarks together."""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What a training eats."""

    batches: Stream[Any]
    note: Mapping[str, object] = field(default_factory=dict)
    """What the run's config says of it."""
    sharded: bool = False
    """Each process draws batches of its own."""


def make_stream(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[Any]:
    """Make the endless stream of the batches that a recipe learns from.

    Raises:
        ConfigError: face tables give no batches of that kind.
        DataError: the faces have nothing of what is needed.
    """
    if recipe.batch not in STREAMS:
        raise ConfigError(f"`mien train` makes no batches of the kind {recipe.batch.__name__}")
    return STREAMS[recipe.batch](recipe, faces, seed)


def single_faces(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[FaceBatch]:
    """Give faces with units, or with emotions, whichever the recipe's expressions are made of."""
    size = recipe.config.batch_size
    if getattr(recipe, "vocabulary", ACTION_UNITS) == EMOTIONS:
        return emotion_batches(faces, batch_size=size, seed=seed, emotions=recipe.emotions)
    return face_batches(faces.take(faces.has_expression()), batch_size=size, seed=seed)


def pairs(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[PairBatch]:
    """Give pairs."""
    return pair_batches(faces, batch_size=recipe.config.batch_size, seed=seed)


def pairs_with_flow(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[FlowBatch]:
    """Give pairs in the shares that the recipe names."""
    return flow_batches(faces, batch_size=recipe.config.batch_size, seed=seed, mix=PairMix().shared(recipe.mix()))


def couples(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[MeterBatch]:
    """Give couples in the shares that the recipe names."""
    return meter_batches(faces, batch_size=recipe.config.batch_size, seed=seed, mix=CoupleMix(**recipe.mix()))


def two_kinds(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[DomainBatch]:
    """Give faces of the recipe's two emotions."""
    return domain_batches(faces, batch_size=recipe.config.batch_size, seed=seed, emotions=recipe.emotions)


def grids(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[TransferBatch]:
    """Give people with several emotions."""
    read = read_all(faces) if recipe.metered else None
    return transfer_batches(faces, batch_size=recipe.config.batch_size, seed=seed, emotions=recipe.emotions, read=read)


def curves(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[CurveBatch]:
    """Give landmark curves of one instant more than the recipe's functions have values."""
    c = recipe.config
    return curve_batches(
        faces,
        batch_size=c.batch_size,
        seed=seed,
        instants=c.instants + 1,
        dimensions=c.dimensions,
        emotions=recipe.emotions,
    )


def clips(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[ClipBatch]:
    """Give clips of as many frames as the recipe's config says."""
    c = recipe.config
    return clip_batches(faces, batch_size=c.batch_size, seed=seed, frames=c.frames, emotions=recipe.emotions)


def at_rest_and_otherwise(recipe: Recipe, faces: FaceArrays, seed: int) -> Stream[PaintBatch]:
    """Give people at rest and the same people otherwise."""
    read = read_all(faces) if recipe.metered else None
    return paint_batches(faces, batch_size=recipe.config.batch_size, seed=seed, read=read)


def read_all(faces: FaceArrays) -> Floats:
    """Find the landmarks of all faces by the meter, (N, 68, 2) in pixels of their pictures."""
    starts = range(0, len(faces), READ_AT_ONCE)
    parts = [read_landmarks(to_float(faces.images[start : start + READ_AT_ONCE])) for start in starts]
    return torch.cat(parts).numpy()


MakeStream: TypeAlias = Callable[[Recipe, FaceArrays, int], Stream[Any]]
STREAMS: Mapping[type[Batch], MakeStream] = {
    FaceBatch: single_faces,
    PairBatch: pairs,
    FlowBatch: pairs_with_flow,
    MeterBatch: couples,
    DomainBatch: two_kinds,
    TransferBatch: grids,
    CurveBatch: curves,
    ClipBatch: clips,
    PaintBatch: at_rest_and_otherwise,
}
"""Kind of batch -> who makes it. A new kind that comes from face tables gets its line here."""


def open_feed(tables: Sequence[Path], recipe: Recipe, name: str, seed: int, fabric: "Fabric") -> Feed:
    """Open the tables' files of this process, to be read as they are needed.

    Args:
        tables: whose training rows are taken.
        recipe: what is trained.
        name: what the recipe is called.
        seed: of everything that is drawn.
        fabric: knows this process among the others.

    Raises:
        ConfigError: the recipe needs more than single faces with units, or there are fewer files than processes.
        DataError: this process's files hold no face whose units are all known.
        TableError: a table cannot be used.
    """
    units = recipe.batch is FaceBatch and getattr(recipe, "vocabulary", ACTION_UNITS) != EMOTIONS
    require(
        units,
        f"--stream gives single faces with action units, and {name} with these settings learns from something else "
        f"({recipe.batch.__name__}); leave --stream out",
    )
    config, rank, world = recipe.config, fabric.global_rank, fabric.world_size
    rows = RowStream(share_shards(tables, rank, world), STREAMED, seed=seed, split="train", known=AU_COLUMNS)
    batches = streamed_faces(
        rows, size=config.image_size, batch_size=config.batch_size, seed=seed, rank=rank, world=world
    )
    return Feed(batches=batches, note={"stream": {"processes": world}}, sharded=True)
