"""What is kept of every picture of a table after one look: its size, hashes and digest, 32 bytes a row."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mienkit.core.image import Picture
from mienkit.data.decode import decode_picture
from mienkit.data.faces import Indices, Mask
from mienkit.data.near import ALIKE, SIDE, Hashes, hash_picture, likeness, shrink_picture
from mienkit.data.table import FaceTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Looks:
    """All pictures of a table, in its order."""

    sizes: npt.NDArray[np.int32]
    """(N, 2): width and height in pixels, 0 where the picture cannot be read."""
    hashes: Hashes
    """(N, 2), from ``hash_picture``."""
    digests: Hashes
    """(N,): the same for the same bytes."""

    @property
    def readable(self) -> Mask:
        """Tell which pictures can be read, (N,)."""
        return self.sizes[:, 0] > 0


LOOK = np.dtype([("size", np.int32, 2), ("hashes", np.uint64, 2), ("digest", np.uint64)])
COUPLES_AT_ONCE = 4096
Look: TypeAlias = tuple[tuple[int, int], tuple[int, int], int]


def look_at_pictures(table: FaceTable) -> Looks:
    """Decode every picture of a table once, with a thread a core."""
    with ThreadPoolExecutor() as pool:
        batches = (pool.map(look_at, rows["image"].to_pylist()) for rows in table.batches(["image"]))
        seen = np.fromiter(chain.from_iterable(batches), LOOK)
    return Looks(sizes=seen["size"], hashes=seen["hashes"], digests=seen["digest"])


def look_at(image: bytes | None) -> Look:
    """Decode a picture and return its size, hashes and digest; zeros where it cannot be read."""
    picture = decode_picture(image) if image else None
    if not image or picture is None:
        return (0, 0), (0, 0), 0
    frequencies, gradients = hash_picture(picture).tolist()
    digest = int.from_bytes(hashlib.blake2b(image, digest_size=8).digest())
    return (picture.shape[1], picture.shape[0]), (frequencies, gradients), digest


def look_again(table: FaceTable, couples: Indices) -> Mask:
    """Tell which couples of rows, (P, 2), are almost the same when their pictures are compared, (P,).

    The pictures of the couples are read once more, a few at a time, and decoded: 1 KB each stays.
    """
    rows, places = np.unique(couples, return_inverse=True)
    small = small_pictures(table, rows)
    places = places.reshape(-1, 2)
    pieces = [places[start : start + COUPLES_AT_ONCE] for start in range(0, len(places), COUPLES_AT_ONCE)]
    alike = [likeness(small[some[:, 0]], small[some[:, 1]]) >= ALIKE for some in pieces]
    return np.concatenate([np.zeros(0, np.bool_), *alike])


def small_pictures(table: FaceTable, rows: Indices) -> Picture:
    """Decode the pictures of some rows, in rising order, to (N, 32, 32); black where one cannot be read."""
    small = np.zeros((len(rows), SIDE, SIDE), np.uint8)
    found = (image for batch in table.groups(rows, ["image"]) for image in batch["image"].to_pylist())
    for number, image in enumerate(found):
        picture = decode_picture(image)
        if picture is not None:
            small[number] = shrink_picture(picture)
    return small
