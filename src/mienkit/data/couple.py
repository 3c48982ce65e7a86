"""Batches for the meter: two pictures of one face each, moved and coloured at random.

A couple is a photograph and its exact change, or two pictures of one drawn or rendered scene. A photograph without
a change comes twice.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mienkit.core.action_unit import AU_INDEX
from mienkit.core.batch import MeterBatch
from mienkit.core.emotion import EMOTIONS, emotion_likelihood
from mienkit.core.errors import DataError
from mienkit.data.augment import draw_motion, recolour
from mienkit.data.chance import Chance, Order, pictures, places, sample_keys
from mienkit.data.faces import FaceArrays, Indices, Mask
from mienkit.data.mirror import mirror_landmarks, mirror_pose
from mienkit.data.pairing import Siblings
from mienkit.data.row import CHANGED, Floats
from mienkit.data.sampling import Stream, endless

RARE = 0.3
"""A known unit of a photograph above this makes it worth showing more often ..."""
RARE_UNITS = ("AU1", "AU2", "AU14", "AU15", "AU17", "AU20", "AU26", "AU45")
"""... if it is one of these, which photographs seldom show."""
RARE_TIMES = 3
USUAL_SPREAD = 0.25
"""Standard deviation of a unit; where photographs show less, its errors count more ..."""
LARGEST_WEIGHT = 4.0
"""... up to this."""


@dataclass(frozen=True, kw_only=True)
class CoupleMix:
    """What a batch is made of."""

    drawn: float = 0.35
    """Share of drawn and rendered faces; the rest are photographs."""
    detected: float = 0.4
    """Share of crops that stray as far from the template as a detector's boxes."""
    recoloured: float = 1.0
    """Share of couples whose light, colour and sharpness change."""
    exact: bool = False
    """Only exact labels: of photographs nothing but their exact changes is known."""


def meter_batches(faces: FaceArrays, *, batch_size: int, seed: int, mix: CoupleMix | None = None) -> Stream[MeterBatch]:
    """Draw couples; both pictures of a couple are moved alike and coloured alike.

    Raises:
        DataError: there is no face at all.
    """
    chosen = mix or CoupleMix()
    labels = MeterLabels.of(faces, exact=chosen.exact)
    pools = couple_pools(faces)
    if not pools:
        raise DataError("there is no face to learn from")
    counts = share_out(batch_size, chosen.drawn, list(pools))
    orders = {name: Order(len(pool), seed + number) for number, (name, pool) in enumerate(pools.items())}

    def draw_batch(number: int) -> MeterBatch:
        positions = places(number, batch_size)
        couples = np.concatenate([pools[name][orders[name].rows(places(number, n))] for name, n in counts.items()])
        return couple_batch(faces, labels, couples, sample_keys(seed, positions), chosen)

    return endless(draw_batch)


def share_out(batch_size: int, drawn: float, names: list[str]) -> dict[str, int]:
    """Divide a batch among the pools that exist."""
    if len(names) == 1:
        return {names[0]: batch_size}
    count = round(batch_size * drawn)
    return {"photographs": batch_size - count, "drawn": count}


def couple_pools(faces: FaceArrays) -> dict[str, Indices]:
    """List the couples of rows, (N, 2), of photographs and of drawn faces; pools without any are left out."""
    photos = faces.of_kind("photograph")
    edits = np.flatnonzero(faces.pair >= 0)
    alone = np.setdiff1d(np.flatnonzero(photos), faces.pair[edits])
    couples = np.concatenate([np.stack([faces.pair[edits], edits], 1), np.stack([alone, alone], 1)])
    couples = np.repeat(couples, np.where(rare_rows(faces)[couples[:, 0]], RARE_TIMES, 1), axis=0)
    scenes = Siblings(np.where(photos | faces.of_kind(*CHANGED), -1, faces.sequence)).rows
    drawn = np.stack([scenes, next_of_scene(faces, scenes)], 1)
    single = np.flatnonzero(~photos & ~faces.of_kind(*CHANGED) & ~np.isin(np.arange(len(faces)), scenes))
    drawn = np.concatenate([drawn, np.stack([single, single], 1)])
    pools = {"photographs": couples, "drawn": drawn}
    return {name: pool for name, pool in pools.items() if len(pool)}


def rare_rows(faces: FaceArrays) -> Mask:
    """Tell which faces show something that photographs seldom show, (N,)."""
    columns = [AU_INDEX[name] for name in RARE_UNITS]
    return np.asarray(np.any(np.nan_to_num(faces.aus[:, columns]) > RARE, axis=1))


