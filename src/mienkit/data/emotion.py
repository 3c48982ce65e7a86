"""Batches of faces whose emotion is known: one to change into another, two kinds, or whole grids of people."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mienkit.core.batch import DomainBatch, FaceBatch, TransferBatch
from mienkit.core.emotion import EMOTIONS, name_emotions
from mienkit.core.errors import DataError
from mienkit.data.chance import Chance, Order, pictures, places, sample_keys
from mienkit.data.faces import FaceArrays, Indices
from mienkit.data.mirror import mirror_landmarks
from mienkit.data.pairing import Siblings
from mienkit.data.row import Floats
from mienkit.data.sampling import Stream, endless

NEUTRAL = EMOTIONS.index("neutral")


def emotion_batches(
    faces: FaceArrays, *, batch_size: int, seed: int, emotions: Sequence[str] = EMOTIONS
) -> Stream[FaceBatch]:
    """Chance faces with their emotion and one to synthesise, (B, 8) with one 1; half of them mirrored.

    The wanted emotion is that of any training face, as a permutation of a batch's own would give.

    Args:
        faces: those whose emotion nobody knows (``known_emotions``) are left out.
        batch_size: B.
        seed: of everything that is drawn.
        emotions: the others are left out.

    Raises:
        DataError: fewer than two of the emotions occur.

    Source: Choi et al. 2018 (StarGAN), official code.
    """
    shown = known_emotions(faces)
    rows = np.concatenate(rows_of_each(shown, emotions, least=2))
    order, codes = Order(len(rows), seed), one_hot(shown)

    def draw_batch(number: int) -> FaceBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        chosen, chance = rows[order.rows(positions)], Chance(key)
        return FaceBatch(
            key=key,
            image=pictures(faces.images, chosen, chance.coin("flip")),
            source=codes[chosen],
            target=codes[rows[chance.choose("row", len(rows))]],
        )

    return endless(draw_batch)


def domain_batches(faces: FaceArrays, *, batch_size: int, seed: int, emotions: Sequence[str]) -> Stream[DomainBatch]:
    """Chance faces of two emotions; half of each mirrored.

    Args:
        faces: those with other emotions are left out.
        batch_size: B.
        seed: of everything that is drawn.
        emotions: the first and the second.

    Raises:
        DataError: one of them does not occur.
    """
    first, second = rows_of_each(known_emotions(faces), emotions, least=2)
    first_order, second_order = Order(len(first), seed), Order(len(second), seed + 1)

    def draw_batch(number: int) -> DomainBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        chance = Chance(key)
        return DomainBatch(
            key=key,
            first=pictures(faces.images, first[first_order.rows(positions)], chance.coin("flip")),
            second=pictures(faces.images, second[second_order.rows(positions)], chance.coin("other flip")),
        )

    return endless(draw_batch)


def transfer_batches(
    faces: FaceArrays,
    *,
    batch_size: int,
    seed: int,
    emotions: Sequence[str] = EMOTIONS,
    read: Floats | None = None,
) -> Stream[TransferBatch]:
    """Chance people of whom there are pictures with several emotions, one of them neutral, and others who drive them.

    Drawn and rendered people stay in one scene, so that the result is exact; of photographs the person is the same.
    Landmarks that are read off a picture are a little off, always the same way for one face; what else the batch holds
    of that face is moved by as much, so that one minus the other stays the exact change.

    Args:
        faces: those without emotion or landmarks are left out, and people without a neutral picture.
        batch_size: B.
        seed: of everything that is drawn.
        emotions: the others are left out; neutral stays.
        read: (N, 68, 2), landmarks as they are read off the pictures, for half of the faces and of the drivers in
            place of the table's; None = for none.

    Raises:
        DataError: there are fewer than two people with a neutral and another picture.
    """
    grid = Grid(faces, emotions)
    found = faces.landmarks if read is None else read
    order = Order(len(grid.anchors), seed)

    def draw_batch(number: int) -> TransferBatch:
        positions = places(number, batch_size)
        key = sample_keys(seed, positions)
        chance = Chance(key)
        anchor = grid.anchors[order.rows(positions)]
        result = grid.partner(anchor, chance)
        driver = grid.driver(result, chance)
        flip, other_flip = chance.coin("flip"), chance.coin("other flip")
        neutral = grid.neutral(anchor)
        off = torch.where(chance.coin("read")[:, None, None], displacement(faces, found, anchor, flip), 0)
        other_off = torch.where(
            chance.coin("other read")[:, None, None], displacement(faces, found, driver, other_flip), 0
        )
        return TransferBatch(
            key=key,
            image=pictures(faces.images, anchor, flip),
            landmarks=points(faces, anchor, flip) + off,
            source=grid.codes[anchor],
            result=pictures(faces.images, result, flip),
            result_landmarks=points(faces, result, flip) + off,
            target=grid.codes[result],
            neutral=pictures(faces.images, neutral, flip),
            neutral_landmarks=points(faces, neutral, flip) + off,
            driver=pictures(faces.images, driver, other_flip),
            driver_landmarks=points(faces, driver, other_flip) + other_off,
            driver_neutral_landmarks=points(faces, grid.neutral(driver), other_flip) + other_off,
        )

    return endless(draw_batch)


class Grid:
    """People by emotions."""

    def __init__(self, faces: FaceArrays, emotions: Sequence[str]) -> None:
        """Group the pictures of each person; see ``transfer_batches``.

        Raises:
            DataError: there are fewer than two people with a neutral and another picture.
        """
        emotion = known_emotions(faces)
        wanted = [NEUTRAL, *(EMOTIONS.index(name) for name in emotions)]
        known = np.isin(emotion, wanted) & ~np.isnan(faces.landmarks).any((1, 2))
        person = group_people(faces)
        rests = np.flatnonzero(known & (emotion == NEUTRAL))
        known &= np.isin(person, person[rests])
        siblings = Siblings(np.where(known, person, -1))
        if len(np.unique(person[siblings.rows])) < 2:
            raise DataError(
                "a transfer is learned from at least two people with a neutral picture and another one, landmarks and "
                "all; `mien draw --kind posed --per-scene 8` makes them"
            )
        self.codes = one_hot(emotion)
        self.anchors = siblings.rows
        """Rows that can be changed."""
        self._siblings, self._person, self._emotion = siblings, person, emotion
        self._rest = dict(zip(person[rests[::-1]].tolist(), rests[::-1].tolist(), strict=True))  # the first stays
        self._of = [np.flatnonzero(known & (emotion == number)) for number in range(len(EMOTIONS))]

    def partner(self, rows: Indices, chance: Chance) -> Indices:
        """Choose another picture of each row's person, (B,)."""
        return self._siblings.partner(rows, chance)

    def neutral(self, rows: Indices) -> Indices:
        """Return the neutral picture of each row's person, (B,); the row itself if it is one."""
        rest = np.asarray([self._rest[person] for person in self._person[rows].tolist()], np.int64)
        return np.where(self._emotion[rows] == NEUTRAL, rows, rest)

    def driver(self, rows: Indices, chance: Chance) -> Indices:
        """Choose another person who shows the emotion of each row, (B,); the same one where nobody else does."""
        start = chance.uniform("other row").double().numpy()
        chosen = rows.copy()
        for place, row in enumerate(rows.tolist()):
            some = self._of[self._emotion[row]]
            others = some[self._person[some] != self._person[row]]
            if len(others):
                chosen[place] = others[int(start[place] * len(others))]
        return chosen


