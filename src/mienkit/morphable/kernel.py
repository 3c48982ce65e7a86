"""The loops over triangles and pixels, compiled by numba; imported only when they are needed."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Function = TypeVar("Function", bound=Callable[..., Any])
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]

EDGE = 1e-4
"""Barycentric weights this far below zero count as inside, so that no pixel falls between two triangles."""
LARGEST = 1e9
"""Twice the area of the largest triangle, in square pixels; beyond it (or NaN) a corner is not a place."""
FLAT = 1e-12
"""Stands in for a slope of zero, whose inverse is needed."""


def compiled(function: Function) -> Function:
    """Compile at the first call, and keep the result on disk."""
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


@compiled
def fill(points: Floats, triangles: Integers, cull: bool, triangle: Integers, depth: Floats, bary: Floats) -> None:
    """Draw triangles with a depth buffer.

    Args:
        points: (V, 3) pixels and depth towards the camera.
        triangles: (T, 3).
        cull: whether triangles seen from behind are left out.
        triangle: (H, W) receives the index of the nearest triangle.
        depth: (H, W) receives its depth; only what is nearer than what is there is drawn.
        bary: (H, W, 2) receives the weights of the second and third corner.
    """
    height, width = triangle.shape
    for t in range(len(triangles)):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        # In float64, and from pixel centres: float32 loses slivers of the mesh at 2,000 px.
        x0, y0, z0 = points[i, 0] - 0.5, points[i, 1] - 0.5, float(points[i, 2])
        ax, ay, az = points[j, 0] - 0.5 - x0, points[j, 1] - 0.5 - y0, points[j, 2] - z0
        bx, by, bz = points[k, 0] - 0.5 - x0, points[k, 1] - 0.5 - y0, points[k, 2] - z0
        area = ax * by - bx * ay
        # Counter-clockwise where y points up is negative where it points down; NaN fails every comparison.
        if not (-LARGEST < area < 0.0 or (not cull and 0.0 < area < LARGEST)):
            continue
        left, right = _pixels_between(x0, ax, bx, width)
        top, bottom = _pixels_between(y0, ay, by, height)
        if right < left or bottom < top:
            continue
        ux, uy, vx, vy = by / area, -bx / area, -ay / area, ax / area
        du, dv, dw = 1 / (ux or FLAT), 1 / (vx or FLAT), 1 / (-ux - vx or FLAT)
        for y in range(top, bottom + 1):
            u0 = (y - y0) * uy - x0 * ux
            v0 = (y - y0) * vy - x0 * vx
            first, last = float(left), float(right)
            first, last = _keep_positive(first, last, u0 + EDGE, du)
            first, last = _keep_positive(first, last, v0 + EDGE, dv)
            first, last = _keep_positive(first, last, 1 + EDGE - u0 - v0, dw)
            for x in range(int(np.ceil(first)), int(np.floor(last)) + 1):
                u, v = u0 + x * ux, v0 + x * vx
                z = z0 + u * az + v * bz
                if z > depth[y, x]:
                    depth[y, x] = z
                    triangle[y, x] = t
                    bary[y, x, 0] = u
                    bary[y, x, 1] = v


@compiled
def _pixels_between(start: float, a: float, b: float, size: int) -> tuple[int, int]:
    """Return the first and last pixel centre that three corners span, inside of the picture."""
    first = max(0.0, np.ceil(start + min(0.0, a, b)))
    last = min(size - 1.0, np.floor(start + max(0.0, a, b)))
    return int(min(first, size)), int(max(last, -1.0))


@compiled
def _keep_positive(first: float, last: float, value: float, inverse: float) -> tuple[float, float]:
    """Narrow a span of x to where ``value + x / inverse`` is not negative."""
    root = -value * inverse
    return (max(first, root), last) if inverse > 0 else (first, min(last, root))


@compiled
def interpolate(attribute: Floats, triangles: Integers, triangle: Integers, bary: Floats, result: Floats) -> None:
    """Spread values of vertices, (V, C), over the pixels, (H, W, C); empty pixels are left as they are."""
    height, width = triangle.shape
    for y in range(height):
        for x in range(width):
            t = triangle[y, x]
            if t < 0:
                continue
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            u, v = bary[y, x, 0], bary[y, x, 1]
            w = np.float32(1.0) - u - v
            for c in range(attribute.shape[1]):
                result[y, x, c] = w * attribute[i, c] + u * attribute[j, c] + v * attribute[k, c]


@compiled
def add_normals(vertices: Floats, triangles: Integers, result: Floats) -> None:
    """Sum the normals of the triangles around each vertex, (V, 3), each as long as twice its triangle's area."""
    for t in range(len(triangles)):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        ax, ay, az = vertices[j, 0] - x, vertices[j, 1] - y, vertices[j, 2] - z
        bx, by, bz = vertices[k, 0] - x, vertices[k, 1] - y, vertices[k, 2] - z
        nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for corner in (i, j, k):
            result[corner, 0] += nx
            result[corner, 1] += ny
            result[corner, 2] += nz