def next_of_scene(faces: FaceArrays, rows: Indices) -> Indices:
    """Return for each row the next one of its scene, and the first one for the last."""
    order = rows[np.argsort(faces.sequence[rows], kind="stable")]
    scene = faces.sequence[order]
    first = np.searchsorted(scene, scene, side="left")
    last = np.searchsorted(scene, scene, side="right") - 1
    follower = np.where(np.arange(len(order)) < last, np.arange(len(order)) + 1, first)
    successor = dict(zip(order.tolist(), order[np.minimum(follower, len(order) - 1)].tolist(), strict=True))
    return np.asarray([successor[row] for row in rows.tolist()], np.int64)


@dataclass(frozen=True, kw_only=True)
class MeterLabels:
    """What is known of every row, with NaN for what is not."""

    landmarks: Tensor
    aus: Tensor
    weight: Tensor
    """(N, 17): how much an error in a unit counts; 0 where it is not known."""
    pose: Tensor
    emotion: Tensor
    exact: Tensor
    """(N, 17): units on the scale on which changes of a pair are exact."""

    @classmethod
    def of(cls, faces: FaceArrays, *, exact: bool = False) -> "MeterLabels":
        """Collect the labels of faces; absolute units of re-expressed rows are not trusted, only their changes.

        Args:
            faces: all of them.
            exact: forget what networks measured in photographs.
        """
        edited = faces.of_kind(*CHANGED)
        forgotten = (faces.of_kind("photograph") | edited) & exact
        aus = np.where((edited | forgotten)[:, None], np.nan, faces.aus)
        expressions = torch.from_numpy(faces.expressions())
        likely = emotion_likelihood(expressions.nan_to_num())
        likely[expressions.isnan().any(1) | torch.from_numpy(forgotten)] = torch.nan
        named = torch.from_numpy(np.where(forgotten, -1, faces.emotion))
        given = torch.nn.functional.one_hot(named.clamp(min=0), len(EMOTIONS)).float()
        return cls(
            landmarks=torch.from_numpy(np.where(forgotten[:, None, None], np.nan, faces.landmarks)),
            aus=torch.from_numpy(aus),
            weight=torch.from_numpy(unit_weights(aus, faces.of_kind("photograph"))),
            pose=torch.from_numpy(np.where(forgotten[:, None], np.nan, faces.pose)),
            emotion=torch.where((named >= 0)[:, None], 0.8 * given + 0.2 * likely.nan_to_num(1 / 8), likely),
            exact=torch.from_numpy(faces.expressions()),
        )


def unit_weights(aus: Floats, photos: Mask) -> Floats:
    """Weigh units, (N, 17) with NaN for unknown: those that vary little among photographs count more there.

    Squared errors of a jaw that hardly ever drops would else drown in those of smiles.
    """
    seen = np.where(photos[:, None], aus, np.nan)
    count = (~np.isnan(seen)).sum(0)
    mean = np.nansum(seen, 0) / np.maximum(count, 1)
    variance = np.nansum((seen - mean) ** 2, 0) / np.maximum(count, 1)
    gain = np.clip(USUAL_SPREAD**2 / np.maximum(variance, 1e-6), 1, LARGEST_WEIGHT)
    return np.where(np.isnan(aus), 0, np.where(photos[:, None], gain, 1)).astype(np.float32)


def couple_batch(faces: FaceArrays, labels: MeterLabels, couples: Indices, key: Tensor, mix: CoupleMix) -> MeterBatch:
    """Assemble couples, (B, 2) rows, into a batch."""
    chance, size = Chance(key), faces.size
    flip = chance.coin("flip")
    motion = draw_motion(chance, size, chance.uniform("detected") < mix.detected)
    coloured = (chance.uniform("recoloured") < mix.recoloured)[:, None, None, None]
    images, landmarks, pose = [], [], []
    for side in range(2):
        rows = couples[:, side]
        picked = torch.from_numpy(rows)
        warped = motion.move_images(pictures(faces.images, rows, flip))
        images.append(torch.where(coloured, recolour(chance, warped), warped))
        landmarks.append(motion.move_points(mirror_landmarks(labels.landmarks[picked], flip, size)))
        pose.append(motion.move_pose(mirror_pose(labels.pose[picked], flip)))
    index = torch.from_numpy(couples)
    aus, emotion, exact = labels.aus[index], labels.emotion[index], labels.exact[index]
    points, poses, change = torch.stack(landmarks, 1), torch.stack(pose, 1), exact[:, 1] - exact[:, 0]
    same = torch.from_numpy(couples[:, 0] == couples[:, 1])[:, None]
    return MeterBatch(
        key=key,
        image=torch.stack(images, 1),
        landmarks=points.nan_to_num(),
        landmarks_known=(~points.flatten(2).isnan().any(2)).float(),
        aus=aus.nan_to_num(),
        aus_weight=labels.weight[index],
        emotion=emotion.nan_to_num(),
        emotion_known=(~emotion.isnan().any(2)).float(),
        pose=poses.nan_to_num(),
        pose_known=(~poses.isnan().any(2)).float(),
        change=change.nan_to_num(),
        change_known=(~(change.isnan() | same)).float(),
    )
