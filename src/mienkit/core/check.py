"""Checks at public boundaries, with a message that shows what came instead."""

from torch import Tensor


def check_shape(name: str, value: Tensor, pattern: str) -> None:
    """Hold a tensor to a pattern such as ``B 3 H W``: numbers must match, letters may be any size.

    Raises:
        ValueError: it differs.
    """
    wanted = pattern.split()
    fits = value.ndim == len(wanted) and all(
        not size.isdigit() or int(size) == actual for size, actual in zip(wanted, value.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} should have the shape ({', '.join(wanted)}), not {tuple(value.shape)}")
