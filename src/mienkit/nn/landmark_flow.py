"""The flow that takes a face's landmarks from where they are to where they should be: a sheet of rubber, with its rim
held.

Source: thin-plate splines, Bookstein 1989, with the smoothing of Wahba 1990 (K + smoothing I).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

GRID = 64
"""Rows and columns in which the spline is computed; it is enlarged from there."""
SMOOTHING = 3e-5
"""How little the spline minds missing a landmark: lips that touch cannot both be met where they part."""
STILL = 0.05 / 128
"""In sides of the crop: what moves by less stays."""
FACING = ((37, 41), (38, 40), (43, 47), (44, 46), (61, 67), (62, 66), (63, 65))
"""Landmarks of upper and lower lids and lips that face each other."""
PER_SIDE = 5
"""Points on each side of the crop's rim, corners included, that are held."""


def landmark_flow(landmarks: Tensor, aims: Tensor, size: int) -> Tensor:
    """Spread what moves landmarks over the crop: a backward flow, for ``nn.warp.move``.

    Args:
        landmarks: where they are, (B, 68, 2) in pixels of the crop.
        aims: where they should be, same shape. Lids and lips that would cross meet.
        size: side of the crop in pixels.

    Returns:
        (B, 2, size, size): where each pixel of the result comes from, minus where it is, in pixels, right and down. 0
        where that is less than ``STILL``, and everywhere in a face whose landmarks stay. No gradient reaches these.

    Computed in full precision even inside autocast: where landmarks nearly coincide, as those of closed lips do,
    weights are large and of both signs, and in bfloat16 what is left of their sum is noise.
    """
    with torch.autocast(landmarks.device.type, enabled=False):
        return spread(landmarks, aims, size)


def spread(landmarks: Tensor, aims: Tensor, size: int) -> Tensor:
    """Do as ``landmark_flow`` says."""
    start, end = (points.detach().double() / size for points in (landmarks, aims))
    end = without_crossing(end)
    rim = rim_points(end).expand(len(end), -1, -1)
    places = torch.cat([end, rim], 1)
    weights = spline_weights(places, torch.cat([start - end, torch.zeros_like(rim)], 1))
    # Single precision from here on: the logarithms of 4,096 x 84 distances are what takes the time.
    flow = evaluate_spline(grid_points(places.float()), places.float(), weights.float())
    flow = flow.mT.reshape(-1, 2, GRID, GRID) * (landmarks != aims).any(2).any(1)[:, None, None, None]
    flow = F.interpolate(flow, size=(size, size), mode="bicubic", align_corners=False)
    return flow * (flow.norm(dim=1, keepdim=True) > STILL) * size


def spline_weights(places: Tensor, values: Tensor) -> Tensor:
    """Fit thin-plate splines to values, (B, N, 2), at places, (B, N, 2): (B, N + 3, 2), the affine part last."""
    count = places.shape[1]
    affine = torch.cat([torch.ones_like(places[..., :1]), places], 2)
    matrix = places.new_zeros(len(places), count + 3, count + 3)
    matrix[:, :count, :count] = kernel(places, places)
    matrix.diagonal(dim1=1, dim2=2)[:, :count] += SMOOTHING
    matrix[:, :count, count:], matrix[:, count:, :count] = affine, affine.mT
    return torch.linalg.solve(matrix, F.pad(values, (0, 0, 0, 3)))


def evaluate_spline(grid: Tensor, places: Tensor, weights: Tensor) -> Tensor:
    """Return the splines' values at points, (M, 2): (B, M, 2)."""
    count = places.shape[1]
    bent = torch.stack([kernel(grid, face) @ weight for face, weight in zip(places, weights[:, :count], strict=True)])
    return bent + weights[:, count : count + 1] + grid @ weights[:, count + 1 :]


def kernel(first: Tensor, second: Tensor) -> Tensor:
    """Return r² log r between points, (..., N, 2) and (..., M, 2): (..., N, M)."""
    squared = (first[..., 0, None] - second[..., None, :, 0]).square_()
    squared += (first[..., 1, None] - second[..., None, :, 1]).square_()
    return squared.clamp(min=1e-12).log_().mul_(squared).mul_(0.5)


def without_crossing(landmarks: Tensor) -> Tensor:
    """Let lids and lips that would pass through one another meet, (B, 68, 2); the face is upright."""
    upper, lower = (list(rows) for rows in zip(*FACING, strict=True))
    passed = (landmarks[:, upper, 1] - landmarks[:, lower, 1]).clamp(min=0) / 2
    met = landmarks.clone()
    met[:, upper, 1] -= passed
    met[:, lower, 1] += passed
    return met


def grid_points(like: Tensor) -> Tensor:
    """Return the middles of the grid's parts, row by row, (GRID², 2) in shares of the side."""
    middle = (torch.arange(GRID, dtype=like.dtype, device=like.device) + 0.5) / GRID
    return torch.stack(torch.meshgrid(middle, middle, indexing="xy"), 2).reshape(-1, 2)


def rim_points(like: Tensor) -> Tensor:
    """Return points all round the crop's rim, (N, 2) in shares of the side."""
    lattice = torch.linspace(0, 1, PER_SIDE, dtype=like.dtype, device=like.device)
    points = torch.stack(torch.meshgrid(lattice, lattice, indexing="xy"), 2).reshape(-1, 2)
    return points[((points == 0) | (points == 1)).any(1)]
