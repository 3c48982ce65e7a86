"""Batches of pairs: a face, the picture that its edit should give, and photographs for a critic.

A pair is a photograph and its exact change, two changes of one photograph, or two pictures of one scene (drawn faces).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from mienkit.core.batch import PairBatch
from mienkit.core.config import require
from mienkit.core.errors import DataError
from mienkit.data.chance import Chance, Order, pictures, places, sample_keys
from mienkit.data.faces import FaceArrays, Indices, Mask
from mienkit.data.row import CHANGED, Floats
from mienkit.data.sampling import Stream, endless
from mienkit.data.target import TargetRule, Targets, target_rule


@dataclass(frozen=True, kw_only=True)
class Direction:
    """How often pairs of one direction are drawn, and how much their result is trusted."""

    share: float
    """Relative to the other directions; those of which the tables have none are left out."""
    paired: float = 1.0
    """``PairBatch.paired``, in [0, 1]."""

    def __post_init__(self) -> None:
        require(self.share >= 0, f"the share of a direction is {self.share:g}; it must be at least 0")
        require(0 <= self.paired <= 1, f"the trust in a pair is {self.paired:g}; it must be in [0, 1]")


@dataclass(frozen=True, kw_only=True)
class PairMix:
    """What a batch of pairs is made of."""

    photo_to_edit: Direction = Direction(share=0.4)
    """A photograph, to become its re-expressed picture."""
    edit_to_photo: Direction = Direction(share=0.3)
    """A re-expressed picture, to become the photograph: the result is real."""
    edit_to_edit: Direction = Direction(share=0.2)
    """A re-expressed picture, to become another one of the same photograph."""
    same_scene: Direction = Direction(share=0.5)
    """A picture, to become another one of the same sequence: drawn and rendered faces."""
    photo_alone: Direction = Direction(share=0.1, paired=0.0)
    """A photograph or drawn face, to show some other face's expression: there is no result."""
    edit_alone: Direction = Direction(share=0.0, paired=0.0)
    """The same for a re-expressed picture."""
    labelled_photos: float = 0.5
    """Share of rows that are not re-expressed among ``PairBatch.labelled``."""

    def __post_init__(self) -> None:
        alone = (self.photo_alone, self.edit_alone)
        require(all(one.paired == 0 for one in alone), "a face alone has no result; its trust must be 0")
        require(0 <= self.labelled_photos <= 1, f"labelled_photos is {self.labelled_photos:g}; it must be in [0, 1]")

    def shared(self, shares: Mapping[str, float]) -> "PairMix":
        """Return a mix in which some directions have other shares.

        Raises:
            ConfigError: a share is below 0.
        """
        return replace(self, **{name: replace(getattr(self, name), share=share) for name, share in shares.items()})


class Pairs(NamedTuple):
    """Some pairs, one row each."""

    source: Indices
    """Rows to edit, (B,)."""
    result: Indices
    """Rows that the edit should give, (B,)."""
    source_aus: Floats
    """(B, 17)."""
    target_aus: Floats
    """(B, 17)."""


PairRule: TypeAlias = Callable[[Indices, Chance], Pairs]
"""From anchor rows, (B,), and the chance of their samples, to pairs."""


class Pool(NamedTuple):
    """What one direction can chance."""

    direction: Direction
    anchors: Indices
    """Rows that have such a pair."""
    make: PairRule


def pair_batches(
    faces: FaceArrays, *, batch_size: int, seed: int, mix: PairMix | None = None, targets: Targets = "natural"
) -> Stream[PairBatch]:
    """Chance pairs in several directions, with replacement; source and result are mirrored together.

    Rows whose units are not all known serve only as ``real`` and ``labelled``. ``real`` are photographs; tables without
    a single photograph, as in tests on drawn faces, give those that are not re-expressed.

    Args:
        faces: of one table or several (``load_faces``).
        batch_size: B.
        seed: of everything that is drawn.
        mix: shares and trust; None takes the defaults.
        targets: for faces without a pair, see ``target.TARGETS``.

    Raises:
        DataError: the tables have nothing of what the mix asks for.
        UnknownNameError: there is no such kind of targets.
    """
    source = PairSource(faces, batch_size=batch_size, seed=seed, mix=mix, targets=targets)
    return endless(lambda number: source.draw(number)[0])


