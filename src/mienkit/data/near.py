"""Pictures that are almost the same, found without comparing all of them: a leak where they stand in two splits.

A picture is told by two hashes of 64 bits each, 16 bytes in all: one of its low frequencies, one of where it gets
brighter. Aligned faces all look alike to either, which is why both must agree. Among the 4.5 million couples of 3,006
aligned photographs of different people, 23 are within 4 bits by the frequencies, 79 by the gradients, and none by both;
of copies that were compressed, halved and enlarged, brightened or made grey, 98 % or more are. Among a billion couples
some strangers still agree, so whoever has the pictures looks again (``likeness``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.data.faces import Indices, Mask

Hashes: TypeAlias = npt.NDArray[np.uint64]

RADIUS = 4
"""Bits by which each hash of two pictures may differ that are called almost the same."""
ALIKE = 0.93
"""Least ``likeness`` of pictures that are almost the same: copies that were also shifted by 1 % of the side, or turned
by 1 degree, have 0.93 to 1, the nearest 192 couples of different people among 4.5 million 0.91 at most."""
SIDE = 32
"""Of the pictures that ``likeness`` compares, in pixels."""
BITS = 64
UNTOUCHED = 2
"""Pieces of a hash that must be equal for two to be compared at all."""


@dataclass(frozen=True, kw_only=True)
class NearPair:
    """Two pictures that are almost the same."""

    first: str
    second: str
    bits: int
    """By how many of 128 bits they differ; 0 for copies."""


def hash_picture(picture: Picture) -> Hashes:
    """Hash a picture, (H, W, 3), to frequencies and gradients, (2,)."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.concatenate([pack_bits(frequency_bits(grey)), pack_bits(gradient_bits(grey))])


def frequency_bits(grey: Picture) -> npt.NDArray[np.bool_]:
    """Tell which of the 64 lowest frequencies, the zeroth left out, are above their median, (64,).

    Source: Zauner 2010, "Implementation and benchmarking of perceptual image hash functions" (pHash).
    """
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[1:9, 1:9].ravel()
    return np.asarray(low > np.median(low))


def gradient_bits(grey: Picture) -> npt.NDArray[np.bool_]:
    """Tell where a picture of 9 x 8 pixels gets brighter to the right, (64,)."""
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray(small[:, 1:] > small[:, :-1]).ravel()


def pack_bits(bits: npt.NDArray[np.bool_]) -> Hashes:
    """Pack 64 bits into a number, (1,)."""
    return np.packbits(bits).view(np.uint64)


