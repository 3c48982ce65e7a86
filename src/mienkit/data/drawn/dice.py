"""Random traits that belong to a key: the same key always rolls the same numbers, in whatever batch it stands."""

import torch
from torch import Tensor

from mienkit.core.noise import hash_counter, uniform


def mix_keys(first: Tensor | int, second: Tensor) -> Tensor:
    """Combine two keys into one, (N,) int64; changing either gives an unrelated key."""
    first = torch.as_tensor(first, dtype=torch.int64, device=second.device)
    return hash_counter(hash_counter(first * 2 + 1) + second)


class Dice:
    """A row of random numbers for each key, handed out in order; results are (N,) float32."""

    def __init__(self, key: Tensor, count: int = 192) -> None:
        self._numbers = uniform(key, count)
        self._next = 0

    def roll(self, *shape: int) -> Tensor:
        """Draw uniform numbers in [0, 1), (N, *shape)."""
        count = int(torch.Size(shape).numel())
        taken = self._numbers[:, self._next : self._next + count]
        self._next += count
        return taken.reshape(-1, *shape)

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        """Draw uniform numbers in [low, high), (N, *shape)."""
        return low + (high - low) * self.roll(*shape)

    def bell(self, mean: float, deviation: float, *shape: int) -> Tensor:
        """Draw normal numbers, cut at 2.2 standard deviations so that no face is a caricature, (N, *shape)."""
        centred = (2 * self.roll(*shape) - 1).clamp(-0.9722, 0.9722)
        return mean + deviation * 1.4142135 * torch.erfinv(centred)

    def chance(self, probability: float | Tensor) -> Tensor:
        """Draw 1.0 with the given probability, else 0.0, (N,)."""
        return (self.roll() < probability).float()

    def ramp(self, colors: Tensor, position: Tensor | None = None) -> Tensor:
        """Pick a colour along a list of them, (K, 3), linearly interpolated, (N, 3); evenly without a position."""
        place = (self.roll() if position is None else position.clamp(0, 1)) * (len(colors) - 1)
        lower = place.floor().long().clamp(0, len(colors) - 2)
        return torch.lerp(colors[lower], colors[lower + 1], (place - lower)[:, None])