class PairSource:
    """Draws the n-th batch of pairs, and tells from which rows it was made."""

    def __init__(self, faces: FaceArrays, *, batch_size: int, seed: int, mix: PairMix | None, targets: Targets) -> None:
        """List what can be drawn; see ``pair_batches``.

        Raises:
            DataError: the tables have nothing of what the mix asks for.
            UnknownNameError: there is no such kind of targets.
        """
        chosen = mix or PairMix()
        pools = [pool for pool in pair_pools(faces, chosen, target_rule(targets)) if len(pool.anchors)]
        self._pools = [pool for pool in pools if pool.direction.share > 0]
        self._real = real_rows(faces)
        if not self._pools or not len(self._real):
            raise DataError("there is nothing to pair: no face with known action units, or no photograph to call real")
        self._faces, self._batch_size, self._seed = faces, batch_size, seed
        self._order = Order(len(self._real), seed)
        self._labelled = LabelledRows(faces, chosen.labelled_photos)

    def draw(self, number: int) -> tuple[PairBatch, Pairs, Tensor]:
        """Return the n-th batch, its pairs, and which of them are mirrored, (B,) bool."""
        faces, positions = self._faces, places(number, self._batch_size)
        key = sample_keys(self._seed, positions)
        chance = Chance(key)
        pairs, paired = draw_pairs(self._pools, chance)
        flip, other_flip = chance.coin("flip"), chance.coin("other flip")
        rows = self._labelled.choose(chance)
        label = faces.aus[rows]
        batch = PairBatch(
            key=key,
            image=pictures(faces.images, pairs.source, flip),
            source=torch.from_numpy(pairs.source_aus),
            target=torch.from_numpy(pairs.target_aus),
            result=pictures(faces.images, pairs.result, flip),
            paired=torch.from_numpy(paired),
            real=pictures(faces.images, self._real[self._order.rows(positions)], other_flip),
            labelled=pictures(faces.images, rows, other_flip),
            label=torch.from_numpy(np.nan_to_num(label)),
            label_known=torch.from_numpy((~np.isnan(label)).astype(np.float32)),
        )
        return batch, pairs, flip


def pair_pools(faces: FaceArrays, mix: PairMix, draw_targets: TargetRule) -> list[Pool]:
    """List what every direction can draw from the faces; some may be empty."""
    whole = faces.has_expression()
    edited = faces.of_kind(*CHANGED)
    exact = whole & (faces.pair >= 0) & ~np.isnan(faces.before).any(1)
    edit_group = np.where(exact, faces.pair, -1)
    made = whole & ~edited & ~faces.of_kind("photograph")  # between two photographs of a clip the head moves, too
    scene_group = np.where(made, faces.sequence, -1)
    alone = alone_rule(faces, whole, draw_targets)
    edits, scenes = Siblings(edit_group), Siblings(scene_group)
    return [
        Pool(mix.photo_to_edit, np.flatnonzero(exact), photo_to_edit_rule(faces)),
        Pool(mix.edit_to_photo, np.flatnonzero(exact), edit_to_photo_rule(faces)),
        Pool(mix.edit_to_edit, edits.rows, sibling_rule(faces, edits)),
        Pool(mix.same_scene, scenes.rows, sibling_rule(faces, scenes)),
        Pool(mix.photo_alone, np.flatnonzero(whole & ~edited), alone),
        Pool(mix.edit_alone, np.flatnonzero(whole & edited), alone),
    ]


def photo_to_edit_rule(faces: FaceArrays) -> PairRule:
    """Pair the photograph of an edit with the edit."""
    return lambda rows, chance: Pairs(faces.pair[rows], rows, faces.before[rows], faces.aus[rows])


