"""Random numbers that belong to a sample and not to the process that happens to draw them.

A counter-based generator: the n-th number of a sample is a hash of its key and n. Two processes that share a batch, or
one that splits it into micro-batches, give every sample the same noise as one process with the whole batch.
"""

import math

import torch
from torch import Tensor

GOLDEN = -7046029254386353131
"""2**64 divided by the golden ratio, as a signed integer: the increment of SplitMix64."""
MIX_1 = -4658895280553007687
MIX_2 = -7723592293110705685


def hash_counter(state: Tensor) -> Tensor:
    """Scramble 64-bit counters so that neighbours are unrelated; int64 in, int64 out, wrapping.

    Source: Steele et al. 2014 (SplitMix64), the finaliser.
    """
    state = (state ^ shift_right(state, 30)) * MIX_1
    state = (state ^ shift_right(state, 27)) * MIX_2
    return state ^ shift_right(state, 31)


def shift_right(value: Tensor, bits: int) -> Tensor:
    """Shift without dragging the sign along, which ``>>`` does on int64."""
    return (value >> bits) & ((1 << (64 - bits)) - 1)


def uniform(key: Tensor, *shape: int, stream: int = 0) -> Tensor:
    """Draw numbers in [0, 1) for each sample, (B, *shape) float32.

    Args:
        key: (B,) int64, one key a sample.
        shape: how many for each sample.
        stream: another stream of the same key, for a second use in the same step.
    """
    count = math.prod(shape)
    counter = torch.arange(count, device=key.device, dtype=torch.int64) + (stream << 40)
    mixed = hash_counter(hash_counter(key + GOLDEN)[:, None] + counter[None] * GOLDEN)
    return (shift_right(mixed, 40).to(torch.float32) / 2**24).reshape(len(key), *shape)


def normal(key: Tensor, *shape: int, stream: int = 0) -> Tensor:
    """Draw standard normal numbers for each sample, (B, *shape) float32 (Box & Muller 1958)."""
    radius = torch.sqrt(-2 * torch.log1p(-uniform(key, *shape, stream=2 * stream + 1)))
    return radius * torch.cos(2 * math.pi * uniform(key, *shape, stream=2 * stream + 2))
