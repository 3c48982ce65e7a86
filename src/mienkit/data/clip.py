"""Clips in memory: which rows belong together, how their faces move, and batches of curves, of clips, of frames.

A clip is a sequence whose frames are numbered. Of clips that rise to an expression and fall again the rise is taken,
as Otberdout et al. 2022 do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.core.batch import ClipBatch, CurveBatch, PaintBatch
from mienkit.core.emotion import EMOTIONS
from mienkit.core.errors import DataError
from mienkit.core.landmark import MIRROR
from mienkit.data.chance import Chance, Order, pictures, places, sample_keys
from mienkit.data.emotion import NEUTRAL, displacement, exact_scenes, known_emotions, points
from mienkit.data.faces import FaceArrays, Indices
from mienkit.data.row import Floats
from mienkit.data.sampling import Stream, endless
from mienkit.geometry.arc import resample_by_length
from mienkit.geometry.preshape import PreShape, flatten_shapes

SHORTEST = 4
"""Frames of a rise: fewer do not tell how a face moves."""
BLINK = 0.2
"""By how much AU45 rises, at least, where somebody blinks."""
SHOWN = tuple(name for name in EMOTIONS if name != "neutral")


@dataclass(frozen=True, kw_only=True)
class Rises:
    """Clips from rest to the apex of an emotion."""

    rows: Sequence[Indices]
    """Of each clip, in order of time."""
    emotion: Indices
    """(C,): index into EMOTIONS."""

    def __len__(self) -> int:
        return len(self.rows)


def list_rises(faces: FaceArrays, emotions: Sequence[str] = SHOWN, *, blinks: bool = True) -> Rises:
    """Find the clips that rise to one of some emotions; each ends where the face is farthest from its first frame.

    Args:
        faces: with clips.
        emotions: clips that rise to others are left out.
        blinks: take those, too, in which somebody is known to blink on the way. For curves of landmarks they are left
            out: a blink is as long a way as an expression, and no part of it.

    Raises:
        DataError: there are none.
    """
    wanted = [EMOTIONS.index(name) for name in emotions if name != "neutral"]
    shown = known_emotions(faces)
    found = [rising_rows(faces, rows, shown) for rows in sequences_of(faces)]
    found = found if blinks else [rows for rows in found if not blinks_in(faces, rows)]
    rises = [(rows, shown[rows[-1]]) for rows in found if len(rows) >= SHORTEST and shown[rows[-1]] in wanted]
    if not rises:
        raise DataError(
            f"there is no clip of {SHORTEST} frames or more that rises to one of {', '.join(emotions)}; "
            "`mien draw --clips` makes some"
        )
    return Rises(rows=[rows for rows, _ in rises], emotion=np.asarray([emotion for _, emotion in rises], np.int64))


def sequences_of(faces: FaceArrays) -> list[Indices]:
    """List the rows of each sequence whose frames are numbered, in order of time."""
    numbered = np.flatnonzero((faces.sequence >= 0) & (faces.frame >= 0))
    order = numbered[np.lexsort((faces.frame[numbered], faces.sequence[numbered]))]
    ends = np.flatnonzero(np.diff(faces.sequence[order])) + 1
    return np.split(order, ends) if len(order) else []


def rising_rows(faces: FaceArrays, rows: Indices, shown: Indices) -> Indices:
    """Cut a sequence behind the frame that shows an emotion and is farthest from the first; empty without one.

    Args:
        faces: all of them.
        rows: of the sequence, in order of time.
        shown: (N,), the emotion of every face, -1 where unknown.
    """
    expressive = np.flatnonzero(shown[rows] > NEUTRAL)
    if not len(expressive):
        return rows[:0]
    away = np.linalg.norm(faces.landmarks[rows] - faces.landmarks[rows[0]], axis=2).mean(1)
    known = not np.isnan(away).any()
    apex = expressive[away[expressive].argmax()] if known else expressive[-1]
    return rows[: apex + 1]


def blinks_in(faces: FaceArrays, rows: Indices) -> bool:
    """Tell whether somebody is known to blink in some frames."""
    shut = np.nan_to_num(faces.aus[rows, AU_INDEX["AU45"]])
    return bool(len(rows)) and bool(shut.max() - shut[0] > BLINK)


def landmark_curves(faces: FaceArrays, rises: Rises, instants: int, dimensions: int = 2) -> Floats:
    """Return how landmarks go from rest to the apex, by the length of their way: (C, instants, 68 dimensions).

    Each instant is a pre-shape, written as x1, y1(, z1), x2, ...

    Args:
        faces: all of them.
        rises: the clips.
        instants: of each curve, the ends included.
        dimensions: 2, or 3 where the depth of the landmarks is known.

    Raises:
        DataError: landmarks, or their depth, are unknown.
    """
    curves = [resample_by_length(shape_curve(faces, rows, dimensions), instants) for rows in rises.rows]
    return torch.stack(curves).float().numpy()


def shape_curve(faces: FaceArrays, rows: Indices, dimensions: int) -> Tensor:
    """Return the pre-shapes of some frames in order, (F, 68 dimensions), in double precision.

    Raises:
        DataError: landmarks, or their depth, are unknown.
    """
    shapes = np.asarray(faces.landmarks[rows], np.float64)
    if dimensions == 3:
        shapes = np.concatenate([shapes, faces.depth[rows, :, None]], 2)
    if np.isnan(shapes).any():
        unknown = "the depth of landmarks is" if dimensions == 3 else "landmarks are"
        raise DataError(f"{unknown} unknown in a clip ({faces.name[rows[0]]}); `mien draw --clips` knows both")
    return flatten_shapes(PreShape.of(torch.from_numpy(shapes)).points)


def curve_batches(
    faces: FaceArrays,
    *,
    batch_size: int,
    seed: int,
    instants: int,
    dimensions: int = 2,
    emotions: Sequence[str] = SHOWN,
) -> Stream[CurveBatch]:
    """Chance landmark curves with their emotion; every clip once an epoch, half of them mirrored.

    Args:
        faces: with clips.
        batch_size: B.
        seed: of everything that is drawn.
        instants: of each curve.
        dimensions: 2 or 3.
        emotions: clips that rise to others are left out, and so are those that are known to blink.

    Raises:
        DataError: there are no such clips, or their landmarks are unknown.
    """
    rises = list_rises(faces, emotions, blinks=False)
    curves = torch.from_numpy(landmark_curves(faces, rises, instants, dimensions))
    labels, order = torch.from_numpy(rises.emotion), Order(len(rises), seed)

    def draw_batch(number: int) -> CurveBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        chosen = torch.from_numpy(order.rows(positions))
        curve = mirror_curves(curves[chosen], Chance(key).coin("flip"), dimensions)
        return CurveBatch(key=key, curve=curve, label=labels[chosen])

    return endless(draw_batch)


def mirror_curves(curves: Tensor, flipped: Tensor, dimensions: int) -> Tensor:
    """Flip some curves of pre-shapes, (B, T, 68 dimensions), whose middle is at x = 0."""
    shapes = curves.unflatten(-1, (-1, dimensions))
    sign = shapes.new_tensor([-1.0] + [1.0] * (dimensions - 1))
    return torch.where(flipped[:, None, None], (shapes[..., list(MIRROR), :] * sign).flatten(-2), curves)


def clip_batches(
    faces: FaceArrays, *, batch_size: int, seed: int, frames: int, emotions: Sequence[str] = SHOWN
) -> Stream[ClipBatch]:
    """Chance clips from rest to the apex, at equal times, with their emotion; every one once an epoch, half mirrored.

    Args:
        faces: with clips.
        batch_size: B.
        seed: of everything that is drawn.
        frames: of each clip: the rise's own, the nearest in time; a shorter rise shows some twice.
        emotions: clips that rise to others are left out.

    Raises:
        DataError: there are no such clips.
    """
    rises = list_rises(faces, emotions)
    order, labels = Order(len(rises), seed), torch.from_numpy(rises.emotion)
    rows = np.stack([one[np.linspace(0, len(one) - 1, frames).round().astype(np.int64)] for one in rises.rows])

    def draw_batch(number: int) -> ClipBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        chosen = order.rows(positions)
        flip = Chance(key).coin("flip").repeat_interleave(frames)
        clip = pictures(faces.images, rows[chosen].ravel(), flip).unflatten(0, (-1, frames))
        return ClipBatch(key=key, clip=clip, label=labels[torch.from_numpy(chosen)])

    return endless(draw_batch)


def paint_batches(faces: FaceArrays, *, batch_size: int, seed: int, read: Floats | None = None) -> Stream[PaintBatch]:
    """Chance people at rest, and the same people otherwise: frames of a clip, or other pictures of an exact scene.

    Args:
        faces: those without landmarks are left out, and people who are nowhere at rest.
        batch_size: B.
        seed: of everything that is drawn.
        read: (N, 68, 2), landmarks as they are read off the pictures, for half of the people in place of the table's.

    Raises:
        DataError: there is nobody at rest and otherwise.
    """
    rest = rows_at_rest(faces)
    rows = np.flatnonzero(rest >= 0)
    if not len(rows):
        raise DataError(
            "there is nobody with a neutral picture and another one in the same scene, landmarks and all; "
            "`mien draw --clips` makes clips, `mien reexpress --posed` exact changes of photographs"
        )
    found = faces.landmarks if read is None else read
    order = Order(len(rows), seed)

    def draw_batch(number: int) -> PaintBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        chance = Chance(key)
        result = rows[order.rows(positions)]
        start, flip = rest[result], chance.coin("flip")
        off = displacement(faces, found, start, flip)  # what is off in one picture is off in the other
        off = torch.where(chance.coin("read")[:, None, None], off, 0)
        return PaintBatch(
            key=key,
            image=pictures(faces.images, start, flip),
            landmarks=points(faces, start, flip) + off,
            result=pictures(faces.images, result, flip),
            result_landmarks=points(faces, result, flip) + off,
        )

    return endless(draw_batch)


def rows_at_rest(faces: FaceArrays) -> Indices:
    """Return each row's picture of the same person at rest, in the same scene or clip, (N,); -1 for none or itself."""
    scene, numbered = exact_scenes(faces), (faces.sequence >= 0) & (faces.frame >= 0)
    group = np.where(scene < 0, np.where(numbered, faces.sequence + 2 * len(faces), -1), scene)
    known = (group >= 0) & ~np.isnan(faces.landmarks).any((1, 2))
    calm = np.flatnonzero(known & (known_emotions(faces) == NEUTRAL))
    late_first = calm[np.argsort(-faces.frame[calm], kind="stable")].tolist()
    first = {group[row]: row for row in late_first}  # of several the earliest stays
    rest = np.asarray([first.get(place, -1) for place in np.where(known, group, -1).tolist()], np.int64)
    return np.where(rest == np.arange(len(faces)), -1, rest)
