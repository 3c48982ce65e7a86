"""Pictures of a whole table that are almost the same: how many, whether of one person, and some of their names.

Beside 40 bytes a row only couples are held, 10,000 at most. Clips of one person are alike by nature, so that their
frames are held against other people's pictures only, and of frames in a row that stand still the first one alone.
"""

from dataclasses import dataclass

import numpy as np

from mienkit.data.faces import Indices, Mask
from mienkit.data.look import look_again
from mienkit.data.merge import digest
from mienkit.data.near import RADIUS, Hashes, near_pairs
from mienkit.data.table import FaceTable

EXAMPLES = 20
"""Couples that are named."""
MOST = 10_000
"""Couples after which the search ends: thousands of pictures of one scene would make millions."""
AT_ONCE = 65_536
"""Hashes that are Python's numbers at the same time."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """Couples of pictures of a table that are almost the same."""

    couples: int
    strangers: int
    """Those of different subjects: one person under two names, or a picture that was taken twice."""
    leaks: int
    """Those of different subjects in different splits."""
    more: bool
    """There are more: the search ended early."""
    examples: list[tuple[str, str]]
    """``source_id`` of some: leaks first, then strangers."""


def find_twins(table: FaceTable, hashes: Hashes) -> Twins:
    """Find pictures that are almost the same; of several copies each is told with the first one only.

    Args:
        table: whose pictures they are.
        hashes: (N, 2), from ``hash_picture``, in the table's order; zeros for a picture that could not be read.
    """
    groups = read_groups(table)
    rows = np.flatnonzero(hashes.any(axis=1) & moving(hashes, groups))
    near, bits = near_pairs(hashes[rows], groups[rows], most=MOST)
    couples = rows[near[np.argsort(bits, kind="stable")[:MOST]]]
    return tell_twins(table, couples[look_again(table, couples)], more=len(near) > MOST)


def read_groups(table: FaceTable) -> Indices:
    """Number the rows, (N,), so that rows with the same number need not be compared.

    All frames of one subject's clips share a number; a picture that belongs to no clip has its own.
    """
    found = [np.empty(0, np.int64)]
    for rows in table.batches(["source", "source_id", "subject", "sequence"]):
        names = zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True)
        keys = (f"{source}\0{one}" if sequence is None else f"{subject}\0" for source, one, subject, sequence in names)
        found.append(digest(keys).view(np.int64))
    return np.concatenate(found)


def moving(hashes: Hashes, groups: Indices) -> Mask:
    """Tell which rows differ from the last one that did, (N,); the first of each run of a group does.

    Without this a long clip in which nobody moves would be compared with itself, frame by frame.
    """
    moves = np.ones(len(hashes), np.bool_)
    frequencies = gradients = 0
    group: int | None = None
    for start in range(0, len(hashes), AT_ONCE):
        some = zip(hashes[start : start + AT_ONCE].tolist(), groups[start : start + AT_ONCE].tolist(), strict=True)
        for row, ((one, other), here) in enumerate(some, start):
            near = (one ^ frequencies).bit_count() <= RADIUS and (other ^ gradients).bit_count() <= RADIUS
            if here == group and near:
                moves[row] = False
            else:
                frequencies, gradients, group = one, other, here
    return moves


def tell_twins(table: FaceTable, couples: Indices, *, more: bool) -> Twins:
    """Name couples of rows, (P, 2), the most harmful first."""
    rows, places = np.unique(couples, return_inverse=True)
    wanted = ("source_id", "subject", "split")
    found = [row for some in table.groups(rows, wanted) for row in some.to_pylist()]
    names, subjects, splits = (
        np.asarray([row[name] for row in found], np.object_)[places.reshape(-1, 2)] for name in wanted
    )
    strange = subjects[:, 0] != subjects[:, 1]
    leaks = strange & (splits[:, 0] != splits[:, 1])
    order = np.lexsort((~strange, ~leaks))[:EXAMPLES]
    return Twins(
        couples=len(couples),
        strangers=int(strange.sum()),
        leaks=int(leaks.sum()),
        more=more,
        examples=[(str(one), str(other)) for one, other in names[order]],
    )
