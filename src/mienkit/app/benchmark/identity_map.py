"""Where a model takes people: originals and their edits as points of a plane, by how alike a network finds them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mienkit.evaluation.interval import Floats
from mienkit.metrics.mds import classical_mds

PEOPLE, EDITS = 10, 7
"""Of a plot, at most; more hide each other."""


def identity_map(
    people: Sequence[int], before: npt.ArrayLike, after: npt.ArrayLike, asked: Sequence[str]
) -> dict[str, object] | None:
    """Lay the first people and their edits out; None where fewer than two are known.

    Args:
        people: (N,), whom each edit is of.
        before: (N, D), unit vectors of the pictures before.
        after: (N, D), of the edits.
        asked: (N,), what each was asked for.

    Returns:
        ``share`` of the spread that the plane shows, and ``people``: each ``before``, [x, y], and ``edits`` of
        ``asked`` and ``at``, [x, y]; distances are those of unit vectors, 0 to 2.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    known = [place for place in range(len(people)) if np.isfinite(old[place]).all() and np.isfinite(new[place]).all()]
    places: dict[int, list[int]] = {}
    for place in known if old.ndim == 2 and old.shape[1] else ():
        places.setdefault(int(people[place]), []).append(place)
    chosen = [some[:EDITS] for some in list(places.values())[:PEOPLE]]
    if len(chosen) < 2:
        return None
    vectors = np.concatenate([np.stack([old[some[0]], *new[some]]) for some in chosen])
    flat = classical_mds(distances(vectors))
    starts = np.cumsum([0, *(1 + len(some) for some in chosen)])
    points = flat.points.round(4).tolist()
    return {
        "share": flat.share,
        "people": [
            {
                "before": points[start],
                "edits": [
                    {"asked": asked[place], "at": points[start + 1 + number]} for number, place in enumerate(some)
                ],
            }
            for start, some in zip(starts, chosen, strict=False)
        ],
    }


def distances(vectors: Floats) -> Floats:
    """Return the distances of vectors, (N, D), to one another, (N, N)."""
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    return np.asarray((apart + apart.T) / 2, np.float64)