def edit_to_photo_rule(faces: FaceArrays) -> PairRule:
    """Pair an edit with its photograph."""
    return lambda rows, chance: Pairs(rows, faces.pair[rows], faces.aus[rows], faces.before[rows])


def sibling_rule(faces: FaceArrays, siblings: "Siblings") -> PairRule:
    """Pair a row with any other one of its group."""

    def make(rows: Indices, chance: Chance) -> Pairs:
        partner = siblings.partner(rows, chance)
        return Pairs(rows, partner, faces.aus[rows], faces.aus[partner])

    return make


def alone_rule(faces: FaceArrays, whole: Mask, draw_targets: TargetRule) -> PairRule:
    """Pair a row with itself and ask it for some other expression."""
    expressions = faces.expressions()
    choice = torch.from_numpy(expressions[whole])
    return lambda rows, chance: Pairs(rows, rows, expressions[rows], draw_targets(chance, choice).numpy())


class Siblings:
    """Rows that share a group with others."""

    def __init__(self, group: Indices) -> None:
        """Take each row's group, (N,); -1 for none."""
        by_group = np.argsort(group, kind="stable")
        sorted_groups = group[by_group]
        _, start, inverse, count = np.unique(sorted_groups, return_index=True, return_inverse=True, return_counts=True)
        self._members = by_group
        self._start, self._count, self._place = (np.empty(len(group), np.int64) for _ in range(3))
        self._start[by_group] = start[inverse]
        self._count[by_group] = count[inverse]
        self._place[by_group] = np.arange(len(group)) - start[inverse]
        self.rows = np.flatnonzero((group >= 0) & (self._count > 1))
        """Rows that have a sibling."""

    def partner(self, rows: Indices, chance: Chance) -> Indices:
        """Choose another row of each row's group, (B,)."""
        count = self._count[rows]
        step = 1 + (chance.uniform("partner").double().numpy() * (count - 1)).astype(np.int64)
        return self._members[self._start[rows] + (self._place[rows] + step) % count]


class LabelledRows:
    """Rows of which some units are known, photographs and edits in a given proportion."""

    def __init__(self, faces: FaceArrays, photo_share: float) -> None:
        known = ~np.isnan(faces.aus).all(1)
        edited = faces.of_kind(*CHANGED)
        photos, edits = np.flatnonzero(known & ~edited), np.flatnonzero(known & edited)
        self._photos, self._edits = (photos if len(photos) else edits), (edits if len(edits) else photos)
        self._photo_share = photo_share

    def choose(self, chance: Chance) -> Indices:
        """Choose a row for each sample, (B,)."""
        photo = self._photos[chance.choose("labelled", len(self._photos))]
        edit = self._edits[chance.choose("labelled", len(self._edits))]
        return np.where(chance.uniform("labelled kind").numpy() < self._photo_share, photo, edit)


def real_rows(faces: FaceArrays) -> Indices:
    """Return the rows that a critic may call real."""
    photos = faces.of_kind("photograph")
    return np.flatnonzero(photos if photos.any() else ~faces.of_kind(*CHANGED))


def draw_pairs(pools: Sequence[Pool], chance: Chance) -> tuple[Pairs, Floats]:
    """Chance a pair for each sample, and how much its result is trusted, (B,)."""
    shares = np.cumsum([pool.direction.share for pool in pools])
    position = chance.uniform("direction").double().numpy() * shares[-1]
    choice = np.minimum(np.searchsorted(shares, position, side="right"), len(pools) - 1)
    rows = np.empty((2, len(choice)), np.int64)
    aus = np.empty((2, len(choice), 17), np.float32)
    for number, pool in enumerate(pools):
        here = np.flatnonzero(choice == number)
        if len(here):
            part = chance.rows(here)
            made = pool.make(pool.anchors[part.choose("anchor", len(pool.anchors))], part)
            rows[:, here], aus[:, here] = made[:2], made[2:]
    paired = np.asarray([pool.direction.paired for pool in pools], np.float32)[choice]
    return Pairs(rows[0], rows[1], aus[0], aus[1]), paired
