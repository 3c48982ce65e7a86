"""A flat picture of distances: points on a plane that are about as far apart as things are.

Source: classical scaling, Torgerson 1952: the leading eigenvectors of the centred squared distances. Otberdout et al.
2022 show identities by scikit-learn's MDS, which minimises the stress by iterations from a random start; this one has a
closed form and the same answer every time. Network: none.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from mienkit.metrics.metric import Metric

Floats = npt.NDArray[np.float64]

MDS_SHARE = Metric(
    name="mds_share",
    title="shown of the spread",
    better="higher",
    unit="share",
    source="Torgerson 1952",
    trap="Says how faithful the flat picture is, and nothing about a model.",
    shows=("edit", "transfer", "animate", "move"),
    shown_because="it is a property of the picture, not of who made what is in it",
)


@dataclass(frozen=True, kw_only=True)
class FlatPicture:
    """Points whose distances are about those that were given."""

    points: Floats
    """(N, dimensions), centred, in the unit of the distances; the first axis shows most."""
    share: float
    """How much of the spread they show, in [0, 1]; what is left is in other dimensions."""


def classical_mds(distances: npt.ArrayLike, dimensions: int = 2) -> FlatPicture:
    """Lay N things out by their distances, (N, N), symmetric with a diagonal of 0.

    Each axis points so that its farthest point is on the positive side. Distances that no flat space has, such as
    angles on a sphere, give negative eigenvalues; these are left out.

    Raises:
        ValueError: there are fewer things than dimensions, or these are no distances.
    """
    table = np.asarray(distances, np.float64)
    count = len(table)
    slack = 1e-6 * np.abs(table).max(initial=0)  # NaN where one is unknown, and then nothing is within it
    if table.shape != (count, count) or not (np.abs(table - table.T) <= slack).all():
        raise ValueError(f"distances should be (N, N), symmetric, and numbers, not {table.shape}")
    squared = np.square(table)
    if count < dimensions:
        raise ValueError(f"{count} things cannot be laid out in {dimensions} dimensions")
    inner = -0.5 * (squared - squared.mean(0) - squared.mean(1)[:, None] + squared.mean())
    values, vectors = eigh(inner, subset_by_index=(count - dimensions, count - 1))
    values, vectors = values[::-1].clip(min=0), vectors[:, ::-1]
    points = vectors * np.sqrt(values)
    farthest = points[np.abs(points).argmax(0), np.arange(dimensions)]
    spread = float(np.linalg.eigvalsh(inner).clip(min=0).sum())
    return FlatPicture(
        points=points * np.where(farthest < 0, -1, 1), share=float(values.sum()) / spread if spread > 0 else 0.0
    )