def shrink_picture(picture: Picture) -> Picture:
    """Make a picture, (H, W, 3), so small that ``likeness`` can compare it, (32, 32)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def likeness(first: Picture, second: Picture) -> npt.NDArray[np.float32]:
    """Correlate small pictures, (P, 32, 32) each, to (P,) in [-1, 1]; 1 for equal ones, also where they are flat."""
    one, other = (small.reshape(-1, SIDE * SIDE).astype(np.float32) for small in (first, second))
    equal = np.all(one == other, axis=1)
    one, other = one - one.mean(1, keepdims=True), other - other.mean(1, keepdims=True)
    scale = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.where(equal, 1, (one * other).sum(1) / np.maximum(scale, 1e-6)).astype(np.float32)


def near_duplicates(
    ids: Sequence[str], hashes: Hashes, groups: Indices | None = None, radius: int = RADIUS
) -> list[NearPair]:
    """Name the pictures that are almost the same.

    Args:
        ids: (N,) names.
        hashes: (N, 2), from ``hash_picture``.
        groups: (N,), as in ``near_pairs``.
        radius: bits by which each hash may differ.

    Returns:
        Couples, the closest first. Of several copies each is told with the first one only.
    """
    couples, bits = near_pairs(hashes, groups, radius)
    found = zip(couples[np.argsort(bits, kind="stable")].tolist(), sorted(bits.tolist()), strict=True)
    return [NearPair(first=ids[one], second=ids[other], bits=differ) for (one, other), differ in found]


def near_pairs(
    hashes: Hashes, groups: Indices | None = None, radius: int = RADIUS, most: int | None = None
) -> tuple[Indices, Indices]:
    """Find the rows whose hashes are near each other.

    Copies are compared once: each is told with the first one only, and only that is compared with others.

    Args:
        hashes: (N, 2), from ``hash_picture``.
        groups: (N,); rows of the same group are never told, such as frames of one person's clip; None tells all.
        radius: bits by which each hash may differ.
        most: the search ends soon after so many couples that are no copies; None finds all.

    Returns:
        Couples of rows, (P, 2), and by how many of 128 bits they differ, (P,).
    """
    groups = np.arange(len(hashes)) if groups is None else groups
    _, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    leader = first[inverse.reshape(-1)]
    copies = np.flatnonzero(groups != groups[leader])
    leaders = np.sort(first)
    found = [leaders[some] for some in enough(within(hashes[leaders], groups[leaders], radius), most)]
    couples = np.concatenate([np.stack([leader[copies], copies], axis=1), *found])
    couples = couples[np.lexsort(couples.T[::-1])]
    return couples, differing_bits(hashes, couples).sum(axis=1)


def enough(found: Iterator[Indices], most: int | None) -> Iterator[Indices]:
    """Hand couples on, (P, 2) at a time, until there are more than asked for."""
    count = 0
    for some in found:
        yield some
        count += len(some)
        if most is not None and count > most:
            return


def differing_bits(hashes: Hashes, couples: Indices) -> Indices:
    """Count by how many bits each hash of couples of rows differs, (P, 2)."""
    return np.bitwise_count(hashes[couples[:, 0]] ^ hashes[couples[:, 1]]).astype(np.int64)


def within(hashes: Hashes, groups: Indices, radius: int) -> Iterator[Indices]:
    """Yield couples of rows, (P, 2), whose two hashes both differ by at most ``radius`` bits, each once.

    So few bits touch at most ``radius`` of ``radius + 2`` pieces of the first hash: two pieces at least are equal, and
    only rows that are neighbours when sorted by some two pieces need to be compared.
    """
    edges = np.linspace(0, BITS, radius + UNTOUCHED + 1).astype(int).tolist()
    pieces = [((1 << high) - 1) ^ ((1 << low) - 1) for low, high in pairwise(edges)]
    keys = [np.uint64(sum(equal)) for equal in combinations(pieces, UNTOUCHED)]
    for number, key_bits in enumerate(keys):
        key = hashes[:, 0] & key_bits
        order = np.argsort(key, kind="stable")
        for one, other in neighbours(key[order]):
            couples = np.sort(np.stack([order[one], order[other]], axis=1), axis=1)
            couples = couples[groups[couples[:, 0]] != groups[couples[:, 1]]]
            couples = couples[np.all(differing_bits(hashes, couples) <= radius, axis=1)]
            yield couples[~equal_in_any(hashes, couples, keys[:number])]


def equal_in_any(hashes: Hashes, couples: Indices, keys: Sequence[np.uint64]) -> Mask:
    """Tell which couples, (P, 2), are equal in the bits of one of some keys, by the first hash, (P,)."""
    differ = hashes[couples[:, 0], 0] ^ hashes[couples[:, 1], 0]
    equal = np.zeros(len(couples), np.bool_)
    for key in keys:
        equal |= (differ & key) == 0
    return equal


def neighbours(key: Hashes) -> Iterator[tuple[Indices, Indices]]:
    """Yield the places of equal entries of a sorted list, as couples that stand 1, 2, 3, ... apart."""
    left = np.arange(len(key) - 1)
    apart = 1
    while len(left):
        left = left[left + apart < len(key)]
        left = left[key[left] == key[left + apart]]
        yield left, left + apart
        apart += 1