def points(faces: FaceArrays, rows: Indices, flipped: Tensor) -> Tensor:
    """Take some landmarks, (B, 68, 2), and mirror some of them."""
    return mirror_landmarks(torch.from_numpy(faces.landmarks[rows]), flipped, faces.size)


def displacement(faces: FaceArrays, found: Floats, rows: Indices, flipped: Tensor) -> Tensor:
    """Return how far found landmarks, (N, 68, 2), are from the table's in some rows, (B, 68, 2); some mirrored."""
    return mirror_landmarks(torch.from_numpy(found[rows]), flipped, faces.size) - points(faces, rows, flipped)


def one_hot(emotion: Indices) -> Tensor:
    """Spell emotions, (N,), as (N, 8) with one 1; none for -1."""
    return (torch.from_numpy(emotion)[:, None] == torch.arange(len(EMOTIONS))).float()


def known_emotions(faces: FaceArrays) -> Indices:
    """Tell each face's emotion, (N,): the label, or what its units show where there is none; -1 where nobody knows."""
    expressions = torch.from_numpy(faces.expressions())
    read = torch.where(expressions.isnan().any(1), -1, name_emotions(expressions.nan_to_num())).numpy()
    return np.where(faces.emotion >= 0, faces.emotion, read).astype(np.int64)


def group_people(faces: FaceArrays) -> Indices:
    """Number the people, (N,), each in as exact a place as is known.

    A photograph and what was made of it are one group, and so are the pictures of a drawn or rendered scene; other
    photographs of one person are, whatever the clip.
    """
    scenes = exact_scenes(faces)
    return np.where(scenes >= 0, scenes, faces.subject + 2 * len(faces))


def exact_scenes(faces: FaceArrays) -> Indices:
    """Number the groups within which one picture is the exact change of another, (N,), all below 2 N; -1 for none.

    A photograph and what was made of it are one group, and so are the pictures of a drawn or rendered scene.
    """
    made = ~faces.of_kind("photograph") & (faces.sequence >= 0)
    group = np.where(made, faces.sequence + len(faces), -1)
    group = np.where(faces.pair >= 0, faces.pair, group)
    origins = np.unique(faces.pair[faces.pair >= 0])
    group[origins] = origins
    return group


def rows_of_each(emotion: Indices, emotions: Sequence[str], least: int) -> list[Indices]:
    """List the rows of each emotion that occurs.

    Raises:
        DataError: too few of them do.
    """
    found = [np.flatnonzero(emotion == EMOTIONS.index(name)) for name in emotions]
    found = [rows for rows in found if len(rows)]
    if len(found) < least:
        raise DataError(
            f"{len(found)} of {', '.join(emotions)} occur in the tables, and at least {least} are needed; label the "
            "faces, or draw some: `mien draw --kind posed --per-scene 8`"
        )
    return found
