"""Hair and lashes over a rendered head, compiled by numba; imported only when they are needed."""

import numpy as np

from mienkit.morphable.kernel import Floats, Integers, compiled

NORMAL, TANGENT, ACROSS, ALONG, COVER, SHADE = 0, 3, 6, 7, 8, 9
"""Columns of a vertex: unit normal, direction of the strands, which strand (in strands), how far along it in [0, 1],
how much it covers (above 1: all, below 0: nothing, between: where strands are dense), how light the place is."""
COLUMNS = 10


@compiled
def shade_strands(
    seen: tuple[Integers, Floats], mesh: tuple[Integers, Floats], grain: Floats, lamps: Floats, paint: Floats,
    layer: Floats,
) -> None:  # fmt: skip
    """Colour the samples that see strands.

    Args:
        seen: (H, W) triangle, (H, W, 2) weights of its corners.
        mesh: (T, 3) triangles, (V, 10) corners.
        grain: (n, n) noise in [0, 1] that repeats: a row is a strand's length, a column is across the strands.
        lamps: (3, 6): two lamps, direction and colour, then the sky: colour from above, colour from below.
        paint: (8,): red, green, blue, gloss, how different strands are, grains along a strand, contrast of the cover,
            highest cover.
        layer: (H, W, 4), receives linear light and how much it covers.
    """
    triangle, bary = seen
    triangles, corners = mesh
    height, width = triangle.shape
    point = np.zeros(COLUMNS, np.float32)
    for y in range(height):
        for x in range(width):
            t = triangle[y, x]
            if t < 0:
                continue
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            u, v = bary[y, x, 0], bary[y, x, 1]
            for c in range(COLUMNS):
                point[c] = (1 - u - v) * corners[i, c] + u * corners[j, c] + v * corners[k, c]
            fine = _grain(grain, point[ACROSS], paint[5] * point[ALONG])
            broad = _grain(grain, 0.21 * point[ACROSS] + 31.0, 0.5 * paint[5] * point[ALONG] + 17.0)
            cover = point[COVER] + paint[6] * (0.6 * fine + 0.4 * broad - 0.5)
            cover = min(max(cover, 0.0), paint[7])
            if cover > 0:
                layer[y, x, 3] = cover
                _light(point, paint, lamps, 0.55 * fine + 0.45 * broad, layer[y, x])


@compiled
def lay_strands(layer: Floats, depth: Floats, depth_below: Floats, result: Floats) -> None:
    """Lay strands, (H, W, 4), over a picture, (H, W, 3), where they are not behind what it shows."""
    height, width = depth.shape
    for y in range(height):
        for x in range(width):
            cover = layer[y, x, 3]
            if cover > 0 and depth[y, x] >= depth_below[y, x]:
                for c in range(3):
                    result[y, x, c] += cover * (layer[y, x, c] - result[y, x, c])


@compiled
def _grain(grain: Floats, x: float, y: float) -> float:
    """Read the noise, linearly between its cells."""
    side = len(grain)
    left, top = np.floor(x), np.floor(y)
    a, b = x - left, y - top
    i, j = int(left) % side, int(top) % side
    i2, j2 = (i + 1) % side, (j + 1) % side
    return (1 - b) * ((1 - a) * grain[j, i] + a * grain[j, i2]) + b * ((1 - a) * grain[j2, i] + a * grain[j2, i2])


@compiled
def _light(point: Floats, paint: Floats, lamps: Floats, grain: float, result: Floats) -> None:
    """Light a strand.

    Source: Kajiya and Kay 1989; highlights shifted along the strand after Scheuermann 2004.
    """
    nx, ny, nz = point[NORMAL], point[NORMAL + 1], point[NORMAL + 2]
    length = 1 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-9)
    nx, ny, nz = nx * length, ny * length, nz * length
    outside = 1.0 if nz > 0 else 0.25  # the inside of hair is dark
    shift = 0.5 * (grain - 0.5)
    tx, ty, tz = point[TANGENT] + shift * nx, point[TANGENT + 1] + shift * ny, point[TANGENT + 2] + shift * nz
    length = 1 / np.sqrt(tx * tx + ty * ty + tz * tz + 1e-9)
    tx, ty, tz = tx * length, ty * length, tz * length
    shade = outside * point[SHADE] * (1 + paint[4] * 2 * (grain - 0.5))
    above = 0.5 + 0.5 * ny
    for c in range(3):
        light = 0.8 * (lamps[2, c] * above + lamps[2, 3 + c] * (1 - above))
        shine = 0.0
        for lamp in range(2):
            lx, ly, lz = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2]
            along = tx * lx + ty * ly + tz * lz
            facing = min(max(0.35 + 0.65 * (nx * lx + ny * ly + nz * lz), 0.0), 1.0)
            light += lamps[lamp, 3 + c] * facing * np.sqrt(max(1 - along * along, 0.0))
            half = np.sqrt(lx * lx + ly * ly + (lz + 1) * (lz + 1) + 1e-9)
            slant = (along + tz) / half
            p = max(1 - slant * slant, 0.0)
            p8 = p * p * p * p * p * p * p * p
            shine += lamps[lamp, 3 + c] * facing * p8 * p8 * p8 * (0.3 + grain)
        result[c] = shade * (paint[c] * light + paint[3] * (0.035 + 0.35 * paint[c]) * shine)
