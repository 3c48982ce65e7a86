"""Loops over the vertices and pixels of a rendered head other than shading, compiled by numba; imported when needed."""

import numpy as np
import numpy.typing as npt

from mienkit.morphable.kernel import Floats, compiled

Bytes = npt.NDArray[np.uint8]


@compiled
def add_shapes(rest: Floats, modes: Floats, weights: Floats, result: Floats) -> None:
    """Move vertices, (3 V,), by shapes, (K, 3 V), times their weights, (K,); without BLAS and its threads."""
    for v in range(len(rest)):
        result[v] = rest[v]
    for k in range(len(weights)):
        weight = weights[k]
        if weight != 0:
            mode = modes[k]
            for v in range(len(rest)):
                result[v] += weight * mode[v]


@compiled
def fold_skin(folds: Floats, depths: Floats, corner: tuple[int, int], groove: float, skin: Floats) -> None:
    """Fold the skin, and shade the grooves.

    Args:
        folds: (F, h, w) heights of lines, cm.
        depths: (F,) how deep each family is folded.
        corner: row and column of the chart at which ``folds`` begin.
        groove: depth in cm from which hardly any light comes back.
        skin: (rows, columns, 5), see ``shade_kernel``; changed.
    """
    top, left = corner
    for y in range(folds.shape[1]):
        for x in range(folds.shape[2]):
            height = np.float32(0)
            for f in range(len(depths)):
                if depths[f] != 0:
                    height += depths[f] * folds[f, y, x]
            if height != 0:
                texel = skin[top + y, left + x]
                texel[4] += height
                dark = min(max(float(-height / groove), 0.0), 0.5)
                texel[0] *= 1 - 0.7 * dark  # what comes out of a groove has crossed more blood
                texel[1] *= 1 - dark
                texel[2] *= 1 - dark


@compiled
def place_vertices(
    head: tuple[Floats, Floats], view: Floats, light: tuple[Floats, Floats], least: Floats, corners: Floats,
    points: Floats,
) -> None:  # fmt: skip
    """Turn a head before the camera.

    Args:
        head: (V, 3) places in cm, and (V, 3) sums of the normals around each.
        view: (6, 3): rotation; pivot; pixels a centimetre and the shift; the distance of the camera from the pivot.
        light: (V, 3) from the sky, and (V, 2) shares of the lamps.
        least: (3,) that the sky gives everywhere.
        corners: (V, 11 or more) receives place, normal and light as ``shade_kernel`` needs them.
        points: (V, 3) receives pixels and depth.
    """
    shape, sums = head
    sky, shares = light
    distance = view[5, 0]
    for v in range(len(shape)):
        x, y, z = shape[v, 0] - view[3, 0], shape[v, 1] - view[3, 1], shape[v, 2] - view[3, 2]
        nx, ny, nz = sums[v, 0], sums[v, 1], sums[v, 2]
        length = 1 / max(float(np.sqrt(nx * nx + ny * ny + nz * nz)), 1e-12)
        for c in range(3):
            corners[v, c] = view[c, 0] * x + view[c, 1] * y + view[c, 2] * z
            corners[v, 3 + c] = length * (view[c, 0] * nx + view[c, 1] * ny + view[c, 2] * nz)
            corners[v, 6 + c] = max(sky[v, c], least[c])
        corners[v, 9], corners[v, 10] = shares[v, 0], shares[v, 1]
        magnified = view[4, 0] / (np.float32(1) - corners[v, 2] / distance)
        points[v, 0] = corners[v, 0] * magnified + view[4, 1]
        points[v, 1] = view[4, 2] - corners[v, 1] * magnified
        points[v, 2] = corners[v, 2]


@compiled
def blend_colour(share: Floats, paint: Floats, colour: Floats) -> None:
    """Cover a picture, (H, W, 3), with a colour, (1, 1, 3) or (H, W, 3), as far as ``share``, (H, W), says."""
    height, width = share.shape
    whole = len(paint) > 1
    for y in range(height):
        for x in range(width):
            cover = share[y, x]
            if cover == 0:
                continue
            i, j = (y, x) if whole else (0, 0)
            for c in range(3):
                colour[y, x, c] += cover * (paint[i, j, c] - colour[y, x, c])


@compiled
def expose(light: Floats, gain: float, saturation: float, response: Floats, noise: Floats, picture: Bytes) -> None:
    """Turn linear light, (S, S, 3), into a picture, (S, S, 3).

    Args:
        light: what falls on the film.
        gain: exposure.
        saturation: 1 keeps colours.
        response: (n + 1,) brightness in [0, 255], by the square root of the light, up to 8.
        noise: (S, S, 3), added to the brightness.
        picture: receives the result.
    """
    steps = len(response) - 1
    scale = np.float32(steps / np.sqrt(8.0))
    for y in range(len(light)):
        for x in range(light.shape[1]):
            red, green, blue = light[y, x, 0], light[y, x, 1], light[y, x, 2]
            grey = (red + green + blue) / np.float32(3)
            for c in range(3):
                value = np.float32(gain) * (grey + np.float32(saturation) * (light[y, x, c] - grey))
                at = scale * np.float32(np.sqrt(max(value, np.float32(0))))
                step = min(int(at), steps - 1)
                share = min(at - np.float32(step), np.float32(1))
                shown = response[step] + share * (response[step + 1] - response[step]) + noise[y, x, c]
                picture[y, x, c] = np.uint8(min(max(shown + np.float32(0.5), np.float32(0)), np.float32(255)))
