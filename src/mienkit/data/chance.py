"""What is drawn for each sample of a stream, and in which order the rows of a table are visited.

Random numbers belong to the sample (``core.noise``), so processes that share a batch see the same targets and flips.
"""

import numpy as np
import torch
from torch import Tensor

from mienkit.core.image import Picture, to_float
from mienkit.core.noise import GOLDEN, hash_counter, uniform
from mienkit.data.faces import Indices
from mienkit.data.mirror import mirror_pictures

SALT = 0x5A17
"""Parts the numbers that draw a batch from those that a recipe makes with the same key."""
PURPOSES: tuple[str, ...] = (
    "flip", "other flip", "row", "other row", "mixture", "noise", "direction", "partner", "labelled", "labelled kind",
    "anchor", "detected", "scale", "roll", "shift", "light", "tint", "contrast", "grey", "colour", "blur", "grain",
    "recoloured", "width", "read", "other read",
)  # fmt: skip
"""Each has its own numbers; a new one is added at the end, so that old seeds keep their meaning."""


class Chance:
    """The random numbers of some samples, by purpose."""

    def __init__(self, key: Tensor) -> None:
        """Take the samples' keys, (B,) int64."""
        self._key = hash_counter(key ^ SALT)

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Chance numbers in [0, 1), (B, *shape)."""
        return uniform(self._key, *shape, stream=PURPOSES.index(purpose))

    def generator(self) -> torch.Generator:
        """Return a fast generator for millions of numbers; they depend on which samples stand together."""
        return torch.Generator().manual_seed(int(self._key.sum()))

    def coin(self, purpose: str) -> Tensor:
        """Toss a coin, (B,) bool."""
        return self.uniform(purpose) < 0.5

    def choose(self, purpose: str, count: int) -> Indices:
        """Choose one of ``count`` things, (B,)."""
        numbers = self.uniform(purpose).double().numpy()
        return np.asarray(numbers * count, np.int64)

    def rows(self, chosen: Indices) -> "Chance":
        """Return those of some of the samples."""
        part = Chance.__new__(Chance)
        part._key = self._key[torch.from_numpy(chosen)]
        return part


class Order:
    """The order in which rows are visited: each epoch another permutation, any place of it found at once."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self._epochs: dict[int, Indices] = {}

    def rows(self, positions: Indices) -> Indices:
        """Return the rows at places of the endless sequence, (B,)."""
        epochs, places = positions // self.count, positions % self.count
        rows = np.empty_like(positions)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            rows[here] = self._permutation(int(epoch))[places[here]]
        return rows

    def _permutation(self, epoch: int) -> Indices:
        if epoch not in self._epochs:
            recent = {number: rows for number, rows in self._epochs.items() if number == epoch - 1}
            recent[epoch] = np.random.default_rng([self.seed, epoch]).permutation(self.count)
            self._epochs = recent
        return self._epochs[epoch]


def places(number: int, batch_size: int) -> Indices:
    """Return the places of the n-th batch in the endless sequence, (B,)."""
    return number * batch_size + np.arange(batch_size, dtype=np.int64)


def sample_keys(seed: int, positions: Indices) -> Tensor:
    """Give each place of a stream its own key, (B,) int64."""
    start = hash_counter(torch.tensor(seed, dtype=torch.int64) + GOLDEN)
    return hash_counter(start + torch.from_numpy(positions) * GOLDEN)


def pictures(images: Picture, rows: Indices, flipped: Tensor) -> Tensor:
    """Take some pictures, (B, 3, S, S) in [-1, 1], and mirror some of them."""
    taken = np.asarray(images[rows])
    mirror_pictures(taken, flipped)  # on bytes: four times less to move than on floats
    return to_float(taken)
