"""Curves by their own length: resampled at equal distances along the way, whatever the speed was."""

import torch
from torch import Tensor

STILL = 1e-12
"""Length of a curve that does not move."""


def arc_lengths(curve: Tensor) -> Tensor:
    """Return how far each instant of curves, (..., T, D), is along the way: (..., T), 0 at the first."""
    steps = curve.diff(dim=-2).norm(dim=-1)
    return torch.cat([torch.zeros_like(steps[..., :1]), steps.cumsum(-1)], -1)


def resample_by_length(curve: Tensor, instants: int) -> Tensor:
    """Take points at equal distances along curves, by straight lines between theirs; a still curve stays still.

    Args:
        curve: (..., T, D), at least two instants.
        instants: how many to take, the ends included.

    Returns:
        (..., instants, D).

    Raises:
        ValueError: fewer than two instants are there or asked for.

    Source: Srivastava et al. 2011; Otberdout et al. 2022 resample landmark curves so.
    """
    if min(curve.shape[-2], instants) < 2:
        raise ValueError(f"a curve needs two instants at least, not {min(curve.shape[-2], instants)}")
    along = arc_lengths(curve)
    total = along[..., -1:]
    # A curve that stands still has no length to go by: its instants count alike.
    even = torch.linspace(0, 1, curve.shape[-2], dtype=curve.dtype, device=curve.device).expand_as(along)
    share = torch.where(total > STILL, along / total.clamp(min=STILL), even).contiguous()
    wanted = torch.linspace(0, 1, instants, dtype=curve.dtype, device=curve.device).expand(*along.shape[:-1], -1)
    after = torch.searchsorted(share, wanted.contiguous()).clamp(1, curve.shape[-2] - 1)
    low, high = share.gather(-1, after - 1), share.gather(-1, after)
    weight = ((wanted - low) / (high - low).clamp(min=STILL)).clamp(0, 1)[..., None]
    width = (*([-1] * after.ndim), curve.shape[-1])
    start, end = (curve.gather(-2, place[..., None].expand(width)) for place in (after - 1, after))
    return torch.lerp(start, end, weight)


def resample_in_time(curve: Tensor, places: Tensor) -> Tensor:
    """Read curves, (..., T, D), at places in [0, 1] of their time, (..., S), by straight lines: (..., S, D)."""
    position = places.clamp(0, 1) * (curve.shape[-2] - 1)
    before = position.floor().long().clamp(max=max(curve.shape[-2] - 2, 0))
    after = (before + 1).clamp(max=curve.shape[-2] - 1)
    width = (*([-1] * before.ndim), curve.shape[-1])
    start, end = (curve.gather(-2, place[..., None].expand(width)) for place in (before, after))
    return torch.lerp(start, end, (position - before)[..., None])
